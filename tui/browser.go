package tui

import (
	"codex-login/flows"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// browser waits for the sign-in in the browser. Where the browser cannot come
// back by itself, the address that it ended at can be pasted, and a device code
// can be put beside it; the first answer counts.
type browser struct {
	signIn
	paste  field
	frame  int // of the spinner
	failed error
	code   besides
}

func newBrowser(e *env, r flows.Request) (browser, tea.Cmd) {
	s := browser{signIn: signIn{env: e, request: r}, paste: newField(e, e.say("browser.paste_here"), false)}
	cmd := s.begin()
	return s, cmd
}

// continueBrowser takes over an attempt that began with a device code.
func continueBrowser(s signIn) browser {
	return browser{signIn: s, paste: newField(s.env, s.env.say("browser.paste_here"), false)}
}

// Typing: letters go to the field.
func (s browser) Typing() bool { return s.paste.Focused() }

func (s browser) waiting() bool { return s.challenge != nil && !s.arrived() }
func (s browser) idle() bool    { return s.waiting() && !s.Typing() }

func (s browser) open() key.Binding  { return when(s.idle(), s.env.bind("open", "o")) }
func (s browser) copy() key.Binding  { return when(s.idle(), s.env.bind("copy_link", "c", "c", "u")) }
func (s browser) print() key.Binding { return when(s.idle(), s.env.bind("print", "p")) }
func (s browser) focus() key.Binding { return when(s.idle(), s.env.bind("paste", "v", "v", "tab")) }

// device asks for a code beside the browser, or for another one.
func (s browser) device() key.Binding {
	id := "code_too"
	if s.code.ended {
		id = "new_code"
	}
	return when(s.idle() && s.code.free(), s.env.bind(id, "d"))
}

func (s browser) copyTunnel() key.Binding {
	_, known := s.tunnel()
	return when(s.idle() && known, s.env.bind("copy_tunnel", "s"))
}

func (s browser) copyCode() key.Binding {
	return when(s.idle() && s.code.works(), s.env.bind("copy_code", "y"))
}

func (s browser) alone() key.Binding {
	return when(s.idle() && s.code.works() && s.code.qr != "", s.env.bind("qr", "f", "f", "Q"))
}

func (s browser) back() key.Binding   { return when(!s.Typing(), s.env.bind("back", "esc", "esc", "q")) }
func (s browser) submit() key.Binding { return when(s.Typing(), s.env.bind("send", "enter")) }
func (s browser) blur() key.Binding {
	return when(s.Typing(), s.env.bind("leave_field", "esc", "esc", "tab"))
}

func (s browser) approve() key.Binding {
	return when(s.env.demo != nil && s.idle(), s.env.bind("approve", "a"))
}

func (s browser) trace() key.Binding { return s.env.traceKey(!s.Typing()) }

func (s browser) Keys() []key.Binding {
	first := []key.Binding{s.submit(), s.blur(), s.approve()}
	if s.elsewhere() {
		// No page opens by itself, so that texts have to get across.
		return append(first, s.copy(), s.focus(), s.copyTunnel(), s.device(), s.copyCode(), s.back(), s.print(), s.alone(), s.open(), s.trace())
	}
	return append(first, s.open(), s.copy(), s.back(), s.focus(), s.device(), s.copyCode(), s.print(), s.alone(), s.trace())
}

func (s browser) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	switch msg := msg.(type) {
	case tea.KeyMsg:
		return s.press(msg)
	case answeredMsg:
		if msg.attempt == s.try.id {
			s.failed = msg.err
			if msg.err == nil {
				s.paste.wipe()
			}
		}
		return s, nil, nil
	case approvedMsg:
		if msg.attempt == s.try.id && msg.err != nil {
			return s, nil, isFailed{msg.err, flows.Browser}
		}
		return s, nil, nil
	case codeMsg:
		return s.askCode()
	case deviceAddedMsg:
		if msg.attempt == s.try.id {
			s.code = s.code.arrived(s.env, msg)
		}
		return s, nil, nil
	case tickMsg:
		if msg.attempt == s.try.id && s.env.motion {
			s.frame++
		}
	}
	cmd, err := s.update(msg)
	if err != nil {
		return s, nil, isFailed{err, flows.Browser}
	}
	if msg, ok := msg.(tickMsg); ok && msg.attempt == s.try.id {
		s.code = s.code.look(s.env)
	}
	return s, cmd, nil
}

// askCode puts a device code beside the browser.
func (s browser) askCode() (screen, tea.Cmd, intent) {
	if !s.waiting() || !s.code.free() {
		return s, nil, nil
	}
	s.code = besides{asking: true}
	return s, addDeviceCmd(s.try, s.challenge), nil
}

