package display

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// What goes and what stays.
func TestClean(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"plain":              {`mina@example.test ~/.codex "x" \`, `mina@example.test ~/.codex "x" \`},
		"empty":              {"", ""},
		"escape sequence":    {"a\x1b[2J\x1b]0;title\x07b", "a[2J]0;titleb"},
		"C1, as UTF-8":       {"a\u009b31mb\u0085c", "a31mbc"},
		"C1, as a byte":      {"a\x9b31mb", "a31mb"},
		"line ends, tab":     {"a\r\nb\tc\vd\x00e\x7f", "abcde"},
		"other line ends":    {"a\u2028b\u2029c", "abc"},
		"overrides":          {"a\u202eb\u202dc\u202cd\u2066e\u2069f", "abcdef"},
		"direction marks":    {"a\u200eb\u200fc\u061cd", "abcd"},
		"not seen":           {"a\u200bb\u2060c\ufeffd\u00ade", "abcde"},
		"joiners":            {"👩\u200d🚀 می\u200cخواهم", "👩🚀 میخواهم"},
		"tags":               {"🏴\U000e0067\U000e007f", "🏴"},
		"broken UTF-8":       {"a\xffb\xc3\u00e9\xed\xa0\x80", "abé"},
		"replacement":        {"a\ufffdb", "ab"},
		"combining":          {"e\u0301 ก็ 한국어 עברית", "e\u0301 ก็ 한국어 עברית"},
		"variation selector": {"❤\ufe0f", "❤\ufe0f"},
		"spaces":             {" a\u00a0b\u3000 ", " a\u00a0b\u3000 "},
		"private use":        {"\ue0b0\U000f0000", "\ue0b0\U000f0000"},
	} {
		if got := Clean(c.text); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestLine(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		limit int
		want  string
	}{
		"short":            {"abc", 3, "abc"},
		"long":             {"abcd", 3, "abc…"},
		"runes, not bytes": {"日本語です", 3, "日本語…"},
		"several lines":    {"\n a\r\nb\tc\u2028d\n", 80, "a  b c d"},
		"bad at the ends":  {"\u200b \x1b[31m a \x07", 80, "[31m a"},
		"only bad":         {"\x07 \u202e\n", 80, ""},
		"nothing allowed":  {"a", 0, "…"},
		"cut after":        {"a\x00\x00\x00b", 2, "ab"},
	} {
		if got := Line(c.text, c.limit); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// FuzzDisplay: nothing that is obeyed is left, nothing else goes, and a second
// time changes nothing.
func FuzzDisplay(f *testing.F) {
	for _, s := range []string{"a\x1b[2J\u202eb", "\xff\u2028\r\n", "日本語 👩\u200d🚀", strings.Repeat("é", 90), "\u009b\u200f \t"} {
		f.Add(s, 7)
	}
	f.Fuzz(func(t *testing.T, text string, limit int) {
		limit = max(limit%1000, 0)
		clean, line := Clean(text), Line(text, limit)
		for _, shown := range []string{clean, line, Cut(clean, limit)} {
			if i := strings.IndexFunc(shown, bad); i >= 0 || !utf8.ValidString(shown) {
				t.Fatalf("%q at %d", shown, i)
			}
		}
		rest := []rune(text)
		for _, r := range clean { // in their order, and with nothing harmless between
			for len(rest) > 0 && rest[0] != r {
				if !bad(rest[0]) {
					t.Fatalf("%q lost %U", text, rest[0])
				}
				rest = rest[1:]
			}
			if len(rest) == 0 {
				t.Fatalf("%q became %q", text, clean)
			}
			rest = rest[1:]
		}
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "…")); n > limit {
			t.Fatalf("%d runes of %d: %q", n, limit, line)
		}
		if Clean(clean) != clean || Line(line, limit+1) != strings.TrimSpace(line) {
			t.Fatalf("%q is not the same again", text)
		}
	})
}

// bad is the rule once more, in the words of Unicode's table of categories.
func bad(r rune) bool {
	for _, name := range []string{"Cc", "Cf", "Zl", "Zp"} {
		if unicode.Is(unicode.Categories[name], r) {
			return true
		}
	}
	return r == '\ufffd'
}
