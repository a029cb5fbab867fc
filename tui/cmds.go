package tui

import (
	"context"
	"time"

	"codex-login/credstore"
	"codex-login/flows"

	tea "github.com/charmbracelet/bubbletea"
)

// Every command of the wizard and the message it ends in. Commands run beside
// Update and are given plain values: they neither read nor change a screen.

type checkedMsg struct {
	account flows.Account
	err     error
	listing listing
}

// checkCmd looks who is signed in and applies the rules. A way to sign in that
// was asked for replaces the login anyway: then nothing is deleted before.
func checkCmd(w *work, l *flows.Login, start flows.Method) tea.Cmd {
	asking := make(chan struct{}, 1)
	check := func() tea.Msg {
		defer close(asking)
		if !w.enter() {
			return checkedMsg{err: flows.ErrCancelled}
		}
		defer w.exit()
		account, err := begun(w.ctx, l, start, asking)
		// The list comes second: it tells of what the rules have left.
		found := list(w.ctx, l)
		if len(found.Entries) == 0 && found.err != nil && err == nil {
			found.Entries = []flows.Entry{{Account: account, Active: true, Sessions: 1}}
			found.wins = l.Wins(account)
		}
		return checkedMsg{account, err, found}
	}
	return tea.Batch(check, func() tea.Msg {
		if _, asks := <-asking; asks {
			return askingMsg{}
		}
		return nil
	})
}

// askingMsg says that the start waits for a server.
type askingMsg struct{}

func begun(ctx context.Context, l *flows.Login, start flows.Method, asking chan<- struct{}) (flows.Account, error) {
	if start == "" {
		return l.Enforce(ctx, func() {
			select {
			case asking <- struct{}{}:
			default: // it has been said
			}
		})
	}
	e, err := l.Current(ctx)
	return e.Account, err
}

type challengeMsg struct {
	attempt   int
	challenge *flows.Challenge
	err       error
}

func beginCmd(try attempt, l *flows.Login, r flows.Request) tea.Cmd {
	return func() tea.Msg {
		c, err := l.Begin(try.ctx, r)
		if c != nil {
			// Nobody may be left to close it when this answer comes too late.
			context.AfterFunc(try.ctx, c.Close)
		}
		return challengeMsg{try.id, c, err}
	}
}

type finishedMsg struct {
	attempt int
	receipt flows.Receipt
	err     error
}

func finishCmd(w *work, try attempt, l *flows.Login, c *flows.Challenge) tea.Cmd {
	return func() tea.Msg {
		receipt, err := w.finish(try.ctx, l, c)
		return finishedMsg{try.id, receipt, err}
	}
}

type answeredMsg struct {
	attempt int
	err     error
}

func answerCmd(id int, c *flows.Challenge, text string) tea.Cmd {
	return func() tea.Msg { return answeredMsg{id, c.Answer(text)} }
}

// codeMsg asks the browser sign-in for a device code beside it.
type codeMsg struct{}

// deviceAddedMsg is that code, or why there is none.
type deviceAddedMsg struct {
	attempt int
	device  *flows.Challenge
	err     error
}

func addDeviceCmd(try attempt, c *flows.Challenge) tea.Cmd {
	return func() tea.Msg {
		d, err := c.AddDevice(try.ctx)
		return deviceAddedMsg{try.id, d, err}
	}
}

type openedMsg struct {
	attempt int
	err     error
}

func openCmd(try attempt, c *flows.Challenge) tea.Cmd {
	return func() tea.Msg { return openedMsg{try.id, c.OpenBrowser(try.ctx)} }
}

type approvedMsg struct {
	attempt int
	err     error
}

func approveCmd(try attempt, d *Demo, c *flows.Challenge) tea.Cmd {
	return func() tea.Msg { return approvedMsg{try.id, d.Approve(try.ctx, c)} }
}

type storesMsg struct {
	attempt int
	choices []flows.StoreChoice
}

func storesCmd(try attempt, l *flows.Login) tea.Cmd {
	return func() tea.Msg { return storesMsg{try.id, l.Stores(try.ctx)} }
}

type signedOutMsg struct {
	attempt int
	out     flows.SignedOut
	err     error
}

func signOutCmd(w *work, try attempt, l *flows.Login, revoke bool) tea.Cmd {
	return func() tea.Msg {
		out, err := w.leave(true, func() (flows.SignedOut, error) { return l.SignOut(try.ctx, revoke) })
		return signedOutMsg{try.id, out, err}
	}
}

type revokedMsg struct {
	attempt int
	err     error
}

func revokeCmd(w *work, try attempt, l *flows.Login, r flows.Receipt) tea.Cmd {
	return func() tea.Msg {
		if !w.enter() {
			return revokedMsg{try.id, flows.ErrCancelled}
		}
		defer w.exit()
		return revokedMsg{try.id, l.RevokePrevious(try.ctx, r)}
	}
}

// copiedMsg says what became of a copy; what is the catalogue id of its name.
type copiedMsg struct {
	what   string
	result copied
}

func copyCmd(ctx context.Context, t *terminal, getenv func(string) string, what, text string) tea.Cmd {
	return func() tea.Msg { return copiedMsg{what, copyText(ctx, t, getenv, text)} }
}

// tickMsg comes as long as the attempt waits.
type tickMsg struct{ attempt int }

func tickCmd(id int, every time.Duration) tea.Cmd {
	return tea.Tick(every, func(time.Time) tea.Msg { return tickMsg{id} })
}

// awakeMsg ends the moment in which a screen that came by itself takes no keys.
type awakeMsg struct{ screen int }

func awakeCmd(screen int, after time.Duration) tea.Cmd {
	return tea.Tick(after, func(time.Time) tea.Msg { return awakeMsg{screen} })
}

// storeMsg tells the screens beneath where the login shall be kept.
type storeMsg struct{ mode credstore.Mode }

// saidMsg is a line about what the last key did.
type saidMsg struct{ text string }

func sayCmd(text string) tea.Cmd { return func() tea.Msg { return saidMsg{text} } }
