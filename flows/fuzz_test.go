package flows

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode"

	"codex-login/assets"
	"codex-login/credstore"
	"codex-login/flows/loginlog"
	"codex-login/flows/network"
	"codex-login/policy"
)

// saying is a server that answers everything with that.
type saying struct {
	status int
	body   []byte
	header http.Header
}

func (s saying) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: s.status, Status: http.StatusText(s.status), Header: s.header, Request: r,
		Body: io.NopCloser(bytes.NewReader(s.body)), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}, nil
}

// answeredWith is a Login whose server says that, and the trace of it.
func answeredWith(status uint16, body []byte) *Login {
	header := http.Header{"X-Request-Id": {string(body)}, "Date": {string(body)}, "Retry-After": {string(body)}}
	clock := &steppedClock{now: noon}
	return &Login{
		Issuer: NewIssuer("https://issuer.example", "", "test", func(string) string { return "" }), Rules: &policy.Rules{},
		Client: &network.Client{Client: http.Client{Transport: saying{int(status)%500 + 100, body, header}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}},
		Clock:  clock.clock(), Say: assets.Speak("en"), Trace: loginlog.NewTrace(""), ports: []int{0},
	}
}

// harmless fails when a text could do something to a terminal.
func harmless(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if i := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) }); i >= 0 {
			t.Fatalf("not safe to show: %q", text)
		}
	}
}

// told fails when the log or an error holds something that was said by a
// server and is not a word of ours. secrets are what was sent.
func told(t *testing.T, l *Login, err error, secrets ...string) {
	t.Helper()
	var all []string
	if err != nil {
		x := Explain(l.Say, err)
		all = append(all, err.Error(), x.Title, x.Text, x.Next)
	}
	for _, one := range l.Trace.Lines(0) {
		all = append(all, one.String())
		if strings.Contains(one.String(), "\n") {
			t.Fatalf("more than a line: %q", one)
		}
	}
	harmless(t, all...)
	for _, text := range all {
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Fatalf("a secret got out: %q", text)
			}
		}
	}
}

// kept fails when a login cannot be stored and read back the same.
func kept(t *testing.T, a *credstore.Auth) {
	t.Helper()
	for _, text := range [][]byte{a.Encode(), a.EncodeCompact()} {
		back, err := credstore.Parse(text, credstore.Place{})
		if err != nil {
			t.Fatalf("it cannot be read back: %v\n%s", err, text)
		}
		if !back.SameSecret(a) || back.Fingerprint() != a.Fingerprint() || credstore.ID(back) != credstore.ID(a) || back.Kind() != a.Kind() {
			t.Fatalf("it is read back as another one:\n%s", text)
		}
	}
	x := describe(a)
	harmless(t, x.Email, x.UserID, x.WorkspaceID, x.Plan, x.KeyHint)
	s := ExplainSecurity(assets.Speak("en"), Advise(a))
	harmless(t, append(append(s.Found, s.Advice...), s.Line)...)
}

const (
	sentCode     = "ac_the-code-that-was-sent"
	sentVerifier = "the-verifier-that-was-sent-with-it"
	sentToken    = "at-the-token-that-was-sent"
	sentRefresh  = "rt_the-refresh-token-that-was-sent"
)

func fakeJWT(payload string) string {
	return "e30." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".c2ln"
}

func tokenAnswers(f *testing.F) {
	id := fakeJWT(`{"email":"a@b","sub":"google-oauth2|1","https://api.openai.com/auth":{"chatgpt_account_id":"w","chatgpt_user_id":"u"}}`)
	for _, body := range []string{
		`{"id_token":"` + id + `","access_token":"` + fakeJWT(`{"exp":1900000000}`) + `","refresh_token":"rt"}`,
		`{"id_token":"` + id + `","access_token":"a","refresh_token":""}`, `{"id_token":1}`, `[]`, `null`, "\x1b]0;x\x07", `{"error":"invalid_grant"}`,
		`{"error":{"code":"` + sentCode + `","message":"` + sentVerifier + `"}}`, `{"detail":"` + sentToken + `"}`, `{"error":"` + sentRefresh + `"}`,
		`{"access_token":"\ud800","id_token":"` + id + `","refresh_token":"\u0000"}`, `{"access_token":"x","access_token":"y"}`,
	} {
		for _, status := range []uint16{100, 300, 301, 303, 400} {
			f.Add(status, []byte(body))
		}
	}
}

