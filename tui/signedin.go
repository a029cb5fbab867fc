package tui

import (
	"codex-login/flows"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// signedIn greets who is signed in already.
type signedIn struct {
	env     *env
	account flows.Account
}

func newSignedIn(e *env, a flows.Account) signedIn { return signedIn{e, a} }

func (s signedIn) leave() key.Binding   { return s.env.bind("leave", "enter", "enter", "q", "esc") }
func (s signedIn) another() key.Binding { return s.env.bind("another", "n") }
func (s signedIn) out() key.Binding     { return s.env.bind("sign_out", "o") }

func (s signedIn) Keys() []key.Binding { return []key.Binding{s.leave(), s.another(), s.out()} }

func (s signedIn) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	k, ok := msg.(tea.KeyMsg)
	switch {
	case !ok:
	case pressed(k, s.leave()):
		return s, nil, wantLeave{}
	case pressed(k, s.another()):
		return s, nil, wantPicker{}
	case pressed(k, s.out()):
		return s, nil, wantSignOut{s.account}
	}
	return s, nil, nil
}

func (s signedIn) View(w, _ int) string {
	t := s.env.theme
	return paragraphs(
		s.env.succeeded(s.env.say("done.already"), w),
		s.env.card(s.env.facts(s.account), w),
		wrap(s.env.say("done.shared"), w),
		t.Faint.Render(wrap(s.env.say("done.kept"), w)),
	)
}

func (s signedIn) Title() string { return s.env.say("frame.title.signed_in") }
func (s signedIn) Help() string  { return "help.signed_in" }
