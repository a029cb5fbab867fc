package flows

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"codex-login/flows/sandbox"
	"codex-login/policy"
)

// TestBrowserSignIn goes the whole way: the authorize URL, the sandbox's own
// pages, the redirect to the listener, the success page.
func TestBrowserSignIn(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	c := begin(t, l, Request{Method: Browser})
	end := finishing(t.Context(), l, c)
	page, err := s.Approve(t.Context(), c.URL, sandbox.MinaHarbour)
	if err != nil {
		t.Fatal(err)
	}
	r, err := end()
	if err != nil {
		t.Fatal(err)
	}
	if r.Account.Email != sandbox.MinaHarbour.Person || r.Account.WorkspaceID != sandbox.HarbourID {
		t.Errorf("account: %+v", r.Account)
	}
	if !strings.Contains(page.Body, "You are signed in") || strings.Contains(page.URL, "code=") {
		t.Errorf("the browser ended at %s with %.200s", page.URL, page.Body)
	}
	if a := load(t, l); a.APIKey == nil || a.APIKey.Empty() {
		t.Error("no API key was exchanged for")
	}
}

func TestBrowserWithoutAnAPIOrganisation(t *testing.T) {
	s := startSandbox(t, sandbox.Options{Setup: func(b *sandbox.Behaviour) {
		b.Inject(sandbox.KeyExchange, sandbox.OAuthError(400, "invalid_request", "no organisation"))
	}})
	l := newLogin(t, s)
	c := begin(t, l, Request{Method: Browser})
	end := finishing(t.Context(), l, c)
	if _, err := s.Approve(t.Context(), c.URL, sandbox.JonasFree); err != nil {
		t.Fatal(err)
	}
	if _, err := end(); err != nil {
		t.Fatal(err)
	}
	if load(t, l).APIKey != nil {
		t.Error("an API key came from nowhere")
	}
}

func TestAuthorizeURL(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s, `forced_chatgpt_workspace_id=["ws-a","ws-b"]`)
	c := begin(t, l, Request{Method: Browser})
	_, query, _ := strings.Cut(c.URL, "?")
	var names []string
	for _, pair := range strings.Split(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		names = append(names, name)
	}
	// The order of codex-cli 0.169.0, observed.
	want := []string{
		"response_type", "client_id", "redirect_uri", "code_challenge", "code_challenge_method", "state", "scope",
		"id_token_add_organizations", "codex_cli_simplified_flow", "originator", "allowed_workspace_id",
	}
	if !slices.Equal(names, want) {
		t.Errorf("parameters %v", names)
	}
	v, _ := url.ParseQuery(query)
	if len(v.Get("code_challenge")) != 43 || len(v.Get("state")) != 43 || v.Get("allowed_workspace_id") != "ws-a,ws-b" {
		t.Errorf("values %v", v)
	}
	if f := c.flow.(*browserFlow); len(f.verifier) != 86 {
		t.Errorf("verifier of %d characters", len(f.verifier))
	}
}

func TestBrowserRefusals(t *testing.T) {
	for name, test := range map[string]struct {
		refusal *sandbox.Refusal
		want    error
	}{
		"server_error": {&sandbox.Refusal{Error: "server_error", Description: "no \x1b[31mluck"}, &ServerError{}},
		"unavailable":  {&sandbox.Refusal{Error: "temporarily_unavailable"}, &ServerError{}},
		"denied":       {&sandbox.Refusal{Error: "access_denied", Description: "no \x1b[31mthanks"}, ErrDenied},
		"entitlement":  {sandbox.MissingEntitlement(), ErrNotEntitled},
	} {
		t.Run(name, func(t *testing.T) {
			s := startSandbox(t, sandbox.Options{Setup: func(b *sandbox.Behaviour) { b.Refuse = test.refusal }})
			l := newLogin(t, s)
			c := begin(t, l, Request{Method: Browser})
			end := finishing(t.Context(), l, c)
			if _, err := s.Approve(t.Context(), c.URL, sandbox.MinaPlus); err == nil {
				t.Log("the page said success") // what counts is below
			}
			_, err := end()
			var server *ServerError
			if isServer := errors.As(err, &server); isServer != errors.As(test.want, new(*ServerError)) || !isServer && !errors.Is(err, test.want) {
				t.Errorf("got %v", err)
			}
			if server != nil && !strings.Contains(Explain(l.Say, err).Title, "has trouble") {
				t.Errorf("said %+v", Explain(l.Say, err))
			}
			if e := Explain(l.Say, err); strings.ContainsRune(e.Text, '\x1b') {
				t.Errorf("an escape reached the screen: %q", e.Text)
			}
			nothingStored(t, l)
		})
	}
}

