package flows

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"codex-login/assets"
	"codex-login/credstore"
	"codex-login/flows/network"
	"codex-login/flows/sandbox"
	"codex-login/policy"
)

// TestVerifyAtOnce: however many look at once, each token is sent once.
func TestVerifyAtOnce(t *testing.T) {
	for _, n := range []int{2, 10} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			s := startSandbox(t, sandbox.Options{Setup: func(b *sandbox.Behaviour) { b.ReuseEndsSession = true }})
			first := newLogin(t, s)
			a, b := dueLogin(t, s, sandbox.MinaHarbour), dueLogin(t, s, sandbox.JonasFree)
			activate(t, first, a)
			shelve(t, first, b)
			var all sync.WaitGroup
			for range n {
				l := &Login{Home: first.Home, Rules: first.Rules, Issuer: first.Issuer, Client: first.Client}
				for _, id := range []string{"", credstore.ID(b)} {
					all.Go(func() {
						if got, err := l.Verify(t.Context(), id); err != nil || got.Err != nil {
							t.Errorf("%+v, %v", got, err)
						}
					})
				}
			}
			all.Wait()
			usedOnce(t, s, a, b)
			if !continues(s, a, active(t, first)) || !continues(s, b, onPage(t, first, credstore.ID(b))) {
				t.Error("the renewed tokens are not in their places")
			}
		})
	}
}

const (
	verifierHome   = "CODEX_LOGIN_TEST_HOME"
	verifierIssuer = "CODEX_LOGIN_TEST_ISSUER"
)

// TestVerifierProcess is what TestVerifyInProcesses runs.
func TestVerifierProcess(t *testing.T) {
	if os.Getenv(verifierHome) == "" {
		return // a part of TestVerifyInProcesses, which runs it in processes of its own
	}
	home, err := credstore.FindHome(func(string) string { return os.Getenv(verifierHome) })
	if err != nil {
		t.Fatal(err)
	}
	rules, err := policy.Load(policy.Options{Home: home.Path, System: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	none := func(string) string { return "" }
	l := &Login{
		Home: home, Rules: rules, Issuer: NewIssuer(os.Getenv(verifierIssuer), "", "codex-login/test", none),
		Client: network.NewClient(none), Say: assets.Speak("en"),
	}
	ids, err := l.book().List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("ready")
	_, _ = io.ReadAll(os.Stdin) // until all are
	for _, id := range append(ids, "") {
		if got, err := l.Verify(t.Context(), id); err != nil || got.Err != nil {
			t.Errorf("%q: %+v, %v", id, got, err)
		}
	}
}

func TestVerifyInProcesses(t *testing.T) {
	for _, n := range []int{2, 10} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			s := startSandbox(t, sandbox.Options{Setup: func(b *sandbox.Behaviour) { b.ReuseEndsSession = true }})
			l := newLogin(t, s)
			logins := []*credstore.Auth{dueLogin(t, s, sandbox.MinaHarbour), dueLogin(t, s, sandbox.JonasFree), dueLogin(t, s, sandbox.JonasMeridian)}
			activate(t, l, logins[0])
			shelve(t, l, logins[1])
			shelve(t, l, logins[2])
			var all sync.WaitGroup
			ready := make(chan struct{}, n)
			var starts []io.Closer
			for range n {
				cmd := exec.Command(os.Args[0], "-test.run=^TestVerifierProcess$", "-test.v")
				cmd.Env = append(os.Environ(), verifierHome+"="+l.Home.Path, verifierIssuer+"="+s.URL())
				in, err := cmd.StdinPipe()
				if err != nil {
					t.Fatal(err)
				}
				starts = append(starts, in)
				out := &announcer{ready: ready}
				cmd.Stdout, cmd.Stderr = out, out
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				all.Go(func() {
					if err := cmd.Wait(); err != nil {
						t.Errorf("%v: %s", err, out.text.String())
						ready <- struct{}{}
					}
				})
			}
			for range n {
				<-ready
			}
			for _, in := range starts {
				_ = in.Close()
			}
			all.Wait()
			usedOnce(t, s, logins...)
			if !continues(s, logins[0], active(t, l)) || !continues(s, logins[1], onPage(t, l, credstore.ID(logins[1]))) {
				t.Error("the renewed tokens are not in their places")
			}
		})
	}
}

