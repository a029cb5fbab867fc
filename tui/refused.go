package tui

import (
	"errors"
	"slices"
	"strings"

	"codex-login/assets/display"
	"codex-login/flows"
	"codex-login/policy"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// refused says that an admin's rule forbids the login, whose file says so, and
// what to do about it.
type refused struct {
	env     *env
	rule    *flows.RefusedError
	err     error // the rule, and what went wrong besides
	atStart bool
	others  int    // accounts that could be used instead, at the start
	said    string // what became of the logins, where it is not the usual
}

func newRefused(e *env, v *policy.Violation, err error, atStart bool) refused {
	s := refused{env: e, err: err, atStart: atStart}
	if !errors.As(err, &s.rule) {
		s.rule = &flows.RefusedError{Violation: v, At: policy.AtSignIn, Allowed: e.login.Allowed()}
	}
	return s
}

func (s refused) hidden() bool { return s.rule.Violation.Effect == policy.Hide }

// way is the first way to sign in that passes the rules, by what works in this
// place; "" for none.
func (s refused) way() flows.Method {
	best, _ := s.env.login.Where.Recommended(s.env.login.Choices())
	switch {
	case slices.Contains(s.rule.Allowed, best):
		return best
	case len(s.rule.Allowed) > 0:
		return s.rule.Allowed[0]
	}
	return ""
}

// copy: nobody has to be asked about a rule of one's own.
func (s refused) copy() key.Binding {
	at := s.rule.Violation.Source.Layer
	return when(at != policy.LayerUser && at != policy.LayerCommandLine, s.env.bind("copy_admin", "c"))
}

func (s refused) another() key.Binding {
	way := s.way()
	b := s.env.bind("another", "n")
	if way != "" {
		b.SetHelp("n", s.env.say("refused.way."+strings.ReplaceAll(string(way), "-", "_")))
	}
	return when(way != "", b)
}

func (s refused) list() key.Binding {
	return when(s.atStart && s.others > 0, s.env.bind("accounts", "a"))
}

func (s refused) checks() key.Binding { return s.env.bind("checks", "h") }

func (s refused) back() key.Binding {
	return when(!s.atStart, s.env.bind("back", "esc", "esc", "enter"))
}

func (s refused) leave() key.Binding {
	if s.atStart {
		return s.env.bind("leave", s.env.say("frame.any_key"), "enter", "q", "esc")
	}
	return s.env.bind("quit", "q")
}

// out is the way out of this screen, and quit what else there is.
func (s refused) out() key.Binding {
	if s.atStart {
		return s.leave()
	}
	return s.back()
}

func (s refused) quit() key.Binding { return when(!s.atStart, s.leave()) }

// steers reports whether a key moves: whoever looks for the rest of the text
// does not want to leave.
func steers(k tea.KeyMsg) bool {
	switch k.Type {
	case tea.KeyUp, tea.KeyDown, tea.KeyLeft, tea.KeyRight, tea.KeyPgUp, tea.KeyPgDown, tea.KeyHome, tea.KeyEnd, tea.KeyTab, tea.KeyShiftTab:
		return true
	default:
		return false
	}
}

func (s refused) Keys() []key.Binding {
	// The way out comes second: the last ones are left out where there is no room.
	first := s.copy()
	if !first.Enabled() {
		first = s.another()
		return []key.Binding{first, s.out(), s.list(), s.checks(), s.quit()}
	}
	return []key.Binding{first, s.out(), s.list(), s.another(), s.checks(), s.quit()}
}

func (s refused) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	k, ok := msg.(tea.KeyMsg)
	switch {
	case !ok:
	case pressed(k, s.copy()):
		return s, copyCmd(s.env.work.ctx, s.env.paper, s.env.getenv, "admin_text", s.adminText()), nil
	case pressed(k, s.list()):
		return s, nil, wantAccounts{}
	case pressed(k, s.another()) && s.atStart:
		return s, nil, wantSignIn{s.way()}
	case pressed(k, s.another()):
		return s, nil, wantInstead{s.way()}
	case pressed(k, s.checks()):
		return s, nil, wantChecks{}
	case pressed(k, s.back()):
		return s, nil, wantBack{}
	case s.atStart && !steers(k), pressed(k, s.leave()):
		return s, nil, wantLeave{s.err}
	}
	return s, nil, nil
}

func (s refused) View(w, _ int) string {
	x := s.env.explain(s.rule.Violation)
	steps := flows.RefusalSteps(s.env.words, s.shown())
	if s.copy().Enabled() {
		steps = append(steps, s.env.say("refused.copy"))
	}
	return paragraphs(
		s.env.failedHeading(x.Title, w),
		s.env.card(s.facts(), w),
		wrap(s.happened(), w),
		s.env.pointed(steps, w),
	)
}

// shown is the rule with its place as the person knows it.
func (s refused) shown() *flows.RefusedError {
	rule, v := *s.rule, *s.rule.Violation
	v.Source.File = s.env.short(v.Source.File)
	rule.Violation = &v
	return &rule
}

// pointed are steps, a line each.
func (e *env) pointed(steps []string, w int) string {
	var out []string
	for _, step := range steps {
		out = append(out, hanging(e.theme.Accent.Render(e.theme.Glyphs.Pointer)+" ", display.Clean(step), w))
	}
	return strings.Join(out, "\n")
}

// facts are the rule and what was found.
func (s refused) facts() []fact {
	v := s.rule.Violation
	if v.Rule == "" {
		return []fact{{s.env.say("refused.fact.problem"), display.Clean(v.Error())}}
	}
	demanded := strings.Join(v.Demanded, ", ")
	if demanded == "" {
		demanded = s.env.say("refused.nothing")
	}
	return []fact{
		{s.env.say("refused.fact.rule"), display.Clean(v.Rule)},
		{s.env.say("refused.fact.demanded"), display.Clean(demanded)},
		{s.env.say("refused.fact.found"), display.Clean(flows.FoundText(s.env.words, v))},
		{s.env.say("refused.fact.source"), s.env.whose(v.Source)},
	}
}

// whose is the file and line, and whose file that is.
func (e *env) whose(s policy.Source) string {
	s.File = e.short(s.File)
	return display.Clean(flows.SourceText(e.words, s))
}

// happened says what became of the login.
func (s refused) happened() string {
	switch {
	case s.said != "":
		return s.said
	case s.atStart && s.hidden():
		return s.env.say("refused.hidden")
	case s.atStart && s.rule.Kept != nil:
		return s.env.say("refused.not_removed", "Why", s.env.explain(s.rule.Kept).Title)
	case s.atStart && s.rule.Variable != "":
		return s.env.say("refused.spared", "Variable", s.rule.Variable)
	case s.atStart && s.rule.Spared:
		return s.env.say("refused.will_sign_out")
	case s.atStart:
		return s.env.say("refused.signed_out")
	}
	return s.env.say("refused.not_stored")
}

// adminText can be pasted into a message to whoever manages the rules.
func (s refused) adminText() string {
	v := s.rule.Violation
	return s.env.say(
		"refused.admin_text",
		"Rule", s.env.demand(v), "Source", display.Clean(v.Source.String()), "Found", display.Clean(flows.FoundText(s.env.words, v)),
	)
}

func (s refused) Title() string { return s.env.say("frame.title.refused") }
func (s refused) Help() string  { return "help.refused" }
