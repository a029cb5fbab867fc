package tui

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/flows/sandbox"
)

// These walk through the accounts with the real workers, the real stores and an
// issuer on this machine.

// as approves a sign-in for one seat.
func as(s *sandbox.Server, seat sandbox.Seat) *Demo {
	return &Demo{Approve: func(ctx context.Context, c *flows.Challenge) error { return s.ApproveDevice(ctx, c.UserCode, seat) }}
}

// signInAs adds an account with the screens, from a start of its own.
func signInAs(t *testing.T, s *sandbox.Server, e *env, seat sandbox.Seat) *driver {
	t.Helper()
	e = envWith(t, e.login)
	e.demo = as(s, seat)
	d := drive(t, e, flows.Device)
	until[enable](d, nil)
	d.key("enter")
	until(d, device.waiting)
	d.key("a")
	until[done](d, nil)
	return d
}

// reopen is another start, at the list.
func reopen(t *testing.T, e *env) *driver {
	t.Helper()
	d := drive(t, envWith(t, e.login), "")
	until(d, func(a accounts) bool { return a.list != nil && len(a.checking) == 0 })
	return d
}

// activeWorkspace is whose login Codex would read.
func (d *driver) activeWorkspace() string {
	d.t.Helper()
	var doc struct {
		Tokens struct {
			AccountID string `json:"account_id"`
		} `json:"tokens"`
	}
	if err := json.Unmarshal([]byte(d.stored()), &doc); err != nil {
		d.t.Fatal(err)
	}
	return doc.Tokens.AccountID
}

// TestSwitching: two accounts with the same address, there and back, without
// anybody being signed out.
func TestSwitching(t *testing.T) {
	s := startSandbox(t, nil)
	e := liveEnv(t, s)
	signInAs(t, s, e, sandbox.MinaPlus)
	signInAs(t, s, e, sandbox.MinaHarbour)
	d := reopen(t, e)
	d.sees("2 accounts")
	d.sees("Plus · " + sandbox.MinaPersonalID[:8])
	d.sees("Business · " + sandbox.HarbourID[:8])
	d.send(paste("plus"))
	d.key("enter")
	until[switched](d, nil)
	d.sees("Codex uses mina@example.test now")
	d.sees("Business · " + sandbox.HarbourID[:8])
	if got := d.activeWorkspace(); got != sandbox.MinaPersonalID {
		t.Errorf("the active login is of %s", got)
	}
	d.key("u")
	until(d, func(now switched) bool { return now.now.switched.Account.WorkspaceID == sandbox.HarbourID })
	if got := d.activeWorkspace(); got != sandbox.HarbourID {
		t.Errorf("after undo the active login is of %s", got)
	}
	d.key("b")
	until(d, func(a accounts) bool { return a.list != nil })
	d.sees("2 accounts")
	d.key("esc")
	if !d.root.leave || d.root.err != nil {
		t.Errorf("leave %v, err %v", d.root.leave, d.root.err)
	}
	if past := d.root.env.work.close(); past.switched == nil || past.switched.Account.WorkspaceID != sandbox.HarbourID {
		t.Errorf("what is left to say is %+v", past)
	}
	if n := len(s.RequestsTo(sandbox.Revoke)); n != 0 {
		t.Errorf("%d sessions were ended", n)
	}
}

// TestNotTheOneIMeant: back to the account before; the one signed in by mistake
// is kept, or its session ended.
func TestNotTheOneIMeant(t *testing.T) {
	for _, c := range []struct {
		key      string
		accounts int
		revoked  int
	}{{"1", 2, 0}, {"2", 1, 1}} {
		s := startSandbox(t, nil)
		e := liveEnv(t, s)
		signInAs(t, s, e, sandbox.MinaPlus)
		d := signInAs(t, s, e, sandbox.MinaHarbour)
		d.key("w")
		until[wrong](d, nil)
		d.key(c.key)
		until[switched](d, nil)
		if got := d.activeWorkspace(); got != sandbox.MinaPersonalID {
			t.Errorf("%s: the active login is of %s", c.key, got)
		}
		d.key("b")
		a := until(d, func(a accounts) bool { return a.list != nil })
		if len(a.list.entries) != c.accounts || len(s.RequestsTo(sandbox.Revoke)) != c.revoked {
			t.Errorf("%s: %d accounts, %d sessions ended", c.key, len(a.list.entries), len(s.RequestsTo(sandbox.Revoke)))
		}
	}
}

