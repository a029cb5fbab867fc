package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/flows/network"
	"codex-login/flows/sandbox"
	"codex-login/policy"
)

// accessToken is a JWT with that payload, as it is where no back end looks.
func accessToken(payload string) string {
	part := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	return part(`{"alg":"none"}`) + "." + part(payload) + "." + part("signature")
}

// storedSession stores a new sign-in with another access token and an age.
func (p *person) storedSession(access string, age time.Duration) *credstore.Auth {
	p.t.Helper()
	tokens, err := p.issuer.SignIn(sandbox.MinaPlus)
	if err != nil {
		p.t.Fatal(err)
	}
	a := credstore.NewChatGPT(credstore.Tokens{
		IDToken: credstore.NewSecret(tokens.ID), AccessToken: credstore.NewSecret(access), RefreshToken: credstore.NewSecret(tokens.Refresh),
		Provenance:   &credstore.Provenance{Issuer: p.issuer.URL(), ClientID: sandbox.ClientID},
		LoginOwnerID: strings.Repeat("o", 43), AccountID: sandbox.MinaPersonalID,
	}, nil, time.Now().Add(-age))
	if err := os.WriteFile(filepath.Join(p.home, "auth.json"), a.Encode(), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return a
}

// codexToken has the real Codex use the login, twice, and returns the access
// token that it would send; "" for none.
func codexToken(t *testing.T, codex *sandbox.Peer) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	server, err := codex.AppServer(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		cancel() // by itself it would stay for five seconds, often
		_ = server.Close()
	}()
	var status struct{ AuthToken *string }
	for range 2 {
		if err := server.Call("getAuthStatus", map[string]bool{"includeToken": true, "refreshToken": false}, &status); err != nil {
			t.Fatal(err)
		}
	}
	return deref(status.AuthToken)
}

// worker is what the program does its work with, in the home of p.
func (p *person) worker() *flows.Login {
	p.t.Helper()
	environment := map[string]string{"CODEX_HOME": p.home}
	for _, pair := range p.environ() {
		name, value, _ := strings.Cut(pair, "=")
		environment[name] = value
	}
	getenv := func(name string) string { return environment[name] }
	home, err := credstore.FindHome(getenv)
	if err != nil {
		p.t.Fatal(err)
	}
	rules, err := policy.Load(policy.Options{Home: home.Path, System: p.t.TempDir()})
	if err != nil {
		p.t.Fatal(err)
	}
	return &flows.Login{
		Home: home, Rules: rules, Issuer: flows.NewIssuer(p.issuer.URL(), "", "codex-login/test", getenv), Client: network.NewClient(getenv),
		Clock: flows.Clock{Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }},
	}
}

// refreshes are the refresh requests so far, without the program's name.
func refreshes(p *person) []spoken {
	var out []spoken
	for _, r := range p.issuer.RequestsTo(sandbox.Refresh) {
		said := speak(r)
		said.headers = regexp.MustCompile(`(?m)^originator: .*$`).ReplaceAllString(said.headers, "originator: <a name>")
		out = append(out, said)
	}
	return out
}

