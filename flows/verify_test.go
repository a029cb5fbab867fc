package flows

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"codex-login/credstore"
	"codex-login/flows/sandbox"
)

// dueLogin is a new sign-in of seat that is due, stored nowhere; what its
// refresh brings is not.
func dueLogin(t *testing.T, s *sandbox.Server, seat sandbox.Seat) *credstore.Auth {
	t.Helper()
	s.Set(func(b *sandbox.Behaviour) { b.AccessLifetime = time.Minute })
	a := newSession(t, s, seat)
	s.Set(func(b *sandbox.Behaviour) { b.AccessLifetime = 240 * time.Hour })
	return a
}

func newSession(t *testing.T, s *sandbox.Server, seat sandbox.Seat) *credstore.Auth {
	t.Helper()
	tokens, err := s.SignIn(seat)
	if err != nil {
		t.Fatal(err)
	}
	return credstore.NewChatGPT(credstore.Tokens{
		IDToken: credstore.NewSecret(tokens.ID), AccessToken: credstore.NewSecret(tokens.Access), RefreshToken: credstore.NewSecret(tokens.Refresh),
		Provenance:   &credstore.Provenance{Issuer: s.URL(), ClientID: sandbox.ClientID},
		LoginOwnerID: randomText(ownerBytes), AccountID: seat.Workspace,
	}, nil, time.Now().Add(-time.Hour))
}

// activate makes a the login that Codex reads.
func activate(t *testing.T, l *Login, a *credstore.Auth) {
	t.Helper()
	if _, err := l.store(l.Mode()).Save(context.Background(), a, credstore.Steps{}); err != nil {
		t.Error(err)
	}
}

// shelve puts a on a page.
func shelve(t *testing.T, l *Login, a *credstore.Auth) {
	t.Helper()
	if err := l.book().Keep(context.Background(), a); err != nil {
		t.Error(err)
	}
}

// takeAway removes the page of a.
func takeAway(t *testing.T, l *Login, a *credstore.Auth) {
	t.Helper()
	if err := l.book().Forget(context.Background(), credstore.ID(a)); err != nil {
		t.Error(err)
	}
}

// onPage is the login on the front page of an account; nil without one.
func onPage(t *testing.T, l *Login, id string) *credstore.Auth {
	t.Helper()
	a, err := l.book().Load(context.Background(), id)
	if err != nil && !errors.Is(err, credstore.ErrNotFound) {
		t.Fatal(err)
	}
	return a
}

// active is the login that Codex reads; nil without one.
func active(t *testing.T, l *Login) *credstore.Auth {
	t.Helper()
	a, _, err := l.store(l.Mode()).Load(context.Background())
	if err != nil && !errors.Is(err, credstore.ErrNotFound) {
		t.Fatal(err)
	}
	return a
}

// duringRefresh runs what happens between the rotation of the tokens and the
// answer of the issuer.
func duringRefresh(s *sandbox.Server, happens func()) {
	s.Set(func(b *sandbox.Behaviour) { b.EditTokens = func(map[string]any) { happens() } })
}

func usedOnce(t *testing.T, s *sandbox.Server, logins ...*credstore.Auth) {
	t.Helper()
	for i, a := range logins {
		if n := s.RefreshUses(a.Tokens.RefreshToken.Reveal()); n != 1 {
			t.Errorf("token %d was sent %d times", i, n)
		}
	}
}

// continues reports whether b is a with tokens that the issuer takes.
func continues(s *sandbox.Server, a, b *credstore.Auth) bool {
	if b == nil || !sameSession(a, b) || a.SameSecret(b) {
		return false
	}
	ended, known := s.SessionEnded(b.Tokens.RefreshToken.Reveal())
	return known && !ended && s.RefreshUses(b.Tokens.RefreshToken.Reveal()) == 0
}

func TestVerifyRenewsWhatIsDue(t *testing.T) {
	for name, place := range map[string]func(*testing.T, *Login, *credstore.Auth){"active": activate, "page": shelve} {
		t.Run(name, func(t *testing.T) {
			s := startSandbox(t, sandbox.Options{})
			l := newLogin(t, s)
			a := dueLogin(t, s, sandbox.MinaHarbour)
			place(t, l, a)
			id := credstore.ID(a)
			got, err := l.Verify(t.Context(), id)
			if err != nil || got.Err != nil || !got.Asked || !got.Renewed || got.ID != id {
				t.Fatalf("%+v, %v", got, err)
			}
			now := active(t, l)
			if name == "page" {
				if now != nil {
					t.Error("the account was made the active one")
				}
				now = onPage(t, l, id)
			}
			if !continues(s, a, now) || now.Tokens.AccountID != a.Tokens.AccountID || *now.Tokens.Provenance != *a.Tokens.Provenance {
				t.Errorf("not the renewed login: %v", now)
			}
			if time.Since(now.LastRefresh) > time.Minute || !got.Account.LastRefresh.Equal(now.LastRefresh) || !got.Account.ExpiresAt.Equal(now.ExpiresAt()) {
				t.Errorf("refreshed at %v, said %v, until %v", now.LastRefresh, got.Account.LastRefresh, got.Account.ExpiresAt)
			}
			if got.Account.Email != sandbox.MinaHarbour.Person || got.Account.Place.Where == "" || got.Account.StoreMode != credstore.ModeFile {
				t.Errorf("%+v", got.Account)
			}
			card, err := l.book().Card(t.Context(), id)
			if err != nil || !card.ExpiresAt.Equal(now.ExpiresAt()) {
				t.Errorf("card %+v, %v", card, err)
			}
			if again, err := l.Verify(t.Context(), id); err != nil || again.Asked || again.Renewed || again.Err != nil {
				t.Errorf("again: %+v, %v", again, err)
			}
			usedOnce(t, s, a)
		})
	}
}

