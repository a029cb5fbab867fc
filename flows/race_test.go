package flows

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"codex-login/credstore"
	"codex-login/flows/sandbox"
)

// redirectOf is where a browser on another machine ends.
func redirectOf(t *testing.T, s *sandbox.Server, c *Challenge, seat sandbox.Seat) string {
	t.Helper()
	redirect, err := s.Redirect(t.Context(), c.URL, seat)
	if err != nil {
		t.Fatal(err)
	}
	return redirect
}

// gate lets the questions about a code through when it is open, and no limit
// pass.
type gate chan struct{}

func (g gate) clock() Clock {
	return Clock{Wait: func(ctx context.Context, d time.Duration) error {
		open := g
		if d == enrichLimit {
			open = nil
		}
		select {
		case <-open:
			return ctx.Err()
		case <-ctx.Done():
			return ctx.Err()
		}
	}}
}

// racing is a browser sign-in with a code beside it.
func racing(t *testing.T, setup func(*sandbox.Behaviour)) (s *sandbox.Server, l *Login, c, d *Challenge, polls gate) {
	t.Helper()
	s = startSandbox(t, sandbox.Options{Setup: setup})
	l = newLogin(t, s)
	polls = make(gate)
	l.Clock = polls.clock()
	c = begin(t, l, Request{Method: Browser})
	d, err := c.AddDevice(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s, l, c, d, polls
}

// TestEachWayWins: whoever is first ends the sign-in, with what the way brings.
func TestEachWayWins(t *testing.T) {
	for name, win := range map[string]func(*testing.T, *sandbox.Server, *Challenge, *Challenge, gate){
		"browser": func(t *testing.T, s *sandbox.Server, c, _ *Challenge, _ gate) {
			if _, err := s.Approve(t.Context(), c.URL, sandbox.MinaHarbour); err != nil {
				t.Error(err)
			}
		},
		"paste": func(t *testing.T, s *sandbox.Server, c, _ *Challenge, _ gate) {
			if err := c.Answer(redirectOf(t, s, c, sandbox.MinaHarbour)); err != nil {
				t.Error(err)
			}
		},
		"device": func(t *testing.T, s *sandbox.Server, _, d *Challenge, polls gate) {
			if err := s.ApproveDevice(t.Context(), d.UserCode, sandbox.MinaHarbour); err != nil {
				t.Error(err)
			}
			close(polls)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, l, c, d, polls := racing(t, nil)
			if d.Method != Device || d.UserCode == "" || c.Method != Browser || c.UserCode != "" {
				t.Fatalf("%s %q, %s %q", d.Method, d.UserCode, c.Method, c.UserCode)
			}
			end := finishing(t.Context(), l, c)
			win(t, s, c, d, polls)
			r, err := end()
			if err != nil || r.Account.Email != sandbox.MinaHarbour.Person {
				t.Fatalf("%+v, %v", r.Account, err)
			}
			if got := load(t, l).APIKey != nil; got != (name != "device") {
				t.Errorf("an API key: %v", got)
			}
			if !noted(c, NoteExchanging) || !noted(d, NoteExchanging) {
				t.Error("it was not said on both")
			}
			if _, err := c.AddDevice(t.Context()); err == nil {
				t.Error("a code was made for a sign-in that is over")
			}
		})
	}
}

