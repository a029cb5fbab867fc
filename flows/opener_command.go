package flows

import (
	"os/exec"
	"runtime"
	"strings"
)

// browserCommands reads a value of --browser or BROWSER and returns the
// commands that it stands for, in the order in which they are to be tried:
//
//   - A value that is an executable as a whole, by path or on PATH, is one.
//   - With list, as Debian's sensible-browser has it, the value is several
//     candidates with colons between them.
//   - Anything else is split into words as a POSIX shell does it: white space,
//     single and double quotes, backslashes (on Windows a plain character).
//
// In each, %s stands for the URL; without one the URL is the last word.
func browserCommands(value, target string, list bool) [][]string {
	value = strings.TrimSpace(value)
	if isExecutable(value) {
		return [][]string{{value, target}}
	}
	candidates := []string{value}
	if list {
		candidates = strings.Split(value, ":")
	}
	var out [][]string
	for _, c := range candidates {
		c = strings.TrimSpace(c)
		words := []string{c}
		if !isExecutable(c) {
			words = splitWords(c)
		}
		if len(words) > 0 && words[0] != "" {
			out = append(out, withURL(words, target))
		}
	}
	return out
}

func isExecutable(name string) bool {
	_, err := exec.LookPath(name)
	return name != "" && err == nil
}

// withURL puts the URL where %s stands. The command itself is left as it is.
func withURL(words []string, target string) []string {
	placed := false
	for i, w := range words[1:] {
		if strings.Contains(w, "%s") {
			words[i+1], placed = strings.ReplaceAll(w, "%s", target), true
		}
	}
	if !placed {
		words = append(words, target)
	}
	return words
}

// splitWords splits as a shell does, without expanding anything. A quote that
// is not closed ends with the text.
func splitWords(text string) []string {
	var words []string
	var word strings.Builder
	inWord, escaped, quote := false, false, rune(0)
	for _, r := range text {
		switch {
		case escaped:
			// Between double quotes a backslash is only special before these.
			if quote == '"' && !strings.ContainsRune(`"\$`+"`", r) {
				word.WriteRune('\\')
			}
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'' && runtime.GOOS != "windows":
			inWord, escaped = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			inWord, quote = true, r
		case r == ' ' || r == '\t' || r == '\n':
			if inWord {
				words = append(words, word.String())
				word.Reset()
			}
			inWord = false
		default:
			inWord = true
			word.WriteRune(r)
		}
	}
	if inWord {
		words = append(words, word.String())
	}
	return words
}
