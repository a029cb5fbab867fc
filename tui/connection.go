package tui

import (
	"slices"
	"strings"

	"codex-login/flows"
	"codex-login/flows/network"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// connection tries the addresses that Codex needs, side by side, and lets a
// person try another bundle of root certificates on them.
type connection struct {
	env  *env
	try  attempt
	to   []flows.Endpoint
	came []*flows.Connection // nil while it is tried
	row  int

	path   field // of a bundle
	trial  *flows.Trial
	chosen string // the path of trial
	reads  bool   // it is being read
	kept   string // the bundle that works, used from now on
	failed error  // why a bundle cannot be tried
	vain   bool   // the last one that was tried did not help
}

func newConnection(e *env) (connection, tea.Cmd) {
	s := connection{env: e, to: e.login.Endpoints(), path: newField(e, e.say("connection.placeholder"), false)}
	return s.start()
}

// start tries every address, with the bundle that is being tried if there is
// one.
func (s connection) start() (connection, tea.Cmd) {
	s.again()
	s.came = make([]*flows.Connection, len(s.to))
	var all []tea.Cmd
	for i, e := range s.to {
		all = append(all, connectCmd(s.try, s.env.login, s.trial, i, e))
	}
	return s, tea.Batch(all...)
}

func (s *connection) again() {
	s.Stop()
	s.try = s.env.work.attempt()
}

// Stop ends what is being tried.
func (s connection) Stop() {
	if s.try.cancel != nil {
		s.try.cancel()
	}
}

// connectionKey goes on from an error of the way to a server.
func (e *env) connectionKey(err error) key.Binding {
	code := e.explain(err).Code
	return when(code == "offline" || code == "tls" || code == "proxy", e.bind("connection", "n"))
}

// Typing: letters are a path.
func (s connection) Typing() bool { return s.path.Focused() && !s.reads }

func (s connection) busy() bool { return s.reads || slices.Contains(s.came, nil) }

func (s connection) submit() key.Binding {
	return when(s.Typing() && s.path.Value() != "", s.env.bind("try_bundle", "enter"))
}

func (s connection) blur() key.Binding {
	return when(s.Typing(), s.env.bind("leave_field", "esc", "esc", "tab"))
}

func (s connection) bundle() key.Binding {
	return when(!s.Typing() && !s.reads, s.env.bind("bundle", "e"))
}

func (s connection) retry() key.Binding {
	return when(!s.Typing() && !s.busy(), s.env.bind("retry", "r"))
}

func (s connection) copy() key.Binding {
	return when(!s.Typing() && s.kept != "", s.env.bind("copy_line", "c"))
}

func (s connection) move() key.Binding {
	return when(!s.Typing(), s.env.bind("move", s.env.say("frame.arrows"), "up", "down", "j", "k"))
}

func (s connection) back() key.Binding {
	return when(!s.Typing(), s.env.bind("back", "esc", "esc", "enter", "q"))
}

func (s connection) Keys() []key.Binding {
	return []key.Binding{s.submit(), s.blur(), s.back(), s.copy(), s.bundle(), s.retry(), s.move()}
}

func (s connection) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	switch msg := msg.(type) {
	case connectedMsg:
		if msg.attempt == s.try.id {
			s.came[msg.row] = &msg.now
			return s.settle()
		}
	case trialMsg:
		if msg.attempt == s.try.id {
			return s.read(msg)
		}
	case keptMsg:
		if msg.attempt == s.try.id {
			s.kept, s.trial = msg.path, nil
		}
	case tea.KeyMsg:
		return s.press(msg)
	}
	return s, nil, nil
}

// read goes on with a bundle that could be read.
func (s connection) read(msg trialMsg) (screen, tea.Cmd, intent) {
	s.reads, s.failed = false, msg.err
	if msg.err != nil {
		s.path.Focus()
		return s, nil, nil
	}
	s.trial, s.chosen = msg.trial, msg.path
	s.path.Blur()
	next, cmd := s.start()
	return next, cmd, nil
}

// settle keeps a bundle with which the sign-in gets through.
func (s connection) settle() (screen, tea.Cmd, intent) {
	if s.busy() || s.trial == nil {
		return s, nil, nil
	}
	if stage := s.came[0].Stage; stage == network.StageDone || stage == network.StageRequest {
		return s, keepCmd(s.try, s.trial, s.chosen), nil
	}
	s.trial, s.vain = nil, true
	return s, nil, nil
}

func (s connection) press(k tea.KeyMsg) (screen, tea.Cmd, intent) {
	switch {
	case pressed(k, s.submit()):
		s.reads, s.failed, s.vain, s.kept = true, nil, false, ""
		s.again()
		for i, c := range s.came {
			if c == nil { // it was given up for the bundle
				s.came[i] = &flows.Connection{Endpoint: s.to[i], Connection: network.Connection{Err: flows.ErrCancelled}}
			}
		}
		return s, trialCmd(s.try, s.env.login, pathOf(s.path.Value(), s.env.home)), nil
	case pressed(k, s.blur()):
		s.path.Blur()
	case s.Typing() || k.Paste && !s.reads:
		s.failed = nil
		s.path.Focus()
		s.path.take(k)
	case pressed(k, s.bundle()):
		s.path.Focus()
	case pressed(k, s.retry()):
		s.vain = false
		next, cmd := s.start()
		return next, cmd, nil
	case pressed(k, s.copy()):
		return s, copyCmd(s.env.work.ctx, s.env.paper, s.env.getenv, "line", network.BundleLine(s.kept)), nil
	case pressed(k, s.back()):
		return s, nil, wantBack{}
	case k.String() == "up" || k.String() == "k":
		s.row = max(s.row-1, 0)
	case k.String() == "down" || k.String() == "j":
		s.row = min(s.row+1, len(s.to)-1)
	}
	return s, nil, nil
}

func (s connection) View(w, _ int) string {
	t := s.env.theme
	return paragraphs(
		lines(t.Title.Render(wrap(s.env.say("connection.heading"), w)), s.rootsLine(w)),
		strings.Join(s.rows(w), "\n"),
		s.bundleState(w),
	)
}

// FocusedLine is the field while it is typed into, else the selected row.
func (s connection) FocusedLine(w, h int) int {
	if s.Typing() {
		return height(s.View(w, h))
	}
	head := height(lines(s.env.say("connection.heading"), s.rootsLine(w))) + 1
	return head + s.row
}

func (s connection) Title() string { return s.env.say("frame.title.connection") }
func (s connection) Help() string  { return "help.connection" }
