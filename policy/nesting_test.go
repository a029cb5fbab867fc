package policy

import (
	"strings"
	"testing"
)

// TestNesting: the real Codex 0.169 reads 80 levels and no more.
func TestNesting(t *testing.T) {
	for name, of := range map[string]func(n int) string{
		"lists":  func(n int) string { return "a = " + strings.Repeat("[", n) + strings.Repeat("]", n) },
		"tables": func(n int) string { return "a = " + strings.Repeat("{b=", n) + "1" + strings.Repeat("}", n) },
		"both":   func(n int) string { return "a = " + strings.Repeat("[{b=", n/2) + "1" + strings.Repeat("}]", n/2) },
		"key":    func(n int) string { return strings.Repeat("a.", n-1) + "a = 1" },
		"header": func(n int) string { return "[" + strings.Repeat("a.", n-1) + "a]" },
	} {
		for n, fine := range map[int]bool{80: true, 82: false, 300: false} {
			_, err := parseDocument([]byte("x = 1\n"+of(n)+"\n"), Source{Layer: LayerUser, File: "f"})
			if (err == nil) != fine {
				t.Errorf("%s, %d deep: %v", name, n, err)
			}
			if !fine && (err.Line != 2 || !strings.Contains(err.Problem, "80 deep")) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
