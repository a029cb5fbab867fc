package tui

import (
	"codex-login/credstore"
	"codex-login/flows"

	tea "github.com/charmbracelet/bubbletea"
)

// loansMsg is what has been lent, and whose logins they are, by account.
type loansMsg struct {
	attempt int
	loans   []credstore.Loan
	whose   map[string]string
	err     error
}

func loansCmd(id int, e *env) tea.Cmd {
	return func() tea.Msg {
		loans, err := e.login.Loans()
		out := loansMsg{attempt: id, loans: loans, whose: map[string]string{}, err: err}
		for _, loan := range loans {
			if out.whose[loan.Account] != "" {
				continue
			}
			if a, err := e.login.LentAccount(e.work.ctx, loan); err == nil {
				out.whose[loan.Account] = e.called(a)
			}
		}
		return out
	}
}

// lentMsg says that nothing is lent any more, or why nothing is renewed.
type lentMsg struct {
	attempt int
	err     error
}

// keepLendingCmd renews what is lent until the attempt ends.
func keepLendingCmd(w *work, try attempt, l *flows.Login, tell func(flows.Progress)) tea.Cmd {
	return func() tea.Msg {
		_, err := hold(w, func() (struct{}, error) { return struct{}{}, l.KeepLending(try.ctx, tell) })
		return lentMsg{try.id, err}
	}
}
