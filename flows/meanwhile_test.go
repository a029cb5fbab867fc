package flows

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-login/credstore"
	"codex-login/flows/network"
	"codex-login/flows/sandbox"
)

// What happens between looking at a login and changing it: another process
// switches, moves the store or signs in.

// onTheWay calls f before each request of that path.
type onTheWay struct {
	path string
	f    func()
	next http.RoundTripper
}

func (o onTheWay) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, o.path) {
		o.f()
	}
	return o.next.RoundTrip(r)
}

func duringRevoke(l *Login, f func()) {
	l.Client = &network.Client{Client: http.Client{Transport: onTheWay{"/revoke", f, l.Client.Transport}}}
}

// another is another process with the same home, started now.
func another(t *testing.T, l *Login) *Login {
	t.Helper()
	m := &Login{Home: l.Home, Issuer: l.Issuer, Client: l.Client, Say: l.Say}
	reloadRules(t, m)
	return m
}

// somewhere reports whether the login is in use or on a page.
func somewhere(t *testing.T, l *Login, a *credstore.Auth) bool {
	t.Helper()
	if now := active(t, l); now != nil && now.SameSecret(a) {
		return true
	}
	ids, err := l.book().List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if p, err := l.book().Load(t.Context(), id); err == nil && p.SameSecret(a) {
			return true
		}
	}
	return false
}

// two are an account in use and one in the book.
func two(t *testing.T) (s *sandbox.Server, l *Login, a, b *credstore.Auth) {
	t.Helper()
	s = startSandbox(t, sandbox.Options{})
	l = newLogin(t, s)
	a, b = newSession(t, s, sandbox.MinaHarbour), newSession(t, s, sandbox.JonasFree)
	activate(t, l, a)
	shelve(t, l, b)
	accounts(t, l)
	return s, l, a, b
}

func TestSigningOutLeavesWhoCameMeanwhile(t *testing.T) {
	s, l, a, b := two(t)
	other := another(t, l)
	direct := l.Client
	duringRevoke(l, func() {
		if _, err := other.Switch(t.Context(), credstore.ID(b)); err != nil {
			t.Error(err)
		}
	})
	if out, err := l.SignOut(t.Context(), true); err != nil || out.Forgotten != 1 || out.Ended != 1 {
		t.Errorf("%+v %v", out, err)
	}
	if !active(t, l).SameSecret(b) || somewhere(t, l, a) {
		t.Error("the account that was switched to meanwhile is not in use, or the other one is still here")
	}
	// A sign-in by Codex itself takes no note of anybody.
	c := newSession(t, s, sandbox.JonasMeridian)
	l.Client = direct
	duringRevoke(l, func() { activate(t, l, c) })
	if _, err := l.SignOut(t.Context(), true); err != nil {
		t.Error(err)
	}
	if !active(t, l).SameSecret(c) || somewhere(t, l, b) {
		t.Error("the login that came meanwhile is gone, or the other one is still here")
	}
}

func TestNobodySwitchesToWhatIsBeingForgotten(t *testing.T) {
	_, l, _, b := two(t)
	other := another(t, l)
	switched := make(chan error, 1)
	duringRevoke(l, func() {
		go func() {
			_, err := other.Switch(context.Background(), credstore.ID(b))
			switched <- err
		}()
	})
	if out, err := l.Forget(t.Context(), credstore.ID(b), true); err != nil || out.Forgotten != 1 {
		t.Errorf("%+v %v", out, err)
	}
	if err := <-switched; err == nil || somewhere(t, l, b) {
		t.Error("an account was switched to while its session was ended")
	}
}

// A token that is being spent must not come to where Codex reads it.
func TestSwitchWaitsForARenewal(t *testing.T) {
	s, l, _, b := two(t)
	takeAway(t, l, b)
	b = dueLogin(t, s, sandbox.JonasFree)
	shelve(t, l, b)
	switched := make(chan error, 1)
	duringRefresh(s, func() {
		go func() {
			_, err := l.Switch(context.Background(), credstore.ID(b))
			switched <- err
		}()
	})
	if c, err := l.Verify(t.Context(), credstore.ID(b)); err != nil || !c.Renewed {
		t.Fatalf("%+v %v", c, err)
	}
	if err := <-switched; err != nil {
		t.Fatal(err)
	}
	if now := active(t, l); credstore.ID(now) != credstore.ID(b) || now.SameSecret(b) {
		t.Error("the spent token is in use")
	}
}

// A wizard that was opened before the logins were moved follows them.
func TestAStoreThatWasMovedIsFollowed(t *testing.T) {
	_, l, a, b := two(t)
	config := func(mode string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(l.Home.Path, "config.toml"), []byte("cli_auth_credentials_store = \""+mode+"\"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	config("file")
	old := another(t, l)
	config("ephemeral") // a place that needs no keyring
	fresh := another(t, l)
	activate(t, fresh, a)
	if err := fresh.book().Keep(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	out, err := old.Switch(t.Context(), credstore.ID(b))
	if err != nil || !out.Changed || !active(t, fresh).SameSecret(b) {
		t.Errorf("it switched where nobody reads: %+v %v", out, err)
	}
}

func TestSigningOutOfAllLeavesNoToken(t *testing.T) {
	_, l, a, b := two(t)
	text := a.Encode()
	if err := os.WriteFile(l.Home.AuthFile(), text[:len(text)-3], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Switch(t.Context(), credstore.ID(b)); err != nil {
		t.Fatal(err)
	}
	reloadRules(t, l, `cli_auth_credentials_store="ephemeral"`)
	if out, err := l.SignOutAll(t.Context(), false); err != nil || out.Forgotten != 1 {
		t.Errorf("%+v %v", out, err)
	}
	for _, left := range []string{"auth.json", "codex-login/unreadable/*", "codex-login/accounts/*"} {
		if found, _ := filepath.Glob(filepath.Join(l.Home.Path, left)); len(found) > 0 {
			t.Errorf("%v is left", found)
		}
	}
}