// TestBackToTheEarlierSignIn: a sign-in that landed on an account that is there
// takes nothing of it along: neither its session nor its name.
func TestBackToTheEarlierSignIn(t *testing.T) {
	for _, c := range []struct {
		name  string
		seats []sandbox.Seat // the last one is in use, the first one is signed in again
		key   string
	}{
		{"in the book", []sandbox.Seat{sandbox.MinaPlus, sandbox.MinaHarbour}, "2"},
		{"in use", []sandbox.Seat{sandbox.MinaPlus}, "1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := startSandbox(t, nil)
			e := liveEnv(t, s)
			stored := ""
			for i, seat := range c.seats {
				d := signInAs(t, s, e, seat)
				stored = d.stored()
				if i == 0 {
					list, err := e.login.Accounts(t.Context())
					if err := errors.Join(err, e.login.Label(t.Context(), list.Entries[0].ID, "Home")); err != nil {
						t.Fatal(err)
					}
				}
			}
			d := signInAs(t, s, e, c.seats[0])
			d.key("w")
			until[wrong](d, nil)
			d.key(c.key)
			until[switched](d, nil)
			d.sees("stays in the list with its earlier sign-in")
			if d.stored() != stored || len(s.RequestsTo(sandbox.Revoke)) != 1 {
				t.Errorf("%d sessions ended, in use is %s", len(s.RequestsTo(sandbox.Revoke)), d.activeWorkspace())
			}
			d.key("b")
			a := until(d, func(a accounts) bool { return a.list != nil && len(a.checking) == 0 })
			named := a.list.entries[len(a.list.entries)-1]
			if len(a.list.entries) != len(c.seats) || named.Label != "Home" || named.Sessions != 1 {
				t.Errorf("the list is %+v", a.list.entries)
			}
		})
	}
}

// TestForgettingTheFirst: nobody was signed in before, so nobody is afterwards.
func TestForgettingTheFirst(t *testing.T) {
	s := startSandbox(t, nil)
	d := signInAs(t, s, liveEnv(t, s), sandbox.MinaPlus)
	d.key("w")
	until[wrong](d, nil)
	d.key("3")
	until[signedOut](d, nil)
	d.sees("You are signed out")
	if d.stored() != "" || len(s.RequestsTo(sandbox.Revoke)) != 1 {
		t.Errorf("stored %q", d.stored())
	}
	if past := d.root.env.work.close(); !past.signedOut || past.switched != nil || past.receipt != nil {
		t.Errorf("what is left to say is %+v", past)
	}
}

// TestNaming: a name is shown and found; one that another account has is not
// taken.
func TestNaming(t *testing.T) {
	s := startSandbox(t, nil)
	e := liveEnv(t, s)
	signInAs(t, s, e, sandbox.MinaPlus)
	signInAs(t, s, e, sandbox.MinaHarbour)
	d := reopen(t, e)
	named := func(text string) {
		d.key("ctrl+e")
		until[rename](d, nil)
		d.send(paste(text))
		d.key("enter")
	}
	named("Home")
	until(d, func(a accounts) bool { return a.list != nil && a.list.entries[0].Label == "Home" })
	d.key("down")
	named("Home")
	until(d, func(r rename) bool { return r.failed != nil })
	d.key("esc")
	named("Work")
	until(d, func(a accounts) bool { return a.list.entries[1].Label == "Work" })
	d.send(paste("work"))
	d.sees("1 of 2")
}