func TestWrongWorkspaceStoresNothing(t *testing.T) {
	s := startSandbox(t, sandbox.Options{Setup: func(b *sandbox.Behaviour) { b.WorkspaceID = "ws-other" }})
	l := newLogin(t, s, `forced_chatgpt_workspace_id="`+sandbox.HarbourID+`"`)
	c := begin(t, l, Request{Method: Browser})
	end := finishing(t.Context(), l, c)
	_, _ = s.Approve(t.Context(), c.URL, sandbox.MinaHarbour)
	_, err := end()
	var v *policy.Violation
	if !errors.As(err, &v) || v.Rule != policy.ForcedWorkspace {
		t.Fatalf("got %v", err)
	}
	nothingStored(t, l)
	if n := len(s.RequestsTo(sandbox.KeyExchange)); n != 0 {
		t.Errorf("%d API keys were asked for a login that was refused", n)
	}
}

func TestBrowserThatDoesNotStart(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	l.Open = Opener("/nonexistent/browser", func(string) string { return "" })
	c := begin(t, l, Request{Method: Browser})
	if err := c.OpenBrowser(t.Context()); err == nil || !noted(c, NoteBrowserFailed) {
		t.Errorf("error %v, notes %v", err, c.Notes())
	}
}

func TestOpenerRefusesOtherSchemes(t *testing.T) {
	open := Opener("/bin/true", func(string) string { return "" })
	for _, target := range []string{"file:///etc/passwd", "javascript:alert(1)", "-flag"} {
		if open(t.Context(), target) == nil {
			t.Errorf("%s was opened", target)
		}
	}
}

// What the server sends instead of tokens must store nothing and be said.
func TestBadTokenAnswers(t *testing.T) {
	for name, fault := range map[string]sandbox.Fault{
		"garbage": sandbox.Garbage(), "empty": sandbox.Empty(), "1 GB": sandbox.Endless(1 << 30),
		"cut": sandbox.Cut(), "dropped": sandbox.Drop(), "503": sandbox.Status(503, "<html>\x1b[2J</html>"),
		"400": sandbox.OAuthError(400, "invalid_grant", "used \x1b[31malready"),
	} {
		t.Run(name, func(t *testing.T) {
			s := startSandbox(t, sandbox.Options{Setup: func(b *sandbox.Behaviour) { b.Inject(sandbox.CodeExchange, fault) }})
			l := newLogin(t, s)
			c := begin(t, l, Request{Method: Device})
			if err := s.ApproveDevice(t.Context(), c.UserCode, sandbox.MinaPlus); err != nil {
				t.Fatal(err)
			}
			l.Clock = (&steppedClock{now: time.Now()}).clock()
			_, err := l.Finish(t.Context(), c)
			if err == nil {
				t.Fatal("no error")
			}
			nothingStored(t, l)
			e := Explain(l.Say, err)
			if e.Title == "" || strings.Contains(e.Title+e.Text+e.Next, "\x1b") || strings.HasPrefix(e.Title, "explain.") {
				t.Errorf("explanation: %+v", e)
			}
			for _, r := range s.RequestsTo(sandbox.CodeExchange) {
				if r.Sent > 8<<20 {
					t.Errorf("%d bytes were taken", r.Sent)
				}
			}
		})
	}
}
