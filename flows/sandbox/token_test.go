package sandbox

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestCodeExchange(t *testing.T) {
	c := newClock()
	s := start(t, Options{Now: c.Now})
	for name, spoil := range map[string]struct{ field, value string }{
		"wrong verifier": {"code_verifier", random(64)},
		"no verifier":    {"code_verifier", ""},
		"short verifier": {"code_verifier", "abc"},
		"redirect":       {"redirect_uri", "http://127.0.0.1:1/auth/callback"},
		"client":         {"client_id", "app_other"},
		"unknown code":   {"code", "ac_made-up"},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAttempt()
			form := a.exchange(s.code(t, &a, MinaPlus))
			good := form.Get(spoil.field)
			form.Set(spoil.field, spoil.value)
			if r := s.postForm(t, "/oauth/token", form); r.status != 400 || r.code() != "invalid_grant" {
				t.Errorf("got %d %s", r.status, r.body)
			}
			form.Set(spoil.field, good)
			want := 400 // a wrong try uses the code up
			if spoil.field == "code" {
				want = 200
			}
			if r := s.postForm(t, "/oauth/token", form); r.status != want {
				t.Errorf("afterwards: %d %s", r.status, r.body)
			}
		})
	}
	t.Run("once", func(t *testing.T) {
		a := newAttempt()
		form := a.exchange(s.code(t, &a, MinaPlus))
		if r := s.postForm(t, "/oauth/token", form); r.status != 200 {
			t.Fatalf("first: %d %s", r.status, r.body)
		}
		if r := s.postForm(t, "/oauth/token", form); r.status != 400 {
			t.Errorf("second: %d", r.status)
		}
	})
	t.Run("expired", func(t *testing.T) {
		a := newAttempt()
		form := a.exchange(s.code(t, &a, MinaPlus))
		c.pass(grantLifetime)
		if r := s.postForm(t, "/oauth/token", form); r.status != 400 {
			t.Errorf("got %d", r.status)
		}
	})
	if r := s.postForm(t, "/oauth/token", values("grant_type", "password")); r.code() != "unsupported_grant_type" {
		t.Errorf("another grant type: %s", r.body)
	}
}

func TestClaims(t *testing.T) {
	c := newClock()
	s := start(t, Options{Now: c.Now})
	s.Set(func(b *Behaviour) { b.AccessLifetime = time.Minute })
	a := newAttempt()
	r := s.postForm(t, "/oauth/token", a.exchange(s.code(t, &a, MinaHarbour)))
	id, access := s.claims(t, r.text("id_token")), s.claims(t, r.text("access_token"))
	for name, want := range map[string]any{
		"chatgpt_account_id": HarbourID, "chatgpt_plan_type": "business", "chatgpt_user_id": "user-sandboxmina",
		"organization_id": "org-sandboxharbour", "project_id": "proj_sandboxharbour",
		"is_org_owner": false, "completed_platform_onboarding": true,
	} {
		if got := authOf(id)[name]; got != want {
			t.Errorf("id token: %s is %v", name, got)
		}
	}
	profile, _ := access[profileClaim].(map[string]any)
	if profile["email"] != "mina@example.test" || access["exp"] != float64(c.Now().Add(time.Minute).Unix()) ||
		access["iss"] != s.URL() || id["iss"] != s.URL() || id["sub"] != "user-sandboxmina" ||
		authOf(access)["chatgpt_plan_type"] != "business" {
		t.Errorf("access token: %v", access)
	}
	if parts := strings.Split(r.text("id_token"), "."); len(parts) != 3 {
		t.Errorf("the id token has %d parts", len(parts))
	}
	if got, ok := s.verify(r.text("id_token") + "x"); ok {
		t.Errorf("a spoilt token verified: %v", got)
	}
}

