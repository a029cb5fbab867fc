package tui

import (
	"errors"
	"strings"

	"codex-login/credstore"
	"codex-login/policy"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// refused says that an admin's rule forbids the login, which file says so, and
// what to do about it.
type refused struct {
	env       *env
	violation *policy.Violation
	err       error // the violation, and what went wrong besides
	atStart   bool
	others    int    // accounts that could be used instead, at the start
	said      string // what became of the logins, where it is not the usual
}

func newRefused(e *env, v *policy.Violation, err error, atStart bool) refused {
	return refused{env: e, violation: v, err: err, atStart: atStart}
}

func (s refused) hidden() bool { return s.violation.Effect == policy.Hide }

func (s refused) copy() key.Binding { return s.env.bind("copy_admin", "c") }

// another: a login that is only hidden does not stand in the way of a new one.
func (s refused) another() key.Binding {
	return when(s.atStart && s.hidden(), s.env.bind("another", "n"))
}

func (s refused) list() key.Binding {
	return when(s.atStart && s.others > 0, s.env.bind("accounts", "a"))
}

func (s refused) back() key.Binding {
	return when(!s.atStart, s.env.bind("back", "esc", "esc", "enter"))
}

func (s refused) leave() key.Binding {
	if s.atStart {
		return s.env.bind("leave", s.env.say("frame.any_key"), "enter", "q", "esc")
	}
	return s.env.bind("quit", "q")
}

func (s refused) Keys() []key.Binding {
	return []key.Binding{s.copy(), s.list(), s.another(), s.back(), s.leave()}
}

func (s refused) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	k, ok := msg.(tea.KeyMsg)
	switch {
	case !ok:
	case pressed(k, s.copy()):
		return s, copyCmd(s.env.work.ctx, s.env.paper, s.env.getenv, "admin_text", s.adminText()), nil
	case pressed(k, s.list()):
		return s, nil, wantAccounts{}
	case pressed(k, s.another()):
		return s, nil, wantPicker{}
	case pressed(k, s.back()):
		return s, nil, wantBack{}
	case s.atStart, pressed(k, s.leave()):
		return s, nil, wantLeave{s.err}
	}
	return s, nil, nil
}

func (s refused) View(w, _ int) string {
	t := s.env.theme
	x := s.env.explain(s.violation)
	var steps []string
	for step := range strings.SplitSeq(x.Next, "\n") {
		steps = append(steps, hanging(t.Accent.Render(t.Glyphs.Pointer)+" ", step, w))
	}
	steps = append(steps, hanging(t.Accent.Render(t.Glyphs.Pointer)+" ", s.env.say("refused.copy"), w))
	return paragraphs(
		s.env.failedHeading(x.Title, w),
		s.env.card(s.facts(), w),
		wrap(s.happened(), w),
		strings.Join(steps, "\n"),
	)
}

// facts are the rule and what was found.
func (s refused) facts() []fact {
	v := s.violation
	if v.Rule == "" {
		return []fact{{s.env.say("refused.fact.problem"), clean(v.Error())}}
	}
	demanded := strings.Join(v.Demanded, ", ")
	if demanded == "" {
		demanded = s.env.say("refused.nothing")
	}
	return []fact{
		{s.env.say("refused.fact.rule"), clean(v.Rule)},
		{s.env.say("refused.fact.demanded"), clean(demanded)},
		{s.env.say("refused.fact.found"), clean(s.found())},
		{s.env.say("refused.fact.source"), s.source()},
	}
}

func (s refused) found() string {
	v := s.violation
	if v.AboutMethod() {
		return s.env.say("refused.credential." + strings.ReplaceAll(string(v.Credential), "-", "_"))
	}
	if v.Workspace == "" {
		return s.env.say("refused.no_workspace")
	}
	return v.Workspace
}

// source is the file and line, and whose file that is.
func (s refused) source() string {
	where := s.env.short(s.violation.Source.String())
	if s.violation.Source.Layer == policy.LayerUser {
		return s.env.say("refused.own_file", "Where", where)
	}
	return where
}

// happened says what became of the login.
func (s refused) happened() string {
	var store *credstore.Error
	switch {
	case s.said != "":
		return s.said
	case s.atStart && s.hidden():
		return s.env.say("refused.hidden")
	case s.atStart && errors.As(s.err, &store):
		return s.env.say("refused.not_removed", "Why", s.env.explain(store).Title)
	case s.atStart:
		return s.env.say("refused.signed_out")
	}
	return s.env.say("refused.not_stored")
}

// adminText can be pasted into a message to whoever manages the rules.
func (s refused) adminText() string {
	v := s.violation
	return s.env.say("refused.admin_text", "Rule", s.env.demand(v), "Source", v.Source.String(), "Found", s.found())
}

func (s refused) Title() string { return s.env.say("frame.title.refused") }
func (s refused) Help() string  { return "help.refused" }
