package tui

import (
	"errors"
	"maps"
	"slices"

	"codex-login/flows"

	tea "github.com/charmbracelet/bubbletea"
)

// accounts is the account book: who can be switched to, and how each of them
// stands. What is typed filters it; what is done is done with ctrl.
type accounts struct {
	env *env
	try attempt // reading the list, and renewing what is due

	list   *roster // nil until it is there
	notes  []string
	wins   []flows.Winner
	filter field
	hits   []int // rows that the filter leaves, as places in list
	row    int   // the selected one of hits

	pick     string            // the account to be selected when the list comes
	due      []flows.Entry     // still to be renewed
	checking map[string]bool   // being looked at now
	doubts   map[string]string // why an account could not be looked at
	act      attempt           // the switch under way
	target   string            // the account that is switched to
}

// atOnce is how many accounts one command renews: few, so that the list shows
// soon what became of them.
const atOnce = 4

func newAccounts(e *env, found listing) (accounts, tea.Cmd) {
	s := blankAccounts(e)
	return s.listed(found)
}

// awaitAccounts is the screen while the book is read.
func awaitAccounts(e *env, pick string) (accounts, tea.Cmd) {
	s := blankAccounts(e)
	s.pick = pick
	return s, listCmd(e.work, s.try, e.login)
}

func blankAccounts(e *env) accounts {
	s := accounts{env: e, try: e.work.attempt(), filter: newField(e, e.say("accounts.filter"), false)}
	s.filter.CharLimit = 200
	s.filter.Focus()
	return s
}

// reload reads the book again and shows the old list until it is there.
func (s accounts) reload(pick string) (accounts, tea.Cmd) {
	s.try.cancel()
	s.try, s.due, s.checking, s.target, s.pick = s.env.work.attempt(), nil, nil, "", pick
	return s, listCmd(s.env.work, s.try, s.env.login)
}

// Typing: letters are the filter.
func (s accounts) Typing() bool { return true }

// Stop ends what is asked about the accounts, and a switch that has not begun.
func (s accounts) Stop() {
	s.try.cancel()
	if s.act.cancel != nil {
		s.act.cancel()
	}
}

// listed shows a list and begins to renew what is due.
func (s accounts) listed(found listing) (accounts, tea.Cmd) {
	if found.err != nil && len(found.Entries) == 0 && s.list != nil {
		return s, sayCmd(s.env.explain(found.err).Title)
	}
	if at, ok := s.selected(); ok && s.pick == "" {
		s.pick = at.ID
	}
	s.list, s.wins, s.doubts = newRoster(s.env, found.Entries), found.wins, nil
	s.notes = s.env.accountNotes(found)
	s.refilter()
	s.selectID(s.pick)
	s.pick = ""
	for _, a := range found.Entries {
		if a.Due(s.env.now()) {
			s.due = append(s.due, a)
		}
	}
	return s.nextDue()
}

// nextDue looks at the next few accounts.
func (s accounts) nextDue() (accounts, tea.Cmd) {
	s.checking = nil
	if len(s.due) == 0 {
		return s, nil
	}
	n := min(len(s.due), atOnce)
	batch := s.due[:n]
	s.due, s.checking = s.due[n:], map[string]bool{}
	for _, a := range batch {
		s.checking[a.ID] = true
	}
	return s, dueCmd(s.env.work, s.try, s.env.login, batch)
}

// verified takes in what came of looking at accounts.
func (s accounts) verified(msg verifiedMsg) (accounts, tea.Cmd) {
	if msg.attempt != s.try.id || s.list == nil {
		return s, nil
	}
	if msg.err == nil {
		s.list = s.list.with(msg.checked)
	}
	s.doubts = maps.Clone(s.doubts)
	for _, c := range msg.checked {
		if s.doubts == nil {
			s.doubts = map[string]string{}
		}
		delete(s.doubts, c.ID)
		if c.Err != nil && !errors.As(c.Err, new(*flows.SessionEndedError)) {
			s.doubts[c.ID] = s.env.explain(c.Err).Title
		}
	}
	if msg.asked == "" {
		return s.nextDue()
	}
	s.checking = maps.Clone(s.checking)
	delete(s.checking, msg.asked)
	return s, sayCmd(s.env.outcome(msg))
}

// refilter applies what is typed; the first account that is left is selected.
func (s *accounts) refilter() {
	s.row = 0
	if s.list != nil {
		s.hits = s.list.matches(s.filter.Value())
	}
}

func (s *accounts) selectID(id string) {
	if id == "" {
		return
	}
	if at := slices.IndexFunc(s.hits, func(i int) bool { return s.list.entries[i].ID == id }); at >= 0 {
		s.row = at
	}
}

// selected is the account that the keys are about.
func (s accounts) selected() (flows.Entry, bool) {
	if s.list == nil || s.row >= len(s.hits) {
		return flows.Entry{}, false
	}
	return s.list.entries[s.hits[s.row]], true
}

func (s accounts) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	switch msg := msg.(type) {
	case tea.KeyMsg:
		return s.press(msg)
	case enterMsg:
		if s.idle() {
			return s.enter(msg.entry)
		}
	case listedMsg:
		if msg.attempt != s.try.id {
			return s, nil, nil
		}
		if len(msg.listing.Entries) == 0 {
			if msg.listing.err == nil {
				return s, nil, isEmpty{}
			}
			if s.list == nil {
				return s, nil, isTrouble{err: msg.listing.err}
			}
		}
		next, cmd := s.listed(msg.listing)
		return next, cmd, nil
	case verifiedMsg:
		next, cmd := s.verified(msg)
		return next, cmd, nil
	case switchedMsg:
		if msg.attempt == s.act.id && s.target != "" {
			return s.switched(msg)
		}
	}
	return s, nil, nil
}

// switched: what a switch found out about an account is kept in the list.
func (s accounts) switched(msg switchedMsg) (screen, tea.Cmd, intent) {
	id := s.target
	s.target = ""
	var ended *flows.SessionEndedError
	var gone *flows.NoAccountError
	switch {
	case msg.err == nil:
		return s, nil, msg.now
	case errors.As(msg.err, &ended):
		if i := s.list.at(id); i >= 0 {
			s.list = s.list.with([]flows.Checked{{ID: id, Account: s.list.entries[i].Account, Err: ended}})
		}
		return s, sayCmd(s.env.say("accounts.dead")), nil
	case errors.As(msg.err, &gone):
		next, cmd := s.reload("")
		return next, tea.Batch(cmd, sayCmd(s.env.say("accounts.gone"))), nil
	}
	return s, nil, isTrouble{err: msg.err, said: s.env.say("accounts.unchanged")}
}

func (s accounts) Title() string { return s.env.say("frame.title.accounts") }
func (s accounts) Help() string  { return "help.accounts" }
