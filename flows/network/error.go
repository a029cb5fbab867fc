package network

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"codex-login/assets/display"
)

// Problem is the kind of trouble between here and the server.
type Problem string

// The network problems.
const (
	Offline Problem = "offline" // no connection: name not found, refused, timed out
	TLS     Problem = "tls"     // the server's certificate is not trusted
	Proxy   Problem = "proxy"   // the proxy did not let the connection through
)

// Cause is why, where it can be told.
type Cause string

// The causes. Those of Offline and Proxy mean the server and the proxy.
const (
	CauseOther   Cause = "other"
	CauseName    Cause = "name"    // nobody knows the name
	CauseRefused Cause = "refused" // nothing listens there
	CauseSilent  Cause = "silent"  // no answer in time
	CauseDropped Cause = "dropped" // the connection was ended
	CauseGarbage Cause = "garbage" // something answered that is not what was asked for

	CauseAuthentication Cause = "authentication" // the proxy wants to know who asks (407)
	CauseStatus         Cause = "status"         // the proxy answered with another status

	CauseExpired     Cause = "expired"
	CauseNotYetValid Cause = "not_yet_valid"
	CauseWrongHost   Cause = "wrong_host"
	CauseSelfSigned  Cause = "self_signed"
	CauseUnknown     Cause = "unknown"   // an authority that nobody here trusts
	CauseInspected   Cause = "inspected" // the same, and something stands between
	CauseReplaced    Cause = "replaced"  // the system trusts it, but a variable put its own roots in place
	CauseRejected    Cause = "rejected"  // another fault of the certificate
)

// Error is a request that got no answer. Host never holds a path or a
// query. Everything in it is safe to print.
type Error struct {
	Problem Problem
	Cause   Cause
	Stage   Stage
	Host    string
	Proxy   ProxyChoice // the way it went
	Err     error

	// Status and Schemes are the proxy's answer: its status, and what it wants
	// to authenticate with (Basic, Negotiate, NTLM).
	Status  int
	Schemes []string

	// Roots and Presented are set for a certificate that is not trusted; Fault
	// is the one of Presented that is to blame.
	Roots     Roots
	Presented []Certificate
	Fault     int
}

