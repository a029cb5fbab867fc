package tui

import (
	"strings"

	"codex-login/assets/display"
	"codex-login/flows"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// done is the end of a sign-in: whose login it is, where it is, what next.
type done struct {
	env      *env
	receipt  flows.Receipt
	try      attempt
	revoking bool
	revoked  bool
	failed   error
	looking  attempt
	holders  flows.Holders // programs that run with the account before
	notes    []string      // what the environment and the provider make of the login
}

func newDone(e *env, r flows.Receipt) done {
	s := done{env: e, receipt: r, looking: e.work.attempt()}
	s.notes = e.winnerWarnings(e.login.Wins(r.Account))
	if note := display.Clean(flows.ProviderNote(e.words, e.login.Provider())); note != "" {
		s.notes = append(s.notes, note)
	}
	return s
}

// look finds the programs that do not know of the new login yet.
func (s done) look() tea.Cmd {
	if s.receipt.Back == "" && s.receipt.Previous == nil {
		return nil
	}
	return holdersCmd(s.looking, s.env)
}

// Stop ends a revocation under way.
func (s done) Stop() {
	s.looking.cancel()
	if s.try.cancel != nil {
		s.try.cancel()
	}
}

func (s done) leave() key.Binding { return s.env.bind("leave", "enter", "enter", "q", "esc") }
func (s done) revoke() key.Binding {
	return when(s.receipt.Previous != nil && !s.revoking && !s.revoked, s.env.bind("revoke", "r"))
}

// wrong: it may have become another account than was meant.
func (s done) wrong() key.Binding {
	return when(s.receipt.ID != "" && !s.revoking, s.env.bind("wrong", "w"))
}

func (s done) list() key.Binding {
	return when(s.receipt.ID != "" && !s.revoking, s.env.bind("accounts", "a"))
}

func (s done) security() key.Binding {
	return when(s.receipt.ID != "" && !s.revoking, s.env.bind("security", "s"))
}

func (s done) Keys() []key.Binding {
	return []key.Binding{s.leave(), s.wrong(), s.list(), s.security(), s.revoke()}
}

func (s done) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	switch msg := msg.(type) {
	case revokedMsg:
		if msg.attempt == s.try.id {
			s.revoking, s.revoked, s.failed = false, msg.err == nil, msg.err
		}
	case holdersMsg:
		if msg.attempt == s.looking.id {
			s.holders = msg.holders
		}
	case tea.KeyMsg:
		switch {
		case pressed(msg, s.leave()):
			return s, nil, wantLeave{}
		case pressed(msg, s.wrong()):
			r := s.receipt
			if s.revoked {
				r.Back, r.Previous = "", nil // there is nothing to go back to any more
			}
			return s, nil, wantWrong{r}
		case pressed(msg, s.list()):
			return s, nil, wantAccounts{}
		case pressed(msg, s.security()):
			return s, nil, wantSecurity{flows.Entry{Account: s.receipt.Account, ID: s.receipt.ID}}
		case pressed(msg, s.revoke()):
			s.try, s.revoking, s.failed = s.env.work.attempt(), true, nil
			return s, revokeCmd(s.env.work, s.try, s.env.login, s.receipt), nil
		}
	}
	return s, nil, nil
}

func (s done) View(w, _ int) string {
	var notes []string
	for _, n := range s.receipt.Notes {
		notes = append(notes, s.env.note(n, w))
	}
	for _, note := range s.notes {
		notes = append(notes, s.env.warning(note, w))
	}
	return paragraphs(
		s.env.succeeded(s.env.say("done.heading"), w),
		s.env.card(s.env.facts(s.receipt.Account), w),
		strings.Join(notes, "\n"),
		s.previous(w),
		s.held(w),
		s.advised(w),
		s.env.next(s.receipt.Account, w),
	)
}

// previous says what became of the session that was replaced.
func (s done) previous(w int) string {
	t := s.env.theme
	if s.receipt.Previous == nil {
		return ""
	}
	who := s.env.who(*s.receipt.Previous)
	if s.receipt.Back != "" {
		who = s.env.told(*s.receipt.Previous) // it may have the same address
	}
	switch {
	case s.revoking:
		return t.Accent.Render(wrap(s.env.say("done.revoking", "Who", who), w))
	case s.revoked:
		return wrap(s.env.say("done.revoked", "Who", who), w)
	case s.failed != nil:
		return t.Bad.Render(wrap(s.env.say("done.not_revoked", "Who", who), w)) + "\n" +
			t.Faint.Render(wrap(s.env.explain(s.failed).Title, w))
	}
	return wrap(s.env.say("done.previous", "Who", who), w)
}

// held names what still runs with the account before. What cannot be seen is
// not worth a line here, where somebody signed in and did not switch.
func (s done) held(w int) string {
	return s.env.holding(flows.Holders{Programs: s.holders.Programs}, w)
}

// advised is how a ChatGPT account is protected, in a line.
func (s done) advised(w int) string {
	if s.receipt.Account.Method != flows.AccountChatGPT {
		return ""
	}
	return wrap(display.Clean(flows.ExplainSecurity(s.env.words, s.receipt.Security()).Line), w)
}

// next says what the login is good for.
func (e *env) next(a flows.Account, w int) string {
	t := e.theme
	id := "done.next"
	if a.Method == flows.AccountAPIKey {
		id = "done.next_key"
	}
	out := wrap(e.say(id), w)
	if a.Place.Kind == "file" {
		out += "\n" + t.Faint.Render(wrap(e.say("store.password"), w))
	}
	return out
}

func (s done) Title() string { return s.env.say("frame.title.done") }
func (s done) Help() string  { return "help.done" }
