package tui

import (
	"strings"

	"codex-login/assets/display"
	"codex-login/flows"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
)

// The accounts screen as it is drawn: what should be known first, what is
// typed, as many rows as there is room for, and more about the selected one.
// It is never higher than its place, so that nothing has to be scrolled.

// oneLine is the width from which an account fits on a line.
const oneLine = 60

// fullDetail is the height of the block about the selected account.
const fullDetail = 6

func (s accounts) View(w, h int) string {
	if s.list == nil {
		return s.env.theme.Faint.Render(wrap(s.env.say("frame.looking"), w))
	}
	head := s.head(w, h)
	room := max(h-len(head), 1)
	per := 1
	if w < oneLine {
		per = 2
	}
	var detail []string
	if least := per * min(max(len(s.hits), 1), 4); len(s.hits) > 0 && room-fullDetail-1 >= least {
		detail = s.detail(w)
		// The list ends where it ends, whatever there is to say of a row.
		room -= fullDetail + 1
	}
	out := append(head, s.rows(w, room, per)...)
	if detail != nil {
		out = append(append(out, ""), detail...)
	}
	return strings.Join(out[:min(len(out), max(h, 1))], "\n")
}

// head has the warnings, what is typed with the number of accounts, and a rule.
func (s accounts) head(w, h int) []string {
	t := s.env.theme
	var out []string
	for i, note := range s.notes {
		if i > 0 && h < 18 || h < 8 {
			break
		}
		if h < 26 {
			out = append(out, cut(s.env.warning(note, 1<<20), w, t.Glyphs.Ellipsis))
			continue
		}
		lines := strings.Split(s.env.warning(note, w), "\n")
		out = append(out, lines[:min(len(lines), 3)]...)
	}
	out = out[:min(len(out), h/3)]
	if len(out) > 0 && h >= 14 {
		out = append(out, "")
	}
	count := t.Faint.Render(s.count())
	line := s.filter.line(max(w-ansi.StringWidth(count)-2, 1))
	out = append(out, cut(line+strings.Repeat(" ", max(w-ansi.StringWidth(line)-ansi.StringWidth(count), 1))+count, w, ""))
	if h >= 9 {
		rule := t.Faint
		if s.filter.Value() != "" {
			rule = t.Accent.UnsetBold()
		}
		out = append(out, rule.Render(strings.Repeat(t.Glyphs.Rule, w)))
	}
	return out
}

func (s accounts) count() string {
	all := len(s.list.entries)
	switch {
	case s.filter.Value() != "":
		return s.env.say("accounts.count.some", "Count", len(s.hits), "All", all)
	case all == 1:
		return s.env.say("accounts.count.single")
	}
	return s.env.say("accounts.count.all", "All", all)
}

// rows are those of the window around the selected one.
func (s accounts) rows(w, room, per int) []string {
	if len(s.hits) == 0 {
		text := s.env.say("accounts.nothing", "Filter", cut(display.Clean(s.filter.Value()), 30, s.env.theme.Glyphs.Ellipsis))
		return strings.Split(wrap(text, w), "\n")
	}
	n := max(room/per, 1)
	first := max(min(s.row-n/2, len(s.hits)-n), 0)
	words := wordsOf(s.filter.Value())
	var out []string
	for i := first; i < min(first+n, len(s.hits)); i++ {
		out = append(out, s.drawRow(s.list.entries[s.hits[i]], i == s.row, words, w)...)
	}
	return out
}

