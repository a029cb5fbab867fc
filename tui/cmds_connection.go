package tui

import (
	"path/filepath"
	"strings"

	"codex-login/flows"

	tea "github.com/charmbracelet/bubbletea"
)

// connectedMsg is what came of trying one of the addresses.
type connectedMsg struct {
	attempt, row int
	now          flows.Connection
}

// connectCmd tries an address, with a bundle that is tried or the one in force.
func connectCmd(try attempt, l *flows.Login, trial *flows.Trial, row int, e flows.Endpoint) tea.Cmd {
	return func() tea.Msg {
		if trial != nil {
			return connectedMsg{try.id, row, trial.Connect(try.ctx, e)}
		}
		return connectedMsg{try.id, row, l.Connect(try.ctx, e)}
	}
}

// trialMsg is a bundle that was read.
type trialMsg struct {
	attempt int
	path    string
	trial   *flows.Trial
	err     error
}

func trialCmd(try attempt, l *flows.Login, path string) tea.Cmd {
	return func() tea.Msg {
		if whole, err := filepath.Abs(path); err == nil {
			path = whole // the line for the profile works in every folder
		}
		trial, err := l.TryBundle(try.ctx, path)
		return trialMsg{try.id, path, trial, err}
	}
}

// keptMsg: the bundle that was tried is used from now on.
type keptMsg struct {
	attempt int
	path    string
}

func keepCmd(try attempt, trial *flows.Trial, path string) tea.Cmd {
	return func() tea.Msg {
		trial.Keep()
		return keptMsg{try.id, path}
	}
}

// pathOf is a path as people paste it: with quotes, or from their own folder.
func pathOf(text, home string) string {
	text = strings.TrimSpace(text)
	for _, q := range []string{`"`, `'`} {
		if inside, ok := strings.CutPrefix(text, q); ok {
			text = strings.TrimSuffix(inside, q)
		}
	}
	if below, ok := strings.CutPrefix(text, "~/"); ok && home != "" {
		return filepath.Join(home, below)
	}
	return text
}
