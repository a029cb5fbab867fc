package theme

import "strings"

// Glyphs are the signs beside the texts.
type Glyphs struct {
	// Unicode says that block elements can be drawn.
	Unicode bool

	Logo, Crumb, Separator, Pointer   string
	On, Off, Check, Cross, Warn, Mask string
	Filled, Empty                     string // of a bar
	More, Rule                        string
	Ellipsis                          string
	Spinner                           []string
}

var unicodeGlyphs = Glyphs{
	Unicode: true,
	Logo:    "◆", Crumb: "›", Separator: "·", Pointer: "›",
	On: "●", Off: "○", Check: "✓", Cross: "✗", Warn: "!", Mask: "•",
	Filled: "━", Empty: "─", More: "↓", Rule: "─", Ellipsis: "…",
	Spinner: []string{"●··", "·●·", "··●", "·●·"},
}

var asciiGlyphs = Glyphs{
	Logo: "*", Crumb: ">", Separator: "-", Pointer: ">",
	On: "(x)", Off: "( )", Check: "+", Cross: "x", Warn: "!", Mask: "*",
	Filled: "=", Empty: "-", More: "v", Rule: "-", Ellipsis: "...",
	Spinner: []string{"o..", ".o.", "..o", ".o."},
}

// glyphsFor goes by the locale, in the order that POSIX gives the variables.
// The Linux console has a font of 256 glyphs, too few for these.
func glyphsFor(getenv func(string) string) Glyphs {
	locale := ""
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale = getenv(name); locale != "" {
			break
		}
	}
	locale = strings.ToLower(strings.ReplaceAll(locale, "-", ""))
	windows := getenv("OS") == "Windows_NT" // no locale there, and a console that can
	if getenv("TERM") == "linux" || (!windows && !strings.Contains(locale, "utf8")) {
		return asciiGlyphs
	}
	return unicodeGlyphs
}
