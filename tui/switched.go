package tui

import (
	"strings"
	"time"

	"codex-login/flows"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// switched is the end of a switch: who is in use now, who was left, and which
// programs do not know yet.
type switched struct {
	env     *env
	now     isSwitched
	try     attempt
	working bool
}

// dropped is a sign-in that was taken back.
type dropped struct {
	account flows.Account
	out     flows.SignedOut
	err     error
}

func newSwitched(e *env, now isSwitched) switched { return switched{env: e, now: now} }

// Stop ends a way back that has not begun.
func (s switched) Stop() {
	if s.try.cancel != nil {
		s.try.cancel()
	}
}

func (s switched) leave() key.Binding {
	return when(!s.working, s.env.bind("leave", "enter", "enter", "q"))
}

func (s switched) list() key.Binding {
	return when(!s.working, s.env.bind("accounts", "esc", "esc", "b", "a"))
}

func (s switched) undo() key.Binding {
	left := s.now.switched.Left
	return when(!s.working && left != nil && s.now.dropped == nil, s.env.bind("undo", "u"))
}

func (s switched) Keys() []key.Binding { return []key.Binding{s.leave(), s.list(), s.undo()} }

func (s switched) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	switch msg := msg.(type) {
	case switchedMsg:
		switch {
		case msg.attempt != s.try.id:
		case msg.err != nil:
			s.working = false
			return s, nil, isTrouble{err: msg.err, said: s.env.say("accounts.unchanged")}
		default:
			return s, nil, msg.now
		}
	case tea.KeyMsg:
		switch {
		case pressed(msg, s.leave()):
			return s, nil, wantLeave{}
		case pressed(msg, s.list()):
			return s, nil, wantAccounts{}
		case pressed(msg, s.undo()):
			s.try, s.working = s.env.work.attempt(), true
			return s, switchCmd(s.env.work, s.try, s.env.login, s.now.switched.Left.ID), nil
		}
	}
	return s, nil, nil
}

func (s switched) View(w, _ int) string {
	t := s.env.theme
	out := s.now.switched
	var notes []string
	if out.Left != nil && s.now.dropped == nil {
		notes = append(notes, wrap(s.env.say("switched.left", "Who", s.env.toldOf(*out.Left), "Session", out.Left.Method == flows.AccountChatGPT), w))
	}
	if s.now.dropped != nil {
		notes = append(notes, s.dropped(w))
	}
	for _, n := range out.Notes {
		notes = append(notes, s.env.note(n, w))
	}
	if s.working {
		notes = append(notes, t.Accent.Render(wrap(s.env.say("switched.working"), w)))
	}
	return paragraphs(
		s.env.succeeded(s.env.say("switched.heading", "Who", s.env.called(out.Account)), w),
		s.env.card(s.facts(), w),
		strings.Join(notes, "\n"),
		s.held(w),
	)
}

// facts say who it is; the rest stands on the account's card.
func (s switched) facts() []fact {
	a := s.now.switched.Account.Account
	a.ExpiresAt = time.Time{}
	if a.Plan != "" {
		a.Method = ""
	}
	return s.env.facts(a)
}

// held: a switch that no program gets in the way of is over.
func (s switched) held(w int) string {
	if text := s.env.holding(s.now.switched.Holders, w); text != "" {
		return text
	}
	return s.env.theme.Faint.Render(wrap(s.env.say("switched.free"), w))
}

// dropped says what became of the sign-in that was meant for another account.
func (s switched) dropped(w int) string {
	d := s.now.dropped
	who := s.env.told(d.account)
	switch {
	case d.err != nil:
		return s.env.warning(s.env.say("switched.not_dropped", "Who", who, "Why", s.env.explain(d.err).Title), w)
	case d.out.RevokeErr != nil:
		return s.env.warning(s.env.say("switched.not_ended", "Who", who, "Why", s.env.explain(d.out.RevokeErr).Title), w)
	case d.account.Method != flows.AccountChatGPT:
		return wrap(s.env.say("switched.dropped_key", "Who", who), w)
	case d.out.Forgotten == 0:
		return wrap(s.env.say("switched.dropped_session", "Who", who), w)
	}
	return wrap(s.env.say("switched.dropped", "Who", who), w)
}

// told is an account in a sentence, with what tells it from its namesakes.
func (e *env) told(a flows.Account) string { return e.toldOf(flows.Entry{Account: a}) }

func (e *env) toldOf(a flows.Entry) string { return e.called(a) + " (" + e.kind(a.Account) + ")" }

func (s switched) Title() string { return s.env.say("frame.title.switched") }
func (s switched) Help() string  { return "help.switched" }