// TestTheRefreshIsCodexs has both programs renew a login, for either reason,
// and compares the request and what is stored afterwards. What ours stores, the
// real Codex goes on with.
func TestTheRefreshIsCodexs(t *testing.T) {
	for reason, stored := range map[string]struct {
		access string
		age    time.Duration
	}{
		"proactive_expiry": {accessToken(fmt.Sprintf(`{"exp":%d}`, time.Now().Add(time.Minute).Unix())), time.Hour},
		"scheduled":        {accessToken(`{}`), 9 * 24 * time.Hour},
	} {
		t.Run(reason, func(t *testing.T) {
			p := newPerson(t, nil)
			codex := p.codex()
			shape := func(before *credstore.Auth) string {
				after := storedTokens(t, p)
				if after.SameSecret(before) || time.Since(after.LastRefresh) > time.Minute {
					t.Fatal("it was not renewed")
				}
				text, err := os.ReadFile(filepath.Join(p.home, "auth.json"))
				if err != nil {
					t.Fatal(err)
				}
				return regexp.MustCompile(`"(id_token|access_token|refresh_token|last_refresh)": "[^"]+"`).ReplaceAllString(string(text), `"$1": "…"`)
			}
			before := p.storedSession(stored.access, stored.age)
			codexToken(t, codex)
			theirs, theirDocument := refreshes(p), shape(before)
			p.issuer.Forget()

			before = p.storedSession(stored.access, stored.age)
			if got, err := p.worker().Verify(t.Context(), ""); err != nil || got.Err != nil || !got.Renewed {
				t.Fatalf("%+v, %v", got, err)
			}
			ours := refreshes(p)
			compare(t, ours, theirs)
			if !strings.Contains(ours[0].body, `"refresh_reason":"`+reason+`"`) {
				t.Errorf("another reason: %s", ours[0].body)
			}
			if document := shape(before); document != theirDocument {
				t.Errorf("ours:\n%s\ncodex's:\n%s", document, theirDocument)
			}
			if used := codexToken(t, codex); used != storedTokens(t, p).Tokens.AccessToken.Reveal() {
				t.Error("codex does not use the renewed token")
			}
			if n := len(refreshes(p)); n != 1 {
				t.Errorf("codex renewed it again: %d requests", n)
			}
		})
	}
}

// TestDueIsDecidedAsByCodex holds the rules to the real one, where reading them
// off a table would not show a mistake in the table.
func TestDueIsDecidedAsByCodex(t *testing.T) {
	const day = 24 * time.Hour
	in := func(d time.Duration) string {
		return accessToken(fmt.Sprintf(`{"exp":%d}`, time.Now().Add(d).Unix()))
	}
	for name, test := range map[string]struct {
		access string
		age    time.Duration
	}{
		"in 290 s": {in(290 * time.Second), 0}, "in 330 s": {in(330 * time.Second), 30 * day},
		"exp 0": {accessToken(`{"exp":0}`), 0}, "half a second": {accessToken(`{"exp":1000.5}`), 0}, "half a second, old": {accessToken(`{"exp":1000.5}`), 9 * day},
		"exponent": {accessToken(`{"exp":1e3}`), 0}, "quotes, old": {accessToken(`{"exp":"1000"}`), 9 * day},
		"far off": {accessToken(`{"exp":300000000000}`), 9 * day}, "beyond time": {accessToken(`{"exp":9000000000000000}`), 9 * day},
		"opaque": {"opaque", 79 * day / 10}, "opaque, old": {"opaque", 81 * day / 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPerson(t, nil)
			codex := p.codex()
			p.storedSession(test.access, test.age)
			codexToken(t, codex)
			// What Codex does about a 401 of its back end, which it may or may not
			// have asked by now, is another matter.
			theirs := slices.DeleteFunc(refreshes(p), func(r spoken) bool { return strings.Contains(r.body, "unauthorized_recovery") })
			p.issuer.Forget()
			p.storedSession(test.access, test.age)
			if _, err := p.worker().Verify(t.Context(), ""); err != nil {
				t.Fatal(err)
			}
			ours := refreshes(p)
			if len(ours) != len(theirs) || len(ours) > 0 && ours[0].body != theirs[0].body {
				t.Errorf("ours: %v\ncodex's: %v", ours, theirs)
			}
		})
	}
}

