package flows

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"codex-login/assets"
	"codex-login/credstore"
	"codex-login/flows/network"
	"codex-login/flows/sandbox"
	"codex-login/policy"
)

// Nothing here may reach another machine.
func TestMain(m *testing.M) {
	if code, done := sandbox.Isolate(); done {
		os.Exit(code)
	}
	os.Exit(m.Run())
}

func startSandbox(t *testing.T, o sandbox.Options) *sandbox.Server {
	t.Helper()
	s, err := sandbox.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// newLogin is a Login in a CODEX_HOME of its own, wired to the sandbox. The
// listener takes any free port, so that tests can run beside each other.
func newLogin(t *testing.T, s *sandbox.Server, overrides ...string) *Login {
	t.Helper()
	home, err := credstore.FindHome(func(name string) string {
		return map[string]string{"CODEX_HOME": t.TempDir()}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	l := &Login{
		Home: home, Issuer: NewIssuer(s.URL(), "", "codex-login/test", func(string) string { return "" }),
		Say: assets.Speak("en"), ports: []int{0},
	}
	reloadRules(t, l, append([]string{`openai_base_url="` + s.URL() + `/v1"`}, overrides...)...)
	l.Client = network.NewClient(func(string) string { return "" })
	return l
}

func reloadRules(t *testing.T, l *Login, overrides ...string) {
	t.Helper()
	rules, err := policy.Load(policy.Options{Home: l.Home.Path, System: filepath.Join(t.TempDir(), "none"), Overrides: overrides})
	if err != nil {
		t.Fatal(err)
	}
	l.Rules = rules
}

// begin is Begin for a test that expects it to work.
func begin(t *testing.T, l *Login, r Request) *Challenge {
	t.Helper()
	c, err := l.Begin(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// finishing runs Finish beside the test.
func finishing(ctx context.Context, l *Login, c *Challenge) func() (Receipt, error) {
	type end struct {
		receipt Receipt
		err     error
	}
	done := make(chan end, 1)
	go func() {
		r, err := l.Finish(ctx, c)
		done <- end{r, err}
	}()
	return func() (Receipt, error) { e := <-done; return e.receipt, e.err }
}

// signIn runs a whole device sign-in as seat.
func signIn(t *testing.T, l *Login, s *sandbox.Server, seat sandbox.Seat) Receipt {
	t.Helper()
	c := begin(t, l, Request{Method: Device})
	if err := s.ApproveDevice(t.Context(), c.UserCode, seat); err != nil {
		t.Fatal(err)
	}
	r, err := l.Finish(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func load(t *testing.T, l *Login) *credstore.Auth {
	t.Helper()
	a, _, err := credstore.Open(l.Home, l.Mode()).Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func nothingStored(t *testing.T, l *Login) {
	t.Helper()
	if _, _, err := credstore.Open(l.Home, l.Mode()).Load(t.Context()); !errors.Is(err, credstore.ErrNotFound) {
		t.Errorf("a login is stored: %v", err)
	}
}

func noted(c *Challenge, code NoteCode) bool {
	for _, n := range c.Notes() {
		if n.Code == code {
			return true
		}
	}
	return false
}

// steppedClock passes time at once when somebody waits, and calls at after
// each step.
type steppedClock struct {
	mu    sync.Mutex
	now   time.Time
	waits []time.Duration
	after func(step int)
}

func (c *steppedClock) clock() Clock {
	return Clock{
		Time: func() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now },
		Wait: func(ctx context.Context, d time.Duration) error {
			c.mu.Lock()
			c.now = c.now.Add(d)
			c.waits = append(c.waits, d)
			step, after := len(c.waits), c.after
			c.mu.Unlock()
			if after != nil {
				after(step)
			}
			return ctx.Err()
		},
	}
}

// missing skips by name a test that needs more than Go; CI has all of it.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing", what)
	}
	t.Skipf("needs %s", what)
}
