package tui

import (
	"codex-login/flows"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// unstored asks what shall become of sign-ins that were finished for other
// machines and could not be stored there: nobody else has them.
type unstored struct {
	env     *env
	targets []flows.Target
	errands []*errand // the way to each
	menu    menu
	try     attempt
	working bool
}

func newUnstored(e *env, w wantUnstored) unstored {
	s := unstored{env: e, targets: w.targets, errands: w.errands}
	for _, id := range []string{"again", "keep", "end", "stay"} {
		s.menu.add(id, e.say("sendto.unstored.name."+id), e.say("sendto.unstored.about."+id))
	}
	return s
}

func (s unstored) choose() key.Binding { return when(!s.working, s.env.bind("choose", "enter")) }
func (s unstored) digits() key.Binding { return when(!s.working, s.menu.digits(s.env)) }
func (s unstored) back() key.Binding   { return when(!s.working, s.env.bind("back", "esc", "esc", "q")) }

func (s unstored) Keys() []key.Binding { return []key.Binding{s.choose(), s.digits(), s.back()} }

func (s unstored) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	switch msg := msg.(type) {
	case unstoredMsg:
		if msg.attempt != s.try.id {
			return s, nil, nil
		}
		s.working = false
		switch {
		case msg.err != nil:
			return s, nil, isTrouble{err: msg.err, said: s.env.say("sendto.unstored.held")}
		case len(msg.kept) > 0:
			return s, nil, isKept{msg.kept}
		}
		return s, nil, wantHome{said: msg.said}
	case tea.KeyMsg:
		switch {
		case !s.working && s.menu.moved(s.env, msg):
		case s.menu.numbered(msg, s.digits()), pressed(msg, s.choose()):
			return s.act()
		case pressed(msg, s.back()):
			return s, nil, wantBack{}
		}
	}
	return s, nil, nil
}

func (s unstored) act() (screen, tea.Cmd, intent) {
	switch s.menu.chosen() {
	case "again":
		return s, nil, wantRetry{}
	case "stay":
		return s, nil, wantBack{}
	}
	s.try, s.working = s.env.work.attempt(), true
	if s.menu.chosen() == "keep" {
		return s, keepHereCmd(s.env.work, s.try, s.errands), nil
	}
	return s, discardCmd(s.env, s.try, s.errands), nil
}

func (s unstored) title(w int) string {
	return s.env.theme.Title.Render(wrap(s.env.say("sendto.unstored.question", "To", s.env.names(s.targets)), w))
}

func (s unstored) View(w, h int) string {
	title := s.title(w)
	if s.working {
		return title + "\n\n" + s.env.theme.Accent.Render(wrap(s.env.say("sendto.unstored.working"), w))
	}
	return title + "\n\n" + s.menu.view(s.env, w, h-height(title)-2)
}

// FocusedLine is the selected row.
func (s unstored) FocusedLine(w, h int) int {
	if s.working {
		return 0
	}
	title := height(s.title(w))
	return title + 1 + s.menu.line(w, h-title-2)
}

func (s unstored) Title() string { return s.env.say("frame.title.machines") }
func (s unstored) Help() string  { return "help.unstored" }