// TestRefusalsAreTakenAsByCodex: after a final one neither asks again, after any
// other both do.
func TestRefusalsAreTakenAsByCodex(t *testing.T) {
	for name, fault := range map[string]sandbox.Fault{
		"expired, 403":            sandbox.OpenAIError(403, "refresh_token_expired", "no"),
		"reused, 500":             sandbox.FlatError(500, "refresh_token_reused", "no"),
		"code of another type":    sandbox.Status(400, `{"error":{"code":5},"code":"refresh_token_invalidated"}`),
		"empty error":             sandbox.Status(400, `{"error":"","code":"refresh_token_expired"}`),
		"invalid_grant, loud":     sandbox.OAuthError(400, "INVALID_GRANT", "no"),
		"invalid_grant, 403":      sandbox.OAuthError(403, "invalid_grant", "no"),
		"401":                     sandbox.Status(401, ""),
		"padded":                  sandbox.Status(400, `{"error":" refresh_token_expired "}`),
		"500":                     sandbox.Status(500, ""),
		"200 that cannot be read": sandbox.Garbage(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPerson(t, func(b *sandbox.Behaviour) { b.Inject(sandbox.Refresh, fault) })
			codex := p.codex()
			access := accessToken(`{"exp":1000}`)
			p.storedSession(access, 0)
			final := codexToken(t, codex) != access
			for i := range 2 {
				got, err := p.worker().Verify(t.Context(), "")
				if err != nil || got.Err == nil || got.Asked != (i == 0 || !final) {
					t.Errorf("final for codex: %t; time %d: %+v, %v", final, i, got, err)
				}
			}
		})
	}
}

// TestKeyringGoesWhileTokensAreRenewed: they wait in the book, and go to their
// place when it is back, without another request.
func TestKeyringGoesWhileTokensAreRenewed(t *testing.T) {
	for _, where := range []string{"active", "page"} {
		t.Run(where, func(t *testing.T) {
			for _, pair := range secretService(t) {
				name, value, _ := strings.Cut(pair, "=")
				t.Setenv(name, value)
			}
			bus := os.Getenv("DBUS_SESSION_BUS_ADDRESS")
			p := newPerson(t, nil)
			writeConfig(t, p, "cli_auth_credentials_store = \"keyring\"\n")
			before := p.storedSession(accessToken(`{"exp":1000}`), 0)
			if err := os.Remove(filepath.Join(p.home, "auth.json")); err != nil {
				t.Fatal(err)
			}
			l := p.worker()
			book, store, id := credstore.OpenBook(l.Home, l.Mode()), credstore.Open(l.Home, l.Mode()), credstore.ID(before)
			load := func() (*credstore.Auth, error) { return book.Load(t.Context(), id) }
			var err error
			if where == "page" {
				err = book.Keep(t.Context(), before)
			} else {
				_, err = store.Save(t.Context(), before, credstore.Steps{})
				load = func() (*credstore.Auth, error) { a, _, err := store.Load(t.Context()); return a, err }
			}
			if err != nil {
				t.Fatal(err)
			}
			p.issuer.Set(func(b *sandbox.Behaviour) {
				b.EditTokens = func(map[string]any) { _ = os.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent") }
			})
			got, err := l.Verify(t.Context(), id)
			var unsaved *flows.UnsavedError
			if !errors.As(err, &unsaved) || !unsaved.InBook || !got.Renewed {
				t.Fatalf("%+v, %v", got, err)
			}
			_ = os.Setenv("DBUS_SESSION_BUS_ADDRESS", bus)
			if a, err := load(); err != nil || !a.SameSecret(before) {
				t.Fatalf("in its place: %v, %v", a, err)
			}
			got, err = p.worker().Verify(t.Context(), id)
			if err != nil || got.Err != nil || got.Asked || !got.Renewed {
				t.Errorf("%+v, %v", got, err)
			}
			if a, err := load(); err != nil || a.SameSecret(before) || p.issuer.RefreshUses(a.Tokens.RefreshToken.Reveal()) != 0 {
				t.Errorf("in its place afterwards: %v, %v", a, err)
			}
			if n := p.issuer.RefreshUses(before.Tokens.RefreshToken.Reveal()); n != 1 {
				t.Errorf("the token was sent %d times", n)
			}
			if _, err := l.Accounts(t.Context()); err != nil {
				t.Fatal(err)
			}
			pages, err := book.List(t.Context())
			if want := map[string]int{"active": 0, "page": 1}[where]; err != nil || len(pages) != want {
				t.Errorf("pages %v, %v", pages, err)
			}
			if _, err := os.Stat(filepath.Join(p.home, "auth.json")); err == nil {
				t.Error("there is an auth.json")
			}
		})
	}
}
