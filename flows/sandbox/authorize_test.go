package sandbox

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestAuthorizeRefusesBadLinks(t *testing.T) {
	s := start(t, Options{})
	for name, c := range map[string]struct {
		change map[string]string
		page   bool   // an error page; nobody is redirected
		code   string // or this error goes back
	}{
		"client":              {change: map[string]string{"client_id": "app_other"}, page: true},
		"no redirect":         {change: map[string]string{"redirect_uri": ""}, page: true},
		"foreign redirect":    {change: map[string]string{"redirect_uri": "http://example.com:1455/auth/callback"}, page: true},
		"look-alike redirect": {change: map[string]string{"redirect_uri": "http://127.0.0.1.example.com:1455/auth/callback"}, page: true},
		"user in redirect":    {change: map[string]string{"redirect_uri": "http://127.0.0.1:1455@example.com/auth/callback"}, page: true},
		"https redirect":      {change: map[string]string{"redirect_uri": "https://127.0.0.1:1455/auth/callback"}, page: true},
		"redirect path":       {change: map[string]string{"redirect_uri": "http://127.0.0.1:1455/callback"}, page: true},
		"redirect fragment":   {change: map[string]string{"redirect_uri": "http://127.0.0.1:1455/auth/callback#x"}, page: true},
		"response type":       {change: map[string]string{"response_type": "token"}, code: "unsupported_response_type"},
		"method":              {change: map[string]string{"code_challenge_method": "plain"}, code: "invalid_request"},
		"challenge":           {change: map[string]string{"code_challenge": "short"}, code: "invalid_request"},
		"state":               {change: map[string]string{"state": "short"}, code: "invalid_request"},
		"no state":            {change: map[string]string{"state": ""}, code: "invalid_request"},
		"scope":               {change: map[string]string{"scope": "openid"}, code: "invalid_scope"},
		"good":                {},
		"localhost":           {change: map[string]string{"redirect_uri": "http://localhost:1457/auth/callback"}},
	} {
		t.Run(name, func(t *testing.T) {
			query := newAttempt().query()
			for k, v := range c.change {
				query.Set(k, v)
			}
			r := s.get(t, "/oauth/authorize?"+query.Encode())
			p := readPage([]byte(r.body))
			switch {
			case c.page:
				if r.status != 400 || p.Name != "error" || r.header.Get("Location") != "" {
					t.Errorf("got %d, page %q, to %q", r.status, p.Name, r.header.Get("Location"))
				}
			case c.code != "":
				to, err := url.Parse(r.header.Get("Location"))
				if err != nil || to.Query().Get("error") != c.code || to.Query().Get("state") != query.Get("state") {
					t.Errorf("got %d to %v", r.status, to)
				}
			case r.status != 200 || p.Name != "sign-in":
				t.Errorf("got %d, page %q", r.status, p.Name)
			}
		})
	}
	query := newAttempt().query()
	query.Add("state", "twice")
	if r := s.get(t, "/oauth/authorize?"+query.Encode()); !strings.Contains(r.header.Get("Location"), "error=invalid_request") {
		t.Error("a repeated parameter was accepted")
	}
}

func TestApproveEverySeat(t *testing.T) {
	s := start(t, Options{})
	for _, seat := range []Seat{MinaPlus, MinaHarbour, JonasMeridian, JonasFree} {
		a := newAttempt()
		r := s.postForm(t, "/oauth/token", a.exchange(s.code(t, &a, seat)))
		id := s.claims(t, r.text("id_token"))
		who, _ := s.people.account(seat)
		if id["email"] != seat.Person || authOf(id)["chatgpt_account_id"] != seat.Workspace ||
			authOf(id)["chatgpt_plan_type"] != who.workspace.Plan {
			t.Errorf("%v became %v", seat, id)
		}
	}
}

func TestRefusals(t *testing.T) {
	s := start(t, Options{})
	approve := func(seat Seat) url.Values {
		a := newAttempt()
		got := callback(t, &a)
		if _, err := s.Approve(t.Context(), s.URL()+"/oauth/authorize?"+a.query().Encode(), seat); err != nil {
			t.Fatal(err)
		}
		return <-got
	}
	if got := approve(LiLakeside); got.Get("error") != "access_denied" ||
		!strings.Contains(got.Get("error_description"), "missing_codex_entitlement") || got.Has("code") {
		t.Errorf("a workspace without Codex: %v", got)
	}
	hostile := "\x1b]0;owned\x07no\x1b[2J"
	s.Set(func(b *Behaviour) { b.Refuse = &Refusal{Error: "server_error", Description: hostile} })
	if got := approve(MinaPlus); got.Get("error") != "server_error" || got.Get("error_description") != hostile {
		t.Errorf("a refusal that was set: %v", got)
	}
	s.Set(func(b *Behaviour) { b.Refuse = nil })
	a := newAttempt()
	got := callback(t, &a)
	if _, err := s.Deny(t.Context(), s.URL()+"/oauth/authorize?"+a.query().Encode(), MinaPlus); err != nil {
		t.Fatal(err)
	}
	if answer := <-got; answer.Get("error") != "access_denied" || answer.Get("state") != a.state {
		t.Errorf("declined: %v", answer)
	}
}

