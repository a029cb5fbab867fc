package tui

import (
	"codex-login/flows"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// checks is what there is to look at beside signing in.
type checks struct {
	env  *env
	menu menu
	// entry is the account that it is about, the zero one for none.
	entry flows.Entry
}

// looks are the rows of the menu, by their catalogue ids.
var looks = []string{"doctor", "rules", "connection", "security", "compare", "provider"}

func newChecks(e *env, entry flows.Entry) checks {
	s := checks{env: e, entry: entry}
	for _, id := range looks {
		s.menu.add(id, e.say("checks.name."+id), e.say("checks.about."+id))
	}
	return s
}

// opens is what the selected row leads to.
func (s checks) opens() intent {
	switch s.menu.chosen() {
	case "rules":
		return wantRules{}
	case "connection":
		return wantConnection{}
	case "security":
		return wantSecurity{s.entry}
	case "compare":
		return wantCompare{}
	case "provider":
		return wantProvider{}
	}
	return wantDoctor{}
}

func (s checks) choose() key.Binding { return s.env.bind("choose", "enter") }
func (s checks) back() key.Binding   { return s.env.bind("back", "esc", "esc", "q", "h") }

func (s checks) Keys() []key.Binding {
	return []key.Binding{s.choose(), s.menu.digits(s.env), s.back()}
}

func (s checks) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	k, ok := msg.(tea.KeyMsg)
	switch {
	case !ok:
	case pressed(k, s.back()):
		return s, nil, wantBack{}
	case s.menu.numbered(k, s.menu.digits(s.env)), pressed(k, s.choose()):
		return s, nil, s.opens()
	default:
		s.menu.moved(s.env, k)
	}
	return s, nil, nil
}

func (s checks) View(w, h int) string {
	heading := s.env.theme.Title.Render(wrap(s.env.say("checks.heading"), w)) + "\n\n"
	return heading + s.shown(w, h).view(s.env, w, h-height(heading)+1)
}

// shown: in a low window only the selected row says more.
func (s checks) shown(w, h int) menu {
	if s.menu.height(w)+2 > h {
		return s.menu.folded()
	}
	return s.menu
}

// FocusedLine is the selected row.
func (s checks) FocusedLine(w, h int) int {
	return 2 + s.shown(w, h).line(w, h-2)
}

func (s checks) Title() string { return s.env.say("frame.title.checks") }
func (s checks) Help() string  { return "help.checks" }
