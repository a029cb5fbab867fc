package flows

import (
	"crypto/sha1" //nolint:gosec // RFC 6455
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"codex-login/flows/network"
	"codex-login/flows/sandbox"
)

// An address that answers is reached, whatever it answers; only what says that
// it is in trouble, or that this place is not served, is none.
func TestConnect(t *testing.T) {
	for name, test := range map[string]struct {
		purpose Purpose
		answer  http.HandlerFunc
		fails   bool
		said    string
	}{
		"found":     {ForSignIn, status(200, ""), false, ""},
		"not found": {ForAPI, status(404, ""), false, ""},
		"not signed in": {ForAPI, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "" || r.Header.Get("Cookie") != "" {
				t.Error("a credential was sent")
			}
			w.WriteHeader(401)
		}, false, ""},
		"country":         {ForAPI, status(403, `{"error":{"code":"unsupported_country_region_territory","message":"no"}}`), true, "not supported"},
		"trouble":         {ForChatGPT, status(502, ""), true, "answered 502"},
		"socket, refused": {ForSocket, status(401, ""), false, ""},
		"socket, version": {ForSocket, status(426, ""), false, ""},
		"socket, no":      {ForSocket, status(404, ""), true, "answered 404"},
		"socket, a page":  {ForSocket, status(200, "<html>"), true, "not what Codex's sign-in expects"},
		"socket":          {ForSocket, upgrade(true), false, ""},
		"socket, wrong":   {ForSocket, upgrade(false), true, "not what Codex's sign-in expects"},
		"a redirect": {ForChatGPT, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		}, false, ""},
		"cut off": {ForAPI, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, true, "cut before an answer"},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(test.answer)
			defer s.Close()
			l := newLogin(t, startSandbox(t, sandbox.Options{}))
			address := s.URL + "/x"
			if test.purpose == ForSocket {
				address = strings.Replace(address, "http", "ws", 1)
			}
			c := l.Connect(t.Context(), Endpoint{test.purpose, address})
			if test.fails != (c.Err != nil) || (c.Err == nil) != (c.Stage == network.StageDone) {
				t.Fatalf("%s, %v", c.Stage, c.Err)
			}
			if c.Err != nil && !strings.Contains(Explain(l.Say, c.Err).Text, test.said) {
				t.Errorf("%+v", Explain(l.Say, c.Err))
			}
			if c.Status != 0 && (c.Date.IsZero() && c.Status != 101 || len(c.Addresses) != 1 || c.Host != strings.TrimPrefix(s.URL, "http://")) {
				t.Errorf("%+v", c)
			}
		})
	}
}

func status(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		_, _ = w.Write([]byte(body))
	}
}

// upgrade is the server's part of RFC 6455 section 4.2.2.
func upgrade(right bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "websocket" || r.Header.Get("Sec-WebSocket-Version") != "13" || r.ProtoMajor != 1 {
			w.WriteHeader(400)
			return
		}
		sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // RFC 6455
		if !right {
			sum[0]++
		}
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Sec-WebSocket-Accept", base64.StdEncoding.EncodeToString(sum[:]))
		w.WriteHeader(101)
	}
}

// A host that nobody knows, and one where nothing listens.
func TestConnectToNobody(t *testing.T) {
	l := newLogin(t, startSandbox(t, sandbox.Options{}))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	for address, want := range map[string]network.Cause{
		"http://" + listener.Addr().String(): network.CauseRefused,
		"https://issuer.invalid":             network.CauseName,
		"https://":                           network.CauseOther,
		"::":                                 network.CauseOther,
	} {
		c := l.Connect(t.Context(), Endpoint{ForSignIn, address})
		var unreachable *network.Error
		if !errors.As(c.Err, &unreachable) || unreachable.Cause != want || c.Stage == network.StageDone {
			t.Errorf("%s: %v", address, c.Err)
		}
	}
}

func TestEndpoints(t *testing.T) {
	l := newLogin(t, startSandbox(t, sandbox.Options{}))
	l.Issuer = NewIssuer("https://user:hunter2@auth.test/?x=1", "", "", func(string) string { return "" })
	for overrides, socket := range map[string]string{
		"": "wss://chatgpt.com/backend-api/codex/responses",
		`openai_base_url="http://gateway.test/v1"`: "ws://gateway.test/v1/responses",
	} {
		reloadRules(t, l, strings.Fields(overrides)...)
		got := l.Endpoints()
		if len(got) != 4 || got[3] != (Endpoint{ForSocket, socket}) || strings.Contains(got[0].URL, "hunter2") || strings.Contains(got[0].URL, "?") {
			t.Errorf("%v", got)
		}
	}
}

// A bundle is tried without a change, and kept for every connection from then
// on.
func TestTryBundle(t *testing.T) {
	config, root := privateAuthority(t)
	s := startSandbox(t, sandbox.Options{TLS: config})
	l := newLogin(t, s)
	e := l.Endpoints()[0]
	trial, err := l.TryBundle(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	if c := trial.Connect(t.Context(), e); c.Err != nil || !c.Private || c.Endpoint != e {
		t.Errorf("%+v", c)
	}
	if c := l.Connect(t.Context(), e); c.Stage != network.StageTLS {
		t.Error("trying it has used it")
	}
	trial.Keep()
	if c := l.Connect(t.Context(), e); c.Err != nil {
		t.Errorf("%+v", c)
	}
	signIn(t, l, s, sandbox.MinaPlus)
}
