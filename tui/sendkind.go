package tui

import (
	"codex-login/assets/display"
	"codex-login/flows"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// sendKind is where the person chooses what the machines get.
type sendKind struct {
	env     *env
	entry   flows.Entry
	targets []flows.Target
	menu    menu
}

func newSendKind(e *env, w wantKind) sendKind {
	s := sendKind{env: e, entry: w.entry, targets: w.targets}
	for _, k := range flows.SendKinds() {
		if s.possible(k) {
			title, text, _ := k.Explain(e.words)
			if k == flows.SendLend && !s.entry.ExpiresAt.IsZero() {
				title = e.say("sendto.lend_until", "Title", title, "Until", e.time(s.entry.ExpiresAt))
			}
			s.menu.add(string(k), title, text)
		}
	}
	return s
}

// possible: a key cannot be lent, and a login can be moved to one place only.
func (s sendKind) possible(k flows.SendKind) bool {
	switch k {
	case flows.SendLend:
		return s.entry.Method == flows.AccountChatGPT && s.entry.Ended == nil
	case flows.SendCopy:
		return s.entry.Ended == nil
	case flows.SendMove:
		return s.entry.Ended == nil && len(s.targets) == 1
	case flows.SignInFor:
	}
	return true
}

func (s sendKind) kind() flows.SendKind { return flows.SendKind(s.menu.chosen()) }

func (s sendKind) choose() key.Binding { return s.env.bind("choose", "enter") }
func (s sendKind) digits() key.Binding { return s.menu.digits(s.env) }
func (s sendKind) back() key.Binding   { return s.env.bind("back", "esc", "esc", "q") }

func (s sendKind) Keys() []key.Binding { return []key.Binding{s.choose(), s.digits(), s.back()} }

func (s sendKind) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	k, ok := msg.(tea.KeyMsg)
	switch {
	case !ok, s.menu.moved(s.env, k):
	case pressed(k, s.digits()) && s.menu.row != int(k.String()[0]-'1'):
		// A number selects first, so that the warning is read.
		s.menu.row = int(k.String()[0] - '1')
	case pressed(k, s.choose(), s.digits()):
		return s, nil, wantSend{request: flows.SendRequest{
			Kind: s.kind(), Targets: s.targets, Account: s.entry.ID, SignIn: flows.Request{Method: flows.Device},
		}, active: s.entry.Active}
	case pressed(k, s.back()):
		return s, nil, wantBack{}
	}
	return s, nil, nil
}

func (s sendKind) View(w, h int) string {
	list, room := s.list(w, h)
	return s.title(w) + "\n\n" + list.view(s.env, w, room) + "\n\n" + s.warning(w)
}

// list is the menu and the room that it has. Where not all of it fits, the
// warning of the selected kind is what has to be seen.
func (s sendKind) list(w, h int) (list menu, room int) {
	room = h - height(s.title(w)) - height(s.warning(w)) - 2
	if s.menu.height(w) > room {
		return s.menu.folded(), room
	}
	return s.menu, room
}

func (s sendKind) title(w int) string {
	return s.env.theme.Title.Render(wrap(s.env.say("sendto.kind", "To", s.env.names(s.targets)), w))
}

// warning is what to beware of with the selected kind.
func (s sendKind) warning(w int) string {
	_, _, text := s.kind().Explain(s.env.words)
	if s.kind() == flows.SignInFor {
		return s.env.theme.Faint.Render(wrap(display.Clean(text), w))
	}
	return s.env.warning(display.Clean(text), w)
}

// FocusedLine is the selected row.
func (s sendKind) FocusedLine(w, h int) int {
	list, room := s.list(w, h)
	return height(s.title(w)) + 1 + list.line(w, room)
}

func (s sendKind) Title() string { return s.env.say("frame.title.machines") }
func (s sendKind) Help() string  { return "help.send_kind" }

// names is the only machine, or how many there are.
func (e *env) names(targets []flows.Target) string {
	if len(targets) == 1 {
		return display.Clean(targets[0].String())
	}
	return e.say("sendto.machines", "Count", len(targets))
}
