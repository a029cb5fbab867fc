package flows

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"codex-login/credstore"
	"codex-login/flows/sandbox"
)

// TestCommitFindsTheAccount: what happens to the account while the issuer is
// asked costs neither the renewed tokens nor anything newer.
func TestCommitFindsTheAccount(t *testing.T) {
	type scene struct {
		l        *Login
		s        *sandbox.Server
		a, other *credstore.Auth
	}
	for name, test := range map[string]struct {
		before func(*testing.T, scene) // where the account is; nil is the active place
		during func(*testing.T, scene)
		// Where the renewed tokens are afterwards; neither is nowhere, and then
		// the account has to be gone, too.
		active, page bool
		check        func(*testing.T, scene)
	}{
		"nothing": {nil, func(*testing.T, scene) {}, true, false, nil},
		"switched away": {
			nil, func(t *testing.T, x scene) { shelve(t, x.l, x.a); activate(t, x.l, x.other) }, false, true,
			func(t *testing.T, x scene) {
				if !active(t, x.l).SameSecret(x.other) {
					t.Error("the active login was changed")
				}
			},
		},
		"switched away, half": {nil, func(t *testing.T, x scene) { shelve(t, x.l, x.a) }, true, false, nil},
		"switched to": {
			func(t *testing.T, x scene) { shelve(t, x.l, x.a); activate(t, x.l, x.other) },
			func(t *testing.T, x scene) { shelve(t, x.l, x.other); activate(t, x.l, x.a); takeAway(t, x.l, x.a) }, true, false,
			func(t *testing.T, x scene) {
				if onPage(t, x.l, credstore.ID(x.a)) != nil || !onPage(t, x.l, credstore.ID(x.other)).SameSecret(x.other) {
					t.Error("the book was changed")
				}
			},
		},
		"forgotten": {
			func(t *testing.T, x scene) { shelve(t, x.l, x.a) },
			func(t *testing.T, x scene) { takeAway(t, x.l, x.a) }, false, false, nil,
		},
		"signed out": {
			nil, func(t *testing.T, x scene) {
				if err := x.l.store(x.l.Mode()).Delete(context.Background()); err != nil {
					t.Error(err)
				}
			}, false, false, nil,
		},
		"replaced by another account": {
			nil, func(t *testing.T, x scene) { activate(t, x.l, x.other) }, false, false,
			func(t *testing.T, x scene) {
				if !active(t, x.l).SameSecret(x.other) {
					t.Error("the active login was changed")
				}
			},
		},
		"signed in to again": {
			nil, func(t *testing.T, x scene) {
				shelve(t, x.l, x.a)
				activate(t, x.l, newSession(t, x.s, sandbox.MinaHarbour))
			}, false, true,
			func(t *testing.T, x scene) {
				if now := active(t, x.l); sameSession(now, x.a) || credstore.ID(now) != credstore.ID(x.a) {
					t.Error("the new sign-in was changed")
				}
			},
		},
		"edited": {
			nil, func(t *testing.T, x scene) {
				text := strings.Replace(string(x.a.Encode()), `"tokens": {`, `"mine": [1],
  "tokens": {`, 1)
				if err := os.WriteFile(x.l.Home.AuthFile(), []byte(text), 0o600); err != nil {
					t.Error(err)
				}
			}, true, false,
			func(t *testing.T, x scene) {
				if !strings.Contains(string(active(t, x.l).Encode()), `"mine": [1]`) {
					t.Error("a member that is not ours is gone")
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := startSandbox(t, sandbox.Options{})
			x := scene{l: newLogin(t, s), s: s, a: dueLogin(t, s, sandbox.MinaHarbour), other: newSession(t, s, sandbox.JonasFree)}
			if test.before == nil {
				test.before = func(t *testing.T, x scene) { activate(t, x.l, x.a) }
			}
			test.before(t, x)
			duringRefresh(s, sync.OnceFunc(func() { test.during(t, x) }))
			got, err := x.l.Verify(t.Context(), credstore.ID(x.a))
			var gone *NoAccountError
			switch stored := test.active || test.page; {
			case stored && (err != nil || got.Err != nil || !got.Renewed):
				t.Errorf("%+v, %v", got, err)
			case !stored && !errors.As(err, &gone):
				t.Errorf("%+v, %v", got, err)
			}
			usedOnce(t, s, x.a)
			page := onPage(t, x.l, credstore.ID(x.a))
			if now := active(t, x.l); continues(s, x.a, now) != test.active {
				t.Errorf("active: %v", now)
			}
			if continues(s, x.a, page) != test.page {
				t.Errorf("page: %v", page)
			}
			if test.check != nil {
				test.check(t, x)
			}
		})
	}
}

// TestCommitOverwritesNothingNewer: a Codex that renewed the session once more
// has the tokens that count.
func TestCommitOverwritesNothingNewer(t *testing.T) {
	for name, test := range map[string]struct {
		age  time.Duration // of the other tokens, seen from ours
		page bool
		ours bool
	}{
		"active, newer": {-time.Minute, false, false}, "active, older": {time.Minute, false, true},
		"page, newer": {-time.Minute, true, false}, "page, older": {time.Minute, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := startSandbox(t, sandbox.Options{})
			l := newLogin(t, s)
			a := dueLogin(t, s, sandbox.MinaHarbour)
			place := activate
			if test.page {
				place = shelve
			}
			place(t, l, a)
			theirs := renewal{refresh: credstore.NewSecret("rt_theirs"), at: time.Now().Add(-test.age)}.of(a)
			duringRefresh(s, func() { place(t, l, theirs) })
			if got, err := l.Verify(t.Context(), credstore.ID(a)); err != nil || got.Err != nil || !got.Renewed {
				t.Errorf("%+v, %v", got, err)
			}
			if now := wherever(t, l, credstore.ID(a)); now.SameSecret(theirs) == test.ours || test.ours != continues(s, a, now) {
				t.Errorf("%v", now)
			}
		})
	}
}

