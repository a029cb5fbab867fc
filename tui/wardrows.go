package tui

import (
	"strings"

	"codex-login/assets/display"
	"codex-login/flows/doctor"

	"github.com/charmbracelet/x/ansi"
)

// What the doctor has found as it is drawn: a line each, below its area.

// line is one row of the list: of an area, which cannot be chosen, or of
// something that was found or is looked for.
type line struct {
	area  string
	title string
	state doctor.State
	found *found
	count int  // of what is sound in an area
	blind int  // of what was not looked at
	sick  bool // there is more than that
}

// lines is the list as it is to be drawn.
func (s ward) lines() []line {
	var out []line
	area := -1
	for i, r := range s.rows {
		if i == 0 || r.area != s.rows[i-1].area {
			out = append(out, line{area: r.area})
			area = len(out) - 1
		}
		if r.state != doctor.Done && s.all {
			out = append(out, line{title: r.title, state: r.state})
		}
		if r.state != doctor.Done {
			out[area].state = doctor.Running
			continue
		}
		for j := range r.found {
			f := &r.found[j]
			quiet := f.severity == doctor.Sound || f.severity == doctor.Skipped
			switch f.severity {
			case doctor.Sound:
				out[area].count++
			case doctor.Skipped:
				out[area].blind++
			default:
				out[area].sick = true
			}
			if s.all || !quiet {
				out = append(out, line{title: r.title, state: r.state, found: f})
			}
		}
	}
	return out
}

func (s ward) View(w, _ int) string {
	return s.head(w) + "\n\n" + strings.Join(s.drawn(w), "\n")
}

// head is how far it is, and what came of it.
func (s ward) head(w int) string {
	t := s.env.theme
	switch {
	case s.over() && s.bad:
		return s.env.failedHeading(s.verdict, w)
	case s.over():
		return s.env.succeeded(s.verdict, w)
	}
	done := 0
	for _, r := range s.rows {
		if r.state == doctor.Done {
			done++
		}
	}
	return t.Title.Render(wrap(s.env.say("doctor.skin.heading"), w)) + "\n" +
		t.Faint.Render(wrap(s.env.say("doctor.skin.progress", "Done", done, "All", len(s.rows)), w))
}

// drawn are the lines, none wider than w.
func (s ward) drawn(w int) []string {
	t := s.env.theme
	titles := 0
	for _, l := range s.lines() {
		titles = max(titles, ansi.StringWidth(l.title))
	}
	titles = min(titles, max(w/3, 8))
	var out []string
	choice := 0
	for i, l := range s.lines() {
		if l.area != "" {
			if i > 0 && s.all {
				out = append(out, "")
			}
			out = append(out, cut(s.area(l), w, t.Glyphs.Ellipsis))
			continue
		}
		pointer, title := "  ", fill(cut(l.title, titles, t.Glyphs.Ellipsis), titles)
		if l.found != nil {
			if choice == s.row {
				pointer, title = t.Accent.Render(t.Glyphs.Pointer+" "), t.Accent.Render(title)
			}
			choice++
		}
		out = append(out, cut(pointer+s.mark(l)+" "+title+"  "+s.measured(l), w, t.Glyphs.Ellipsis))
	}
	return out
}

// area is the name of one, and how much of it is sound.
func (s ward) area(l line) string {
	t := s.env.theme
	name := display.Clean(doctor.Area(s.env.words, l.area))
	if s.all {
		return t.Strong.Render(name)
	}
	mark := " "
	switch {
	case l.state == doctor.Running:
		mark = t.Faint.Render(t.Glyphs.Separator)
	case !l.sick && l.blind == 0:
		mark = t.Good.Render(t.Glyphs.Check)
	}
	out := mark + " " + fill(t.Strong.Render(name), areaWidth)
	var counts []string
	if l.count > 0 {
		counts = append(counts, s.env.say("doctor.skin.sound_count", "Count", l.count))
	}
	if l.blind > 0 {
		counts = append(counts, s.env.say("doctor.skin.skipped_count", "Count", l.blind))
	}
	if len(counts) > 0 {
		out += t.Faint.Render("  " + strings.Join(counts, ", "))
	}
	return out
}

// areaWidth is that of the longest name of an area.
const areaWidth = 21

func (s ward) mark(l line) string {
	if l.found == nil {
		return s.env.theme.Faint.Render(s.env.theme.Glyphs.Separator)
	}
	return s.env.severityMark(l.found.severity)
}

func (s ward) measured(l line) string {
	switch {
	case l.found == nil:
		return ""
	case l.found.severity == doctor.Sound, l.found.severity == doctor.Skipped:
		return s.env.theme.Faint.Render(l.found.measured)
	}
	return l.found.measured
}

func (e *env) severityMark(s doctor.Severity) string {
	t := e.theme
	switch s {
	case doctor.Problem:
		return t.Bad.Render(t.Glyphs.Cross)
	case doctor.Warning:
		return t.Warn.Render(t.Glyphs.Warn)
	case doctor.Sound:
		return t.Good.Render(t.Glyphs.Check)
	case doctor.Note, doctor.Skipped:
	}
	return t.Faint.Render(t.Glyphs.Separator)
}

// FocusedLine is the selected one.
func (s ward) FocusedLine(w, _ int) int {
	choice, row := 0, 0
	for i, l := range s.lines() {
		if l.area != "" && i > 0 && s.all {
			row++
		}
		if l.found != nil {
			if choice == s.row {
				return height(s.head(w)) + 1 + row
			}
			choice++
		}
		row++
	}
	return -1
}