func (e *Error) Error() string {
	kind := string(e.Problem)
	if e.Cause != "" && e.Cause != CauseOther {
		kind += ": " + string(e.Cause)
	}
	text := e.Host + " cannot be reached (" + kind + ")"
	if e.Err == nil {
		return text
	}
	return text + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// Lasting reports whether asking again can only end the same way.
func (e *Error) Lasting() bool {
	return e.Problem == TLS && e.Cause != CauseSilent && e.Cause != CauseDropped || e.Cause == CauseAuthentication
}

// ErrSilent is the end of a wait. A context that a limit ends has it for its
// cause: that is the server's silence, and nobody's wish.
var ErrSilent error = silence{}

// silence is that, as net.Error knows it.
type silence struct{}

func (silence) Error() string   { return "no answer in time" }
func (silence) Timeout() bool   { return true }
func (silence) Temporary() bool { return true }

// worded is an error whose own text may repeat what nobody should see.
type worded struct {
	text string
	err  error
}

func (e worded) Error() string { return e.text }
func (e worded) Unwrap() error { return e.err }

// proxyAnswer is what a proxy said instead of connecting.
type proxyAnswer struct {
	status  int
	schemes []string
}

func (e *proxyAnswer) Error() string { return "the proxy answered " + http.StatusText(e.status) }

// quotedString is a text of a parameter, in which commas separate nothing.
var quotedString = regexp.MustCompile(`"(\\.|[^"\\])*"`)

// refusedByProxy is an http.Transport.OnProxyConnectResponse.
func refusedByProxy(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	e := &proxyAnswer{status: resp.StatusCode}
	for _, line := range resp.Header.Values("Proxy-Authenticate") {
		for challenge := range strings.SplitSeq(quotedString.ReplaceAllString(line, ""), ",") {
			// RFC 9110 section 11.6.1: parameters of a scheme are separated by
			// commas too, but hold a "=".
			scheme, _, _ := strings.Cut(strings.TrimSpace(challenge), " ")
			if scheme != "" && !strings.Contains(scheme, "=") && !slices.Contains(e.schemes, scheme) {
				e.schemes = append(e.schemes, display.Line(scheme, 20))
			}
		}
	}
	return e
}

// failure is why the journey ended before an answer.
func (j *journey) failure(ctx context.Context, err error) error {
	if ended(ctx) {
		return err // the person or the whole sign-in ended it
	}
	var variable *ProxyVariableError
	if errors.As(err, &variable) {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	e := &Error{Problem: Offline, Host: j.target.Host, Stage: j.stage, Proxy: j.proxy}
	var untrusted *tls.CertificateVerificationError
	var answered *proxyAnswer
	var op *net.OpError
	toProxy := j.proxy.Address != "" && j.stage != StageTLS &&
		(j.stage != StageRequest || j.target.Scheme != "https")
	if errors.As(err, &op) && op.Op == "proxyconnect" {
		toProxy = true
	}
	switch {
	case errors.As(err, &untrusted):
		if toProxy {
			e.Host = j.proxy.host()
		}
		e.Stage, e.Problem = StageTLS, TLS
		j.presented = untrusted.UnverifiedCertificates
		j.distrust(e, untrusted)
	case errors.As(err, &answered):
		e.Stage, e.Problem, e.Cause, e.Err = StageProxy, Proxy, CauseStatus, answered
		e.Status, e.Schemes = answered.status, answered.schemes
		if e.Status == http.StatusProxyAuthRequired {
			e.Cause = CauseAuthentication
		}
	case toProxy:
		e.Problem = Proxy
		e.Cause, e.Err = offlineCause(plainCause(err))
	case j.stage == StageTLS:
		e.Problem = TLS
		e.Cause, e.Err = offlineCause(plainCause(err))
		switch {
		case op != nil && op.Op == "remote error": // an alert, RFC 8446 section 6
			e.Cause = CauseRefused
		case e.Cause == CauseOther:
			e.Cause = CauseGarbage
		}
	default:
		e.Cause, e.Err = offlineCause(plainCause(err))
	}
	return e
}

// distrust says what is wrong with the chain that was presented.
func (j *journey) distrust(e *Error, err *tls.CertificateVerificationError) {
	e.Roots, e.Presented, e.Err = j.trust.Roots, certificates(err.UnverifiedCertificates), worded{rejection(err.Err), err}
	var invalid x509.CertificateInvalidError
	var name x509.HostnameError
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.As(err.Err, &name):
		e.Cause = CauseWrongHost
	case errors.As(err.Err, &invalid) && invalid.Reason == x509.Expired:
		e.Cause = CauseExpired
		if time.Now().Before(invalid.Cert.NotBefore) {
			e.Cause = CauseNotYetValid
		}
		e.Fault = max(slices.IndexFunc(err.UnverifiedCertificates, invalid.Cert.Equal), 0)
	case errors.As(err.Err, &unknown):
		e.Cause = j.unknownAuthority(e.Host, err.UnverifiedCertificates)
	default:
		e.Cause = CauseRejected
	}
}

// rejection is a fixed text: those of crypto/x509 repeat names out of the
// certificate.
func rejection(err error) string {
	var invalid x509.CertificateInvalidError
	var name x509.HostnameError
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.As(err, &name):
		return "it is for another host"
	case errors.As(err, &unknown):
		return "its issuer is not known"
	case !errors.As(err, &invalid):
		return "it cannot be verified"
	}
	switch invalid.Reason {
	case x509.Expired:
		return "its time is over or has not come"
	case x509.NotAuthorizedToSign:
		return "its issuer may issue none"
	case x509.IncompatibleUsage:
		return "it is not for servers"
	case x509.CANotAuthorizedForThisName, x509.NameMismatch, x509.NameConstraintsWithoutSANs, x509.UnconstrainedName, x509.TooManyConstraints:
		return "its issuer may issue none for that name"
	case x509.TooManyIntermediates:
		return "too many certificates stand between it and its root"
	}
	return "it cannot be verified"
}

// unknownAuthority tells apart why nobody here knows the authority.
func (j *journey) unknownAuthority(host string, chain []*x509.Certificate) Cause {
	if len(chain) == 0 {
		return CauseUnknown
	}
	leaf := chain[0]
	switch {
	case !j.trust.System && trustedBy(ownRoots(), chain):
		return CauseReplaced
	case j.proxy.Address != "" && host == j.target.Host, isOpenAI(j.target.Hostname()):
		return CauseInspected
	case len(chain) == 1 && leaf.CheckSignatureFrom(leaf) == nil || string(leaf.RawIssuer) == string(leaf.RawSubject):
		return CauseSelfSigned
	}
	return CauseUnknown
}

// trustedBy asks about the authority alone; a nil pool is the system's own.
func trustedBy(roots *x509.CertPool, chain []*x509.Certificate) bool {
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between})
	return err == nil
}

// isOpenAI: their servers have certificates of public authorities.
func isOpenAI(host string) bool {
	host = strings.ToLower(host)
	for _, domain := range []string{"openai.com", "chatgpt.com"} {
		if host == domain || strings.HasSuffix(host, "."+domain) {
			return true
		}
	}
	return false
}
