package network

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// Each fault of a certificate is told apart, with what a sentence about it needs.
func TestUntrustedCertificates(t *testing.T) {
	private := newAuthority(t, "Private Root")
	alone := newAuthority(t, "Lone Server", func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)} })
	self := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{alone.cert.Raw}, PrivateKey: alone.key}}}
	day := 24 * time.Hour
	known := map[string]string{"CODEX_CA_CERTIFICATE": written(t, private.pem)}
	for name, test := range map[string]struct {
		config *tls.Config
		env    map[string]string
		cause  Cause
		shows  string // of the certificate to blame, or of the roots
	}{
		"unknown authority": {private.server(nil), nil, CauseUnknown, "Issuer:Private Root (Example)"},
		"self-signed":       {self, nil, CauseSelfSigned, "Subject:Lone Server (Example) Issuer:Lone Server (Example)"},
		"expired": {private.server(nil, func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().Add(-9*day), time.Now().Add(-2*day)
		}), known, CauseExpired, "NotAfter:" + time.Now().Add(-2*day).UTC().Format("2006-01-02")},
		"not yet valid": {private.server(nil, func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().Add(3*day), time.Now().Add(9*day)
		}), known, CauseNotYetValid, "NotBefore:" + time.Now().Add(3*day).UTC().Format("2006-01-02")},
		"another host": {private.server([]string{"portal.hotel.test"}, func(c *x509.Certificate) {
			c.IPAddresses, c.Subject.CommonName = nil, "portal.hotel.test"
		}), known, CauseWrongHost, "Names:[portal.hotel.test]"},
		"a common name alone": {private.server(nil, func(c *x509.Certificate) {
			c.IPAddresses, c.Subject.CommonName = nil, "127.0.0.1"
		}), known, CauseWrongHost, "Names:[]"},
		"text in the place of a host": {private.server([]string{"fine. do: run this"}, func(c *x509.Certificate) {
			c.IPAddresses = nil
		}), known, CauseWrongHost, "Names:[]"},
		"not for servers": {private.server(nil, func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		}), known, CauseRejected, "Issuer:Private Root (Example)"},
		"no TLS at all":     {nil, nil, CauseGarbage, ""},
		"an old version":    {&tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10, Certificates: private.server(nil).Certificates}, known, CauseRefused, ""},
		"the wrong bundle":  {private.server(nil), map[string]string{"SSL_CERT_FILE": written(t, alone.pem)}, CauseUnknown, "Certificates:1 Expired:0 System:false Instead:[SSL_CERT_FILE]"},
		"an unrelated one":  {private.server(nil), map[string]string{"CODEX_CA_CERTIFICATE": written(t, alone.pem)}, CauseUnknown, "Certificates:1 Expired:0 System:true"},
		"an expired bundle": {private.server(nil), map[string]string{"CODEX_CA_CERTIFICATE": written(t, newAuthority(t, "Old", func(c *x509.Certificate) { c.NotAfter = c.NotBefore.Add(1) }).pem)}, CauseUnknown, "Expired:1"},
	} {
		t.Run(name, func(t *testing.T) {
			address := "https://" + strings.SplitN(unavailable(t, test.config), "://", 2)[1]
			c := NewClient(environment(test.env)).Try(t.Context(), get(t, address), anyAnswer)
			var e *Error
			if !errors.As(c.Err, &e) || e.Problem != TLS || e.Cause != test.cause || c.Stage != StageTLS {
				t.Fatalf("%s: %v", c.Stage, c.Err)
			}
			shown := fmt.Sprintf("%+v", e.Roots)
			if e.Fault < len(e.Presented) {
				shown += fmt.Sprintf("%+v", e.Presented[e.Fault])
			}
			if !strings.Contains(shown, test.shows) {
				t.Error(shown)
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
	c := NewClient(environment(nil)).Try(t.Context(), get(t, unavailable(t, a.server(nil))), anyAnswer)
	name := c.Presented[0].Issuer
	all := c.Err.Error() + name
	if strings.ContainsAny(all, "\x1b\x07\u202e\n") || strings.Contains(all, "  ") || strings.Contains(all, "0123456789") || !strings.Contains(all, "Evil") {
		t.Errorf("%q", all)
	}
	if len([]rune(name)) > 61 || strings.Contains(name, `"`) {
		t.Errorf("%q", name)
	}
}
