package tui

import (
	"strings"

	"codex-login/assets/display"
	"codex-login/tui/theme"

	"github.com/charmbracelet/x/ansi"
)

// link draws a URL whole: broken hard at the width, every part an OSC 8 link to
// all of it, so that a click opens it and a terminal can select it.
func link(t *theme.Theme, url string, w int) string {
	url = display.Clean(url)
	var out []string
	for part := range strings.SplitSeq(ansi.Hardwrap(url, max(w, 1), true), "\n") {
		// The id tells the terminal that the parts are one link.
		out = append(out, ansi.SetHyperlink(url, "id=page")+t.Accent.UnsetBold().Render(part)+ansi.ResetHyperlink())
	}
	return strings.Join(out, "\n")
}