func TestAllowedWorkspaces(t *testing.T) {
	s := start(t, Options{})
	a := newAttempt()
	got := callback(t, &a)
	query := a.query()
	query.Set("allowed_workspace_id", "ws-elsewhere,"+HarbourID)
	link := s.URL() + "/oauth/authorize?" + query.Encode()
	if _, err := s.Approve(t.Context(), link, MinaPlus); err == nil {
		t.Error("a workspace that is not allowed could be chosen")
	}
	if _, err := s.Approve(t.Context(), link, JonasMeridian); err == nil {
		t.Error("a person without an allowed workspace got through")
	}
	if _, err := s.Approve(t.Context(), link, MinaHarbour); err != nil || !(<-got).Has("code") {
		t.Errorf("the allowed workspace: %v", err)
	}
	// The page bars the button; the handler has to refuse it as well.
	ticket := s.openPage(t, "/oauth/authorize?"+query.Encode())
	ticket.Set("person", MinaPlus.Person)
	ticket.Set("workspace", MinaPlus.Workspace)
	ticket.Set("decision", "allow")
	if p := readPage([]byte(s.postForm(t, "/oauth/authorize", ticket).body)); p.Name != "workspace" || p.Alert == "" {
		t.Errorf("a forged choice got to page %q", p.Name)
	}
	// Nor may somebody else's workspace be named.
	ticket.Set("workspace", MeridianID)
	if p := readPage([]byte(s.postForm(t, "/oauth/authorize", ticket).body)); p.Name != "workspace" {
		t.Errorf("a foreign workspace got to page %q", p.Name)
	}
}

// openPage returns the hidden fields of the page's form.
func (s *Server) openPage(t *testing.T, path string) url.Values {
	t.Helper()
	p := readPage([]byte(s.get(t, path).body))
	if len(p.forms) != 1 {
		t.Fatalf("page %q has %d forms", p.Name, len(p.forms))
	}
	return p.forms[0].hidden
}

func TestTicketsEnd(t *testing.T) {
	c := newClock()
	s := start(t, Options{Now: c.Now})
	path := "/oauth/authorize?" + newAttempt().query().Encode()
	fields := s.openPage(t, path)
	fields.Set("decision", "deny")
	if r := s.postForm(t, "/oauth/authorize", fields); r.status != 303 {
		t.Fatalf("deny: %d", r.status)
	}
	if r := s.postForm(t, "/oauth/authorize", fields); r.status != 400 {
		t.Errorf("a finished visit answered %d", r.status)
	}
	old := s.openPage(t, path)
	if r := s.postForm(t, "/codex/device", old); r.status != 400 {
		t.Errorf("a ticket of the other page answered %d", r.status)
	}
	c.pass(ticketLifetime)
	if r := s.postForm(t, "/oauth/authorize", old); r.status != 400 {
		t.Errorf("an old visit answered %d", r.status)
	}
	if r := s.postForm(t, "/oauth/authorize", values("ticket", "x")); r.status != 400 {
		t.Errorf("a made-up visit answered %d", r.status)
	}
}

func TestApproveStaysOnThisMachine(t *testing.T) {
	s := start(t, Options{})
	for _, link := range []string{"http://example.com/oauth/authorize?x", s.URL() + "/other", "", s.URL() + ".example.com/oauth/authorize?"} {
		if _, err := s.Approve(t.Context(), link, MinaPlus); err == nil {
			t.Errorf("Approve opened %q", link)
		}
	}
	if onThisMachine(&url.URL{Host: "example.com"}) || !onThisMachine(&url.URL{Host: "[::1]:80"}) {
		t.Error("onThisMachine is wrong")
	}
}

func TestLatencyIsAbandoned(t *testing.T) {
	s := start(t, Options{Setup: func(b *Behaviour) { b.Slow(Models, time.Hour) }})
	s.client.Timeout = 50 * time.Millisecond
	if r := s.get(t, "/v1/models"); r.err == nil {
		t.Error("an answer came before its time")
	}
}
