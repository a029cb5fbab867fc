package tui

import (
	"strings"

	"codex-login/credstore"
	"codex-login/flows"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// moving is up while every login goes to another store. It is not interrupted:
// leaving waits until each of them is whole in one place.
type moving struct {
	env  *env
	mode credstore.Mode
	of   int
	try  attempt
}

func newMoving(e *env, w wantMoved) (moving, tea.Cmd) {
	s := moving{env: e, mode: w.mode, of: w.of, try: e.work.attempt()}
	return s, moveCmd(e.work, s.try, e.login, w.mode)
}

func (s moving) Keys() []key.Binding { return nil }

func (s moving) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	if msg, ok := msg.(movedMsg); ok && msg.attempt == s.try.id {
		if msg.err != nil {
			return s, nil, isTrouble{err: msg.err, said: s.env.say("store.move.failed")}
		}
		return s, nil, isMoved{msg.moved}
	}
	return s, nil, nil
}

func (s moving) View(w, _ int) string {
	t := s.env.theme
	to := s.env.say("store.name." + string(s.mode))
	return t.Title.Render(wrap(s.env.say("store.move.heading", "To", to), w)) + "\n\n" +
		t.Accent.Render(wrap(s.env.say("store.move.working", "Count", s.of), w)) + "\n" +
		t.Faint.Render(wrap(s.env.say("store.move.safe"), w))
}

func (s moving) Title() string { return s.env.say("frame.title.move") }
func (s moving) Help() string  { return "help.move" }

// moved says where the logins are now.
type moved struct {
	env   *env
	moved flows.Moved
}

func newMoved(e *env, m flows.Moved) moved { return moved{e, m} }

func (s moved) back() key.Binding { return s.env.bind("accounts", "enter", "enter", "esc", "a") }

func (s moved) leave() key.Binding { return s.env.bind("leave", "q") }

func (s moved) Keys() []key.Binding { return []key.Binding{s.back(), s.leave()} }

func (s moved) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	k, ok := msg.(tea.KeyMsg)
	switch {
	case !ok:
	case pressed(k, s.back()):
		return s, nil, wantAccounts{}
	case pressed(k, s.leave()):
		return s, nil, wantLeave{}
	}
	return s, nil, nil
}

func (s moved) View(w, _ int) string {
	id := "store.move.done"
	if s.moved.Accounts == 1 {
		id = "store.move.done_one"
	}
	var notes []string
	for _, n := range s.moved.Notes {
		notes = append(notes, s.env.note(n, w))
	}
	facts := []fact{
		{s.env.say("store.move.from"), s.env.say("store.name." + string(s.moved.From))},
		{s.env.say("store.move.to"), s.env.say("store.name." + string(s.moved.To))},
	}
	if a := s.moved.Account; a != nil {
		facts = append(facts, s.env.facts(*a)...)
	}
	return paragraphs(
		s.env.succeeded(s.env.say(id, "Count", s.moved.Accounts), w),
		s.env.card(facts, w),
		strings.Join(notes, "\n"),
		s.env.theme.Faint.Render(wrap(s.env.say("store.move.restart"), w)),
	)
}

func (s moved) Title() string { return s.env.say("frame.title.move") }
func (s moved) Help() string  { return "help.move" }
