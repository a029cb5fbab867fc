package flows

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"codex-login/flows/sandbox"
)

// TestBarred: wherever the server says its word, it is understood, and the id
// of the request comes along.
func TestBarred(t *testing.T) {
	const request = "fe788ae2-dfb3-4fb3-a8c0-3f51c1a3d427"
	said := func(code string) string {
		return "An error occurred (" + code + "). Please include the request ID " + request + " in your e-mail."
	}
	withID := func(status int, code string) sandbox.Fault {
		return sandbox.Respond(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Request-Id", request)
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"error":{"code":"` + code + `","message":"no \u001b[31mway"}}`))
		})
	}
	for _, code := range barringCodes {
		for name, c := range map[string]struct {
			method Method
			set    func(*sandbox.Behaviour)
		}{
			"callback": {Browser, func(b *sandbox.Behaviour) {
				b.Refuse = &sandbox.Refusal{Error: "access_denied", Description: said(code)}
			}},
			"token":    {Browser, func(b *sandbox.Behaviour) { b.Inject(sandbox.CodeExchange, withID(400, code)) }},
			"usercode": {Device, func(b *sandbox.Behaviour) { b.Inject(sandbox.DeviceCode, withID(400, code)) }},
			"poll":     {Device, func(b *sandbox.Behaviour) { b.Inject(sandbox.DevicePoll, withID(403, code)) }},
		} {
			t.Run(code+" "+name, func(t *testing.T) {
				s := startSandbox(t, sandbox.Options{Setup: c.set})
				l := newLogin(t, s)
				challenge, err := l.Begin(t.Context(), Request{Method: c.method})
				if err == nil {
					end := finishing(t.Context(), l, challenge)
					if c.method == Browser {
						_, _ = s.Approve(t.Context(), challenge.URL, sandbox.MinaPlus)
					}
					_, err = end()
				}
				var b *BarredError
				if !errors.As(err, &b) || b.Code != code || b.RequestID != request || b.Host == "" || strings.ContainsRune(b.Detail, '\x1b') {
					t.Fatalf("%#v", err)
				}
				if !errors.Is(err, ErrDenied) || errors.Is(err, ErrNotEntitled) != (code == noEntitlement) {
					t.Errorf("%v is something else", err)
				}
				if x := Explain(l.Say, err); x.Code != "denied" || !strings.Contains(x.Text, request) {
					t.Errorf("%+v", x)
				}
				nothingStored(t, l)
			})
		}
	}
}
