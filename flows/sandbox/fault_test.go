package sandbox

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestFaultsTakeTurns(t *testing.T) {
	s := start(t, Options{})
	s.Set(func(b *Behaviour) {
		b.Inject(Models, Status(503, "busy").First(2), TooMany("7").First(1), Status(500, ""))
	})
	for i, want := range []int{503, 503, 429, 500, 500} {
		r := s.get(t, "/v1/models")
		if r.status != want {
			t.Errorf("answer %d: %d", i, r.status)
		}
		if want == 429 && r.header.Get("Retry-After") != "7" {
			t.Error("no Retry-After")
		}
	}
	if r := s.get(t, "/"); r.status != 200 {
		t.Errorf("another endpoint: %d", r.status)
	}
	s.Set((*Behaviour).Heal)
	if r := s.get(t, "/v1/models"); r.status != 401 {
		t.Errorf("healed: %d", r.status)
	}
}

func TestFaultAnswers(t *testing.T) {
	s := start(t, Options{})
	for name, c := range map[string]struct {
		fault  Fault
		status int
		broken bool
		want   string // in the body
	}{
		"oauth":     {OAuthError(400, "invalid_grant", "no\x1b[31m"), 400, false, `"error":"invalid_grant"`},
		"openai":    {OpenAIError(401, "refresh_token_reused", "used"), 401, false, `"code":"refresh_token_reused"`},
		"flat":      {FlatError(403, "forbidden", "x"), 403, false, `{"code":"forbidden"`},
		"slow down": {SlowDown(), 400, false, `"slow_down"`},
		"429":       {TooMany(""), 429, false, "rate_limit_exceeded"},
		"garbage":   {Garbage(), 200, false, "\x1b]0;"},
		"empty":     {Empty(), 200, false, ""},
		"drop":      {Drop(), 0, true, ""},
		"cut":       {Cut(), 200, true, `{"access_token":"ey`},
		"endless":   {Endless(100 << 10), 200, false, `AAA"}`},
	} {
		t.Run(name, func(t *testing.T) {
			s.Set(func(b *Behaviour) { b.Heal(); b.Inject(Models, c.fault) })
			r := s.get(t, "/v1/models")
			if r.status != c.status || r.err != nil != c.broken || !strings.Contains(r.body, c.want) {
				t.Errorf("got %d, error %v, %.80q", r.status, r.err, r.body)
			}
			if name == "endless" && len(r.body) != 100<<10 {
				t.Errorf("%d bytes", len(r.body))
			}
		})
	}
}

// A client that stops reading can be seen in the record.
func TestEndlessShowsWhereAClientStopped(t *testing.T) {
	s := start(t, Options{Setup: func(b *Behaviour) { b.Inject(Models, Endless(1<<30)) }})
	answer, err := s.client.Get(s.URL() + "/v1/models")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(io.Discard, answer.Body, 1<<20); err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	before := int64(-1)
	for sent := s.Requests()[0].Sent; sent != before; sent = s.Requests()[0].Sent {
		before = sent
		time.Sleep(20 * time.Millisecond)
	}
	if before < 1<<20 || before > 1<<29 {
		t.Errorf("%d bytes were sent", before)
	}
}

func TestHang(t *testing.T) {
	s := start(t, Options{Setup: func(b *Behaviour) { b.Inject(Revoke, Hang().First(1)) }})
	s.client.Timeout = 50 * time.Millisecond
	if r := s.postJSON(t, "/oauth/revoke", map[string]string{"token": "x"}); r.err == nil {
		t.Error("an answer came")
	}
	s.client.Timeout = 30 * time.Second
	if r := s.postJSON(t, "/oauth/revoke", map[string]string{"token": "x"}); r.status != 200 {
		t.Errorf("after the hang: %d", r.status)
	}
}

func TestWhoami(t *testing.T) {
	s := start(t, Options{})
	const path = "/api/accounts/v1/user-auth-credential/whoami"
	token := s.NewAccessToken(MinaHarbour)
	r := s.get(t, path, "Authorization", "Bearer "+token)
	for name, want := range map[string]any{
		"email": "mina@example.test", "chatgpt_user_id": "user-sandboxmina", "chatgpt_account_id": HarbourID,
		"chatgpt_plan_type": "business", "chatgpt_account_is_fedramp": false,
	} {
		if r.fields[name] != want {
			t.Errorf("%s is %v", name, r.fields[name])
		}
	}
	for _, header := range []string{"Bearer at-other", "Basic " + token, ""} {
		if r := s.get(t, path, "Authorization", header); r.status != http.StatusUnauthorized {
			t.Errorf("%q: %d", header, r.status)
		}
	}
	s.Set(func(b *Behaviour) { b.EditWhoami = func(answer map[string]any) { answer["email"] = nil } })
	if r := s.get(t, path, "Authorization", "Bearer "+token); r.fields["email"] != nil {
		t.Errorf("edited: %s", r.body)
	}
}

func TestBackend(t *testing.T) {
	c := newClock()
	s := start(t, Options{Now: c.Now})
	tokens, err := s.SignIn(JonasFree)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		"wham/accounts/check", "wham/config/bundle", "wham/usage", "wham/rate-limit-reset-credits", "wham/profiles/me",
		"ps/plugins/installed", "ps/plugins/suggested/codex",
	} {
		if r := s.get(t, "/backend-api/"+path, "Authorization", "Bearer "+tokens.Access); r.status != 200 {
			t.Errorf("%s: %d", path, r.status)
		}
		if r := s.get(t, "/backend-api/"+path, "Authorization", "Bearer "+tokens.Access+"x"); r.status != 401 {
			t.Errorf("%s with a forged token: %d", path, r.status)
		}
	}
	r := s.get(t, "/backend-api/wham/accounts/check", "Authorization", "Bearer "+tokens.Access)
	if r.text("default_account_id") != JonasPersonalID || !strings.Contains(r.body, `"structure":"personal"`) {
		t.Errorf("accounts: %s", r.body)
	}
	c.pass(11 * 24 * time.Hour)
	if r := s.get(t, "/backend-api/wham/usage", "Authorization", "Bearer "+tokens.Access); r.status != 401 {
		t.Errorf("an expired token: %d", r.status)
	}
	if r := s.get(t, "/.well-known/jwks.json"); r.status != 200 || !strings.Contains(r.body, "Ed25519") {
		t.Errorf("keys: %s", r.body)
	}
	if r := s.get(t, "/nothing"); r.status != 404 {
		t.Errorf("nothing: %d", r.status)
	}
}
