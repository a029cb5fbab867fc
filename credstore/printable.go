package credstore

import (
	"strings"
	"unicode"
)

// printable drops what a terminal would obey rather than show: control
// characters, line and paragraph separators, and marks that turn the reading
// direction round.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp, unicode.Bidi_Control) {
			return -1
		}
		return r
	}, s)
}
