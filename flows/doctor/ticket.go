package doctor

import (
	"strings"

	"codex-login/assets"

	"github.com/charmbracelet/x/ansi"
)

// Verdict is a report in a sentence.
func Verdict(say *assets.Catalogue, r Report) string {
	id := "sound"
	switch {
	case r.Problems > 0:
		id = "problems"
	case r.Warnings > 0:
		id = "warnings"
	case r.Notes > 0:
		id = "sound_notes"
	}
	return say.Say("doctor.skin."+id, "Problems", r.Problems, "Warnings", r.Warnings, "Notes", r.Notes)
}

// The columns of Lines.
const (
	severityWidth = len("skipped")
	titleWidth    = len("Secure websocket")
)

// Lines is a finding as it stands in a list: a line, and beneath what is to be
// done where something is wrong.
func (f Finding) Lines(say *assets.Catalogue) []string {
	words := f.Explain(say)
	mark := column(say.Say("doctor.severity."+string(f.Severity)), severityWidth)
	out := []string{mark + "  " + column(words.Title, titleWidth) + "  " + words.Measured}
	if f.Severity != Problem && f.Severity != Warning {
		return out
	}
	under := strings.Repeat(" ", severityWidth+2)
	if words.Expected != "" {
		out = append(out, under+say.Say("doctor.label.expected", "Text", words.Expected))
	}
	if words.Do != "" {
		out = append(out, under+say.Say("doctor.label.do", "Text", words.Do))
	}
	return out
}

func column(text string, width int) string {
	return text + strings.Repeat(" ", max(width-ansi.StringWidth(text), 0))
}

// Ticket is a report as it can be given to whoever helps; program is the name
// and version of this one.
func (r Report) Ticket(say *assets.Catalogue, program string) string {
	out := []string{program, Verdict(say, r), ""}
	for _, row := range r.Rows {
		for _, f := range row.Findings {
			out = append(out, f.Lines(say)...)
		}
	}
	return strings.Join(out, "\n") + "\n"
}
