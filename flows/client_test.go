package flows

import (
	"context"
	"crypto/tls"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-login/credstore"
	"codex-login/flows/network"
	"codex-login/flows/sandbox"
)

// privateAuthority makes a certificate for 127.0.0.1 that no system trusts,
// and the PEM file that makes it trusted.
func privateAuthority(t *testing.T) (*tls.Config, string) {
	t.Helper()
	config, root, err := sandbox.SelfSigned("Example Inspection CA")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "root.pem")
	if err := os.WriteFile(path, root, 0o600); err != nil {
		t.Fatal(err)
	}
	return config, path
}

func TestCertificates(t *testing.T) {
	config, root := privateAuthority(t)
	s := startSandbox(t, sandbox.Options{TLS: config})
	junk := filepath.Join(t.TempDir(), "junk.pem")
	if err := os.WriteFile(junk, []byte("no certificate here"), 0o600); err != nil {
		t.Fatal(err)
	}
	huge := filepath.Join(t.TempDir(), "huge.pem")
	pem, _ := os.ReadFile(root)
	if err := os.WriteFile(huge, append(pem, make([]byte, 32<<20)...), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		env  map[string]string
		code string // of the explanation; empty is a sign-in that begins
	}{
		"not trusted":           {nil, "tls"},
		"CODEX_CA_CERTIFICATE":  {map[string]string{"CODEX_CA_CERTIFICATE": root}, ""},
		"SSL_CERT_FILE":         {map[string]string{"SSL_CERT_FILE": root}, ""},
		"the first one decides": {map[string]string{"CODEX_CA_CERTIFICATE": junk, "SSL_CERT_FILE": root}, "tls"},
		"far too large":         {map[string]string{"CODEX_CA_CERTIFICATE": huge}, "tls"},
		"missing file":          {map[string]string{"CODEX_CA_CERTIFICATE": junk + ".none"}, "tls"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLogin(t, s)
			l.Client = network.NewClient(func(name string) string { return test.env[name] })
			c, err := l.Begin(t.Context(), Request{Method: Device})
			if err == nil {
				c.Close()
			}
			if test.code == "" && err != nil {
				t.Errorf("got %v", err)
			}
			if test.code != "" && (err == nil || Explain(l.Say, err).Code != test.code) {
				t.Errorf("got %v", err)
			}
			var certificate *network.CertificateFileError
			if named := test.env["CODEX_CA_CERTIFICATE"] != "" && test.code != ""; errors.As(err, &certificate) != named {
				t.Errorf("the variable is named: %t: %v", !named, err)
			}
		})
	}
}

// A browser sign-in must not fail at its end for what was wrong before.
func TestCertificateFileIsReadBeforeTheBrowserOpens(t *testing.T) {
	l := newLogin(t, startSandbox(t, sandbox.Options{}))
	l.Client = network.NewClient(func(name string) string {
		return map[string]string{"CODEX_CA_CERTIFICATE": "/nowhere/root.pem"}[name]
	})
	opened := false
	l.Open = func(context.Context, string) error { opened = true; return nil }
	_, err := l.Begin(t.Context(), Request{Method: Browser})
	var certificate *network.CertificateFileError
	if !errors.As(err, &certificate) || opened {
		t.Errorf("got %v, opened %t", err, opened)
	}
	// Storing a key needs no connection, and signing out must always work.
	if _, err := l.Finish(t.Context(), begin(t, l, Request{Method: APIKey, Secret: credstore.NewSecret("sk-0123456789abcdef")})); err != nil {
		t.Error(err)
	}
	if _, err := l.SignOut(t.Context(), true); err != nil {
		t.Error(err)
	}
	s := startSandbox(t, sandbox.Options{})
	broken := l.Client
	l = newLogin(t, s)
	signIn(t, l, s, sandbox.MinaPlus)
	l.Client = broken
	if out, err := l.SignOut(t.Context(), true); err != nil || !errors.As(out.RevokeErr, &certificate) {
		t.Errorf("signing out: %+v, %v", out, err)
	}
}

// A proxy that cannot be understood must not be passed by, and its password
// must not be shown.
func TestProxyThatCannotBeRead(t *testing.T) {
	const secret = "hunter2"
	for _, test := range []struct {
		variable, value, issuer string
		ok                      bool
	}{
		{"HTTPS_PROXY", "http://user:" + secret + "@proxy.test:80:80", "https://auth.test", false},
		{"https_proxy", "://" + secret, "https://auth.test", false},
		{"HTTPS_PROXY", "ftp://user:" + secret + "@proxy.test", "https://auth.test", false},
		{"HTTP_PROXY", "http://%zz" + secret, "http://auth.test", false},
		{"HTTPS_PROXY", "http://", "https://auth.test", false},
		{"HTTPS_PROXY", "http://user:" + secret + "@proxy.test:8080/", "https://auth.test", true},
		{"HTTPS_PROXY", "proxy.test:8080", "https://auth.test", true},
		{"HTTPS_PROXY", "socks5://proxy.test", "https://auth.test", true},
		{"HTTP_PROXY", "://", "https://auth.test", true},
		{"HTTPS_PROXY", "://", "https://127.0.0.1:1", true},
		{"HTTPS_PROXY", "://", "https://localhost:1", true},
	} {
		l := newLogin(t, startSandbox(t, sandbox.Options{}))
		l.Issuer = NewIssuer(test.issuer, "", "", func(string) string { return "" })
		l.Client = network.NewClient(func(name string) string { return map[string]string{test.variable: test.value}[name] })
		err := l.ready(t.Context())
		var proxy *network.ProxyVariableError
		if test.ok {
			if err != nil {
				t.Errorf("%s=%s for %s: %v", test.variable, test.value, test.issuer, err)
			}
			continue
		}
		if !errors.As(err, &proxy) || proxy.Variable != test.variable {
			t.Errorf("%s=%s: %v", test.variable, test.value, err)
			continue
		}
		// The request itself, without the look beforehand, goes nowhere either.
		_, err = l.do(t.Context(), request{method: "GET", url: l.Issuer.tokenURL()})
		e := Explain(l.Say, err)
		if e.Code != "proxy" || !strings.Contains(e.Title, test.variable) || strings.Contains(e.Title+e.Text+e.Next+err.Error(), secret) {
			t.Errorf("%+v (%v)", e, err)
		}
	}
}
