package flows

import (
	"strings"
	"testing"
	"time"

	"codex-login/credstore"
	"codex-login/flows/sandbox"
)

// whereIs says where a session is: in use, in the book, or nowhere.
func whereIs(t *testing.T, l *Login, a *credstore.Auth) string {
	t.Helper()
	active, _, err := l.store(l.Mode()).Load(t.Context())
	if err == nil && active.SameSecret(a) {
		return "in use"
	}
	pages, err := l.book().Pages(t.Context(), credstore.ID(a))
	if ignoreNotFound(err) != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		if page.SameSecret(a) {
			return "in the book"
		}
	}
	return "gone"
}

func revoked(s *sandbox.Server, a *credstore.Auth) bool {
	for _, r := range s.RequestsTo(sandbox.Revoke) {
		if strings.Contains(string(r.Body), a.Tokens.RefreshToken.Reveal()) {
			return true
		}
	}
	return false
}

func entryFor(t *testing.T, l *Login, id string) *Entry {
	t.Helper()
	for _, e := range accounts(t, l).Entries {
		if e.ID == id {
			return &e
		}
	}
	return nil
}

func TestUndo(t *testing.T) {
	for _, c := range []struct {
		name   string
		before []sandbox.Seat // signed in one after the other; the last one is in use
		out    bool           // and then signed out
		way    Before
		forget bool
		now    string // the session that was there before of the same account
		made   string // the session of the sign-in
		stays  bool   // the account is in the list
	}{
		{"another account, kept", []sandbox.Seat{sandbox.MinaHarbour}, false, BeforeAccount, false, "", "in the book", true},
		{"another account, forgotten", []sandbox.Seat{sandbox.MinaHarbour}, false, BeforeAccount, true, "", "gone", false},
		{"an account of the book, kept", []sandbox.Seat{sandbox.JonasFree, sandbox.MinaHarbour}, false, BeforeAccount, false, "in the book", "in the book", true},
		{"an account of the book, forgotten", []sandbox.Seat{sandbox.JonasFree, sandbox.MinaHarbour}, false, BeforeAccount, true, "in the book", "gone", true},
		{"the account in use, kept", []sandbox.Seat{sandbox.MinaHarbour, sandbox.JonasFree}, false, BeforeSession, false, "in use", "in the book", true},
		{"the account in use, forgotten", []sandbox.Seat{sandbox.JonasFree}, false, BeforeSession, true, "in use", "gone", true},
		{"nobody, kept", nil, false, BeforeNobody, false, "", "in the book", true},
		{"nobody, forgotten", nil, false, BeforeNobody, true, "", "gone", false},
		{"nobody, of the book, forgotten", []sandbox.Seat{sandbox.JonasFree, sandbox.MinaHarbour}, true, BeforeNobody, true, "in the book", "gone", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := startSandbox(t, sandbox.Options{})
			l := newLogin(t, s)
			var earlier, active *credstore.Auth
			for _, seat := range c.before {
				r := signIn(t, l, s, seat)
				active = load(t, l)
				if seat == sandbox.JonasFree {
					earlier = active
					if err := l.Label(t.Context(), r.ID, "jonas"); err != nil {
						t.Fatal(err)
					}
				}
			}
			if c.out {
				if _, err := l.SignOut(t.Context(), false); err != nil {
					t.Fatal(err)
				}
				active = nil
			}
			r := signIn(t, l, s, sandbox.JonasFree)
			made := load(t, l)
			if r.Before() != c.way {
				t.Fatalf("before it was %s", r.Before())
			}
			out, err := l.Undo(t.Context(), r, c.forget)
			if err != nil || out.DropErr != nil || (out.Now == nil) != (active == nil) || (out.Dropped != nil) != c.forget {
				t.Fatalf("%+v, %v", out, err)
			}
			if active == nil {
				nothingStored(t, l)
			} else if string(load(t, l).Encode()) != string(active.Encode()) || out.Now.Account.ID != credstore.ID(active) || !out.Now.Account.Active {
				t.Errorf("in use is %+v", out.Now.Account)
			}
			if got := whereIs(t, l, made); got != c.made || revoked(s, made) != (got == "gone") {
				t.Errorf("the session of the sign-in is %s, ended %v", got, revoked(s, made))
			}
			if earlier != nil && (whereIs(t, l, earlier) != c.now || revoked(s, earlier)) {
				t.Errorf("the earlier session is %s, ended %v", whereIs(t, l, earlier), revoked(s, earlier))
			}
			e := entryFor(t, l, r.ID)
			if (e != nil) != c.stays || e != nil && earlier != nil && e.Label != "jonas" {
				t.Errorf("in the list is %+v", e)
			}
			if c.forget && (out.Dropped.Ended != 1 || (out.Dropped.Forgotten == 1) == c.stays) {
				t.Errorf("dropped %+v", out.Dropped)
			}
			if e != nil && !e.Active {
				if _, err := l.Switch(t.Context(), r.ID); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// A session that cannot be ended is forgotten all the same, and that is said.
func TestUndoWithoutTheIssuer(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	signIn(t, l, s, sandbox.MinaHarbour)
	r := signIn(t, l, s, sandbox.JonasFree)
	_ = s.Close()
	out, err := l.Undo(t.Context(), r, true)
	if err != nil || out.Dropped.RevokeErr == nil || out.Dropped.Forgotten != 1 {
		t.Errorf("%+v, %v", out, err)
	}
}

// A key that was there before is not forgotten by taking a sign-in back.
func TestUndoOfAKnownKey(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	enter := func() Receipt {
		t.Helper()
		r, err := l.Finish(t.Context(), begin(t, l, Request{Method: APIKey, Secret: credstore.NewSecret("sk-proj-0123456789abcdef")}))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := enter(); r.Known || r.Replaced() != nil {
		t.Error("nobody knew it")
	}
	if left := signIn(t, l, s, sandbox.MinaHarbour).Replaced(); left == nil || left.KeyHint != "sk-proj-***bcdef" {
		t.Errorf("it took the place of %+v", left)
	}
	r := enter()
	if out, err := l.Undo(t.Context(), r, true); err != nil || out.Dropped != nil || !r.Known {
		t.Errorf("known %v, %+v, %v", r.Known, out, err)
	}
	if e := entryFor(t, l, r.ID); e == nil || e.Active {
		t.Errorf("in the list is %+v", e)
	}
	r = enter()
	if r = enter(); r.Before() != BeforeNobody || !r.Known {
		t.Errorf("%+v", r)
	}
}

// A login in memory is nobody's but this process's: undoing it does not touch
// the stored one.
func TestUndoOfALoginInMemory(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	signIn(t, l, s, sandbox.MinaHarbour)
	before := load(t, l)
	c := begin(t, l, Request{Method: Device, Store: credstore.ModeEphemeral})
	if err := s.ApproveDevice(t.Context(), c.UserCode, sandbox.JonasFree); err != nil {
		t.Fatal(err)
	}
	r, err := l.Finish(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	out, err := l.Undo(t.Context(), r, true)
	if err != nil || out.Dropped == nil || out.Dropped.Ended != 1 {
		t.Errorf("%+v, %v", out, err)
	}
	if string(load(t, l).Encode()) != string(before.Encode()) {
		t.Error("the stored login has changed")
	}
}

// Somebody who signed in meanwhile is not signed out by taking back the first
// sign-in of all.
func TestUndoLeavesWhoCameMeanwhile(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	r := signIn(t, l, s, sandbox.JonasFree)
	next := newSession(t, s, sandbox.MinaHarbour)
	activate(t, l, next)
	if out, err := l.Undo(t.Context(), r, true); err != nil || out.DropErr != nil {
		t.Errorf("%+v, %v", out, err)
	}
	if where := whereIs(t, l, next); where != "in use" || revoked(s, next) {
		t.Errorf("it is %s", where)
	}
}

// Codex may have renewed the new session by then: the later tokens are ended.
func TestUndoEndsTheLatestTokens(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	signIn(t, l, s, sandbox.JonasFree)
	old := load(t, l)
	r := signIn(t, l, s, sandbox.JonasFree)
	renewed := *load(t, l)
	tokens := *renewed.Tokens
	tokens.RefreshToken = credstore.NewSecret("rt-renewed-by-codex")
	renewed.Tokens, renewed.LastRefresh = &tokens, renewed.LastRefresh.Add(time.Minute)
	activate(t, l, &renewed)
	if out, err := l.Undo(t.Context(), r, true); err != nil || out.DropErr != nil {
		t.Errorf("%+v, %v", out, err)
	}
	if !revoked(s, &renewed) || whereIs(t, l, &renewed) != "gone" || whereIs(t, l, old) != "in use" {
		t.Errorf("ended %v, it is %s; the earlier one is %s", revoked(s, &renewed), whereIs(t, l, &renewed), whereIs(t, l, old))
	}
}
