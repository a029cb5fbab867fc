package tui

import (
	"errors"
	"slices"
	"strings"

	"codex-login/assets/display"
	"codex-login/flows"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// accountCard says everything about one account, and of the one in use which
// credential really wins.
type accountCard struct {
	env      *env
	entry    flows.Entry
	wins     []flows.Winner
	try      attempt // the list's, so that it learns what is found out here
	checking bool
}

func newAccountCard(e *env, w wantCard) accountCard {
	return accountCard{env: e, entry: w.entry, wins: w.wins, try: w.try}
}

// choose is what enter does in the list.
func (s accountCard) choose() key.Binding {
	return when(wayOf(s.entry) == "switch" && s.entry.ID != "", s.env.bind("switch", "enter"))
}

func (s accountCard) back() key.Binding {
	if s.choose().Enabled() {
		return s.env.bind("back", "esc", "esc", "q")
	}
	return s.env.bind("back", "enter", "enter", "esc", "q")
}

func (s accountCard) another() key.Binding {
	id := "add"
	if s.entry.Ended != nil {
		id = "again"
	}
	return s.env.bind(id, "n")
}
func (s accountCard) out() key.Binding { return s.env.bind("sign_out", "o") }
func (s accountCard) check() key.Binding {
	return when(!s.checking && s.entry.ID != "", s.env.bind("check", "t"))
}

func (s accountCard) machines() key.Binding {
	return when(s.env.demo == nil && s.entry.ID != "", s.env.bind("machines", "x"))
}

func (s accountCard) export() key.Binding {
	return when(s.entry.ID != "", s.env.bind("export", "e"))
}

func (s accountCard) security() key.Binding {
	return when(s.entry.ID != "", s.env.bind("security", "s"))
}

func (s accountCard) Keys() []key.Binding {
	return []key.Binding{s.choose(), s.back(), s.out(), s.another(), s.check(), s.machines(), s.export(), s.security()}
}

func (s accountCard) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	switch msg := msg.(type) {
	case verifiedMsg:
		if msg.attempt == s.try.id && msg.asked == s.entry.ID && s.checking {
			s.checking = false // the list says what came of it
		}
		for _, c := range msg.checked {
			if msg.err == nil && msg.attempt == s.try.id && c.ID == s.entry.ID {
				s.entry = seen(s.entry, c)
			}
		}
	case tea.KeyMsg:
		switch {
		case pressed(msg, s.choose()):
			return s, nil, wantEnter{s.entry}
		case pressed(msg, s.back()):
			return s, nil, wantBack{}
		case pressed(msg, s.out()):
			return s, nil, wantSignOut{s.entry}
		case pressed(msg, s.another()) && s.entry.Ended != nil:
			return s, nil, wantSignIn{s.env.again(s.entry.Account)}
		case pressed(msg, s.another()):
			return s, nil, wantPicker{}
		case pressed(msg, s.security()):
			return s, nil, wantSecurity{s.entry}
		case pressed(msg, s.export()):
			return s, nil, wantExport{s.entry}
		case pressed(msg, s.machines()):
			return s, nil, wantMachines{s.entry}
		case pressed(msg, s.check()):
			s.checking = true
			return s, verifyCmd(s.env.work, s.try, s.env.login, s.entry.ID), nil
		}
	}
	return s, nil, nil
}

func (s accountCard) View(w, _ int) string {
	t := s.env.theme
	heading := t.Title.Render(wrap(s.env.called(s.entry), w))
	if s.entry.Active {
		heading = s.env.succeeded(s.env.say("accounts.card.active"), w)
	}
	var notes []string
	if why := s.env.why(s.entry); why != "" {
		notes = append(notes, s.env.warning(why, w))
	}
	if s.checking {
		notes = append(notes, t.Accent.Render(wrap(s.env.say("accounts.state.checking"), w)))
	}
	shared := ""
	if s.entry.Active {
		shared = t.Faint.Render(wrap(s.env.say("done.shared"), w))
	}
	return paragraphs(heading, s.env.card(s.facts(), w), strings.Join(notes, "\n"), s.winners(w), shared)
}

func (s accountCard) facts() []fact {
	var out []fact
	add := func(name, text string) {
		if text = display.Clean(text); text != "" {
			out = append(out, fact{s.env.say("done.fact." + name), text})
		}
	}
	add("label", s.entry.Label)
	out = append(out, s.env.facts(s.entry.Account)...)
	add("renewed", s.env.time(s.entry.LastRefresh))
	add("sessions", s.env.sessions(s.entry))
	if !s.entry.Active {
		add("used", s.env.ago(s.entry.LastUsed))
	}
	return out
}

// winners says for each way to run Codex which credential it takes.
func (s accountCard) winners(w int) string {
	if !s.entry.Active || len(s.wins) == 0 {
		return ""
	}
	t := s.env.theme
	rows := []string{t.Strong.Render(wrap(s.env.say("accounts.card.wins"), w))}
	for _, c := range s.wins {
		mark := t.Faint.Render(t.Glyphs.Separator) + " "
		rows = append(rows, hanging(mark, display.Clean(flows.ExplainWinner(s.env.words, c)), w))
	}
	for _, warning := range s.env.winnerWarnings(s.wins) {
		rows = append(rows, s.env.warning(warning, w))
	}
	return strings.Join(rows, "\n")
}

func (s accountCard) Title() string { return s.env.say("frame.title.account") }
func (s accountCard) Help() string  { return "help.account" }

// winnerWarnings are what an environment does behind the person's back, each
// once.
func (e *env) winnerWarnings(wins []flows.Winner) []string {
	var out []string
	for _, w := range wins {
		if text := display.Clean(flows.WinnerWarning(e.words, w)); text != "" && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

// accountNotes are the warnings above the list.
func (e *env) accountNotes(found listing) []string {
	out := append(e.projectNotes(), e.winnerWarnings(found.wins)...)
	for _, n := range found.Notes {
		out = append(out, e.explainNote(n))
	}
	if found.err != nil {
		out = append(out, e.explain(found.err).Title)
	}
	return out
}

// outcome is a check that the person asked for, in a line.
func (e *env) outcome(msg verifiedMsg) string {
	err := msg.err
	var c flows.Checked
	if len(msg.checked) > 0 {
		c = msg.checked[0]
	}
	if err == nil {
		err = c.Err
	}
	var ended *flows.SessionEndedError
	switch {
	case errors.As(err, &ended):
		return e.say("accounts.why." + endedID(flows.Entry{Account: c.Account, Ended: ended}))
	case err != nil:
		return e.say("accounts.checked.not", "Why", e.explain(err).Title)
	case c.Renewed:
		return e.say("accounts.checked.renewed")
	case c.Asked:
		return e.say("accounts.checked.asked")
	}
	return e.say("accounts.checked.fresh", "Until", e.time(c.Account.ExpiresAt))
}

// seen is an account after it was looked at.
func seen(a flows.Entry, c flows.Checked) flows.Entry {
	var ended *flows.SessionEndedError
	switch {
	case errors.As(c.Err, &ended):
		a.Ended = ended
	case c.Err == nil && c.Account.Method != "":
		a.Account, a.Ended = c.Account, nil
	}
	return a
}

// again is the way in which an account is signed in to once more.
func (e *env) again(a flows.Account) flows.Method {
	switch a.Method {
	case flows.AccountAPIKey:
		return flows.APIKey
	case flows.AccountAccessToken:
		return flows.AccessToken
	}
	if e.login.Where.Remote() {
		return flows.Device
	}
	return flows.Browser
}
