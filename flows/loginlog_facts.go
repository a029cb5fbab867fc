package flows

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"codex-login/assets"
	"codex-login/credstore"
	"codex-login/flows/network"
	"codex-login/policy"
)

// The log is free of secrets by what can get into it, not by what is cut out
// of it. An event is a constant of this file. A fact is made by one of the
// functions here, each of which takes a kind of thing that is none: a host, a
// number, a word out of a list of ours. There is none for a text, and so none
// for what a server said, a person typed or a token holds; log/slog, whose
// attributes take anything, is used for its levels alone.

// event is what happened.
type event string

// fact is one `key=value` of a line.
type fact struct{ key, value string }

// codeFact is for the code words of this program.
func codeFact[T ~string](key string, w T) fact { return fact{key, string(w)} }

func count[T ~int | ~int64](key string, n T) fact { return fact{key, strconv.FormatInt(int64(n), 10)} }

func took(key string, d time.Duration) fact {
	return fact{key, strconv.FormatInt(d.Milliseconds(), 10) + "ms"}
}

func lasts(key string, d time.Duration) fact { return fact{key, d.Round(time.Second).String()} }

// hostFact is the host of an address, with its port.
func hostFact(address string) fact { return fact{"host", network.HostOf(address)} }

// ownPaths are what this program adds to an address. What stands before that a
// person has configured, and a gateway's may have a key in it.
var ownPaths = []string{
	"/api/accounts/deviceauth/usercode", "/api/accounts/deviceauth/token", "/api/accounts/v1/user-auth-credential/whoami",
	"/v1/user-auth-credential/whoami", "/oauth/token", "/oauth/revoke", "/v1/models", "/models",
}

// pathFact is our own end of an address's path; empty where it has none.
func pathFact(address string) fact {
	if u, err := url.Parse(address); err == nil {
		for _, own := range ownPaths {
			if strings.HasSuffix(u.Path, own) {
				return fact{"path", own}
			}
		}
	}
	return fact{"path", ""}
}

// accountFact is the id of the book, which has neither an address nor a key.
func accountFact(a *credstore.Auth) fact { return codeFact("account", credstore.ID(a)) }

// storeFacts are where a login is kept. Of a keyring and of another machine
// they name the kind: what else is known of those a person has typed.
func storeFacts(p credstore.Place) []fact {
	facts := []fact{codeFact("store", p.Kind)}
	if p.Kind == credstore.KindFile {
		facts = append(facts, fact{"file", p.Where})
	}
	return facts
}

// heldBy names the program that has a port, as the system calls it.
func heldBy(h PortHolder) []fact {
	facts := []fact{count("port", h.Port)}
	if h.PID > 0 {
		facts = append(facts, fact{"program", h.Program}, count("pid", h.PID))
	}
	return facts
}

// saidCodes are the codes of servers that a log may repeat: those of RFC 6749
// and RFC 8628, and OpenAI's. Another one could be anything.
var saidCodes = map[string]bool{
	"invalid_request": true, "invalid_client": true, "invalid_grant": true, "unauthorized_client": true,
	"unsupported_grant_type": true, "invalid_scope": true, "access_denied": true, "unsupported_response_type": true,
	"server_error": true, "temporarily_unavailable": true, "authorization_pending": true, "slow_down": true, "expired_token": true,
	"invalid_token": true, "invalid_api_key": true, "insufficient_quota": true, "rate_limit_exceeded": true,
	"deviceauth_authorization_pending": true, "deviceauth_expired": true, "deviceauth_denied": true, "deviceauth_authorization_unknown": true,
	"refresh_token_expired": true, "refresh_token_reused": true, "refresh_token_invalidated": true,
	"token_expired": true, "token_revoked": true, "token_invalidated": true, "app_session_terminated": true, "invalid_answer": true,
	"missing_codex_entitlement": true, unsupportedCountry: true,
}

// saidFact is the code that a server gave; nothing for none.
func saidFact(code string) []fact {
	switch {
	case code == "":
		return nil
	case saidCodes[strings.ToLower(code)]:
		return []fact{{"said", strings.ToLower(code)}}
	}
	return []fact{{"said", "other"}}
}

// errorFacts are what kind of error it is, by the code for scripts and by the
// name of its explanation.
func errorFacts(err error) []fact {
	code, id, _ := classify(assets.Speak("en"), err)
	facts := []fact{{"code", code}, {"error", id}}
	var server *ServerError
	if errors.As(err, &server) {
		facts = append(facts, count("status", server.Status))
		facts = append(facts, saidFact(server.Code)...)
	}
	var unreachable *network.Error
	switch {
	case errors.As(err, &unreachable):
		facts = append(facts, fact{"why", reasonOf(unreachable.Err)})
	case errors.Is(err, context.DeadlineExceeded):
		facts = append(facts, codeFact("why", "timeout"))
	}
	var v *policy.Violation
	if errors.As(err, &v) {
		facts = append(facts, fact{"rule", v.Rule}, fact{"source", v.Source.String()})
	}
	return facts
}

// reasonOf is why there was no answer, as a word: the error's own text may
// repeat what was sent.
func reasonOf(err error) string {
	var dns *net.DNSError
	var untrusted x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var host x509.HostnameError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var late net.Error
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return "name_not_found"
	case errors.As(err, &dns):
		return "name_server"
	case errors.As(err, &untrusted):
		return "certificate_untrusted"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "certificate_expired"
	case errors.As(err, &invalid):
		return "certificate_invalid"
	case errors.As(err, &host):
		return "certificate_of_another"
	case errors.As(err, &record):
		return "not_tls"
	case errors.As(err, &alert):
		return "tls_alert"
	case network.Refused(err):
		return "refused"
	case network.Dropped(err):
		return "reset"
	case network.Unreachable(err):
		return "unreachable"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &late) && late.Timeout():
		return "timeout"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "closed"
	}
	return "other"
}

// line writes the facts behind the event. A value with a space or a sign of
// its own is quoted, one with what a terminal would obey escaped.
func line(e event, facts []fact) string {
	var b strings.Builder
	b.WriteString(string(e))
	for _, f := range facts {
		if f.value == "" {
			continue
		}
		value := f.value
		if strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r == '"' || r == '=' || r == '\\' || r > '~' }) {
			value = strconv.QuoteToGraphic(value)
		}
		b.WriteString(" " + f.key + "=" + value)
	}
	return b.String()
}

// trace takes down what happened, in the part of the program that target
// names.
func (l *Login) trace(level slog.Level, target string, e event, facts ...fact) {
	if l == nil || l.Trace == nil {
		return
	}
	l.Trace.add(TraceLine{At: l.Clock.now(), Level: level, Target: target, Text: line(e, facts)})
}

func (l *Login) info(target string, e event, facts ...fact) {
	l.trace(slog.LevelInfo, target, e, facts...)
}

func (l *Login) warn(target string, e event, facts ...fact) {
	l.trace(slog.LevelWarn, target, e, facts...)
}

// failed takes an error down. That a person left or mistyped is none.
func (l *Login) failed(target string, e event, err error, facts ...fact) {
	level := slog.LevelError
	var input *InputError
	if errors.Is(err, ErrCancelled) || errors.Is(err, ErrTakenOver) || errors.Is(err, context.Canceled) || errors.As(err, &input) {
		level = slog.LevelWarn
	}
	if l != nil && l.Trace != nil {
		l.trace(level, target, e, append(facts, errorFacts(err)...)...)
	}
}
