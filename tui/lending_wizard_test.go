//go:build !windows

package tui

import (
	"testing"
	"time"

	"codex-login/credstore"
	"codex-login/flows/sandbox"
)

// TestKeepLending: what is lent is renewed for as long as the screen is open,
// and handed over to the machine that still has it.
func TestKeepLending(t *testing.T) {
	dir := fleet(t, "buildbox", "web")
	s := startSandbox(t, nil)
	e := liveEnv(t, s)
	signInAs(t, s, e, sandbox.MinaPlus)
	d := sendTo(t, e, "2", "buildbox", "docker:web")
	until(d, atRest)
	before := loginOf(t, dir, "buildbox")
	own := credstore.NewAPIKey(credstore.NewSecret("sk-proj-own-0123456789abcdef"))
	home, err := credstore.FindHome(func(string) string { return dir + "/web" })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := credstore.Open(home, credstore.ModeFile).Save(t.Context(), own, credstore.Steps{}); err != nil {
		t.Fatal(err)
	}
	e.login.Clock.Time = func() time.Time { return before.ExpiresAt().Add(-time.Minute) }
	s.Set(func(b *sandbox.Behaviour) { b.AccessLifetime = 60 * 24 * time.Hour })
	d.key("l")
	until(d, func(l lending) bool { return len(l.last) == 2 })
	d.sees("renewed, until")
	d.sees("The lent login is no longer in use there")
	now := loginOf(t, dir, "buildbox")
	if now.Kind() != credstore.AuthChatGPTTokens || now.SameSecret(before) || !now.Tokens.RefreshToken.Empty() || !now.ExpiresAt().After(before.ExpiresAt()) {
		t.Errorf("there is %+v", now)
	}
	if a := loginOf(t, dir, "web"); a.Kind() != credstore.AuthAPIKey {
		t.Errorf("the login of somebody else was replaced by %+v", a)
	}
	if n := len(s.RequestsTo(sandbox.Refresh)); n != 1 {
		t.Errorf("%d refreshes", n)
	}
	lends := until[lending](d, nil)
	d.key("esc")
	until(d, atRest)
	if lends.try.ctx.Err() == nil {
		t.Error("it goes on behind the person's back")
	}
}

// TestSigningOutNamesTheBorrowers before and after, and nothing stays lent.
func TestSigningOutNamesTheBorrowers(t *testing.T) {
	fleet(t, "buildbox", "web")
	s := startSandbox(t, nil)
	e := liveEnv(t, s)
	signInAs(t, s, e, sandbox.MinaPlus)
	d := sendTo(t, e, "2", "buildbox", "docker:web")
	until(d, atRest)
	d.key("esc")
	until(d, func(a accounts) bool { return a.list != nil && len(a.checking) == 0 })
	d.key("ctrl+x")
	until(d, func(m machines) bool { return m.read && len(m.lent) == 2 })
	d.key("esc")
	until[accounts](d, nil)
	d.key("ctrl+o")
	until(d, func(s signOut) bool { return len(s.loans) == 2 })
	d.sees("It is on loan to buildbox, docker:web, until")
	d.key("1")
	until[signedOut](d, nil)
	d.sees("not renewed there any more: buildbox, docker:web.")
	if loans, err := e.login.Loans(); err != nil || len(loans) != 0 {
		t.Errorf("%+v %v", loans, err)
	}
}
