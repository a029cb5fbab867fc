package tui

import (
	"codex-login/flows"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// signedOut says what a sign-out did, and what is left.
type signedOut struct {
	env *env
	end isSignedOut
}

func newSignedOut(e *env, end isSignedOut) signedOut { return signedOut{e, end} }

// book: the account was not in use, so nobody is signed out.
func (s signedOut) book() bool { return !s.end.entry.Active && !s.end.out.All && s.end.err == nil }

func (s signedOut) leave() key.Binding {
	if s.book() && s.end.left > 0 {
		return s.env.bind("leave", "q")
	}
	return s.env.bind("leave", "enter", "enter", "q", "esc")
}

func (s signedOut) list() key.Binding {
	if s.book() {
		return when(s.end.left > 0, s.env.bind("accounts", "enter", "enter", "esc", "a"))
	}
	return when(s.end.left > 0, s.env.bind("accounts", "a"))
}
func (s signedOut) another() key.Binding { return s.env.bind("sign_in", "n") }
func (s signedOut) Keys() []key.Binding  { return []key.Binding{s.list(), s.leave(), s.another()} }

func (s signedOut) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	k, ok := msg.(tea.KeyMsg)
	switch {
	case !ok:
	case pressed(k, s.list()):
		return s, nil, wantAccounts{}
	case pressed(k, s.leave()):
		return s, nil, wantLeave{s.end.err}
	case pressed(k, s.another()):
		return s, nil, wantPicker{}
	}
	return s, nil, nil
}

func (s signedOut) View(w, _ int) string {
	if s.end.err != nil {
		return s.env.explained(s.end.err, w)
	}
	return paragraphs(s.env.succeeded(s.heading(), w), wrap(s.shared(), w), s.session(w), s.env.lent("signout.lent", s.end.out.Lent, w), wrap(s.left(), w))
}

func (s signedOut) heading() string {
	switch {
	case s.end.out.All:
		return s.env.say("signout.heading_all", "Count", s.end.out.Forgotten)
	case s.book():
		return s.env.say("signout.heading_one", "Who", s.env.called(s.end.entry))
	}
	return s.env.say("signout.heading")
}

func (s signedOut) shared() string {
	if s.book() {
		return s.env.say("signout.untouched")
	}
	return s.env.say("signout.shared")
}

// session says what became of it at OpenAI.
func (s signedOut) session(w int) string {
	out := s.end.out
	switch {
	case out.RevokeErr != nil && out.All:
		return s.env.warning(s.env.say("signout.not_all_revoked", "Count", out.Ended, "Why", s.env.explain(out.RevokeErr).Title), w)
	case out.RevokeErr != nil:
		return s.env.warning(s.env.say("signout.not_revoked", "Why", s.env.explain(out.RevokeErr).Title), w)
	case out.Ended > 1:
		return wrap(s.env.say("signout.revoked_all", "Count", out.Ended), w)
	case out.Revoked, out.Ended == 1:
		return wrap(s.env.say("signout.revoked"), w)
	case out.All:
		return wrap(s.env.say("signout.forgotten_all"), w)
	case out.Account.Method == flows.AccountChatGPT:
		return wrap(s.env.say("signout.forgotten"), w)
	}
	return ""
}

func (s signedOut) left() string {
	switch n := s.end.left; {
	case n == 1:
		return s.env.say("signout.left_one")
	case n > 1:
		return s.env.say("signout.left", "Count", n)
	}
	return ""
}

func (s signedOut) Title() string {
	if s.book() {
		return s.env.say("frame.title.forgotten")
	}
	return s.env.say("frame.title.signed_out")
}
func (s signedOut) Help() string { return "help.signed_out" }
