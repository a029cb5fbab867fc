package tui

import (
	"strings"

	"codex-login/flows"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// failure says what went wrong and what can be done.
type failure struct {
	env    *env
	err    error
	method flows.Method // what can be tried again; empty at the start
	others int          // accounts that could be used instead, at the start
}

func newFailure(e *env, err error, m flows.Method) failure {
	return failure{env: e, err: err, method: m}
}

// newUnreadable is the failure of a stored login: it can be replaced by signing
// in, or removed.
func newUnreadable(e *env, err error, others int) failure {
	return failure{env: e, err: err, others: others}
}

func (s failure) start() bool { return s.method == "" }

func (s failure) retry() key.Binding {
	return when(!s.start(), s.env.bind("retry", "r", "r", "enter"))
}
func (s failure) anew() key.Binding   { return when(s.start(), s.env.bind("anew", "n")) }
func (s failure) remove() key.Binding { return when(s.start(), s.env.bind("remove", "o")) }
func (s failure) list() key.Binding {
	return when(s.start() && s.others > 0, s.env.bind("accounts", "a"))
}

func (s failure) browser() key.Binding {
	return when(s.method == flows.Device, s.env.bind("browser", "b"))
}

func (s failure) device() key.Binding {
	return when(s.method == flows.Browser, s.env.bind("device", "d"))
}

func (s failure) network() key.Binding {
	return when(!s.start(), s.env.connectionKey(s.err))
}
func (s failure) checks() key.Binding { return s.env.bind("checks", "h") }
func (s failure) back() key.Binding   { return when(!s.start(), s.env.bind("back", "esc")) }
func (s failure) leave() key.Binding  { return s.env.bind("quit", "q") }

func (s failure) trace() key.Binding { return s.env.traceKey(!s.start()) }

func (s failure) Keys() []key.Binding {
	return []key.Binding{s.retry(), s.anew(), s.list(), s.remove(), s.browser(), s.device(), s.network(), s.trace(), s.checks(), s.back(), s.leave()}
}

func (s failure) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	k, ok := msg.(tea.KeyMsg)
	switch {
	case !ok:
	case pressed(k, s.retry()):
		if s.method == flows.Device {
			// Where to enable device codes has been said.
			return s, nil, wantCode{}
		}
		return s, nil, wantInstead{s.method}
	case pressed(k, s.anew()):
		return s, nil, wantPicker{}
	case pressed(k, s.list()):
		return s, nil, wantAccounts{}
	case pressed(k, s.remove()):
		return s, nil, wantSignOut{}
	case pressed(k, s.browser()):
		return s, nil, wantInstead{flows.Browser}
	case pressed(k, s.device()):
		return s, nil, wantInstead{flows.Device}
	case pressed(k, s.network()):
		return s, nil, wantConnection{}
	case pressed(k, s.checks()):
		return s, nil, wantChecks{}
	case pressed(k, s.back()):
		return s, nil, wantBack{}
	case pressed(k, s.trace()):
		return s, nil, wantTrace{}
	case pressed(k, s.leave()):
		return s, nil, wantLeave{s.err}
	}
	return s, nil, nil
}

func (s failure) View(w, _ int) string {
	out := s.env.explained(s.err, w)
	if s.start() {
		return out + "\n\n" + wrap(s.env.say("error.stored"), w)
	}
	return paragraphs(out, s.env.logged("trace.log", w))
}

// explained is an error in words, with its next steps.
func (e *env) explained(err error, w int) string {
	x := e.explain(err)
	return paragraphs(e.failedHeading(x.Title, w), wrap(x.Text, w), e.steps(x, w))
}

// steps are what can be done, a line each.
func (e *env) steps(x flows.Explanation, w int) string {
	t := e.theme
	var steps []string
	for step := range strings.SplitSeq(x.Next, "\n") {
		steps = append(steps, hanging(t.Accent.Render(t.Glyphs.Pointer)+" ", step, w))
	}
	return strings.Join(steps, "\n")
}

func (s failure) Title() string { return s.env.say("frame.title.error") }
func (s failure) Help() string  { return "help.error" }
