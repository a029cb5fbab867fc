package theme

import (
	"io"
	"os"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
)

func init() {
	lipgloss.SetHasDarkBackground(true)
	lipgloss.SetColorProfile(profile(os.Getenv))
}

// profile is what the terminal can show, as far as the environment tells.
func profile(getenv func(string) string) termenv.Profile {
	if getenv("TERM") == "dumb" {
		return termenv.Ascii
	}
	return termenv.ANSI
}

// Theme is every style and glyph that the screens use.
type Theme struct {
	Title  lipgloss.Style // what a screen is about
	Accent lipgloss.Style // what to look at or to press
	Strong lipgloss.Style
	Faint  lipgloss.Style // what may be skipped
	Badge  lipgloss.Style // a word in a box
	Code   lipgloss.Style // the one-time code
	Good   lipgloss.Style
	Warn   lipgloss.Style
	Bad    lipgloss.Style
	Cursor lipgloss.Style // the cell of a text cursor

	Glyphs Glyphs
}

// New returns the look for an environment: NO_COLOR takes the colours away and
// leaves bold, faint and reverse; a locale without UTF-8 takes the glyphs.
func New(getenv func(string) string) *Theme {
	// A renderer of our own that is told everything, so that it asks nobody.
	r := lipgloss.NewRenderer(io.Discard)
	r.SetColorProfile(profile(getenv))
	r.SetHasDarkBackground(true)
	plain := r.NewStyle()
	colour := func(s lipgloss.Style, c string) lipgloss.Style {
		if getenv("NO_COLOR") != "" {
			return s
		}
		return s.Foreground(lipgloss.Color(c))
	}
	const red, green, yellow, cyan = "1", "2", "3", "6"
	return &Theme{
		Title:  plain.Bold(true),
		Accent: colour(plain.Bold(true), cyan),
		Strong: plain.Bold(true),
		Faint:  plain.Faint(true),
		Badge:  colour(plain.Bold(true).Reverse(true), cyan),
		Code:   colour(plain.Bold(true), cyan),
		Good:   colour(plain.Bold(true), green),
		Warn:   colour(plain.Bold(true), yellow),
		Bad:    colour(plain.Bold(true), red),
		Cursor: plain.Reverse(true),
		Glyphs: glyphsFor(getenv),
	}
}
