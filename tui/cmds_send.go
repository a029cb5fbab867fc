package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"codex-login/assets/display"
	"codex-login/flows"

	tea "github.com/charmbracelet/bubbletea"
)

type hostsMsg struct {
	attempt int
	hosts   []flows.Target
}

func hostsCmd(try attempt, getenv func(string) string) tea.Cmd {
	return func() tea.Msg { return hostsMsg{try.id, flows.Hosts(getenv)} }
}

// errand is the way to one machine. It is closed with the attempt, when nobody
// is at work on it: a sign-in that nobody has then is ended, which leaving the
// wizard waits for.
type errand struct {
	*flows.Send
	mu sync.Mutex
}

func newErrand(e *env, try attempt, s *flows.Send) *errand {
	out := &errand{Send: s}
	held := e.work.enter()
	context.AfterFunc(try.ctx, func() {
		if held {
			defer e.work.exit()
		}
		out.mu.Lock()
		defer out.mu.Unlock()
		out.Discard(try.ctx, func(t flows.Target, n flows.Note) { e.work.tell(e.of(t, n)) })
		out.Close()
	})
	return out
}

// of is what there is to say of a machine.
func (e *env) of(t flows.Target, n flows.Note) string {
	return display.Clean(t.String()) + ": " + e.explainNote(n)
}

// unstoredMsg says what became of sign-ins that could not be stored.
type unstoredMsg struct {
	attempt int
	kept    []flows.Entry
	said    string
	err     error
}

// keepHereCmd puts them into the account book here.
func keepHereCmd(w *work, try attempt, errands []*errand) tea.Cmd {
	return func() tea.Msg {
		kept, err := hold(w, func() (kept []flows.Entry, err error) {
			for _, e := range errands {
				e.mu.Lock()
				more, failed := e.Keep(try.ctx)
				e.mu.Unlock()
				kept, err = append(kept, more...), errors.Join(err, failed)
			}
			return kept, err
		})
		return unstoredMsg{attempt: try.id, kept: kept, err: err}
	}
}

// discardCmd ends their sessions.
func discardCmd(e *env, try attempt, errands []*errand) tea.Cmd {
	return func() tea.Msg {
		said, err := hold(e.work, func() (string, error) {
			var said []string
			for _, errand := range errands {
				errand.mu.Lock()
				errand.Discard(try.ctx, func(t flows.Target, n flows.Note) { said = append(said, e.of(t, n)) })
				errand.mu.Unlock()
			}
			return strings.Join(said, " "), nil
		})
		return unstoredMsg{attempt: try.id, said: said, err: err}
	}
}

// errandMsg says that the work on an errand has come to rest. The error is
// about the login to be sent.
type errandMsg struct {
	attempt, errand int
	kind            flows.SendKind
	done            bool // the machine has a login
	err             error
}

// errandCmd waits for a place among those that are worked on at a time. A move
// of the login in use signs out here.
func errandCmd(w *work, try attempt, places chan struct{}, i int, e *errand, kind flows.SendKind, inUse bool) tea.Cmd {
	return func() tea.Msg {
		select {
		case places <- struct{}{}:
		case <-try.ctx.Done():
			return errandMsg{attempt: try.id, errand: i, err: flows.ErrCancelled}
		}
		defer func() { <-places }()
		done, err := hold(w, func() (bool, error) {
			e.mu.Lock()
			defer e.mu.Unlock()
			err := e.Run(try.ctx)
			done := e.Progress()[0].State == flows.SendDone
			if done && kind == flows.SendMove && inUse {
				w.remember(past{signedOut: true})
			}
			return done, err
		})
		return errandMsg{try.id, i, kind, done, err}
	}
}

// askedMsg says that the wizard is back on the screen.
type askedMsg struct{ attempt int }

// askCmd leaves the wizard's screen while ssh asks the person, on the terminal
// itself, and comes back.
func askCmd(e *env, try attempt, errands []*errand) tea.Cmd {
	a := &asking{env: e, ctx: try.ctx, errands: errands}
	return tea.Exec(a, func(error) tea.Msg {
		// By now ctrl+c is a key again.
		a.lent.takeBack()
		return askedMsg{try.id}
	})
}

// retryMsg tells the sending beneath to try again what it holds.
type retryMsg struct{}

// asking is a tea.ExecCommand, so that Bubble Tea gives up the terminal.
type asking struct {
	env     *env
	ctx     context.Context
	errands []*errand
	out     io.Writer
	lent    *lent // nil while the terminal is the wizard's
}

func (a *asking) SetStdin(io.Reader)    {}
func (a *asking) SetStdout(w io.Writer) { a.out = w }
func (a *asking) SetStderr(io.Writer)   {}

func (a *asking) Run() error {
	a.lent = a.env.interrupts.lend()
	for _, e := range a.errands {
		if a.ctx.Err() != nil {
			return a.ctx.Err()
		}
		name := display.Clean(e.Progress()[0].Target.String())
		if _, err := fmt.Fprintf(a.out, "\n%s\n", a.env.say("sendto.ssh_asks", "Machine", name)); err != nil {
			return err
		}
		talk := &gate{to: a.out}
		e.mu.Lock()
		e.Ask(a.ctx, talk)
		if e.Progress()[0].State == flows.SendFailed && a.lent.interrupted() {
			e.Retry() // the person wanted this question to end, and may be asked again
		}
		e.mu.Unlock()
		talk.close()
	}
	return nil
}

// gate passes on what is written until it is closed. ssh may go on talking for
// as long as it is connected, and by then the screen is the wizard's again.
type gate struct {
	mu sync.Mutex
	to io.Writer
}

func (g *gate) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.to == nil {
		return len(p), nil
	}
	return g.to.Write(p)
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.to = nil
}
