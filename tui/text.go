package tui

import (
	"strings"

	"codex-login/assets/display"
	"codex-login/flows"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
)

// wrap breaks text at words, and words that are wider than w anywhere.
func wrap(s string, w int) string {
	w = max(w, 1)
	breaks := " "
	for word := range strings.FieldsSeq(s) {
		if strings.HasPrefix(word, "/") || strings.HasPrefix(word, "~/") {
			if ansi.StringWidth(word) > w { // a path that fits on no line
				breaks = " /"
			}
		}
	}
	out := ansi.Wrap(s, w, breaks)
	if width(out) > w {
		// ansi.Wrap 0.11 lets a hyphen between spaces stick out.
		out = ansi.Hardwrap(out, w, false)
	}
	return out
}

// cut shortens s to w cells.
func cut(s string, w int, tail string) string {
	if ansi.StringWidth(s) <= w {
		return s
	}
	return ansi.Truncate(s, max(w, 0), tail)
}

// indent puts n cells before every line.
func indent(s string, n int) string {
	pad := strings.Repeat(" ", n)
	return pad + strings.ReplaceAll(s, "\n", "\n"+pad)
}

// hanging puts mark before the first line and aligns the others with it.
func hanging(mark, s string, w int) string {
	n := ansi.StringWidth(mark)
	return mark + strings.TrimLeft(indent(wrap(s, w-n), n), " ")
}

// width is the number of cells of the widest line.
func width(s string) int {
	widest := 0
	for line := range strings.SplitSeq(s, "\n") {
		widest = max(widest, ansi.StringWidth(line))
	}
	return widest
}

// height is the number of lines.
func height(s string) int { return strings.Count(s, "\n") + 1 }

// beside puts two blocks next to each other, gap cells apart.
func beside(left, right string, gap int) string {
	l, r := strings.Split(left, "\n"), strings.Split(right, "\n")
	w := width(left)
	var out []string
	for i := range max(len(l), len(r)) {
		line := ""
		if i < len(l) {
			line = l[i]
		}
		if i < len(r) && r[i] != "" {
			line += strings.Repeat(" ", w-ansi.StringWidth(line)+gap) + r[i]
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

// paragraphs joins blocks with an empty line, passing over empty ones.
func paragraphs(blocks ...string) string { return joined("\n\n", blocks) }

// lines joins blocks, passing over empty ones.
func lines(blocks ...string) string { return joined("\n", blocks) }

func joined(by string, blocks []string) string {
	var out []string
	for _, b := range blocks {
		if b != "" {
			out = append(out, b)
		}
	}
	return strings.Join(out, by)
}

// explain is flows.Explain with nothing left in it that a terminal would obey.
func (e *env) explain(err error) flows.Explanation {
	x := flows.Explain(e.words, err)
	x.Title, x.Text = display.Clean(x.Title), display.Clean(x.Text)
	steps := strings.Split(x.Next, "\n")
	for i := range steps {
		steps[i] = display.Clean(steps[i])
	}
	x.Next = strings.Join(steps, "\n")
	return x
}

func (e *env) explainNote(n flows.Note) string { return display.Clean(flows.ExplainNote(e.words, n)) }

// note is what a worker says besides, good or not.
func (e *env) note(n flows.Note, w int) string {
	if n.Code == flows.NoteStoreConfigured {
		return hanging(e.theme.Good.Render(e.theme.Glyphs.Check)+" ", e.explainNote(n), w)
	}
	return e.warning(e.explainNote(n), w)
}

// warning is a text that should not be passed over. Only its mark is coloured:
// yellow text is hard to read on white.
func (e *env) warning(text string, w int) string {
	return hanging(e.theme.Warn.Render(e.theme.Glyphs.Warn)+" ", text, w)
}

// heading is a title with a mark before it.
func heading(mark, title lipgloss.Style, glyph, text string, w int) string {
	n := ansi.StringWidth(glyph) + 1
	return mark.Render(glyph) + " " + strings.TrimLeft(indent(title.Render(wrap(text, w-n)), n), " ")
}

// succeeded and failedHeading are the two kinds of end.
func (e *env) succeeded(text string, w int) string {
	return heading(e.theme.Good, e.theme.Title, e.theme.Glyphs.Check, text, w)
}

func (e *env) failedHeading(text string, w int) string {
	return heading(e.theme.Bad, e.theme.Title, e.theme.Glyphs.Cross, text, w)
}
