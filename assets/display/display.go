// Package display makes text from outside fit to be shown. A server, a file, a
// token, another machine or a person may have written anything: what a terminal
// would obey is dropped, the rest stays as it is.
//
// The rule: dropped are control characters (Unicode's Cc: escape sequences
// begin with one), format characters (Cf: they turn the reading direction
// round, join, or are not seen), line and paragraph separators, and what is not
// valid UTF-8 with its replacement character. So an emoji of several falls
// apart, and a word in Persian may lose a gap; nothing else in a text of any
// script does.
//
// It knows nothing of the other rooms, so that each can use it.
package display

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean drops from s what must not be shown, line ends and tabs too.
func Clean(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if obeyed(r) {
			return -1
		}
		return r
	}, s)
}

// Line is a text as one line: what ends a line or is a tab becomes a space,
// none is left at its ends, and what is longer than limit runes ends there with
// an ellipsis.
func Line(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || r == '\r' || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
	return Cut(strings.TrimSpace(Clean(s)), limit)
}

// Cut ends a text that is longer than limit runes there, with an ellipsis.
func Cut(s string, limit int) string {
	n := 0
	for i := range s {
		if n == limit {
			return s[:i] + "…"
		}
		n++
	}
	return s
}

func obeyed(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) || r == utf8.RuneError
}
