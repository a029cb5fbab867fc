package network

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// A server that says nothing is given up, on a websocket too.
func TestSilentServer(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer s.Close()
	client := NewClient(environment(nil))
	client.own().limits.request = 500 * time.Millisecond
	for name, header := range map[string]http.Header{
		"a request":   {},
		"a websocket": {"Connection": {"Upgrade"}, "Upgrade": {"websocket"}},
	} {
		r := get(t, s.URL)
		r.Header = header
		c := client.Try(t.Context(), r, anyAnswer)
		var e *Error
		if !errors.As(c.Err, &e) || e.Problem != Offline || e.Cause != CauseSilent || c.Stage != StageRequest || len(c.Addresses) != 1 {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

// A bundle is tried without a change, and kept for every connection from then
// on.
func TestTryBundle(t *testing.T) {
	private := newAuthority(t, "Private Root")
	address := unavailable(t, private.server(nil))
	client := NewClient(environment(nil))
	if c := client.Try(t.Context(), get(t, address), anyAnswer); c.Stage != StageTLS {
		t.Fatalf("%+v", c)
	}
	_, err := client.TryBundle(t.Context(), written(t, private.pem[:100]))
	var file *CertificateFileError
	if !errors.As(err, &file) || file.Variable != "" || file.Problem != BundleNoEnd || file.Line != 1 {
		t.Fatal(err)
	}
	trial, err := client.TryBundle(t.Context(), written(t, private.pem))
	if err != nil || trial.Roots().Certificates != 1 || trial.Roots().Variable != "CODEX_CA_CERTIFICATE" {
		t.Fatal(err)
	}
	if c := trial.Try(t.Context(), get(t, address), anyAnswer); c.Status != 503 || !c.Private {
		t.Errorf("%+v", c)
	}
	if c := client.Try(t.Context(), get(t, address), anyAnswer); c.Stage != StageTLS {
		t.Error("trying it has used it")
	}
	trial.Keep()
	if c := client.Try(t.Context(), get(t, address), anyAnswer); c.Status != 503 {
		t.Errorf("%+v", c)
	}
	if status, err := ask(t, client, address); status != 503 {
		t.Errorf("a request does not use it: %v", err)
	}
	if r, err := client.Roots(t.Context()); err != nil || r.Path != trial.Roots().Path {
		t.Errorf("%+v, %v", r, err)
	}
}

// A bundle that was mended is read again.
func TestRootsAreReadAgain(t *testing.T) {
	private := newAuthority(t, "Private Root")
	path := written(t, "")
	client := NewClient(environment(map[string]string{"SSL_CERT_FILE": path}))
	if r, err := client.Roots(t.Context()); err == nil || r.Variable != "SSL_CERT_FILE" || r.Path != path {
		t.Errorf("%+v, %v", r, err)
	}
	if err := overwrite(path, private.pem); err != nil {
		t.Fatal(err)
	}
	if r, err := client.Roots(t.Context()); err != nil || r.Certificates != 1 || r.System || len(r.Instead) != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}