// announcer collects what a process says, and tells when it is ready.
type announcer struct {
	text  strings.Builder
	ready chan<- struct{}
}

func (a *announcer) Write(p []byte) (int, error) {
	before := strings.Contains(a.text.String(), "ready")
	a.text.Write(p)
	if !before && strings.Contains(a.text.String(), "ready") {
		a.ready <- struct{}{}
	}
	return len(p), nil
}

// manySeats are people enough to need several rounds.
func manySeats(n int) (people []sandbox.Person, seats []sandbox.Seat) {
	for i := range n {
		mail, workspace := fmt.Sprintf("p%d@example.test", i), fmt.Sprintf("workspace-%d", i)
		people = append(people, sandbox.Person{ID: fmt.Sprintf("user-%d", i), Email: mail, Workspaces: []sandbox.Workspace{{ID: workspace, Plan: "plus"}}})
		seats = append(seats, sandbox.Seat{Person: mail, Workspace: workspace})
	}
	return people, seats
}

// TestVerifyDue: those that are due and no others, four at a time, and what
// came of them one after the other.
func TestVerifyDue(t *testing.T) {
	people, seats := manySeats(12)
	s := startSandbox(t, sandbox.Options{People: people})
	l := newLogin(t, s)
	var entries []Entry
	logins := map[string]*credstore.Auth{}
	add := func(a *credstore.Auth, change func(*Entry)) {
		e := Entry{Account: describe(a), ID: credstore.ID(a)}
		if change == nil {
			logins[e.ID] = a
			change = func(*Entry) {}
		}
		shelve(t, l, a)
		change(&e)
		entries = append(entries, e)
	}
	for _, seat := range seats[:8] {
		add(dueLogin(t, s, seat), nil)
	}
	add(newSession(t, s, seats[8]), func(*Entry) {})
	add(dueLogin(t, s, seats[9]), func(e *Entry) { e.Ended = &SessionEndedError{Reason: EndUsed} })
	add(dueLogin(t, s, seats[10]), func(e *Entry) { e.Refused = &policy.Violation{} })
	add(credstore.NewAPIKey(credstore.NewSecret("sk-proj-0123456789abcdef")), func(*Entry) {})
	lost := dueLogin(t, s, seats[11])
	add(lost, func(*Entry) {})
	takeAway(t, l, lost)

	var mu sync.Mutex
	together, most, arrived := 0, 0, 0
	four := make(chan struct{})
	duringRefresh(s, func() {
		mu.Lock()
		together++
		most = max(most, together)
		if arrived++; arrived == verifyAtOnce {
			close(four)
		}
		mu.Unlock()
		select {
		case <-four:
		case <-time.After(time.Minute):
			t.Error("they are asked one after the other")
		}
		mu.Lock()
		together--
		mu.Unlock()
	})
	got := map[string]Checked{}
	l.VerifyDue(t.Context(), entries, func(c Checked) { got[c.ID] = c }) // the race detector watches
	if most != verifyAtOnce || len(got) != len(logins)+1 {
		t.Errorf("%d at once, %d done", most, len(got))
	}
	for id, a := range logins {
		if c := got[id]; c.Err != nil || !c.Renewed || !continues(s, a, onPage(t, l, id)) {
			t.Errorf("%+v", c)
		}
		usedOnce(t, s, a)
	}
	var nobody *NoAccountError
	if c := got[credstore.ID(lost)]; !errors.As(c.Err, &nobody) {
		t.Errorf("an account that is gone: %+v", c)
	}
	if n := len(s.Requests()); n != len(logins) {
		t.Errorf("%d requests for %d accounts", n, len(logins))
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	l.VerifyDue(ctx, entries, func(c Checked) { t.Errorf("done after the end: %+v", c) })
}
