package tui

import (
	"strings"

	"codex-login/flows"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
)

// compare sets the two kinds of login side by side.
type compare struct{ env *env }

func newCompare(e *env) compare { return compare{e} }

func (s compare) back() key.Binding {
	return s.env.bind("back", "esc", "esc", "enter", "q", "m", "tab")
}

func (s compare) Keys() []key.Binding { return []key.Binding{s.back()} }

func (s compare) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	if msg, ok := msg.(tea.KeyMsg); ok && pressed(msg, s.back()) {
		return s, nil, wantBack{}
	}
	return s, nil, nil
}

func (s compare) View(w, h int) string {
	if w < 70 {
		return s.list(w)
	}
	if airy := s.table(w, "\n\n"); height(airy) <= h {
		return airy
	}
	return s.table(w, "\n")
}

// table has three columns where there is room for them.
func (s compare) table(w int, gapRows string) string {
	t := s.env.theme
	const first, gap = 10, 3
	column := (w - first - 2*gap) / 2
	row := func(a, b, c string) string {
		return beside(beside(fill(a, first), fill(b, column), gap), c, gap)
	}
	head := row("", t.Accent.Render(s.env.say("compare.chatgpt")), t.Accent.Render(s.env.say("compare.key"))) + "\n" + t.Faint.Render(strings.Repeat(t.Glyphs.Rule, w))
	var out []string
	for _, a := range flows.Compare(s.env.words) {
		out = append(out, row(t.Strong.Render(wrap(a.Name, first)), wrap(a.ChatGPT, column), wrap(a.Key, column)))
	}
	return head + "\n" + strings.Join(out, gapRows)
}

// list says one after the other in a narrow window.
func (s compare) list(w int) string {
	t := s.env.theme
	var out []string
	for _, a := range flows.Compare(s.env.words) {
		out = append(out, t.Title.Render(wrap(a.Name, w)),
			t.Accent.Render(s.env.say("compare.chatgpt")), indent(wrap(a.ChatGPT, w-2), 2),
			t.Accent.Render(s.env.say("compare.key")), indent(wrap(a.Key, w-2), 2), "")
	}
	return strings.Join(out[:len(out)-1], "\n")
}

// fill makes the first line as wide as a column, so that the next one stands
// where it should.
func fill(s string, w int) string {
	first, rest, more := strings.Cut(s, "\n")
	first += strings.Repeat(" ", max(w-ansi.StringWidth(first), 0))
	if !more {
		return first
	}
	return first + "\n" + rest
}

func (s compare) Title() string { return s.env.say("frame.title.compare") }
func (s compare) Help() string  { return "help.compare" }