// FuzzTokenAnswer is the answer to the exchange of a code.
func FuzzTokenAnswer(f *testing.F) {
	tokenAnswers(f)
	f.Fuzz(func(t *testing.T, status uint16, body []byte) {
		l := answeredWith(status, body)
		c := &Challenge{login: l}
		found, err := l.exchangeCode(context.Background(), c, grant{code: sentCode, verifier: sentVerifier, redirectURI: "http://127.0.0.1:1455/auth/callback"})
		told(t, l, err, sentCode, sentVerifier)
		if err == nil {
			kept(t, found.auth)
		}
	})
}

// FuzzRefreshAnswer is the answer to a renewal: whatever it is, what is kept
// afterwards can be read back, and without a usable answer nothing is new.
func FuzzRefreshAnswer(f *testing.F) {
	tokenAnswers(f)
	f.Fuzz(func(t *testing.T, status uint16, body []byte) {
		l := answeredWith(status, body)
		before := credstore.NewChatGPT(credstore.Tokens{
			IDToken: credstore.NewSecret(fakeJWT(`{"email":"a@b"}`)), AccessToken: credstore.NewSecret(fakeJWT(`{"exp":1}`)),
			RefreshToken: credstore.NewSecret(sentRefresh), AccountID: "w",
		}, nil, noon)
		r, err := l.refresh(context.Background(), before, proactiveExpiry)
		told(t, l, err, sentRefresh)
		var ended *SessionEndedError
		var server *ServerError
		if err != nil {
			if !errors.As(err, &ended) && !errors.As(err, &server) {
				t.Fatalf("untyped error %v", err)
			}
			return
		}
		after := r.of(before)
		kept(t, after)
		if !after.LastRefresh.After(before.LastRefresh) || after.Tokens.AccountID != "w" || after.Tokens.RefreshToken.Empty() {
			t.Fatalf("%+v", after)
		}
	})
}

// FuzzWhoami is the answer to a personal access token.
func FuzzWhoami(f *testing.F) {
	tokenAnswers(f)
	f.Add(uint16(100), []byte(`{"email":"a\u001b[2J@b","chatgpt_user_id":"u","chatgpt_account_id":"w","chatgpt_plan_type":"\u202e"}`))
	f.Fuzz(func(t *testing.T, status uint16, body []byte) {
		l := answeredWith(status, body)
		flow := tokenFlow{login: l, challenge: &Challenge{login: l}, token: credstore.NewSecret(sentToken)}
		found, err := flow.exchange(context.Background(), grant{})
		told(t, l, err, sentToken)
		if err == nil {
			kept(t, found.auth)
			harmless(t, found.account.Email, found.account.UserID, found.account.WorkspaceID, found.account.Plan)
		}
	})
}

// FuzzDeviceFlow is the answer to the request for a code, and one to a
// question about it.
func FuzzDeviceFlow(f *testing.F) {
	for _, body := range []string{
		`{"device_auth_id":"deviceauth_secret","user_code":"AB-12345","interval":"5","expires_at":"2030-01-01T00:00:00Z"}`,
		`{"device_auth_id":"d","usercode":"AB","interval":1e999,"expires_in":"900","verification_uri_complete":"https://issuer.example/x"}`,
		`{"authorization_code":"c","code_verifier":"v","code_challenge":"x"}`, `{"device_auth_id":"d","user_code":"\u001b[31m"}`,
		`{"error":{"code":"deviceauth_authorization_pending"}}`, `{"error":"slow_down"}`, `{"detail":"deviceauth_secret"}`, `null`, `<html>`,
	} {
		f.Add(uint16(100), []byte(body), uint16(303), []byte(body))
		f.Add(uint16(304), []byte(body), uint16(100), []byte(body))
	}
	f.Fuzz(func(t *testing.T, status uint16, body []byte, polled uint16, said []byte) {
		l := answeredWith(status, body)
		if c, err := l.beginDevice(context.Background(), Request{Method: Device}); err != nil {
			told(t, l, err)
		} else {
			harmless(t, c.UserCode, c.URL, c.ScanURL())
			left := c.ExpiresAt.Sub(noon)
			if c.UserCode == "" || left <= 0 || left > maxLifetime || !strings.HasPrefix(c.ScanURL(), "https://issuer.example/") {
				t.Fatalf("%q, %v, %q", c.UserCode, left, c.ScanURL())
			}
			c.Close()
		}
		l = answeredWith(polled, said)
		asking := &deviceFlow{login: l, deviceID: "deviceauth_of_this_machine", challenge: &Challenge{login: l, UserCode: "WXYZ-98765"}}
		g, result, wait, err := asking.ask(context.Background())
		told(t, l, err, asking.deviceID)
		for _, one := range l.Trace.Lines(0) {
			if strings.Contains(one.Text, asking.challenge.UserCode) {
				t.Fatalf("the code got out: %q", one)
			}
		}
		if wait < 0 || wait > maxLifetime {
			t.Fatalf("waits %v", wait)
		}
		if result == pollGranted && err == nil && (g.code == "" || g.verifier == "") {
			t.Fatal("granted without a code")
		}
	})
}