// TestDeadSession: what the issuer says when the list opens is shown with its
// reason, and signing in again brings the account back to life.
func TestDeadSession(t *testing.T) {
	s := startSandbox(t, nil)
	s.Set(func(b *sandbox.Behaviour) { b.AccessLifetime = time.Minute })
	e := liveEnv(t, s)
	signInAs(t, s, e, sandbox.MinaPlus)
	s.Set(func(b *sandbox.Behaviour) { b.AccessLifetime = 240 * time.Hour })
	signInAs(t, s, e, sandbox.MinaHarbour)
	s.InvalidateRefreshTokens()
	d := reopen(t, e)
	until(d, func(a accounts) bool { return a.list.entries[1].Ended != nil })
	d.sees("signed out")
	d.key("down")
	d.sees("enter sign in again")
	before := d.stored()
	d.key("enter")
	until(d, browser.waiting)
	d.key("d")
	until[enable](d, nil)
	d.key("enter")
	b := until(d, func(b browser) bool { return b.code.works() })
	if d.stored() != before {
		t.Error("the login in use was touched before another was there")
	}
	if err := s.ApproveDevice(t.Context(), b.code.challenge.UserCode, sandbox.MinaPlus); err != nil {
		t.Fatal(err)
	}
	until[done](d, nil)
	d.key("a")
	a := until(d, func(a accounts) bool { return a.list != nil })
	if len(a.list.entries) != 2 || a.list.entries[0].Ended != nil || a.list.entries[0].WorkspaceID != sandbox.MinaPersonalID {
		t.Errorf("the list is %+v", a.list.entries)
	}
}

// TestForgetOne: the account in use stays what it is.
func TestForgetOne(t *testing.T) {
	s := startSandbox(t, nil)
	e := liveEnv(t, s)
	signInAs(t, s, e, sandbox.MinaPlus)
	signInAs(t, s, e, sandbox.MinaHarbour)
	d := reopen(t, e)
	before := d.stored()
	d.key("down", "ctrl+o")
	until[signOut](d, nil)
	d.sees("Forget mina@example.test (Plus")
	d.key("1")
	until[signedOut](d, nil)
	d.sees("is forgotten here")
	d.sees("1 other account")
	if d.stored() != before || len(s.RequestsTo(sandbox.Revoke)) != 1 {
		t.Error("the wrong session was ended")
	}
	d.key("enter")
	a := until(d, func(a accounts) bool { return a.list != nil })
	if len(a.list.entries) != 1 || !a.list.entries[0].Active {
		t.Errorf("left are %+v", a.list.entries)
	}
	d.key("esc")
	if !d.root.leave || d.root.err != nil {
		t.Errorf("leave %v, err %v", d.root.leave, d.root.err)
	}
}

// TestSignOutOfAll asks twice and leaves nothing.
func TestSignOutOfAll(t *testing.T) {
	s := startSandbox(t, nil)
	e := liveEnv(t, s)
	signInAs(t, s, e, sandbox.MinaPlus)
	signInAs(t, s, e, sandbox.MinaHarbour)
	d := reopen(t, e)
	d.key("ctrl+o")
	until[signOut](d, nil)
	d.key("3")
	d.sees("Sign out of all 2 accounts?")
	if d.stored() == "" {
		t.Fatal("it did not ask")
	}
	d.key("1")
	until[signedOut](d, nil)
	d.sees("2 accounts are forgotten here")
	d.sees("2 sessions have been ended")
	if d.stored() != "" || len(s.RequestsTo(sandbox.Revoke)) != 2 {
		t.Errorf("stored %q, %d ended", d.stored(), len(s.RequestsTo(sandbox.Revoke)))
	}
	list, err := d.root.env.login.Accounts(t.Context())
	if err != nil || len(list.Entries) != 0 {
		t.Errorf("left are %v, %v", list.Entries, err)
	}
}

// TestMovingTheStore: all logins go, config.toml says so, and the list is read
// from the new place at once.
func TestMovingTheStore(t *testing.T) {
	s := startSandbox(t, nil)
	e := liveEnv(t, s)
	signInAs(t, s, e, sandbox.MinaPlus)
	signInAs(t, s, e, sandbox.MinaHarbour)
	d := reopen(t, e)
	d.key("ctrl+s")
	until(d, func(c storeChoice) bool { return c.choices != nil })
	d.sees("all 2 logins")
	d.key("down", "down", "enter")
	until[moved](d, nil)
	if d.root.env.login.Mode() != credstore.ModeAuto || d.root.mode != credstore.ModeAuto {
		t.Errorf("the wizard goes on in %s", d.root.env.login.Mode())
	}
	d.key("enter")
	a := until(d, func(a accounts) bool { return a.list != nil })
	if len(a.list.entries) != 2 || !strings.Contains(d.root.View(), "2 accounts") {
		t.Errorf("the list is %+v", a.list.entries)
	}
}
