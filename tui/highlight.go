package tui

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
)

// highlight draws s in one style and what the words are found in in another.
// Characters that belong together are never taken apart.
func highlight(s string, words []string, base, found lipgloss.Style) string {
	marks := marked(s, words)
	if !slices.Contains(marks, true) {
		return base.Render(s)
	}
	var out, run strings.Builder
	now := false
	flush := func() {
		if run.Len() == 0 {
			return
		}
		style := base
		if now {
			style = found
		}
		out.WriteString(style.Render(run.String()))
		run.Reset()
	}
	for at, rest := 0, s; rest != ""; {
		cluster, _, n, _ := ansi.DecodeSequence(rest, 0, nil)
		if hit := slices.Contains(marks[at:at+n], true); hit != now {
			flush()
			now = hit
		}
		run.WriteString(cluster)
		at, rest = at+n, rest[n:]
	}
	flush()
	return out.String()
}

// marked says of every byte of s whether a word is found there, upper and lower
// case alike.
func marked(s string, words []string) []bool {
	marks := make([]bool, len(s))
	var lower []rune
	var start []int // where each rune begins
	for i, r := range s {
		lower, start = append(lower, unicode.ToLower(r)), append(start, i)
	}
	start = append(start, len(s))
	for _, word := range words {
		w := []rune(word)
		for i := 0; len(w) > 0 && i+len(w) <= len(lower); i++ {
			if slices.Equal(lower[i:i+len(w)], w) {
				for b := start[i]; b < start[i+len(w)]; b++ {
					marks[b] = true
				}
			}
		}
	}
	// An accent goes with its letter: ansi.DecodeSequence parts them.
	for i, r := range s {
		if i > 0 && marks[i-1] && unicode.Is(unicode.M, r) {
			for b := i; b < i+utf8.RuneLen(r); b++ {
				marks[b] = true
			}
		}
	}
	return marks
}
