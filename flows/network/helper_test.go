package network

import (
	"net/http"
	"os"
	"testing"

	"codex-login/flows/sandbox"
)

// Nothing here may reach another machine.
func TestMain(m *testing.M) {
	if code, done := sandbox.Isolate(); done {
		os.Exit(code)
	}
	os.Exit(m.Run())
}

// missing skips by name a test that needs more than Go; CI has all of it.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing", what)
	}
	t.Skipf("needs %s", what)
}

// get is a request without anything in it.
func get(t *testing.T, address string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// ask makes a request in earnest, as flows does.
func ask(t *testing.T, c *Client, address string) (status int, err error) {
	t.Helper()
	resp, err := c.Do(get(t, address))
	if err != nil {
		return 0, ErrorOf(t.Context(), address, err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode, nil
}

// anyAnswer takes every answer for a good one.
func anyAnswer(*http.Response) error { return nil }
