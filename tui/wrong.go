package tui

import (
	"codex-login/flows"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// wrong is for a sign-in that became somebody else than was meant.
type wrong struct {
	env     *env
	receipt flows.Receipt
	menu    menu
	try     attempt
	working bool
}

func newWrong(e *env, r flows.Receipt) wrong {
	s := wrong{env: e, receipt: r}
	before := e.say("done.before")
	if r.Previous != nil {
		before = e.told(*r.Previous)
	}
	pairs := []any{"Who", e.told(r.Account), "Before", before, "Session", r.Account.Method == flows.AccountChatGPT}
	for _, id := range s.ways() {
		s.menu.add(id, e.say("done.wrong.name."+id, pairs...), e.say("done.wrong.about."+id, pairs...))
	}
	return s
}

// ways are what can be done, by their catalogue ids.
func (s wrong) ways() []string {
	var out []string
	if s.receipt.Back != "" {
		out = append(out, "back_keep", "back_forget")
	}
	switch s.receipt.Account.Method {
	case flows.AccountAPIKey:
		out = append(out, "key")
	case flows.AccountAccessToken:
		out = append(out, "token")
	default:
		out = append(out, "browser", "device")
	}
	if s.receipt.Back == "" {
		out = append(out, "forget")
	}
	return out
}

// Stop ends a way back that has not begun.
func (s wrong) Stop() {
	if s.try.cancel != nil {
		s.try.cancel()
	}
}

func (s wrong) choose() key.Binding { return when(!s.working, s.env.bind("choose", "enter")) }
func (s wrong) back() key.Binding   { return when(!s.working, s.env.bind("back", "esc", "esc", "q")) }
func (s wrong) digits() key.Binding { return when(!s.working, s.menu.digits(s.env)) }

func (s wrong) Keys() []key.Binding { return []key.Binding{s.choose(), s.digits(), s.back()} }

func (s wrong) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	switch msg := msg.(type) {
	case switchedMsg:
		if msg.attempt == s.try.id {
			s.working = false
			if msg.err != nil {
				return s, nil, isTrouble{err: msg.err, said: s.env.say("accounts.unchanged")}
			}
			return s, nil, msg.now
		}
	case signedOutMsg:
		if msg.attempt == s.try.id {
			return s, nil, isSignedOut{entry: flows.Entry{Account: s.receipt.Account, Active: true}, out: msg.out, err: msg.err}
		}
	case tea.KeyMsg:
		switch {
		case !s.working && s.menu.moved(s.env, msg):
		case pressed(msg, s.digits()):
			s.menu.row = int(msg.String()[0] - '1')
			return s.act()
		case pressed(msg, s.choose()):
			return s.act()
		case pressed(msg, s.back()):
			return s, nil, wantBack{}
		}
	}
	return s, nil, nil
}

func (s wrong) act() (screen, tea.Cmd, intent) {
	way := s.menu.chosen()
	switch way {
	case "browser":
		return s, nil, wantSignIn{flows.Browser}
	case "device":
		return s, nil, wantSignIn{flows.Device}
	case "key":
		return s, nil, wantSignIn{flows.APIKey}
	case "token":
		return s, nil, wantSignIn{flows.AccessToken}
	}
	s.try, s.working = s.env.work.attempt(), true
	switch way {
	case "back_keep":
		return s, switchCmd(s.env.work, s.try, s.env.login, s.receipt.Back), nil
	case "back_forget":
		return s, undoCmd(s.env.work, s.try, s.env.login, s.receipt), nil
	}
	return s, signOutCmd(s.env.work, s.try, s.env.login, true), nil
}

func (s wrong) View(w, h int) string {
	t := s.env.theme
	title := t.Title.Render(wrap(s.env.say("done.wrong.question", "Who", s.env.told(s.receipt.Account)), w))
	if s.working {
		return title + "\n\n" + t.Accent.Render(wrap(s.env.say("switched.working"), w))
	}
	return title + "\n\n" + s.menu.view(s.env, w, h-height(title)-1)
}

// FocusedLine is the selected row.
func (s wrong) FocusedLine(w, h int) int {
	if s.working {
		return 0
	}
	title := height(wrap(s.env.say("done.wrong.question", "Who", s.env.told(s.receipt.Account)), w))
	return title + 1 + s.menu.line(w, h-title-1)
}

func (s wrong) Title() string { return s.env.say("frame.title.wrong") }
func (s wrong) Help() string  { return "help.wrong" }
