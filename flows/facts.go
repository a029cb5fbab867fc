package flows

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"

	"codex-login/assets"
	"codex-login/flows/loginlog"
	"codex-login/flows/network"
	"codex-login/policy"
)

// The types whose values are code words, all of them constants of this program,
// and may be in the login log.

func (NoteCode) LogCode()      {}
func (SendState) LogCode()     {}
func (Before) LogCode()        {}
func (refreshReason) LogCode() {}
func (codeState) LogCode()     {}
func (stage) LogCode()         {}
func (explained) LogCode()     {}
func (noAnswer) LogCode()      {}

// explained is what classify says of an error: the code for scripts, or the id
// of the explanation in the catalogue.
type explained string

// noAnswer is why there was no answer.
type noAnswer string

// heldBy names the program that has a port, as the system calls it.
func heldBy(h PortHolder) []loginlog.Fact {
	facts := []loginlog.Fact{loginlog.Count("port", h.Port)}
	if h.PID > 0 {
		facts = append(facts, loginlog.Program(h.Program), loginlog.Count("pid", h.PID))
	}
	return facts
}

// errorFacts are what kind of error it is, by the code for scripts and by the
// name of its explanation.
func errorFacts(err error) []loginlog.Fact {
	code, id, _ := classify(assets.Speak("en"), err)
	facts := []loginlog.Fact{loginlog.Code("code", explained(code)), loginlog.Code("error", explained(id))}
	var server *ServerError
	if errors.As(err, &server) {
		facts = append(facts, loginlog.Count("status", server.Status), loginlog.Said(server.Code))
	}
	var unreachable *network.Error
	switch {
	case errors.As(err, &unreachable):
		facts = append(facts, loginlog.Code("why", reasonOf(unreachable.Err)))
	case errors.Is(err, context.DeadlineExceeded):
		facts = append(facts, loginlog.Word("why", "timeout"))
	}
	var v *policy.Violation
	if errors.As(err, &v) {
		facts = append(facts, loginlog.Rule(v)...)
	}
	return facts
}

// reasonOf is why there was no answer, as a word: the error's own text may
// repeat what was sent.
func reasonOf(err error) noAnswer {
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
