package tui

import (
	"strconv"
	"strings"

	"codex-login/flows"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// signOut asks what shall become of the session.
type signOut struct {
	env     *env
	account flows.Account
	try     attempt
	working bool
	row     int
}

// farewell is a way to sign out, by its catalogue id.
type farewell struct {
	id     string
	revoke bool
	stay   bool
}

func newSignOut(e *env, a flows.Account) signOut { return signOut{env: e, account: a} }

// ways: only a ChatGPT session can be ended at OpenAI; a login that nobody can
// read may be one.
func (s signOut) ways() []farewell {
	forget, stay := farewell{id: "forget"}, farewell{id: "stay", stay: true}
	if s.account.Method == flows.AccountChatGPT {
		return []farewell{{id: "revoke", revoke: true}, forget, stay}
	}
	return []farewell{forget, stay}
}

// Stop ends the revocation; the login here is removed all the same.
func (s signOut) Stop() {
	if s.try.cancel != nil {
		s.try.cancel()
	}
}

func (s signOut) up() key.Binding { return s.env.bind("move", s.env.say("frame.arrows"), "up", "k") }

func (s signOut) down() key.Binding {
	return s.env.bind("move", s.env.say("frame.arrows"), "down", "j")
}

func (s signOut) choose() key.Binding {
	return when(!s.working, s.env.bind("choose", "enter"))
}

func (s signOut) back() key.Binding { return when(!s.working, s.env.bind("back", "esc", "esc", "q")) }

func (s signOut) digits() key.Binding {
	keys := []string{"1", "2", "3"}[:len(s.ways())]
	return when(!s.working, s.env.bind("pick", "1-"+keys[len(keys)-1], keys...))
}

func (s signOut) Keys() []key.Binding { return []key.Binding{s.choose(), s.digits(), s.back()} }

func (s signOut) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	switch msg := msg.(type) {
	case signedOutMsg:
		if msg.attempt == s.try.id {
			return s, nil, isSignedOut{msg.out, msg.err}
		}
	case tea.KeyMsg:
		switch {
		case pressed(msg, s.up()):
			s.row = max(s.row-1, 0)
		case pressed(msg, s.down()):
			s.row = min(s.row+1, len(s.ways())-1)
		case pressed(msg, s.digits()):
			s.row = int(msg.String()[0] - '1')
			return s.act()
		case pressed(msg, s.choose()):
			return s.act()
		case pressed(msg, s.back()):
			return s, nil, wantBack{}
		}
	}
	return s, nil, nil
}

func (s signOut) act() (screen, tea.Cmd, intent) {
	way := s.ways()[s.row]
	if way.stay {
		return s, nil, wantBack{}
	}
	s.working, s.try = true, s.env.work.attempt()
	return s, signOutCmd(s.env.work, s.try, s.env.login, way.revoke), nil
}

func (s signOut) View(w, _ int) string {
	t := s.env.theme
	title := t.Title.Render(wrap(s.env.say("signout.question", "Who", s.env.who(s.account)), w))
	if s.working {
		return title + "\n\n" + t.Accent.Render(wrap(s.env.say("signout.working"), w))
	}
	out := []string{title}
	for i, way := range s.ways() {
		mark, name := "  ", cut(s.env.say("signout.name."+way.id), w-5, t.Glyphs.Ellipsis)
		if i == s.row {
			mark, name = t.Accent.Render(t.Glyphs.Pointer+" "), t.Accent.Render(name)
		}
		out = append(out, mark+t.Faint.Render(strconv.Itoa(i+1))+"  "+name+"\n"+t.Faint.Render(indent(wrap(s.env.say("signout.about."+way.id), w-5), 5)))
	}
	return strings.Join(out, "\n\n")
}

// FocusedLine is the selected row.
func (s signOut) FocusedLine(w, _ int) int {
	line := 2
	for i := range s.row {
		line += 2 + height(wrap(s.env.say("signout.about."+s.ways()[i].id), w-5))
	}
	return line
}

func (s signOut) Title() string { return s.env.say("frame.title.sign_out") }
func (s signOut) Help() string  { return "help.sign_out" }

// signedOut says what a sign-out did.
type signedOut struct {
	env *env
	out flows.SignedOut
	err error
}

func newSignedOut(e *env, out flows.SignedOut, err error) signedOut { return signedOut{e, out, err} }

func (s signedOut) leave() key.Binding   { return s.env.bind("leave", "enter", "enter", "q", "esc") }
func (s signedOut) another() key.Binding { return s.env.bind("sign_in", "n") }
func (s signedOut) Keys() []key.Binding  { return []key.Binding{s.leave(), s.another()} }

func (s signedOut) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	k, ok := msg.(tea.KeyMsg)
	switch {
	case !ok:
	case pressed(k, s.leave()):
		return s, nil, wantLeave{s.err}
	case pressed(k, s.another()):
		return s, nil, wantPicker{}
	}
	return s, nil, nil
}

func (s signedOut) View(w, _ int) string {
	if s.err != nil {
		return s.env.explained(s.err, w)
	}
	session := ""
	switch {
	case s.out.RevokeErr != nil:
		session = s.env.warning(s.env.say("signout.not_revoked", "Why", s.env.explain(s.out.RevokeErr).Title), w)
	case s.out.Revoked:
		session = wrap(s.env.say("signout.revoked"), w)
	case s.out.Account.Method == flows.AccountChatGPT:
		session = wrap(s.env.say("signout.forgotten"), w)
	}
	return paragraphs(
		s.env.succeeded(s.env.say("signout.heading"), w),
		wrap(s.env.say("signout.shared"), w), session,
	)
}

func (s signedOut) Title() string { return s.env.say("frame.title.signed_out") }
func (s signedOut) Help() string  { return "help.signed_out" }
