package tui

import (
	"slices"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// bind makes a binding that the footer shows as "shown what"; id is the
// catalogue id of what it does.
func (e *env) bind(id, shown string, keys ...string) key.Binding {
	if len(keys) == 0 {
		keys = []string{shown}
	}
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(shown, e.say("frame.key."+id)))
}

// when enables a binding by state.
func when(on bool, b key.Binding) key.Binding {
	b.SetEnabled(on)
	return b
}

// pressed reports whether msg is one of the enabled bindings. A pasted text is
// never a key.
func pressed(msg tea.KeyMsg, bindings ...key.Binding) bool {
	return !msg.Paste && key.Matches(msg, bindings...)
}

func enabled(bindings []key.Binding) []key.Binding {
	return slices.DeleteFunc(slices.Clone(bindings), func(b key.Binding) bool { return !b.Enabled() })
}
