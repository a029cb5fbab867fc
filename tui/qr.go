package tui

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/mdp/qrterminal/v3"
	"rsc.io/qr"
)

// qrCode draws text as a QR code, or returns "" when it is too long for one.
//
// The colours are part of the code, not of the theme: a scanner needs dark on
// light, and white on an explicit black is what all terminals show alike. So
// they stand here under NO_COLOR too, and are never left to the terminal's own.
func qrCode(text string, unicode bool) string {
	// qrterminal passes over this error and would fail on a nil code.
	if _, err := qr.Encode(text, qr.L); text == "" || err != nil {
		return ""
	}
	var b strings.Builder
	qrterminal.GenerateWithConfig(text, qrterminal.Config{
		Level: qr.L, Writer: &b, QuietZone: 2, HalfBlocks: unicode,
		BlackChar: qrBlack(unicode), WhiteChar: qrWhite(unicode),
	})
	code := strings.TrimSuffix(b.String(), "\n")
	if !unicode {
		return code
	}
	const on, off = "\x1b[97;40m", "\x1b[0m"
	out := on + strings.ReplaceAll(code, "\n", off+"\n"+on) + off
	// The last row is half a row of quiet zone. Its other half is nothing, and
	// takes the background of the window, not a black line.
	if last := strings.LastIndex(out, on); !strings.ContainsAny(out[last:], "█▄ ") {
		out = out[:last] + "\x1b[97;49m" + out[last+len(on):]
	}
	return out
}

// Without block elements, two coloured spaces are a module. The ordinary
// white of many terminals is a grey, so it is the bright one.
func qrBlack(unicode bool) string {
	if unicode {
		return qrterminal.BLACK_BLACK
	}
	return "\x1b[40m  \x1b[0m"
}

func qrWhite(unicode bool) string {
	if unicode {
		return qrterminal.WHITE_WHITE
	}
	return "\x1b[107m  \x1b[0m"
}

// qrAlone is the code with the whole window to itself.
type qrAlone struct {
	env  *env
	code string
	text string
}

func newQRAlone(e *env, text string) qrAlone {
	return qrAlone{e, qrCode(text, e.theme.Glyphs.Unicode), text}
}

// qrFits reports whether a code has room in a window.
func qrFits(code string, w, h int) bool { return code != "" && width(code) <= w && height(code) <= h }

func (s qrAlone) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	if _, ok := msg.(tea.KeyMsg); ok {
		return s, nil, wantBack{}
	}
	return s, nil, nil
}

// View draws over the whole window, not only the body.
func (s qrAlone) View(w, h int) string {
	if !qrFits(s.code, w, h) {
		return cutLines(wrap(s.env.say("device.qr_too_big", "Width", width(s.code), "Height", height(s.code)), w), h)
	}
	out := indent(s.code, (w-width(s.code))/2)
	spare := h - height(s.code)
	if spare < 2 {
		return strings.Repeat("\n", spare/2) + out
	}
	hint := s.env.theme.Faint.Render(cut(s.env.say("device.qr_back"), w, s.env.theme.Glyphs.Ellipsis))
	return strings.Repeat("\n", (spare-2)/2) + out + "\n\n" + indent(hint, max((w-ansi.StringWidth(hint))/2, 0))
}

// cutLines keeps the first n lines.
func cutLines(s string, n int) string {
	all := strings.Split(s, "\n")
	return strings.Join(all[:min(len(all), max(n, 1))], "\n")
}

func (s qrAlone) Keys() []key.Binding { return []key.Binding{s.env.bind("back", "esc")} }
func (s qrAlone) Title() string       { return s.env.say("frame.title.device") }
func (s qrAlone) Help() string        { return "help.device" }