// TestRequestOutlivesItsCaller: once the token is spent, nothing keeps the new
// one from being stored; before that, nothing is sent for nobody.
func TestRequestOutlivesItsCaller(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	a := dueLogin(t, s, sandbox.MinaHarbour)
	activate(t, l, a)
	ctx, cancel := context.WithCancel(t.Context())
	duringRefresh(s, cancel)
	got, err := l.Verify(ctx, "")
	if ctx.Err() == nil || err != nil || got.Err != nil || !got.Renewed || !continues(s, a, active(t, l)) {
		t.Errorf("%+v, %v", got, err)
	}
	b := dueLogin(t, s, sandbox.MinaPlus)
	shelve(t, l, b)
	if _, err := l.Verify(ctx, credstore.ID(b)); !errors.Is(err, ErrCancelled) {
		t.Errorf("got %v", err)
	}
	if n := s.RefreshUses(b.Tokens.RefreshToken.Reveal()); n != 0 {
		t.Errorf("%d requests for a caller who had left", n)
	}
}

// TestRenewedTokensThatCannotBeStored wait in the book, or in this process, and
// go to their place at the next look, without another request.
func TestRenewedTokensThatCannotBeStored(t *testing.T) {
	for name, test := range map[string]struct {
		place   func(*testing.T, *Login, *credstore.Auth)
		blocked []string // locks that cannot be had
		inBook  bool
	}{
		"active, kept in the book": {activate, []string{"auth.lock"}, true},
		"active, kept in memory":   {activate, []string{"auth.lock", "codex-login/accounts.lock"}, false},
		"page, kept in the book":   {shelve, []string{"auth.lock"}, true},
		"page, kept in memory":     {shelve, []string{"auth.lock", "codex-login/accounts.lock"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := startSandbox(t, sandbox.Options{})
			l := newLogin(t, s)
			a := dueLogin(t, s, sandbox.MinaHarbour)
			test.place(t, l, a)
			var locks []string
			for _, lock := range test.blocked {
				locks = append(locks, filepath.Join(l.Home.Path, lock))
			}
			duringRefresh(s, func() {
				for _, lock := range locks {
					_ = os.Remove(lock)
					if err := os.MkdirAll(lock, 0o700); err != nil {
						t.Error(err)
					}
				}
			})
			got, err := l.Verify(t.Context(), credstore.ID(a))
			var unstored *UnsavedError
			if !errors.As(err, &unstored) || unstored.InBook != test.inBook || !got.Renewed {
				t.Fatalf("%+v, %v", got, err)
			}
			if e := Explain(l.Say, err); e.Code != "store" || !strings.Contains(e.Text, "auth.lock") {
				t.Errorf("%+v", e)
			}
			for _, lock := range locks {
				if err := os.Remove(lock); err != nil {
					t.Fatal(err)
				}
			}
			got, err = l.Verify(t.Context(), credstore.ID(a))
			if err != nil || got.Err != nil || got.Asked || !got.Renewed && name != "page, kept in the book" {
				t.Errorf("%+v, %v", got, err)
			}
			if !continues(s, a, wherever(t, l, credstore.ID(a))) {
				t.Error("the renewed tokens are not in their place")
			}
			usedOnce(t, s, a)
		})
	}
}
