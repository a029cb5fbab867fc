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
	if left := r.Replaced(); left != nil {
		before = e.told(*left)
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
	before := s.receipt.Before()
	switch before {
	case flows.BeforeAccount:
		out = append(out, "back_keep")
		if !s.receipt.Known {
			out = append(out, "back_forget")
		}
	case flows.BeforeSession:
		out = append(out, "back_session")
	case flows.BeforeNobody:
	}
	switch s.receipt.Account.Method {
	case flows.AccountAPIKey:
		out = append(out, "key")
	case flows.AccountAccessToken:
		out = append(out, "token")
	default:
		out = append(out, "browser", "device")
	}
	if before == flows.BeforeNobody && !s.receipt.Known {
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
	case undoneMsg:
		if msg.attempt == s.try.id {
			s.working = false
			return s, nil, s.undone(msg)
		}
	case tea.KeyMsg:
		switch {
		case !s.working && s.menu.moved(s.env, msg):
		case s.menu.numbered(msg, s.digits()), pressed(msg, s.choose()):
			return s.act()
		case pressed(msg, s.back()):
			return s, nil, wantBack{}
		}
	}
	return s, nil, nil
}

// undone is where the way back leads.
func (s wrong) undone(msg undoneMsg) intent {
	switch {
	case msg.err != nil:
		return isTrouble{err: msg.err, said: s.env.say("done.wrong.unchanged")}
	case msg.out.Now == nil:
		end := isSignedOut{entry: flows.Entry{Account: s.receipt.Account, Active: true}, err: msg.out.DropErr}
		if msg.out.Dropped != nil {
			end.out = *msg.out.Dropped
		}
		return end
	}
	back := isSwitched{switched: *msg.out.Now}
	if msg.out.Dropped != nil {
		back.dropped = &dropped{s.receipt.Account, *msg.out.Dropped, msg.out.DropErr}
	}
	return back
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
	return s, undoCmd(s.env.work, s.try, s.env.login, s.receipt, way != "back_keep"), nil
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
