package tui

import (
	"codex-login/flows/doctor"

	tea "github.com/charmbracelet/bubbletea"
)

// preparedMsg is an examination that can begin.
type preparedMsg struct {
	attempt int
	exam    *doctor.Examination
}

// prepareCmd reads the settings anew: who mends them by hand meanwhile wants to
// see whether it helped.
func prepareCmd(try attempt, e *env) tea.Cmd {
	return func() tea.Msg {
		login := *e.login
		s := doctor.Here(e.getenv)
		s.Clipboard, s.Now, s.Offline = ClipboardPrograms(e.getenv), e.now, e.demo != nil
		login.Rules, s.Trouble = e.login.Rules.Again()
		return preparedMsg{try.id, doctor.New(&login, s)}
	}
}

// examinedMsg says that the examination is over.
type examinedMsg struct {
	attempt int
	err     error // it was ended before
}

func examineCmd(try attempt, exam *doctor.Examination) tea.Cmd {
	return func() tea.Msg {
		exam.Run(try.ctx, nil)
		return examinedMsg{try.id, try.ctx.Err()}
	}
}

// curedMsg says what was mended.
type curedMsg struct{ mended []doctor.Mended }

// mendCmd is not cut off by leaving.
func mendCmd(w *work, fixes []*doctor.Fix) tea.Cmd {
	return func() tea.Msg {
		mended, err := hold(w, func() ([]doctor.Mended, error) { return doctor.Mend(w.ctx, fixes), nil })
		if err != nil {
			return nil
		}
		return curedMsg{mended}
	}
}