func (s browser) press(k tea.KeyMsg) (screen, tea.Cmd, intent) {
	switch {
	case s.waiting() && (k.Paste || s.Typing() && !pressed(k, s.submit(), s.blur())):
		s.failed = nil
		s.paste.Focus()
		s.paste.take(k)
	case pressed(k, s.submit()):
		text := s.paste.Value()
		return s, answerCmd(s.try.id, s.challenge, text), nil
	case pressed(k, s.blur()):
		s.paste.Blur()
	case pressed(k, s.focus()):
		s.paste.Focus()
	case pressed(k, s.open()):
		return s, openCmd(s.try, s.challenge), nil
	case pressed(k, s.copy()):
		return s, s.copyIt("link", s.challenge.URL), nil
	case pressed(k, s.print()):
		return s, s.printIt(s.texts()...), nil
	case pressed(k, s.copyTunnel()):
		t, _ := s.tunnel()
		return s, s.copyIt("tunnel", t.Command), nil
	case pressed(k, s.copyCode()):
		return s, s.copyIt("code", s.code.challenge.UserCode), nil
	case pressed(k, s.alone()):
		return s, nil, wantQR{s.code.challenge.ScanURL()}
	case pressed(k, s.approve()):
		return s, approveCmd(s.try, s.env.demo, s.challenge), nil
	case pressed(k, s.device()) && s.code.known():
		return s.askCode()
	case pressed(k, s.device()):
		return s, nil, wantCodeToo{}
	case pressed(k, s.trace()):
		return s, nil, wantTrace{}
	case pressed(k, s.back()):
		return s, nil, wantBack{}
	}
	return s, nil, nil
}

func (s browser) View(w, h int) string {
	t := s.env.theme
	if s.challenge == nil {
		return t.Faint.Render(wrap(s.env.say("browser.starting"), w))
	}
	title := t.Title.Render(wrap(s.env.say("browser.heading"), w))
	if s.arrived() {
		return title + "\n\n" + s.waitLine(s.storing(), w)
	}
	if s.elsewhere() {
		view, _ := s.ways(w, h)
		return view
	}
	return s.local(title, w, h)
}

// local is the wait where the browser is on this machine.
func (s browser) local(title string, w, h int) string {
	t := s.env.theme
	above := []string{
		title + "\n" + wrap(s.env.say("browser.text"), w),
		link(t, s.challenge.URL, w),
		s.waitLine(s.until("browser.waiting"), w),
	}
	for _, n := range s.said() {
		above = append(above, s.env.warning(n, w))
	}
	if s.env.demo != nil {
		above = append(above, t.Accent.Render(wrap(s.env.say("frame.demo_approve"), w)))
	}
	below := s.hint(s.env.say("browser.elsewhere"), w) + "\n" + s.paste.view(w)
	for _, picture := range []bool{true, false} {
		parts := append(append([]string(nil), above...), s.code.view(s.env, w, picture), below)
		if airy := paragraphs(parts...); height(airy) <= h {
			return airy
		}
	}
	code := s.code.view(s.env, w, false)
	if parts := paragraphs(lines(above...), code, below); code != "" && height(parts) <= h {
		return parts
	}
	return lines(append(above, code, below)...)
}

// said are the notes, also those about the code. That no page could be opened
// is said by the screen itself where nobody would have seen it.
func (s browser) said() []string {
	of := s.signIn
	of.notes = nil
	for _, n := range s.notes {
		if n.Code != flows.NoteCodeEnded && (n.Code != flows.NoteBrowserFailed || !s.elsewhere()) {
			of.notes = append(of.notes, n)
		}
	}
	of.notes = append(of.notes, s.code.notes...)
	out := of.said()
	if err := s.code.refused; err != nil {
		out = append(out, s.env.say("browser.no_code", "Why", s.env.explain(err).Title))
	}
	return out
}

// FocusedLine is the field, while it is typed into.
func (s browser) FocusedLine(w, h int) int {
	switch {
	case !s.Typing():
		return -1
	case s.elsewhere() && s.waiting():
		_, row := s.ways(w, h)
		return row
	}
	return height(s.View(w, h))
}

// until says how long is waited: without a limit, for ever.
func (s browser) until(id string) string {
	text := s.env.say(id, "Port", s.challenge.Port)
	if s.deadline.IsZero() {
		return text + s.env.say("browser.no_limit")
	}
	return text + s.env.say("browser.left", "Left", s.env.clock(s.deadline))
}

// waitLine has the one thing that moves.
func (s browser) waitLine(text string, w int) string {
	t := s.env.theme
	if !s.env.motion {
		return wrap(text, w)
	}
	frames := t.Glyphs.Spinner
	return hanging(t.Accent.Render(frames[s.frame%len(frames)])+"  ", text, w)
}

// hint says what the field is for, or why the text in it is not the answer.
func (s browser) hint(text string, w int) string {
	t := s.env.theme
	if s.failed == nil {
		return t.Faint.Render(wrap(text, w))
	}
	x := s.env.explain(s.failed)
	return t.Bad.Render(wrap(x.Title, w)) + "\n" + t.Faint.Render(wrap(x.Next, w))
}

func (s browser) Title() string { return s.titled("browser") }
func (s browser) Help() string  { return "help.browser" }
