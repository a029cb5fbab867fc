package tui

import (
	"fmt"
	"time"

	"codex-login/credstore"
	"codex-login/flows"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// awakeAfter is how long a screen that came by itself takes no keys. Nobody
// reads and answers faster; what was typed for the screen before is over.
const awakeAfter = 250 * time.Millisecond

// root is the tea.Model: a stack of screens, the window, and nothing else. Keys
// go to the screen on top, everything else to all of them, because the one that
// waits for an answer may lie beneath a help page.
type root struct {
	env   *env
	stack []screen

	w, h   int
	scroll int
	status string // what the last key did, until the next one

	start   flows.Method   // straight there after the check
	mode    credstore.Mode // where the next login shall be kept
	settled bool           // signed in, or signed out on purpose: leaving cancels nothing
	known   int            // accounts in the book, when it was last read
	err     error          // why it ends without a login

	shown  int  // counts the screens, to tell an old awakeMsg
	asleep bool // takes no keys for a moment
	leave  bool

	crash func(any) // stops the program after a panic
}

func newRoot(e *env, start flows.Method, mode credstore.Mode, crash func(any)) root {
	return root{env: e, stack: []screen{newWelcome(e)}, start: start, mode: mode, crash: crash}
}

// blockedBy is a root for rules that nobody can sign in under.
func (r root) blockedBy(err error) root {
	if err != nil {
		r.stack, r.err = []screen{blocked{r.env, err}}, err
	}
	return r
}

func (r root) Init() tea.Cmd {
	if _, stays := r.top().(blocked); stays {
		return nil
	}
	return r.guard(checkCmd(r.env.work, r.env.login, r.start))
}

// Update is update, kept from taking the terminal down with it.
func (r root) Update(msg tea.Msg) (model tea.Model, cmd tea.Cmd) {
	defer func() {
		if p := recover(); p != nil {
			r.crash(p)
			model, cmd = r, tea.Quit
		}
	}()
	next, cmd := r.update(msg)
	if next.leave {
		return next, tea.Quit
	}
	return next, next.guard(cmd)
}

// guard keeps a panic in a command from leaving the terminal as it is.
func (r root) guard(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() (msg tea.Msg) {
		defer func() {
			if p := recover(); p != nil {
				r.crash(p)
				msg = nil
			}
		}()
		msg = cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			for i, c := range batch {
				batch[i] = r.guard(c)
			}
		}
		return msg
	}
}

func (r root) update(msg tea.Msg) (root, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		r.w, r.h = msg.Width, msg.Height
		return r, nil
	case tea.KeyMsg:
		return r.typed(msg)
	case awakeMsg:
		r.asleep = r.asleep && msg.screen != r.shown
		return r, nil
	case copiedMsg:
		r.status = r.env.say("frame.copied."+string(msg.result), "What", r.env.say("frame.what."+msg.what))
		return r, nil
	case openedMsg:
		r.status = r.env.say("frame.opened")
		if msg.err != nil {
			r.status = r.env.say("frame.not_opened")
		}
		return r, nil
	case saidMsg:
		r.status = msg.text
		return r, nil
	case listedMsg:
		if msg.listing.err == nil {
			r.known = len(msg.listing.Entries)
		}
	case errandMsg:
		r = r.sent(msg)
	case finishedMsg:
		// Stored is stored, whichever screen is up by now.
		if msg.err == nil {
			return r.route(isStored{msg.receipt})
		}
	}
	var cmds []tea.Cmd
	for i := len(r.stack) - 1; i >= 0; i-- {
		next, cmd, want := r.stack[i].Update(msg)
		r.stack[i] = next
		cmds = append(cmds, cmd)
		if want != nil {
			r.drop(i + 1)
			var cmd tea.Cmd
			r, cmd = r.route(want)
			return r, tea.Batch(append(cmds, cmd)...)
		}
	}
	return r, tea.Batch(cmds...)
}