// drawRow draws an account on one line, or on two in a narrow window.
func (s accounts) drawRow(a flows.Entry, selected bool, words []string, w int) []string {
	t := s.env.theme
	g := t.Glyphs
	pointer, base, hit := "  ", lipgloss.NewStyle(), t.Accent
	switch {
	case selected && len(words) == 0:
		pointer, base = t.Accent.Render(g.Pointer)+" ", t.Accent
	case selected:
		pointer, base = t.Accent.Render(g.Pointer)+" ", t.Strong
	case a.Ended != nil || a.Refused != nil:
		base = t.Faint
	}
	state, mark := s.state(a)
	signs := ansi.StringWidth(g.On)
	left := pointer + padded(mark, signs) + " "
	indented := signs + 3
	if w < oneLine {
		kind := w - indented - ansi.StringWidth(state) - 2
		name := s.nameCell(a, w-indented, words, base, hit)
		second := strings.Repeat(" ", indented) + s.kindCell(a, kind, words, hit)
		return []string{left + name, cut(second+strings.Repeat(" ", max(w-ansi.StringWidth(second)-ansi.StringWidth(state), 1))+state, w, "")}
	}
	const gap = 3
	right := max(ansi.StringWidth(state), 14)
	kind := min(s.list.kind, 24)
	name := min(s.list.name, w-indented-kind-right-2*gap)
	line := left + padded(s.nameCell(a, name, words, base, hit), name+gap) + padded(s.kindCell(a, kind, words, hit), kind+gap)
	return []string{line + strings.Repeat(" ", max(w-ansi.StringWidth(line)-ansi.StringWidth(state), 0)) + state}
}

// nameCell is the name, and the address beside a label as far as there is room.
func (s accounts) nameCell(a flows.Entry, w int, words []string, base, hit lipgloss.Style) string {
	t := s.env.theme
	name, also := s.env.name(a)
	name = cut(name, w, t.Glyphs.Ellipsis)
	out := highlight(name, words, base, hit)
	if room := w - ansi.StringWidth(name) - 2; also != "" && room >= 8 {
		out += "  " + highlight(cut(also, room, t.Glyphs.Ellipsis), words, t.Faint, hit)
	}
	return out
}

func (s accounts) kindCell(a flows.Entry, w int, words []string, hit lipgloss.Style) string {
	t := s.env.theme
	return highlight(cut(s.env.kind(a.Account), max(w, 0), t.Glyphs.Ellipsis), words, t.Faint, hit)
}

// state is the right end of a row, and the mark at its left.
func (s accounts) state(a flows.Entry) (text, mark string) {
	t := s.env.theme
	if a.Active {
		mark = t.Accent.Render(t.Glyphs.On)
	}
	switch {
	case s.target != "" && s.target == a.ID:
		return t.Accent.Render(s.env.say("accounts.state.switching")), mark
	case s.checking[a.ID]:
		return t.Faint.Render(s.env.say("accounts.state.checking")), mark
	case a.Refused != nil:
		return t.Warn.UnsetBold().Render(s.env.say("accounts.state.refused")), t.Warn.Render(t.Glyphs.Warn)
	case a.Ended != nil:
		return t.Bad.UnsetBold().Render(s.env.say("accounts.state." + endedID(a))), t.Bad.Render(t.Glyphs.Cross)
	case a.Active:
		return t.Accent.Render(s.env.say("accounts.state.active")), mark
	}
	return t.Faint.Render(s.env.ago(a.LastUsed)), mark
}

// detail says more about the selected account: never more than fullDetail lines.
func (s accounts) detail(w int) []string {
	t := s.env.theme
	a, _ := s.selected()
	why := s.env.why(a)
	if why == "" {
		why = s.doubts[a.ID]
	}
	var notes []string
	if why != "" {
		notes = strings.Split(s.env.warning(why, w), "\n")
		notes = notes[:min(len(notes), 2)]
	}
	notes = append(notes, t.Faint.Render(cut(s.env.say("accounts.enter."+wayOf(a)), w, t.Glyphs.Ellipsis)))
	var out []string
	facts := s.env.entryFacts(a)
	names := 0
	for _, f := range facts {
		names = max(names, ansi.StringWidth(f.name))
	}
	for _, f := range facts[:min(len(facts), fullDetail-len(notes))] {
		out = append(out, cut(t.Faint.Render(padded(f.name, names+2))+f.text, w, t.Glyphs.Ellipsis))
	}
	return append(out, notes...)
}

// padded fills s up to w cells.
func padded(s string, w int) string {
	return s + strings.Repeat(" ", max(w-ansi.StringWidth(s), 0))
}
