package network

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/textproto"
	"net/url"
	"os"
	"slices"
	"strings"
	"syscall"

	"codex-login/assets/display"
)

// plainCause takes off what repeats addresses, and with them queries and
// passwords.
func plainCause(err error) error {
	for {
		var wrapped *url.Error
		var op *net.OpError
		switch {
		case errors.As(err, &wrapped):
			err = wrapped.Err
		case errors.As(err, &op):
			err = op.Err
		default:
			return err
		}
	}
}

// offlineCause sorts the errors of net and net/http. What they say of an answer
// that is none may repeat it: nothing of that is kept.
func offlineCause(err error) (Cause, error) {
	var dns *net.DNSError
	var late net.Error
	var number syscall.Errno
	text := err.Error()
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return CauseName, worded{"the name is not known", err}
	case errors.As(err, &dns):
		return CauseName, worded{"no name server answered", err}
	case errors.Is(err, ErrSilent), errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded),
		errors.As(err, &late) && late.Timeout(), among(err, timedOut):
		return CauseSilent, worded{ErrSilent.Error(), err}
	case Refused(err):
		return CauseRefused, worded{"the connection was refused", err}
	case isGarbage(err):
		return CauseGarbage, worded{"what answered speaks another language", err}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), Dropped(err), errors.Is(err, net.ErrClosed),
		strings.Contains(text, "server closed"), strings.Contains(text, "server sent GOAWAY"):
		return CauseDropped, worded{"the connection was ended", err}
	case errors.As(err, &number):
		return CauseOther, worded{number.Error(), err}
	case strings.HasPrefix(text, "tls: "):
		return CauseOther, worded{display.Line(text, 100), err} // crypto/tls repeats numbers alone
	}
	for _, reply := range socksReplies {
		if strings.HasSuffix(text, reply) {
			return CauseOther, worded{reply, err}
		}
	}
	return CauseOther, worded{"the reason is not known", err}
}

// isGarbage: an answer came that is none.
func isGarbage(err error) bool {
	var record tls.RecordHeaderError
	var protocol textproto.ProtocolError
	return errors.As(err, &record) || errors.As(err, &protocol) ||
		slices.ContainsFunc([]string{
			"malformed HTTP", "malformed MIME", "malformed chunked", "HTTP/1.x transport connection broken", "headers exceeded",
			"unexpected protocol version", "server gave HTTP response", "PROTOCOL_ERROR", "header list larger",
		}, func(part string) bool { return strings.Contains(err.Error(), part) })
}

// socksReplies are what a SOCKS proxy can refuse with, as net/http words RFC
// 1928 section 6 and RFC 1929.
var socksReplies = []string{
	"general SOCKS server failure", "connection not allowed by ruleset", "network unreachable", "host unreachable",
	"connection refused", "TTL expired", "command not supported", "address type not supported",
	"no acceptable authentication methods", "username/password authentication failed",
}
