package tui

import (
	"errors"
	"strings"

	"codex-login/assets/display"
	"codex-login/policy"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// blocked says that nobody can sign in here at all: the admin's rules exclude
// each other, or a configuration file cannot be read. Signing out works.
type blocked struct {
	env *env
	err error
}

// conflict are the rules that exclude each other; nil for a broken file.
func (s blocked) conflict() *policy.ConflictError {
	var c *policy.ConflictError
	errors.As(s.err, &c)
	return c
}

func (s blocked) checks() key.Binding { return s.env.bind("checks", "h", "h", "enter") }
func (s blocked) out() key.Binding    { return s.env.bind("sign_out", "o") }
func (s blocked) copy() key.Binding {
	return when(s.conflict() != nil, s.env.bind("copy_admin", "c"))
}
func (s blocked) leave() key.Binding { return s.env.bind("quit", "q", "q", "esc") }

func (s blocked) Keys() []key.Binding {
	return []key.Binding{s.checks(), s.copy(), s.out(), s.leave()}
}

func (s blocked) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	k, ok := msg.(tea.KeyMsg)
	switch {
	case !ok:
	case pressed(k, s.checks()):
		return s, nil, wantChecks{}
	case pressed(k, s.copy()):
		return s, copyCmd(s.env.work.ctx, s.env.paper, s.env.getenv, "admin_text", s.adminText()), nil
	case pressed(k, s.out()):
		return s, nil, wantSignOut{}
	case pressed(k, s.leave()):
		return s, nil, wantLeave{s.err}
	}
	return s, nil, nil
}

func (s blocked) View(w, _ int) string {
	x := s.env.explain(s.err)
	c := s.conflict()
	if c == nil {
		return s.env.explained(s.err, w)
	}
	return paragraphs(s.env.failedHeading(x.Title, w), s.env.card(s.env.demands(c.Demands), w), s.env.steps(x, w))
}

// demands are rules with what they permit and who says so.
func (e *env) demands(all []policy.Demand) []fact {
	var out []fact
	for _, d := range all {
		values := strings.Join(d.Values, ", ")
		if values == "" {
			values = e.say("refused.nothing")
		}
		out = append(out, fact{display.Clean(d.Rule), display.Clean(values) + "\n" + e.whose(d.Source)})
	}
	return out
}

// adminText can be pasted into a message to whoever manages the rules.
func (s blocked) adminText() string {
	var rules []string
	for _, d := range s.conflict().Demands {
		rules = append(rules, display.Clean(d.Rule+" = "+strings.Join(d.Values, ", ")+" ("+d.Source.String()+")"))
	}
	return s.env.say("refused.conflict_text", "Rules", strings.Join(rules, "\n"))
}

func (s blocked) Title() string {
	if s.conflict() == nil {
		return s.env.say("frame.title.configuration")
	}
	return s.env.say("frame.title.refused")
}

func (s blocked) Help() string { return "help.blocked" }
