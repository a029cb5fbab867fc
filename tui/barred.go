package tui

import (
	"time"

	"codex-login/assets/display"
	"codex-login/flows"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// barred says that OpenAI's side refuses the account: whose rule it is, the
// server's own word for it, and the id by which the admin or the help center
// finds it.
type barred struct {
	env    *env
	err    *flows.BarredError
	method flows.Method // the way that was tried
	at     time.Time
}

func newBarred(e *env, err *flows.BarredError, m flows.Method) barred {
	return barred{e, err, m, e.now()}
}

func (s barred) copy() key.Binding  { return s.env.bind("copy_admin", "c") }
func (s barred) retry() key.Binding { return s.env.bind("other_account", "r") }

// key: an API key belongs to no ChatGPT workspace.
func (s barred) key() key.Binding {
	allowed := false
	for _, m := range s.env.login.Allowed() {
		allowed = allowed || m == flows.APIKey
	}
	return when(allowed, s.env.bind("use_key", "k"))
}
func (s barred) checks() key.Binding { return s.env.bind("checks", "h") }
func (s barred) back() key.Binding   { return s.env.bind("back", "esc", "esc", "enter") }
func (s barred) leave() key.Binding  { return s.env.bind("quit", "q") }

func (s barred) Keys() []key.Binding {
	return []key.Binding{s.copy(), s.retry(), s.key(), s.checks(), s.back(), s.leave()}
}

func (s barred) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	k, ok := msg.(tea.KeyMsg)
	switch {
	case !ok:
	case pressed(k, s.copy()):
		return s, copyCmd(s.env.work.ctx, s.env.paper, s.env.getenv, "admin_text", s.adminText()), nil
	case pressed(k, s.retry()) && s.method == flows.Device:
		return s, nil, wantCode{}
	case pressed(k, s.retry()):
		return s, nil, wantInstead{s.method}
	case pressed(k, s.key()):
		return s, nil, wantInstead{flows.APIKey}
	case pressed(k, s.checks()):
		return s, nil, wantChecks{}
	case pressed(k, s.back()):
		return s, nil, wantBack{}
	case pressed(k, s.leave()):
		return s, nil, wantLeave{s.err}
	}
	return s, nil, nil
}

func (s barred) View(w, _ int) string {
	x := s.env.explain(s.err)
	facts := []fact{{s.env.say("refused.fact.server"), display.Clean(s.err.Host)}, {s.env.say("refused.fact.code"), display.Clean(s.err.Code)}}
	if s.err.Detail != "" && s.err.Detail != s.err.Code {
		facts = append(facts, fact{s.env.say("refused.fact.said"), display.Clean(s.err.Detail)})
	}
	if s.err.RequestID != "" {
		facts = append(facts, fact{s.env.say("refused.fact.request"), display.Clean(s.err.RequestID)})
	}
	return paragraphs(
		s.env.failedHeading(x.Title, w),
		s.env.card(facts, w),
		wrap(s.env.say("refused.not_stored"), w),
		lines(s.env.steps(x, w), s.env.pointed([]string{s.env.say("refused.copy_barred")}, w)),
	)
}

// adminText can be pasted into a message to the workspace's admin.
func (s barred) adminText() string {
	return s.env.say(
		"refused.barred_text", "Code", display.Clean(s.err.Code), "Detail", display.Clean(s.err.Detail), "RequestID", display.Clean(s.err.RequestID),
		"Time", s.at.UTC().Format(time.RFC3339),
	)
}

func (s barred) Title() string { return s.env.say("frame.title.refused") }
func (s barred) Help() string  { return "help.barred" }
