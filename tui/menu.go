package tui

import (
	"strconv"
	"strings"

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
	m.rows = append(m.rows, option{id, clean(name), clean(about)})
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

func (m menu) view(e *env, w, h int) string {
	t := e.theme
	var out []string
	for i, row := range m.rows {
		mark, name := "  ", cut(row.name, w-5, t.Glyphs.Ellipsis)
		if i == m.row {
			mark, name = t.Accent.Render(t.Glyphs.Pointer+" "), t.Accent.Render(name)
		}
		out = append(out, mark+t.Faint.Render(strconv.Itoa(i+1))+"  "+name+"\n"+t.Faint.Render(indent(wrap(row.about, w-5), 5)))
	}
	return strings.Join(out, m.gap(w, h))
}

// gap is between two rows: an empty line where there is room.
func (m menu) gap(w, h int) string {
	all := len(m.rows) - 1
	for _, row := range m.rows {
		all += 1 + height(wrap(row.about, w-5))
	}
	if all <= h {
		return "\n\n"
	}
	return "\n"
}

// line is where the selected row begins.
func (m menu) line(w, h int) int {
	line := 0
	for _, row := range m.rows[:m.row] {
		line += 1 + height(wrap(row.about, w-5)) + len(m.gap(w, h)) - 1
	}
	return line
}
