package tui

import (
	"strings"

	"codex-login/assets/display"
	"codex-login/flows"
)

// holding says which running programs still have the login of before, and how
// each is started again. "" when there is nothing to say.
func (e *env) holding(h flows.Holders, w int) string {
	t := e.theme
	var rows []string
	switch n := len(h.Programs); {
	case n == 1:
		rows = append(rows, e.warning(e.say("switched.holder"), w))
	case n > 1:
		rows = append(rows, e.warning(e.say("switched.holders", "Count", n), w))
	}
	for _, p := range h.Programs {
		what, restart := flows.ExplainHolder(e.words, p)
		rows = append(rows, hanging("  "+t.Faint.Render(t.Glyphs.Separator)+" ", display.Clean(what), w))
		if restart != "" {
			rows = append(rows, t.Faint.Render(hanging("    ", display.Clean(restart), w)))
		}
	}
	for _, id := range h.Unseen {
		rows = append(rows, t.Faint.Render(wrap(display.Clean(flows.ExplainUnseen(e.words, id)), w)))
	}
	return strings.Join(rows, "\n")
}
