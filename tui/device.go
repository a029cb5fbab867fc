package tui

import (
	"errors"
	"strings"
	"time"

	"codex-login/assets/display"
	"codex-login/flows"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
)

// device shows a code to be typed on any other device, and waits.
type device struct {
	signIn
	expired bool
	code    string // the QR code, drawn once
}

func newDevice(e *env, r flows.Request) (device, tea.Cmd) {
	s := device{signIn: signIn{env: e, request: r}}
	cmd := s.begin()
	return s, cmd
}

func (s device) waiting() bool { return s.challenge != nil && !s.expired && !s.arrived() }

func (s device) copyCode() key.Binding { return when(s.waiting(), s.env.bind("copy_code", "c")) }
func (s device) open() key.Binding     { return when(s.waiting(), s.env.bind("open", "o")) }
func (s device) copyLink() key.Binding { return when(s.waiting(), s.env.bind("copy_link", "u")) }
func (s device) print() key.Binding    { return when(s.waiting(), s.env.bind("print", "p")) }
func (s device) alone() key.Binding {
	return when(s.waiting() && s.code != "", s.env.bind("qr", "f", "f", "Q"))
}

func (s device) browser() key.Binding {
	return when(!s.arrived() && s.to == "", s.env.bind("browser", "b"))
}
func (s device) back() key.Binding { return s.env.bind("back", "esc", "esc", "q") }

func (s device) renew() key.Binding {
	shown := "r"
	keys := []string{"r"}
	if s.expired {
		shown, keys = "enter", []string{"enter", "r"}
	}
	return when((s.waiting() || s.expired) && s.to == "", s.env.bind("new_code", shown, keys...))
}

func (s device) approve() key.Binding {
	return when(s.env.demo != nil && s.waiting(), s.env.bind("approve", "a"))
}

func (s device) trace() key.Binding { return s.env.traceKey(true) }

func (s device) Keys() []key.Binding {
	all := []key.Binding{s.approve(), s.copyCode(), s.open(), s.browser(), s.back(), s.print(), s.alone(), s.copyLink(), s.renew(), s.trace()}
	if s.expired {
		all = []key.Binding{s.renew(), s.browser(), s.back(), s.trace()}
	}
	return all
}

func (s device) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	switch msg := msg.(type) {
	case tea.KeyMsg:
		return s.press(msg)
	case approvedMsg:
		if msg.attempt == s.try.id && msg.err != nil {
			return s, nil, isFailed{msg.err, flows.Device}
		}
		return s, nil, nil
	}
	if s.expired {
		return s, nil, nil
	}
	cmd, err := s.update(msg)
	switch {
	case errors.Is(err, flows.ErrExpired):
		s.expired = true
		s.Stop()
		return s, nil, nil
	case err != nil:
		return s, nil, isFailed{err, flows.Device}
	case s.challenge != nil && s.challenge.Method == flows.Browser:
		return s, cmd, wantBrowserInstead{s.signIn}
	case s.challenge != nil && s.code == "":
		s.code = qrCode(s.challenge.ScanURL(), s.env.theme.Glyphs.Unicode)
	}
	return s, cmd, nil
}

func (s device) press(k tea.KeyMsg) (screen, tea.Cmd, intent) {
	switch {
	case pressed(k, s.copyCode()):
		return s, s.copyIt("code", s.challenge.UserCode), nil
	case pressed(k, s.open()):
		return s, openCmd(s.try, s.challenge), nil
	case pressed(k, s.copyLink()):
		return s, s.copyIt("link", s.challenge.ScanURL()), nil
	case pressed(k, s.print()):
		return s, s.printIt(s.challenge.ScanURL(), s.challenge.UserCode), nil
	case pressed(k, s.alone()):
		return s, nil, wantQR{s.challenge.ScanURL()}
	case pressed(k, s.approve()):
		return s, approveCmd(s.try, s.env.demo, s.challenge), nil
	case pressed(k, s.renew()):
		s.expired, s.code = false, ""
		cmd := s.begin()
		return s, cmd, nil
	case pressed(k, s.browser()):
		return s, nil, wantInstead{flows.Browser}
	case pressed(k, s.trace()):
		return s, nil, wantTrace{}
	case pressed(k, s.back()):
		return s, nil, wantBack{}
	}
	return s, nil, nil
}

