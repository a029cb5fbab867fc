package tui

import (
	"runtime"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
)

// help explains the screen beneath it and every key that works there.
type help struct {
	env   *env
	about screen
	self  key.Binding
}

func newHelp(e *env, about screen, self key.Binding) help { return help{e, about, self} }

func (s help) back() key.Binding {
	return s.env.bind("back", "esc", "esc", "enter", "q", "?", "f1")
}

func (s help) Keys() []key.Binding { return []key.Binding{s.back()} }

func (s help) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	if k, ok := msg.(tea.KeyMsg); ok && pressed(k, s.back()) {
		return s, nil, wantBack{}
	}
	return s, nil, nil
}

func (s help) View(w, _ int) string {
	t := s.env.theme
	keys := append(enabled(s.about.Keys()), s.self,
		s.env.bind("scroll_page", s.env.say("frame.pages")), s.env.bind("cancel", "ctrl+c"))
	if runtime.GOOS != "windows" {
		keys = append(keys, s.env.bind("suspend", "ctrl+z"))
	}
	names := 0
	for _, b := range keys {
		names = max(names, ansi.StringWidth(b.Help().Key))
	}
	var rows []string
	for _, b := range keys {
		name := t.Accent.Render(b.Help().Key) + strings.Repeat(" ", names-ansi.StringWidth(b.Help().Key)+3)
		rows = append(rows, hanging(name, b.Help().Desc, w))
	}
	return t.Title.Render(wrap(s.about.Title(), w)) + "\n" + wrap(s.env.say(s.about.Help()), w) + "\n\n" + strings.Join(rows, "\n")
}

func (s help) Title() string { return s.env.say("frame.title.help") }
func (s help) Help() string  { return "help.help" }
