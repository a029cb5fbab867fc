package tui

import (
	"slices"
	"strconv"
	"strings"

	"codex-login/assets/display"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// menu is a numbered list of ways to go on, each with a line about it.
type menu struct {
	rows []option
	row  int
}

type option struct{ id, name, about string }

func (m *menu) add(id, name, about string) {
	m.rows = append(m.rows, option{id, display.Clean(name), display.Clean(about)})
}

// chosen is the id of the selected row.
func (m menu) chosen() string { return m.rows[m.row].id }

func (m menu) digits(e *env) key.Binding {
	var keys []string
	for i := range m.rows {
		keys = append(keys, strconv.Itoa(i+1))
	}
	return e.bind("pick", "1-"+strconv.Itoa(len(keys)), keys...)
}

// moved moves the selection, if k is a key for that.
func (m *menu) moved(e *env, k tea.KeyMsg) bool {
	switch {
	case pressed(k, e.bind("move", e.say("frame.arrows"), "up", "k")):
		m.row = max(m.row-1, 0)
	case pressed(k, e.bind("move", e.say("frame.arrows"), "down", "j")):
		m.row = min(m.row+1, len(m.rows)-1)
	default:
		return false
	}
	return true
}

// numbered selects a row by its number, if k is one of the digits.
func (m *menu) numbered(k tea.KeyMsg, digits key.Binding) bool {
	if !pressed(k, digits) {
		return false
	}
	m.row = int(k.String()[0] - '1')
	return true
}

func (m menu) view(e *env, w, h int) string {
	t := e.theme
	var out []string
	for i, row := range m.rows {
		mark, name := "  ", cut(row.name, w-5, t.Glyphs.Ellipsis)
		if i == m.row {
			mark, name = t.Accent.Render(t.Glyphs.Pointer+" "), t.Accent.Render(name)
		}
		head := mark + t.Faint.Render(strconv.Itoa(i+1)) + "  " + name
		if row.about != "" {
			head += "\n" + t.Faint.Render(indent(wrap(row.about, w-5), 5))
		}
		out = append(out, head)
	}
	return strings.Join(out, m.gap(w, h))
}

// gap is between two rows: an empty line where there is room.
func (m menu) gap(w, h int) string {
	if m.height(w)+len(m.rows)-1 <= h {
		return "\n\n"
	}
	return "\n"
}

// height is that of the rows without gaps.
func (m menu) height(w int) int {
	all := 0
	for _, row := range m.rows {
		all += row.height(w)
	}
	return all
}

func (o option) height(w int) int {
	if o.about == "" {
		return 1
	}
	return 1 + height(wrap(o.about, w-5))
}

// folded says more about the selected row only.
func (m menu) folded() menu {
	m.rows = slices.Clone(m.rows)
	for i := range m.rows {
		if i != m.row {
			m.rows[i].about = ""
		}
	}
	return m
}

// line is where the selected row begins.
func (m menu) line(w, h int) int {
	line := 0
	for _, row := range m.rows[:m.row] {
		line += row.height(w) + len(m.gap(w, h)) - 1
	}
	return line
}