func TestVerifyWithoutAnAccount(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	var nobody *NoAccountError
	for _, id := range []string{"chatgpt-0123456789abcdef", "chatgpt-0123456789abcdef.0123456789abcdef", "../auth"} {
		if _, err := l.Verify(t.Context(), id); !errors.As(err, &nobody) {
			t.Errorf("%s: %v", id, err)
		}
	}
	if _, err := l.Verify(t.Context(), ""); !errors.Is(err, credstore.ErrNotFound) {
		t.Errorf("nobody signed in: %v", err)
	}
	if len(s.Requests()) != 0 {
		t.Error("somebody was asked")
	}
}

// TestVerifyKeys: what is no session is shown to its server each time.
func TestVerifyKeys(t *testing.T) {
	for name, test := range map[string]struct {
		make  func(*sandbox.Server) *credstore.Auth
		at    sandbox.Endpoint
		fault *sandbox.Fault
		email string
		check func(error) bool
	}{
		"key":   {make: goodKey, at: sandbox.Models, check: isNil},
		"token": {make: goodToken, at: sandbox.Whoami, check: isNil, email: sandbox.MinaHarbour.Person},
		"bad key": {
			make: func(*sandbox.Server) *credstore.Auth {
				return credstore.NewAPIKey(credstore.NewSecret("sk-proj-0123456789abcdef"))
			}, at: sandbox.Models, check: isRejected,
		},
		"bad token": {
			make: func(*sandbox.Server) *credstore.Auth {
				return credstore.NewAccessToken(credstore.NewSecret("at-0123456789abcdef"))
			}, at: sandbox.Whoami, check: isRejected,
		},
		"trouble": {make: goodKey, at: sandbox.Models, fault: fault(sandbox.Status(500, "")), check: func(err error) bool {
			var server *ServerError
			return errors.As(err, &server)
		}},
	} {
		s := startSandbox(t, sandbox.Options{})
		if test.fault != nil {
			s.Set(func(b *sandbox.Behaviour) { b.Inject(test.at, *test.fault) })
		}
		l := newLogin(t, s)
		activate(t, l, test.make(s))
		for range 2 {
			got, err := l.Verify(t.Context(), "")
			if err != nil || !got.Asked || got.Renewed || !test.check(got.Err) || got.Account.Email != test.email || got.Account.Place.Where == "" {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		}
		if n := len(s.RequestsTo(test.at)); n != 2 {
			t.Errorf("%s: %d requests", name, n)
		}
	}
}

func fault(f sandbox.Fault) *sandbox.Fault { return &f }

func goodKey(s *sandbox.Server) *credstore.Auth {
	return credstore.NewAPIKey(credstore.NewSecret(s.NewAPIKey(sandbox.MinaHarbour)))
}

func goodToken(s *sandbox.Server) *credstore.Auth {
	return credstore.NewAccessToken(credstore.NewSecret(s.NewAccessToken(sandbox.MinaHarbour)))
}

func isNil(err error) bool { return err == nil }

func isRejected(err error) bool {
	var ended *SessionEndedError
	return errors.As(err, &ended) && ended.Reason == EndRejected
}

// TestDeadSessionsAreNotAskedAgain: a final refusal is remembered for that very
// credential, by other processes too, and any other is not.
func TestDeadSessionsAreNotAskedAgain(t *testing.T) {
	for name, test := range refusals() {
		for where, place := range map[string]func(*testing.T, *Login, *credstore.Auth){"active": activate, "page": shelve} {
			s := startSandbox(t, sandbox.Options{})
			l := newLogin(t, s)
			clock := &steppedClock{now: time.Now()}
			l.Clock = clock.clock()
			a := dueLogin(t, s, sandbox.MinaHarbour)
			place(t, l, a)
			id := credstore.ID(a)
			s.Set(func(b *sandbox.Behaviour) { b.Inject(sandbox.Refresh, test.fault) })
			other := &Login{Home: l.Home, Rules: l.Rules, Issuer: l.Issuer, Client: l.Client, Clock: l.Clock}
			for i, l := range []*Login{l, other, other} {
				got, err := l.Verify(t.Context(), id)
				var ended *SessionEndedError
				if err != nil || got.Err == nil || got.Renewed {
					t.Errorf("%s, %s: %+v, %v", name, where, got, err)
				}
				if errors.As(got.Err, &ended) != (test.reason != "") || ended != nil && (ended.Reason != test.reason || ended.At.IsZero()) {
					t.Errorf("%s, %s: %v", name, where, got.Err)
				}
				if want := i == 0 || test.reason == ""; got.Asked != want {
					t.Errorf("%s, %s, time %d: asked %t", name, where, i, got.Asked)
				}
			}
			want := 3
			if test.reason != "" {
				want = 1
			}
			if n := s.RefreshUses(a.Tokens.RefreshToken.Reveal()); n != want {
				t.Errorf("%s, %s: %d requests, want %d", name, where, n, want)
			}
			card, err := l.book().Card(t.Context(), id)
			if dead := err == nil && card.Ended != nil; dead != (test.reason != "") {
				t.Errorf("%s, %s: card %+v, %v", name, where, card.Ended, err)
			}
			if !wherever(t, l, id).SameSecret(a) {
				t.Errorf("%s, %s: the login was changed", name, where)
			}

			// A new sign-in ends it, however it got there.
			s.Set(func(b *sandbox.Behaviour) { b.Heal() })
			b := dueLogin(t, s, sandbox.MinaHarbour)
			place(t, l, b)
			if got, err := l.Verify(t.Context(), id); err != nil || got.Err != nil || !got.Renewed {
				t.Errorf("%s, %s, signed in again: %+v, %v", name, where, got, err)
			}
			if card, err := l.book().Card(t.Context(), id); err != nil || card.Ended != nil {
				t.Errorf("%s, %s, signed in again: card %+v, %v", name, where, card.Ended, err)
			}
		}
	}
}

// wherever is the account wherever it is.
func wherever(t *testing.T, l *Login, id string) *credstore.Auth {
	t.Helper()
	found, err := l.locate(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return found.auth
}

// The mark of a dead session goes also when Codex has renewed it after all.
func TestCardFollowsCodex(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	a := dueLogin(t, s, sandbox.MinaHarbour)
	activate(t, l, a)
	s.InvalidateRefreshTokens()
	if got, err := l.Verify(t.Context(), ""); err != nil || got.Err == nil {
		t.Fatalf("%+v, %v", got, err)
	}
	activate(t, l, newSession(t, s, sandbox.MinaHarbour)) // past the book
	if got, err := l.Verify(t.Context(), ""); err != nil || got.Err != nil || got.Asked {
		t.Errorf("%+v, %v", got, err)
	}
	if card, err := l.book().Card(t.Context(), credstore.ID(a)); err != nil || card.Ended != nil {
		t.Errorf("card %+v, %v", card.Ended, err)
	}
}

// TestFasterCodexIsFollowed: where the issuer has seen the token before, the
// tokens that a Codex got for it are waited for.
func TestFasterCodexIsFollowed(t *testing.T) {
	for name, test := range map[string]struct {
		after int // steps of waiting until Codex has written; 0 is before the answer
		code  string
		found bool
	}{
		"before the answer": {0, "refresh_token_reused", true},
		"at once":           {1, "refresh_token_reused", true},
		"at the last":       {20, "refresh_token_reused", true},
		"too late":          {21, "refresh_token_reused", false},
		"before a 401":      {0, "other", true},
		"after a 401":       {1, "other", false},
	} {
		t.Run(name, func(t *testing.T) {
			s := startSandbox(t, sandbox.Options{})
			l := newLogin(t, s)
			a := dueLogin(t, s, sandbox.MinaHarbour)
			activate(t, l, a)
			faster := func() { activate(t, l, renewal{refresh: credstore.NewSecret("rt_faster"), at: time.Now()}.of(a)) }
			clock := &steppedClock{now: time.Now(), after: func(step int) {
				if step == test.after {
					faster()
				}
			}}
			l.Clock = clock.clock()
			s.Set(func(b *sandbox.Behaviour) {
				b.Inject(sandbox.Refresh, sandbox.Respond(func(w http.ResponseWriter, _ *http.Request) {
					if test.after == 0 {
						faster()
					}
					w.WriteHeader(http.StatusUnauthorized)
					_, _ = w.Write([]byte(`{"error":{"code":"` + test.code + `"}}`))
				}))
			})
			got, err := l.Verify(t.Context(), "")
			if err != nil || got.Renewed != test.found || (got.Err == nil) != test.found || !got.Asked {
				t.Errorf("%+v, %v", got, err)
			}
			card, err := l.book().Card(t.Context(), credstore.ID(a))
			if err != nil || (card.Ended == nil) != test.found {
				t.Errorf("card %+v, %v", card.Ended, err)
			}
			usedOnce(t, s, a)
		})
	}
}