// TestCodeEndsAlone: what ends the code leaves the browser and the paste.
func TestCodeEndsAlone(t *testing.T) {
	for name, test := range map[string]struct {
		fault sandbox.Fault
		want  error
	}{
		"denied":  {sandbox.Status(403, `{"error":"access_denied"}`), ErrDenied},
		"expired": {sandbox.Status(403, `{"error":"expired_token"}`), ErrExpired},
		"broken":  {sandbox.Status(400, `{"error":"what"}`), new(ServerError)},
		"garbage": {sandbox.Garbage(), new(ServerError)},
	} {
		t.Run(name, func(t *testing.T) {
			s, l, c, d, _ := racing(t, func(b *sandbox.Behaviour) { b.Inject(sandbox.DevicePoll, test.fault) })
			end := finishing(t.Context(), l, c)
			for !noted(d, NoteCodeEnded) {
				if t.Context().Err() != nil {
					t.Fatal("the end of the code was not said")
				}
				runtime.Gosched()
			}
			notes := d.Notes()
			err := notes[len(notes)-1].Err
			var server *ServerError
			if !errors.Is(err, test.want) && !errors.As(err, &server) || !noted(c, NoteCodeEnded) {
				t.Errorf("said %v", err)
			}
			if text := ExplainNote(l.Say, notes[len(notes)-1]); strings.Contains(text, "note.") || !strings.Contains(text, "other ways") {
				t.Error(text)
			}
			// A second code, and the first way wins all the same.
			if second, err := c.AddDevice(t.Context()); err != nil || second.UserCode == d.UserCode {
				t.Errorf("%v", err)
			}
			if _, err := s.Approve(t.Context(), c.URL, sandbox.MinaPlus); err != nil {
				t.Fatal(err)
			}
			if _, err := end(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// Trouble with asking is said where the code is shown, and ridden out.
func TestCodeRidesOutTrouble(t *testing.T) {
	s, l, c, d, polls := racing(t, func(b *sandbox.Behaviour) { b.Inject(sandbox.DevicePoll, sandbox.Drop().First(1)) })
	end := finishing(t.Context(), l, c)
	if err := s.ApproveDevice(t.Context(), d.UserCode, sandbox.MinaPlus); err != nil {
		t.Fatal(err)
	}
	close(polls)
	if _, err := end(); err != nil {
		t.Fatal(err)
	}
	if !noted(d, NoteRetrying) || noted(c, NoteRetrying) {
		t.Errorf("notes %v, %v", d.Notes(), c.Notes())
	}
}

func TestAddDeviceThatFails(t *testing.T) {
	s := startSandbox(t, sandbox.Options{Setup: func(b *sandbox.Behaviour) { b.DeviceDisabled = true }})
	l := newLogin(t, s)
	c := begin(t, l, Request{Method: Browser})
	end := finishing(t.Context(), l, c)
	if d, err := c.AddDevice(t.Context()); d != nil || !errors.Is(err, ErrDeviceCodeDisabled) {
		t.Errorf("%v, %v", d, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.AddDevice(ctx); !errors.Is(err, ErrCancelled) {
		t.Errorf("%v", err)
	}
	if _, err := s.Approve(t.Context(), c.URL, sandbox.MinaPlus); err != nil {
		t.Fatal(err)
	}
	if _, err := end(); err != nil {
		t.Fatal(err)
	}
	s.Set(func(b *sandbox.Behaviour) { b.DeviceDisabled = false })
	only := begin(t, l, Request{Method: Device})
	var input *InputError
	if _, err := only.AddDevice(t.Context()); !errors.As(err, &input) {
		t.Errorf("a code beside a code: %v", err)
	}
}

// TestOneCodeAtATime: a new code ends the questions about the former one, and
// the code is no sign-in of its own.
func TestOneCodeAtATime(t *testing.T) {
	_, l, c, d, _ := racing(t, nil)
	second, err := c.AddDevice(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	first := d.flow.(secondWay).done
	<-first.Done()
	if err := second.flow.(secondWay).done.Err(); err != nil || noted(c, NoteCodeEnded) {
		t.Errorf("the second code: %v, notes %v", err, c.Notes())
	}
	var input *InputError
	if _, err := l.Finish(t.Context(), second); !errors.As(err, &input) {
		t.Errorf("finished by itself: %v", err)
	}
	third, err := c.AddDevice(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	third.flow.(secondWay).close()
	if _, err := l.Finish(t.Context(), c); !errors.Is(err, ErrCancelled) {
		t.Errorf("%v", err)
	}
	nothingStored(t, l)
}

// TestThreeWaysAtOnce lets callback, paste and device approval arrive in any
// order, a thousand times: one code is traded, that one's login is stored, and
// nothing is left running.
func TestThreeWaysAtOnce(t *testing.T) {
	rounds := 1000
	if testing.Short() {
		rounds = 100
	}
	s := startSandbox(t, sandbox.Options{})
	base := newLogin(t, s)
	before := runtime.NumGoroutine()
	won := map[string]int{}
	for range rounds {
		l := &Login{Home: base.Home, Rules: base.Rules, Issuer: base.Issuer, Client: base.Client, Say: base.Say, ports: base.ports}
		won[race(t, s, l)]++
		s.Forget()
		if t.Failed() {
			return
		}
	}
	if len(won) != 3 {
		t.Errorf("not every way has won: %v", won)
	}
	t.Log(won)
	base.Client.CloseIdleConnections()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	deadline := time.Now().Add(time.Minute)
	for runtime.NumGoroutine() > before+10 && time.Now().Before(deadline) {
		runtime.Gosched()
	}
	if n := runtime.NumGoroutine(); n > before+10 {
		text := make([]byte, 1<<20)
		t.Errorf("%d goroutines before, %d after:\n%.6000s", before, n, text[:runtime.Stack(text, true)])
	}
}

// race is one sign-in with all three answers under way. It returns who won.
func race(t *testing.T, s *sandbox.Server, l *Login) string {
	t.Helper()
	polls := make(gate)
	l.Clock = polls.clock()
	c, err := l.Begin(t.Context(), Request{Method: Browser, Store: credstore.ModeEphemeral})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	d, err := c.AddDevice(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seats := map[string]sandbox.Seat{"callback": sandbox.MinaHarbour, "paste": sandbox.JonasFree, "device": sandbox.JonasMeridian}
	callback, pasted := redirectOf(t, s, c, seats["callback"]), redirectOf(t, s, c, seats["paste"])
	if err := s.ApproveDevice(t.Context(), d.UserCode, seats["device"]); err != nil {
		t.Fatal(err)
	}
	end := finishing(t.Context(), l, c)
	var all sync.WaitGroup
	start := make(chan struct{})
	// The longest wait of each is about as long as the slowest way takes.
	within := func(most int, f func()) {
		after := rand.N(most)
		all.Go(func() {
			<-start
			for range after {
				runtime.Gosched()
			}
			f()
		})
	}
	within(1, func() { close(polls) })
	within(2000, func() {
		// Whoever was first, the page is the truth: somebody is signed in.
		if resp, err := http.Get(callback); err == nil {
			if resp.StatusCode != http.StatusOK {
				t.Errorf("the callback was answered by %d", resp.StatusCode)
			}
			_ = resp.Body.Close()
		}
	})
	within(6000, func() {
		var input *InputError
		if err := c.Answer(pasted); err != nil && (!errors.As(err, &input) || input.Problem != InputAlreadyWaiting) {
			t.Errorf("paste: %v", err)
		}
	})
	close(start)
	r, err := end()
	all.Wait()
	if err != nil {
		t.Errorf("no login: %v", err)
		return ""
	}
	if n := len(s.RequestsTo(sandbox.CodeExchange)); n != 1 {
		t.Errorf("%d codes were traded", n)
	}
	stored, _, err := credstore.Open(l.Home, credstore.ModeEphemeral).Load(t.Context())
	if err != nil || stored.Claims().AccountID != r.Account.WorkspaceID || stored.Claims().Email != r.Account.Email {
		t.Errorf("stored: %v, the receipt says %+v", err, r.Account)
	}
	if conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%s", portOf(c))); err == nil {
		_ = conn.Close()
		t.Error("the listener is still there")
	}
	for name, seat := range seats {
		if seat.Person == r.Account.Email && seat.Workspace == r.Account.WorkspaceID {
			return name
		}
	}
	t.Errorf("nobody's login: %+v", r.Account)
	return ""
}
