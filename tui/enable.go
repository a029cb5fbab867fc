package tui

import (
	"codex-login/flows"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// enable stands before the device code: it has to be switched on once, and
// after the code is there its time is running.
type enable struct {
	env  *env
	then intent
}

// newEnable asks before a sign-in by device code alone.
func newEnable(e *env) enable { return enable{e, wantCode{}} }

// alone: there is no other way to sign in beside the code.
func (s enable) alone() bool { return s.then == wantCode{} }

func (s enable) next() key.Binding    { return s.env.bind("code", "enter") }
func (s enable) browser() key.Binding { return when(s.alone(), s.env.bind("browser", "b")) }
func (s enable) copy() key.Binding    { return s.env.bind("copy_link", "c", "c", "u") }
func (s enable) back() key.Binding    { return s.env.bind("back", "esc", "esc", "q") }

func (s enable) Keys() []key.Binding {
	return []key.Binding{s.next(), s.copy(), s.browser(), s.back()}
}

func (s enable) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	k, ok := msg.(tea.KeyMsg)
	switch {
	case !ok:
	case pressed(k, s.next()):
		return s, nil, s.then
	case pressed(k, s.browser()):
		return s, nil, wantInstead{flows.Browser}
	case pressed(k, s.copy()):
		return s, copyCmd(s.env.work.ctx, s.env.paper, s.env.getenv, "link", flows.PersonalSettings), nil
	case pressed(k, s.back()):
		return s, nil, wantBack{}
	}
	return s, nil, nil
}

func (s enable) View(w, _ int) string {
	t := s.env.theme
	part := func(id, url string) string {
		return t.Strong.Render(wrap(s.env.say("device.enable."+id+".who"), w)) + "\n" +
			indent(wrap(s.env.say("device.enable."+id+".where"), w-3), 3) + "\n" + indent(link(t, url, w-3), 3)
	}
	otherwise := ""
	if s.alone() {
		otherwise = t.Faint.Render(wrap(s.env.say("device.enable.otherwise"), w))
	}
	return paragraphs(
		t.Title.Render(wrap(s.env.say("device.enable.question"), w)),
		wrap(s.env.say("device.enable.text"), w),
		part("personal", flows.PersonalSettings),
		part("workspace", flows.WorkspaceSettings),
		otherwise,
	)
}

func (s enable) Title() string { return s.env.say("frame.title.device") }
func (s enable) Help() string  { return "help.enable" }
