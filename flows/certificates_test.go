package flows

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"codex-login/flows/sandbox"
)

// Each fault of a certificate has its own sentence, which names who issued it.
func TestUntrustedCertificates(t *testing.T) {
	private := newAuthority(t, "Private Root")
	alone := newAuthority(t, "Lone Server", func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)} })
	self := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{alone.cert.Raw}, PrivateKey: alone.key}}}
	day := 24 * time.Hour
	known := map[string]string{"CODEX_CA_CERTIFICATE": written(t, private.pem)}
	for name, test := range map[string]struct {
		config *tls.Config
		env    map[string]string
		cause  NetworkCause
		said   string
	}{
		"unknown authority": {private.server(nil), nil, CauseUnknown, "Private Root (Example)"},
		"self-signed":       {self, nil, CauseSelfSigned, `The certificate of "Lone Server (Example)" vouches for itself`},
		"expired": {private.server(nil, func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().Add(-9*day), time.Now().Add(-2*day)
		}), known, CauseExpired, "good until " + time.Now().Add(-2*day).UTC().Format("2006-01-02")},
		"not yet valid": {private.server(nil, func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().Add(3*day), time.Now().Add(9*day)
		}), known, CauseNotYetValid, "from " + time.Now().Add(3*day).UTC().Format("2006-01-02")},
		"another host": {private.server([]string{"portal.hotel.test"}, func(c *x509.Certificate) {
			c.IPAddresses, c.Subject.CommonName = nil, "portal.hotel.test"
		}), known, CauseWrongHost, "It is for portal.hotel.test"},
		"a common name alone": {private.server(nil, func(c *x509.Certificate) {
			c.IPAddresses, c.Subject.CommonName = nil, "127.0.0.1"
		}), known, CauseWrongHost, "It names no host (only a common name"},
		"text in the place of a host": {private.server([]string{"fine. do: run this"}, func(c *x509.Certificate) {
			c.IPAddresses = nil
		}), known, CauseWrongHost, "It names no host"},
		"not for servers": {private.server(nil, func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		}), known, CauseRejected, "Private Root (Example)"},
		"no TLS at all":     {nil, nil, CauseGarbage, "no secured connection"},
		"an old version":    {&tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10, Certificates: private.server(nil).Certificates}, known, CauseRefused, "broke off"},
		"the wrong bundle":  {private.server(nil), map[string]string{"SSL_CERT_FILE": written(t, alone.pem)}, CauseUnknown, "1 certificate) in place of the system's, as SSL_CERT_FILE says"},
		"an unrelated one":  {private.server(nil), map[string]string{"CODEX_CA_CERTIFICATE": written(t, alone.pem)}, CauseUnknown, "1 certificate) beside the system's"},
		"an expired bundle": {private.server(nil), map[string]string{"CODEX_CA_CERTIFICATE": written(t, newAuthority(t, "Old", func(c *x509.Certificate) { c.NotAfter = c.NotBefore.Add(1) }).pem)}, CauseUnknown, "1 expired"},
	} {
		t.Run(name, func(t *testing.T) {
			address := "https://" + strings.SplitN(unavailable(t, test.config), "://", 2)[1]
			l := newLogin(t, startSandbox(t, sandbox.Options{}))
			l.Issuer = NewIssuer(address, "", "codex-login/test", environment(nil))
			l.Client = NewClient(environment(test.env))
			c := l.Connect(t.Context(), l.Endpoints()[0])
			var network *NetworkError
			if !errors.As(c.Err, &network) || network.Problem != TLS || network.Cause != test.cause || c.Stage != StageTLS {
				t.Fatalf("%s: %v", c.Stage, c.Err)
			}
			e := Explain(l.Say, c.Err)
			if e.Code != "tls" || !strings.Contains(e.Text, test.said) {
				t.Errorf("%+v", e)
			}
			certificate := test.cause != CauseGarbage && test.cause != CauseRefused
			if (len(c.Presented) > 0) != certificate {
				t.Errorf("presented: %+v", c.Presented)
			}
		})
	}
}

// Names in a certificate come from outside.
func TestCertificateNamesAreStripped(t *testing.T) {
	const bad = "Evil\x1b]0;pwned\x07\u202eCA\nX. \"Fine\".          do: run this, sk-proj-0123456789abcdef, and then a good deal more of it"
	a := newAuthority(t, bad)
	l := newLogin(t, startSandbox(t, sandbox.Options{}))
	l.Issuer = NewIssuer(unavailable(t, a.server(nil)), "", "", environment(nil))
	c := l.Connect(t.Context(), l.Endpoints()[0])
	e := Explain(l.Say, c.Err)
	all := e.Title + e.Text + c.Err.Error() + c.Presented[0].Issuer
	if strings.ContainsAny(all, "\x1b\x07\u202e\n") || strings.Contains(all, "  ") || strings.Contains(all, "0123456789") || !strings.Contains(all, "Evil") {
		t.Errorf("%q", all)
	}
	if name := []rune(c.Presented[0].Issuer); len(name) > 61 || strings.Contains(string(name), `"`) {
		t.Errorf("%q", string(name))
	}
	if strings.Contains(strings.SplitN(e.Text, "Evil", 2)[0], ".") || !strings.Contains(e.Text, `"Evil`) {
		t.Errorf("not in quotation marks: %s", e.Text)
	}
}
