package tui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// welcome is up while the stored login is looked at: a blink with a file, up to
// some seconds with a keyring that asks for its password or a server that is
// asked whose a token is.
type welcome struct {
	env    *env
	asking bool
}

func newWelcome(e *env) welcome { return welcome{env: e} }

func (s welcome) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	switch msg := msg.(type) {
	case checkedMsg:
		return s, nil, isChecked(msg)
	case askingMsg:
		s.asking = true
	case tea.KeyMsg:
		if pressed(msg, s.Keys()...) {
			return s, nil, wantLeave{}
		}
	}
	return s, nil, nil
}

func (s welcome) View(w, _ int) string {
	if s.asking {
		return s.env.theme.Faint.Render(wrap(s.env.say("frame.asking"), w))
	}
	return s.env.theme.Faint.Render(wrap(s.env.say("frame.looking"), w))
}

func (s welcome) Keys() []key.Binding { return []key.Binding{s.env.bind("quit", "q", "q", "esc")} }
func (s welcome) Title() string       { return s.env.say("frame.title.welcome") }
func (s welcome) Help() string        { return "help.welcome" }