func TestEditedTokens(t *testing.T) {
	s := start(t, Options{})
	s.Set(func(b *Behaviour) {
		b.EditClaims = func(_ TokenKind, claims map[string]any) {
			claims["email"] = "\x1b[31mred\x1b[0m@example.test"
			delete(authOf(claims), "chatgpt_account_id")
		}
		b.EditTokens = func(answer map[string]any) { delete(answer, "refresh_token") }
	})
	a := newAttempt()
	r := s.postForm(t, "/oauth/token", a.exchange(s.code(t, &a, MinaPlus)))
	claims := s.claims(t, r.text("id_token"))
	if _, there := authOf(claims)["chatgpt_account_id"]; there || !strings.Contains(claims["email"].(string), "\x1b") {
		t.Errorf("claims: %v", claims)
	}
	if _, there := r.fields["refresh_token"]; there {
		t.Error("the refresh token is still there")
	}
	s.Set(func(b *Behaviour) { b.EditClaims, b.EditTokens, b.WorkspaceID = nil, nil, "ws-wrong" })
	b := newAttempt()
	r = s.postForm(t, "/oauth/token", b.exchange(s.code(t, &b, MinaPlus)))
	if got := authOf(s.claims(t, r.text("id_token")))["chatgpt_account_id"]; got != "ws-wrong" {
		t.Errorf("the wrong workspace is %v", got)
	}
}

func TestKeyExchange(t *testing.T) {
	s := start(t, Options{})
	form := func(seat Seat) map[string][]string {
		tokens, err := s.SignIn(seat)
		if err != nil {
			t.Fatal(err)
		}
		return values("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange", "client_id", ClientID,
			"requested_token", "openai-api-key", "subject_token", tokens.ID,
			"subject_token_type", "urn:ietf:params:oauth:token-type:id_token")
	}
	r := s.postForm(t, "/oauth/token", form(MinaPlus))
	key := r.text("access_token")
	if r.status != 200 || !strings.HasPrefix(key, "sk-") {
		t.Fatalf("got %d %s", r.status, r.body)
	}
	if r := s.get(t, "/v1/models", "Authorization", "Bearer "+key); r.status != 200 {
		t.Errorf("the key is refused: %d", r.status)
	}
	if r := s.get(t, "/v1/models", "Authorization", "Bearer sk-other"); r.status != 401 || r.code() != "invalid_api_key" {
		t.Errorf("another key: %d %s", r.status, r.body)
	}
	if r := s.get(t, "/v1/models"); r.status != 401 {
		t.Errorf("no key: %d", r.status)
	}
	if r := s.postForm(t, "/oauth/token", form(JonasFree)); r.status != 401 {
		t.Errorf("a seat without an organisation: %d", r.status)
	}
	forged := form(MinaPlus)
	forged["subject_token"] = []string{"a.b.c"}
	if r := s.postForm(t, "/oauth/token", forged); r.status != 401 {
		t.Errorf("a forged token: %d", r.status)
	}
}

func refreshBody(token string) map[string]string {
	return map[string]string{
		"client_id": ClientID, "grant_type": "refresh_token", "refresh_reason": "scheduled", "refresh_token": token,
	}
}

func TestRefresh(t *testing.T) {
	c := newClock()
	s := start(t, Options{Now: c.Now})
	first, err := s.SignIn(MinaHarbour)
	if err != nil {
		t.Fatal(err)
	}
	r := s.postJSON(t, "/oauth/token", refreshBody(first.Refresh))
	second := r.text("refresh_token")
	if r.status != 200 || second == "" || second == first.Refresh || authOf(s.claims(t, r.text("access_token")))["chatgpt_account_id"] != HarbourID {
		t.Fatalf("got %d %s", r.status, r.body)
	}
	if r := s.postJSON(t, "/oauth/token", refreshBody(first.Refresh)); r.status != 401 || r.code() != "refresh_token_reused" {
		t.Errorf("reuse: %d %s", r.status, r.body)
	}
	if s.RefreshUses(first.Refresh) != 2 || s.RefreshUses(second) != 0 {
		t.Errorf("uses: %d and %d", s.RefreshUses(first.Refresh), s.RefreshUses(second))
	}
	r = s.postForm(t, "/oauth/token", values("client_id", ClientID, "grant_type", "refresh_token", "refresh_token", second))
	third := r.text("refresh_token")
	if r.status != 200 {
		t.Fatalf("as a form: %d %s", r.status, r.body)
	}
	other := refreshBody(third)
	other["client_id"] = "app_other"
	if r := s.postJSON(t, "/oauth/token", other); r.code() != "invalid_client" {
		t.Errorf("another client: %s", r.body)
	}
	if r := s.postJSON(t, "/oauth/token", refreshBody("rt_other")); r.status != 401 || r.code() != "invalid_grant" {
		t.Errorf("an unknown token: %d %s", r.status, r.body)
	}
	s.Set(func(b *Behaviour) { b.KeepRefreshToken = true })
	for range 2 {
		if r := s.postJSON(t, "/oauth/token", refreshBody(third)); r.status != 200 || r.fields["refresh_token"] != nil {
			t.Errorf("without rotation: %d %s", r.status, r.body)
		}
	}
	c.pass(91 * 24 * time.Hour)
	if r := s.postJSON(t, "/oauth/token", refreshBody(third)); r.code() != "refresh_token_expired" {
		t.Errorf("expired: %s", r.body)
	}
}