// FuzzCallback is what a browser, or whoever else is on this machine, may ask
// the listener for. Nothing but the right state ends the wait, and nothing that
// was asked for comes back on a page.
func FuzzCallback(f *testing.F) {
	const state = "the-state-of-this-sign-in"
	for _, target := range []string{
		"/auth/callback?state=" + state + "&code=the-code-in-the-address", "/auth/callback?state=x&code=y", "/auth/callback", "/success", "/cancel",
		"/auth/callback?state=" + state + "&error=access_denied&error_description=%1b%5b31m", "/auth/callback?state=" + state + "&state=" + state,
		"/auth/callback?code=a;b&state=" + state, "//auth/callback", "/auth/callback/../success", "/.?code=the-code-in-the-address",
		"/auth/callback?state=" + state + "&error=server_error&error_description=missing_codex_entitlement",
	} {
		f.Add("GET", "127.0.0.1:1455", target)
		f.Add("POST", "evil.example", target)
	}
	f.Fuzz(func(t *testing.T, method, host, target string) {
		u, err := url.ParseRequestURI(target)
		if err != nil || strings.ContainsAny(method, " \r\n\x00") || method == "" {
			return
		}
		l := answeredWith(100, nil)
		flow := &browserFlow{login: l, state: state, answers: make(chan authorization, 1), settled: make(chan struct{}), pages: newPages()}
		flow.challenge = &Challenge{login: l, flow: flow}
		flow.decide(ErrExpired) // nobody is waited for
		r := &http.Request{Method: method, Host: host, URL: u, RequestURI: target, Header: http.Header{}, Body: http.NoBody, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
		w := httptest.NewRecorder()
		flow.newServer().Handler.ServeHTTP(w, r.WithContext(t.Context()))
		told(t, l, nil, state)
		query := u.Query()
		if code := query.Get("code"); len(code) > 8 && (strings.Contains(w.Body.String(), code) || strings.Contains(w.Header().Get("Location"), code)) {
			t.Fatalf("the code is on the page")
		}
		select {
		case a := <-flow.answers:
			right := u.Path == callbackPath && method == http.MethodGet && len(query["state"]) == 1 && query.Get("state") == state
			if !right && !errors.Is(a.err, ErrTakenOver) {
				t.Fatalf("%s %s was taken: %+v", method, target, a.err)
			}
			if a.err == nil && a.code == "" {
				t.Fatal("taken without a code")
			}
			if a.err != nil {
				told(t, l, a.err, state)
			}
		default:
		}
	})
}

// FuzzErrorBody is what a server says when it refuses: nothing that was sent
// comes through, whatever it is wrapped in.
func FuzzErrorBody(f *testing.F) {
	f.Add([]byte(`{"error":{"code":"x","message":"no"}}`), []byte(`"`), "invalid")
	f.Add([]byte(`{"detail":"`), []byte(`"}`), "se/cret+value=0123456789")
	f.Add([]byte(""), []byte("\x1b[31m"), "aaaaaaaaaaaaaa")
	f.Add([]byte("000"), []byte("0\xf900"), "000000") // cut by a byte that is dropped
	f.Fuzz(func(t *testing.T, before, after []byte, secret string) {
		sent, err := json.Marshal(map[string]string{"refresh_token": secret})
		if err != nil || len(secret) < minSecret {
			return
		}
		l := answeredWith(301, append(append(append([]byte(nil), before...), secret...), after...))
		a, err := l.do(context.Background(), request{method: http.MethodPost, url: "https://issuer.example/oauth/token", body: string(sent), bearer: secret})
		if err != nil {
			t.Fatal(err)
		}
		e := a.failure()
		harmless(t, e.Code, e.Detail, e.RequestID, e.Error())
		if strings.Contains(e.Code+"\n"+e.Detail, secret) {
			t.Fatalf("%q got out in %q %q", secret, e.Code, e.Detail)
		}
	})
}