// sent: who has signed in for another machine leaves without having cancelled
// anything.
func (r root) sent(msg errandMsg) root {
	if !msg.done {
		return r
	}
	r.settled, r.err = true, nil
	if msg.kind == flows.SendMove {
		r.known = max(r.known-1, 0)
	}
	return r
}

func (r root) top() screen { return r.stack[len(r.stack)-1] }

// drop ends the screens from n upwards.
func (r *root) drop(n int) {
	for _, s := range r.stack[n:] {
		if s, ok := s.(stoppable); ok {
			s.Stop()
		}
	}
	// What was typed into them is not kept either.
	clear(r.stack[n:])
	r.stack = r.stack[:n:n]
	r.scroll = 0
}

// typed takes keys that arrived in one read, as fast typing over SSH does, one
// by one. What was pasted stays whole.
func (r root) typed(msg tea.KeyMsg) (root, tea.Cmd) {
	if msg.Type == tea.KeyEsc && msg.Alt { // twice esc, read at once
		msg.Alt = false
		r, first := r.press(msg)
		if r.leave {
			return r, first
		}
		r, second := r.press(msg)
		return r, tea.Batch(first, second)
	}
	if msg.Type != tea.KeyRunes || msg.Paste || len(msg.Runes) < 2 {
		return r.press(msg)
	}
	var cmds []tea.Cmd
	for _, k := range msg.Runes {
		one := msg
		one.Runes = []rune{k}
		var cmd tea.Cmd
		r, cmd = r.press(one)
		cmds = append(cmds, cmd)
		if r.leave {
			break
		}
	}
	return r, tea.Batch(cmds...)
}

func (r root) press(msg tea.KeyMsg) (root, tea.Cmd) {
	switch {
	case msg.Type == tea.KeyCtrlC:
		return r.route(wantLeave{})
	case msg.Type == tea.KeyCtrlZ:
		return r, tea.Suspend
	case r.asleep:
		return r, nil
	}
	r.status = ""
	if pressed(msg, r.helpKey()) {
		r.stack = append(r.stack[:len(r.stack):len(r.stack)], newHelp(r.env, r.top(), r.helpKey()))
		r.scroll = 0
		return r, nil
	}
	if by, ok := r.scrolled(msg); ok {
		r.scroll = by
		return r, nil
	}
	if t, ok := r.top().(typing); ok && t.Typing() {
		r.scroll = 0 // back to where the text is
	}
	i := len(r.stack) - 1
	next, cmd, want := r.stack[i].Update(msg)
	r.stack[i] = next
	if want == nil {
		return r, cmd
	}
	r, then := r.route(want)
	return r, tea.Batch(cmd, then)
}

// helpKey is ? where letters are keys, and F1 always.
func (r root) helpKey() key.Binding {
	if _, open := r.top().(help); open {
		return when(false, key.NewBinding())
	}
	if t, ok := r.top().(typing); ok && t.Typing() {
		return r.env.bind("help", "f1")
	}
	return r.env.bind("help", "?", "?", "f1")
}

// scrolled moves through a body that is higher than its place.
func (r root) scrolled(msg tea.KeyMsg) (int, bool) {
	f := r.frame()
	if f.hidden == 0 {
		return 0, false
	}
	page := max(f.bodyH-1, 1)
	to := f.scroll
	switch {
	case pressed(msg, key.NewBinding(key.WithKeys("pgdown"))):
		to += page
	case pressed(msg, key.NewBinding(key.WithKeys("pgup"))):
		to -= page
	case f.arrows && pressed(msg, r.env.scrollKey()):
		to++
		if msg.String() == "up" {
			to -= 2
		}
	default:
		return 0, false
	}
	return min(max(to, 0), f.hidden), true
}

// View is view, kept from taking the terminal down with it.
func (r root) View() (out string) {
	defer func() {
		if p := recover(); p != nil {
			r.crash(p)
			out = ""
		}
	}()
	return r.frame().String()
}

// crashError is a mistake of this program.
type crashError struct{ what string }

func (e *crashError) Error() string { return e.what }

func newCrash(p any) *crashError { return &crashError{fmt.Sprint(p)} }
