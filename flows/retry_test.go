package flows

import (
	"context"
	"errors"
	"testing"
	"time"

	"codex-login/credstore"
	"codex-login/flows/sandbox"
)

// TestApprovedIsNotLost: after the approval, trouble on the way is ridden out a
// few times, and a definite answer ends it at once.
func TestApprovedIsNotLost(t *testing.T) {
	for name, test := range map[string]struct {
		fault    sandbox.Fault
		stored   bool
		requests int
		wait     time.Duration // the first one at least
	}{
		"503 once":              {sandbox.Status(503, "").First(1), true, 2, time.Second},
		"429 that says when":    {sandbox.TooMany("7").First(1), true, 2, 7 * time.Second},
		"429 that says far off": {sandbox.TooMany("3600").First(1), true, 2, insistWait},
		"408 three times":       {sandbox.Status(408, "").First(3), true, 4, time.Second},
		"lost connections":      {sandbox.Drop().First(3), true, 4, time.Second},
		"503 for good":          {sandbox.Status(503, ""), false, insistTries, time.Second},
		"400":                   {sandbox.OAuthError(400, "invalid_grant", ""), false, 1, 0},
		"403":                   {sandbox.Status(403, ""), false, 1, 0},
		"garbage":               {sandbox.Garbage(), false, 1, 0},
	} {
		check := func(t *testing.T, s *sandbox.Server, at sandbox.Endpoint, clock *steppedClock, c *Challenge, err error) {
			t.Helper()
			if (err == nil) != test.stored {
				t.Errorf("got %v", err)
			}
			if n := len(s.RequestsTo(at)); n != test.requests {
				t.Errorf("%d requests, want %d", n, test.requests)
			}
			if noted(c, NoteRetrying) != (test.requests > 1) {
				t.Errorf("notes %v", c.Notes())
			}
			if test.requests > 1 && (clock.waits[0] < test.wait || clock.waits[0] > insistWait+time.Second) {
				t.Errorf("waits %v", clock.waits)
			}
		}
		t.Run("device: "+name, func(t *testing.T) {
			s := startSandbox(t, sandbox.Options{Setup: func(b *sandbox.Behaviour) { b.Inject(sandbox.CodeExchange, test.fault) }})
			l := newLogin(t, s)
			c := begin(t, l, Request{Method: Device})
			if err := s.ApproveDevice(t.Context(), c.UserCode, sandbox.MinaPlus); err != nil {
				t.Fatal(err)
			}
			clock := &steppedClock{now: time.Now()}
			l.Clock = clock.clock()
			_, err := l.Finish(t.Context(), c)
			check(t, s, sandbox.CodeExchange, clock, c, err)
		})
		t.Run("access token: "+name, func(t *testing.T) {
			s := startSandbox(t, sandbox.Options{Setup: func(b *sandbox.Behaviour) { b.Inject(sandbox.Whoami, test.fault) }})
			l := newLogin(t, s)
			clock := &steppedClock{now: time.Now()}
			l.Clock = clock.clock()
			c := begin(t, l, Request{Method: AccessToken, Secret: credstore.NewSecret(s.NewAccessToken(sandbox.MinaPlus))})
			_, err := l.Finish(t.Context(), c)
			check(t, s, sandbox.Whoami, clock, c, err)
		})
	}
}

// Waiting to ask again ends when the person leaves.
func TestInsistingCanBeCancelled(t *testing.T) {
	s := startSandbox(t, sandbox.Options{Setup: func(b *sandbox.Behaviour) { b.Inject(sandbox.CodeExchange, sandbox.Status(503, "")) }})
	l := newLogin(t, s)
	c := begin(t, l, Request{Method: Device})
	if err := s.ApproveDevice(t.Context(), c.UserCode, sandbox.MinaPlus); err != nil {
		t.Fatal(err)
	}
	ctx, leave := context.WithCancel(t.Context())
	clock := &steppedClock{now: time.Now(), after: func(int) { leave() }}
	l.Clock = clock.clock()
	if _, err := l.Finish(ctx, c); !errors.Is(err, ErrCancelled) {
		t.Errorf("got %v", err)
	}
	if n := len(s.RequestsTo(sandbox.CodeExchange)); n != 1 {
		t.Errorf("%d requests", n)
	}
}
