package tui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// trouble is an error beside the way: it is read, and the way goes on where it
// was.
type trouble struct {
	env  *env
	err  error
	said string // what became of the logins
}

func newTrouble(e *env, err error, said string) trouble { return trouble{e, err, said} }

func (s trouble) back() key.Binding { return s.env.bind("back", "enter", "enter", "esc", "q") }

func (s trouble) checks() key.Binding { return s.env.bind("checks", "h") }
func (s trouble) trace() key.Binding  { return s.env.traceKey(true) }

func (s trouble) network() key.Binding { return s.env.connectionKey(s.err) }

func (s trouble) Keys() []key.Binding {
	return []key.Binding{s.back(), s.network(), s.trace(), s.checks()}
}

func (s trouble) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	k, ok := msg.(tea.KeyMsg)
	switch {
	case !ok:
	case pressed(k, s.back()):
		return s, nil, wantBack{}
	case pressed(k, s.network()):
		return s, nil, wantConnection{}
	case pressed(k, s.checks()):
		return s, nil, wantChecks{}
	case pressed(k, s.trace()):
		return s, nil, wantTrace{}
	}
	return s, nil, nil
}

func (s trouble) View(w, _ int) string {
	return paragraphs(s.env.explained(s.err, w), wrap(s.said, w), s.env.logged("trace.log", w))
}

func (s trouble) Title() string { return s.env.say("frame.title.error") }
func (s trouble) Help() string  { return "help.error" }
