package tui

import (
	"context"

	"codex-login/credstore"
	"codex-login/flows"

	tea "github.com/charmbracelet/bubbletea"
)

// listing is the account book as it was read.
type listing struct {
	flows.Accounts
	wins []flows.Winner
	err  error
}

func list(ctx context.Context, l *flows.Login) listing {
	accounts, err := l.Accounts(ctx)
	active := flows.Account{}
	for _, entry := range accounts.Entries {
		if entry.Active {
			active = entry.Account
		}
	}
	return listing{accounts, l.Wins(active), err}
}

type listedMsg struct {
	attempt int
	listing listing
}

// listCmd reads the book; it mends what a killed run left, so it is waited for.
func listCmd(w *work, try attempt, l *flows.Login) tea.Cmd {
	return func() tea.Msg {
		found, err := hold(w, func() (listing, error) { return list(try.ctx, l), nil })
		if err != nil {
			found.err = err
		}
		return listedMsg{try.id, found}
	}
}

// verifiedMsg says what came of looking whether accounts still work; asked is
// the one that the person wanted to know about, if any.
type verifiedMsg struct {
	attempt int
	checked []flows.Checked
	asked   string
	err     error
}

// dueCmd renews a batch of accounts that are due.
func dueCmd(w *work, try attempt, l *flows.Login, batch []flows.Entry) tea.Cmd {
	return func() tea.Msg {
		checked, err := hold(w, func() (out []flows.Checked, _ error) {
			l.VerifyDue(try.ctx, batch, func(c flows.Checked) { out = append(out, c) })
			return out, nil
		})
		return verifiedMsg{attempt: try.id, checked: checked, err: err}
	}
}

func verifyCmd(w *work, try attempt, l *flows.Login, id string) tea.Cmd {
	return func() tea.Msg {
		checked, err := hold(w, func() (flows.Checked, error) { return l.Verify(try.ctx, id) })
		return verifiedMsg{try.id, []flows.Checked{checked}, id, err}
	}
}

// enterMsg has the list do what enter does to an account.
type enterMsg struct{ entry flows.Entry }

type switchedMsg struct {
	attempt int
	now     isSwitched
	err     error
}

// switchCmd goes to an account.
func switchCmd(w *work, try attempt, l *flows.Login, id string) tea.Cmd {
	return func() tea.Msg {
		s, err := w.change(try.ctx, l, id)
		return switchedMsg{try.id, isSwitched{switched: s}, err}
	}
}

type undoneMsg struct {
	attempt int
	out     flows.Undone
	err     error
}

// undoCmd takes a sign-in back, and forgets it if that is set.
func undoCmd(w *work, try attempt, l *flows.Login, r flows.Receipt, forget bool) tea.Cmd {
	return func() tea.Msg {
		out, err := w.undo(try.ctx, l, r, forget)
		return undoneMsg{try.id, out, err}
	}
}

type labelledMsg struct {
	attempt int
	err     error
}

func labelCmd(w *work, try attempt, l *flows.Login, id, label string) tea.Cmd {
	return func() tea.Msg {
		_, err := hold(w, func() (struct{}, error) { return struct{}{}, l.Label(try.ctx, id, label) })
		return labelledMsg{try.id, err}
	}
}

// forgetCmd takes one account out of the book that is not in use.
func forgetCmd(w *work, try attempt, l *flows.Login, id string, revoke bool) tea.Cmd {
	return func() tea.Msg {
		out, err := w.leave(false, func() (flows.SignedOut, error) { return l.Forget(try.ctx, id, revoke) })
		return signedOutMsg{try.id, out, err}
	}
}

func signOutAllCmd(w *work, try attempt, l *flows.Login, revoke bool) tea.Cmd {
	return func() tea.Msg {
		out, err := w.leave(true, func() (flows.SignedOut, error) { return l.SignOutAll(try.ctx, revoke) })
		return signedOutMsg{try.id, out, err}
	}
}

type movedMsg struct {
	attempt int
	moved   flows.Moved
	err     error
}

func moveCmd(w *work, try attempt, l *flows.Login, to credstore.Mode) tea.Cmd {
	return func() tea.Msg {
		moved, err := hold(w, func() (flows.Moved, error) { return l.MoveStore(try.ctx, to) })
		return movedMsg{try.id, moved, err}
	}
}

type holdersMsg struct {
	attempt int
	holders flows.Holders
}

// holdersCmd looks for programs that were started before the login changed.
func holdersCmd(try attempt, e *env) tea.Cmd {
	before := e.now()
	return func() tea.Msg { return holdersMsg{try.id, e.login.Holders(try.ctx, before)} }
}