func TestSessionsEnd(t *testing.T) {
	s := start(t, Options{})
	signIn := func() Tokens {
		tokens, err := s.SignIn(JonasMeridian)
		if err != nil {
			t.Fatal(err)
		}
		return tokens
	}
	code := func(token string) string { return s.postJSON(t, "/oauth/token", refreshBody(token)).code() }

	byRefresh, byAccess := signIn(), signIn()
	r := s.postJSON(t, "/oauth/revoke", map[string]string{"token": byRefresh.Refresh, "token_type_hint": "refresh_token", "client_id": ClientID})
	if r.status != 200 || code(byRefresh.Refresh) != "refresh_token_invalidated" {
		t.Errorf("revoked by refresh token: %d", r.status)
	}
	s.postJSON(t, "/oauth/revoke", map[string]string{"token": byAccess.Access, "token_type_hint": "access_token"})
	if code(byAccess.Refresh) != "refresh_token_invalidated" {
		t.Error("revoking by access token did nothing")
	}
	if ended, known := s.SessionEnded(byAccess.Refresh); !ended || !known {
		t.Error("SessionEnded does not know")
	}
	if r := s.postJSON(t, "/oauth/revoke", map[string]string{"token": "rt_other"}); r.status != 200 {
		t.Errorf("an unknown token: %d", r.status)
	}
	if r := s.postJSON(t, "/oauth/revoke", map[string]string{}); r.status != 400 {
		t.Errorf("no token: %d", r.status)
	}

	expired := signIn()
	s.ExpireRefreshTokens()
	if got := code(expired.Refresh); got != "refresh_token_expired" {
		t.Error(got)
	}
	all := signIn()
	s.InvalidateRefreshTokens()
	if got := code(all.Refresh); got != "refresh_token_invalidated" {
		t.Error(got)
	}

	s.Set(func(b *Behaviour) { b.ReuseEndsSession = true })
	stolen := signIn()
	next := s.postJSON(t, "/oauth/token", refreshBody(stolen.Refresh)).text("refresh_token")
	if got := code(stolen.Refresh); got != "refresh_token_reused" {
		t.Error(got)
	}
	if got := code(next); got != "refresh_token_invalidated" {
		t.Errorf("the session survived a reuse: %q", got)
	}
	if _, err := s.SignIn(Seat{"mina@example.test", MeridianID}); err == nil {
		t.Error("a seat that does not exist signed in")
	}
}

// Of many clients with the same refresh token exactly one gets through.
func TestRefreshRace(t *testing.T) {
	s := start(t, Options{})
	tokens, err := s.SignIn(MinaPlus)
	if err != nil {
		t.Fatal(err)
	}
	statuses := make([]int, 6)
	var all sync.WaitGroup
	for i := range statuses {
		all.Go(func() { statuses[i] = s.postJSON(t, "/oauth/token", refreshBody(tokens.Refresh)).status })
	}
	all.Wait()
	slices.Sort(statuses)
	if !slices.Equal(statuses, []int{200, 401, 401, 401, 401, 401}) || s.RefreshUses(tokens.Refresh) != 6 {
		t.Errorf("statuses %v, uses %d", statuses, s.RefreshUses(tokens.Refresh))
	}
}
