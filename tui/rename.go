package tui

import (
	"strings"

	"codex-login/assets/display"
	"codex-login/flows"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// rename gives an account a name of the person's own, or takes it away.
type rename struct {
	env     *env
	entry   flows.Entry
	line    field
	try     attempt
	working bool
	failed  error
}

func newRename(e *env, a flows.Entry) rename {
	s := rename{env: e, entry: a, line: newField(e, e.say("accounts.rename.placeholder"), false)}
	s.line.SetValue(display.Clean(a.Label))
	s.line.Focus()
	return s
}

// Typing: letters are the name.
func (s rename) Typing() bool { return !s.working }

// Stop ends a change that has not begun.
func (s rename) Stop() {
	if s.try.cancel != nil {
		s.try.cancel()
	}
}

// FocusedLine is the field.
func (s rename) FocusedLine(w, _ int) int { return height(s.question(w)) + 1 }

func (s rename) save() key.Binding { return when(!s.working, s.env.bind("save", "enter")) }
func (s rename) back() key.Binding { return when(!s.working, s.env.bind("back", "esc")) }

func (s rename) Keys() []key.Binding { return []key.Binding{s.save(), s.back()} }

func (s rename) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	switch msg := msg.(type) {
	case labelledMsg:
		switch {
		case msg.attempt != s.try.id:
		case msg.err != nil:
			s.working, s.failed = false, msg.err
		default:
			return s, nil, wantAccounts{pick: s.entry.ID, said: s.said()}
		}
	case tea.KeyMsg:
		switch {
		case pressed(msg, s.save()):
			s.try, s.working, s.failed = s.env.work.attempt(), true, nil
			return s, labelCmd(s.env.work, s.try, s.env.login, s.entry.ID, s.label()), nil
		case pressed(msg, s.back()):
			return s, nil, wantBack{}
		case !s.working:
			s.failed = nil
			s.line.take(msg)
		}
	}
	return s, nil, nil
}

func (s rename) label() string { return strings.TrimSpace(s.line.Value()) }

func (s rename) said() string {
	who := s.env.told(s.entry.Account)
	if s.label() == "" {
		return s.env.say("accounts.rename.removed", "Who", who)
	}
	return s.env.say("accounts.rename.done", "Who", who, "Label", s.label())
}

func (s rename) question(w int) string {
	return s.env.theme.Title.Render(wrap(s.env.say("accounts.rename.question", "Who", s.env.told(s.entry.Account)), w))
}

func (s rename) View(w, _ int) string {
	t := s.env.theme
	below := t.Faint.Render(wrap(s.env.say("accounts.rename.text"), w))
	switch {
	case s.working:
		below = t.Accent.Render(wrap(s.env.say("accounts.rename.working"), w))
	case s.failed != nil:
		x := s.env.explain(s.failed)
		below = t.Bad.Render(wrap(x.Title, w)) + "\n" + t.Faint.Render(wrap(x.Next, w))
	}
	return s.question(w) + "\n\n" + s.line.view(w) + "\n\n" + below
}

func (s rename) Title() string { return s.env.say("frame.title.rename") }
func (s rename) Help() string  { return "help.rename" }
