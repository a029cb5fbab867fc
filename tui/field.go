package tui

import (
	"strings"

	"codex-login/assets/display"

	"github.com/charmbracelet/bubbles/cursor"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"
)

// mostTyped is more than any answer has, and little enough to be drawn.
const mostTyped = 20000

// field is a line to type or paste into.
type field struct {
	textinput.Model
	env *env
}

func newField(e *env, placeholder string, masked bool) field {
	m := textinput.New()
	m.Prompt, m.Placeholder, m.CharLimit = "", placeholder, mostTyped
	m.PlaceholderStyle = e.theme.Faint
	// A blinking cursor would be a second thing that moves.
	m.Cursor.SetMode(cursor.CursorStatic)
	m.Cursor.Style = e.theme.Cursor
	m.EchoCharacter = []rune(e.theme.Glyphs.Mask)[0]
	// The clipboard is pasted by the terminal; reading it is none of our business.
	m.KeyMap.Paste.SetEnabled(false)
	if masked {
		m.EchoMode = textinput.EchoPassword
	}
	return field{m, e}
}

// take puts a key or a paste in. Line ends are dropped: texts are copied with
// one at the end, and terminals wrap long ones.
func (f *field) take(k tea.KeyMsg) {
	if k.Type == tea.KeyRunes {
		text := strings.NewReplacer("\r", "", "\n", "").Replace(string(k.Runes))
		k.Runes = []rune(display.Clean(text))
	}
	f.Model, _ = f.Update(k)
}

// wipe forgets the text.
func (f *field) wipe() { f.Reset() }

// view draws the line with a rule beneath.
func (f field) view(w int) string {
	t := f.env.theme
	rule := t.Faint
	if f.Focused() {
		rule = t.Accent.UnsetBold()
	}
	return f.line(w) + "\n" + rule.Render(strings.Repeat(t.Glyphs.Rule, w))
}

// line is the field without its rule.
func (f field) line(w int) string {
	t := f.env.theme
	mark := t.Faint.Render(t.Glyphs.Pointer)
	if f.Focused() {
		mark = t.Accent.Render(t.Glyphs.Pointer)
	}
	// textinput draws a cell for the cursor behind its width.
	f.Width = max(w-3, 1)
	f.SetCursor(f.Position()) // so that it scrolls to where the cursor is
	if f.Value() == "" {
		f.Placeholder = cut(f.Placeholder, f.Width, t.Glyphs.Ellipsis)
	}
	return mark + " " + f.View()
}
