package tui

import (
	"maps"

	"codex-login/credstore"
	"codex-login/flows"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// The keys of the accounts screen. Letters are text there, so that what is done
// is done with ctrl.

// idle: one thing at a time, and only with a list.
func (s accounts) idle() bool { return s.list != nil && s.target == "" }

func (s accounts) one() bool {
	_, ok := s.selected()
	return ok && s.idle()
}

// choose is enter, which does what helps the selected account.
func (s accounts) choose() key.Binding {
	a, _ := s.selected()
	return when(s.one(), s.env.bind(wayOf(a), "enter"))
}

// wayOf says what enter does to an account, as the catalogue calls the key.
func wayOf(a flows.Entry) string {
	switch {
	case a.Refused != nil:
		return "why"
	case a.Ended != nil:
		return "again"
	case a.Active:
		return "card"
	}
	return "switch"
}

func (s accounts) add() key.Binding {
	return when(s.target == "", s.env.bind("add", "ctrl+n"))
}
func (s accounts) out() key.Binding   { return when(s.one(), s.env.bind("sign_out", "ctrl+o")) }
func (s accounts) name() key.Binding  { return when(s.named(), s.env.bind("name", "ctrl+e")) }
func (s accounts) check() key.Binding { return when(s.named(), s.env.bind("check", "ctrl+t")) }
func (s accounts) move() key.Binding  { return when(s.idle(), s.env.bind("move_store", "ctrl+s")) }

// machines: a demo's login is for nobody else.
func (s accounts) machines() key.Binding {
	return when(s.one() && s.env.demo == nil, s.env.bind("machines", "ctrl+x"))
}

func (s accounts) checks() key.Binding { return when(s.idle(), s.env.bind("checks", "ctrl+d")) }

func (s accounts) card() key.Binding {
	a, _ := s.selected()
	return when(s.one() && wayOf(a) != "card", s.env.bind("card", "tab"))
}

// named: an account that could only be guessed has no id to go by.
func (s accounts) named() bool {
	a, _ := s.selected()
	return s.one() && a.ID != ""
}

func (s accounts) up() key.Binding {
	return s.env.bind("move", s.env.say("frame.arrows"), "up")
}

func (s accounts) down() key.Binding { return s.env.bind("move", s.env.say("frame.arrows"), "down") }

func (s accounts) back() key.Binding {
	if s.filter.Value() != "" {
		return s.env.bind("clear", "esc")
	}
	return s.env.bind("leave", "esc")
}

func (s accounts) Keys() []key.Binding {
	return []key.Binding{s.choose(), s.back(), s.add(), s.checks(), s.out(), s.name(), s.check(), s.card(), s.machines(), s.move()}
}

func (s accounts) press(k tea.KeyMsg) (screen, tea.Cmd, intent) {
	a, _ := s.selected()
	switch {
	case k.Paste && isLogin(string(k.Runes)):
		return s, nil, wantImport{credstore.NewSecret(string(k.Runes))}
	case pressed(k, s.choose()):
		return s.enter(a)
	case pressed(k, s.card()):
		return s, nil, wantCard{a, s.wins, s.try}
	case pressed(k, s.add()):
		return s, nil, wantPicker{}
	case pressed(k, s.out()):
		return s, nil, wantSignOut{a}
	case pressed(k, s.name()):
		return s, nil, wantRename{a}
	case pressed(k, s.check()):
		s.checking = maps.Clone(s.checking)
		if s.checking == nil {
			s.checking = map[string]bool{}
		}
		s.checking[a.ID] = true
		return s, verifyCmd(s.env.work, s.try, s.env.login, a.ID), nil
	case pressed(k, s.move()):
		return s, nil, wantMove{}
	case pressed(k, s.checks()):
		return s, nil, wantChecks{a}
	case pressed(k, s.machines()):
		return s, nil, wantMachines{a}
	case pressed(k, s.back()) && s.filter.Value() == "":
		return s, nil, wantBack{}
	case pressed(k, s.back()):
		s.filter.wipe()
		s.refilter()
		s.selectID(a.ID)
	case s.moved(k):
	default:
		before := s.filter.Value()
		s.filter.take(k)
		if s.filter.Value() != before {
			s.refilter()
		}
	}
	return s, nil, nil
}

// moved moves the selection, if k is a key for that.
func (s *accounts) moved(k tea.KeyMsg) bool {
	to := s.row
	switch {
	case pressed(k, s.up()):
		to--
	case pressed(k, s.down()):
		to++
	case k.Type == tea.KeyPgUp:
		to -= paged
	case k.Type == tea.KeyPgDown:
		to += paged
	case k.Type == tea.KeyHome:
		to = 0
	case k.Type == tea.KeyEnd:
		to = len(s.hits) - 1
	default:
		return false
	}
	s.row = max(min(to, len(s.hits)-1), 0)
	return true
}

// enter switches, or does what else the account needs.
func (s accounts) enter(a flows.Entry) (screen, tea.Cmd, intent) {
	switch wayOf(a) {
	case "why":
		return s, nil, isTrouble{err: a.Refused, said: s.env.say("accounts.unchanged")}
	case "again":
		return s, nil, wantSignIn{s.env.again(a.Account)}
	case "card":
		return s, nil, wantCard{a, s.wins, s.try}
	}
	s.act, s.target = s.env.work.attempt(), a.ID
	return s, switchCmd(s.env.work, s.act, s.env.login, a.ID), nil
}

// paged is how far a page key goes. A screen does not know how high it is.
const paged = 10