func (s device) View(w, h int) string {
	t := s.env.theme
	if s.challenge == nil {
		return t.Faint.Render(wrap(s.env.say("device.asking"), w))
	}
	if s.expired {
		return t.Title.Render(wrap(s.env.say("device.expired.title"), w)) + "\n\n" + wrap(s.env.say("device.expired.text"), w)
	}
	const gap, least = 3, 30
	foot := s.foot(w)
	qw, qh := width(s.code), height(s.code)
	room := h - height(foot)
	switch {
	case s.code != "" && w >= qw+gap+least && room >= qh:
		steps := s.steps(w - qw - gap)
		// What to do comes before the picture of it where both cannot stand in
		// the window.
		if height(steps) <= room {
			body := beside(s.code, steps, gap)
			bar := ""
			if height(body) < room && !s.arrived() {
				bar = s.bar(qw) + "\n"
			}
			return body + "\n" + bar + foot
		}
	case s.code != "" && w >= qw:
		if steps := s.steps(w); height(steps)+1+qh <= room {
			return steps + "\n\n" + s.code + "\n" + foot
		}
	}
	return s.steps(w, foot)
}

// steps is what to do, what stands right beneath, and the warning.
func (s device) steps(w int, beneath ...string) string {
	t := s.env.theme
	number := func(n, text string) string { return hanging(t.Accent.Render(n)+"  ", text, w) }
	border := lipgloss.RoundedBorder()
	if !t.Glyphs.Unicode {
		border = lipgloss.ASCIIBorder()
	}
	code := t.Code.Render(cut(display.Clean(s.challenge.UserCode), w-9, ""))
	boxed := t.Faint.UnsetFaint().Border(border).Padding(0, 2).Render(code)
	parts := []string{
		number("1", s.env.say("device.open")) + "\n" + indent(link(t, s.challenge.URL, w-3), 3),
		number("2", s.env.say("device.type")) + "\n" + indent(boxed, 3),
	}
	parts = append(append(parts, beneath...), s.env.warning(s.env.say("device.warning"), w))
	if s.env.demo != nil {
		parts = append(parts, t.Accent.Render(wrap(s.env.say("frame.demo_approve"), w)))
	}
	for _, n := range s.said() {
		parts = append(parts, s.env.warning(n, w))
	}
	return strings.Join(parts, "\n\n")
}

// foot is the waiting line and, on a row of its own, how long the code works.
// That row is short and alone, because Bubble Tea writes a changed row again
// from its beginning: beside the QR code it would be the whole picture.
func (s device) foot(w int) string {
	t := s.env.theme
	if s.arrived() {
		return t.Accent.Render(wrap(s.storing(), w))
	}
	if s.challenge.ExpiresAt.IsZero() {
		return t.Faint.Render(wrap(s.env.say("device.waiting"), w))
	}
	return cut(s.env.say("device.valid", "Left", s.env.clock(s.challenge.ExpiresAt)), w, t.Glyphs.Ellipsis)
}

// codeLifetime is what the bar shows as full; OpenAI's codes live that long.
const codeLifetime = 15 * time.Minute

// bar shows the same in a form that changes only now and then.
func (s device) bar(w int) string {
	t := s.env.theme
	left := s.challenge.ExpiresAt.Sub(s.env.now())
	n := min(max(int((int64(left)*int64(w)+int64(codeLifetime)-1)/int64(codeLifetime)), 0), w)
	return t.Accent.UnsetBold().Render(strings.Repeat(t.Glyphs.Filled, n)) + t.Faint.Render(strings.Repeat(t.Glyphs.Empty, w-n))
}

func (s device) Title() string { return s.titled("device") }
func (s device) Help() string  { return "help.device" }
