package tui

import (
	"codex-login/credstore"
	"codex-login/flows"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// signOut asks what shall become of an account's session, or of all accounts.
type signOut struct {
	env     *env
	entry   flows.Entry
	of      int // accounts there are
	menu    menu
	all     bool // all of them are meant, and it is asked how
	try     attempt
	working bool
	loans   []credstore.Loan // what was lent, of whichever account
}

// newSignOut asks about an account of so many. The zero Entry is a login that
// nobody can read; it is in use.
func newSignOut(e *env, a flows.Entry, of int) signOut {
	if a.ID == "" {
		a.Active = true
	}
	s := signOut{env: e, entry: a, of: of}
	s.menu = s.ways()
	return s
}

// ways: only a ChatGPT session can be ended at OpenAI; a login that nobody can
// read may be one.
func (s signOut) ways() menu {
	var ids []string
	session := s.entry.Method == flows.AccountChatGPT
	switch {
	case s.all:
		ids = []string{"all_revoke", "all_forget"}
	case session && s.entry.Active:
		ids = []string{"revoke", "forget"}
	case s.entry.Active:
		ids = []string{"forget"}
	case session:
		ids = []string{"revoke_one", "forget_one"}
	default:
		ids = []string{"forget_one"}
	}
	if !s.all && s.of > 1 {
		ids = append(ids, "all")
	}
	var m menu
	for _, id := range append(ids, "stay") {
		m.add(id, s.env.say("signout.name."+id, "Count", s.of), s.env.say("signout.about."+id, "Count", s.of))
	}
	return m
}

// Stop ends the revocation; the login here is removed all the same.
func (s signOut) Stop() {
	if s.try.cancel != nil {
		s.try.cancel()
	}
}

func (s signOut) choose() key.Binding { return when(!s.working, s.env.bind("choose", "enter")) }
func (s signOut) back() key.Binding   { return when(!s.working, s.env.bind("back", "esc", "esc", "q")) }
func (s signOut) digits() key.Binding { return when(!s.working, s.menu.digits(s.env)) }

func (s signOut) Keys() []key.Binding { return []key.Binding{s.choose(), s.digits(), s.back()} }

func (s signOut) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	switch msg := msg.(type) {
	case signedOutMsg:
		if msg.attempt == s.try.id {
			return s, nil, isSignedOut{entry: s.entry, out: msg.out, err: msg.err}
		}
	case loansMsg:
		s.loans = msg.loans
	case tea.KeyMsg:
		switch {
		case !s.working && s.menu.moved(s.env, msg):
		case s.menu.numbered(msg, s.digits()), pressed(msg, s.choose()):
			return s.act()
		case pressed(msg, s.back()):
			return s.step()
		}
	}
	return s, nil, nil
}

// step goes back: from how to sign out of all to what to sign out of.
func (s signOut) step() (screen, tea.Cmd, intent) {
	if !s.all {
		return s, nil, wantBack{}
	}
	s.all = false
	s.menu = s.ways()
	return s, nil, nil
}

func (s signOut) act() (screen, tea.Cmd, intent) {
	way := s.menu.chosen()
	switch way {
	case "stay":
		return s.step()
	case "all":
		s.all = true
		s.menu = s.ways()
		return s, nil, nil
	}
	w, l := s.env.work, s.env.login
	s.working, s.try = true, w.attempt()
	switch way {
	case "all_revoke", "all_forget":
		return s, signOutAllCmd(w, s.try, l, way == "all_revoke"), nil
	case "revoke_one", "forget_one":
		return s, forgetCmd(w, s.try, l, s.entry.ID, way == "revoke_one"), nil
	}
	return s, signOutCmd(w, s.try, l, way == "revoke"), nil
}

func (s signOut) question(w int) string {
	id := "question"
	switch {
	case s.all:
		id = "question_all"
	case !s.entry.Active:
		id = "question_one"
	}
	return s.env.theme.Title.Render(wrap(s.env.say("signout."+id, "Who", s.who(), "Count", s.of), w))
}

// who: of an account that has namesakes, the one that is meant.
func (s signOut) who() string {
	if s.of > 1 {
		return s.env.toldOf(s.entry)
	}
	return s.env.called(s.entry)
}

func (s signOut) View(w, h int) string {
	title := s.question(w)
	if s.working {
		return title + "\n\n" + s.env.theme.Accent.Render(wrap(s.env.say("signout.working"), w))
	}
	lent := s.lent(w)
	if lent == "" {
		return title + "\n\n" + s.menu.view(s.env, w, h-height(title)-1)
	}
	return title + "\n\n" + s.menu.view(s.env, w, h-height(title)-height(lent)-3) + "\n\n" + lent
}

// lent says which machines use the account, too.
func (s signOut) lent(w int) string {
	var mine []credstore.Loan
	for _, l := range s.loans {
		if (s.all || l.Account == s.entry.ID) && (l.Until.IsZero() || l.Until.After(s.env.now())) {
			mine = append(mine, l)
		}
	}
	return s.env.lent("signout.to_lend", mine, w)
}

// FocusedLine is the selected row.
func (s signOut) FocusedLine(w, h int) int {
	title, below := height(s.question(w)), 0
	if lent := s.lent(w); lent != "" {
		below = height(lent) + 2
	}
	return title + 1 + s.menu.line(w, h-title-1-below)
}

func (s signOut) Title() string { return s.env.say("frame.title.sign_out") }
func (s signOut) Help() string  { return "help.sign_out" }
