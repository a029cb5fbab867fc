package theme

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
)

func environment(variables ...string) func(string) string {
	return func(name string) string {
		for _, v := range variables {
			if value, ok := strings.CutPrefix(v, name+"="); ok {
				return value
			}
		}
		return ""
	}
}

// TestInitRunsFirst holds the two conditions under which Bubble Tea's own init
// asks nothing: this package is initialised before it and does not import it.
func TestInitRunsFirst(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}{{range .Deps}} {{.}}{{end}}`, ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	path, deps, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	if strings.Contains(deps, "charmbracelet/bubbletea") {
		t.Error("the theme imports Bubble Tea")
	}
	if path >= "github.com/charmbracelet/bubbletea" {
		t.Errorf("%s is initialised after Bubble Tea", path)
	}
	if !lipgloss.HasDarkBackground() {
		t.Error("the background is not settled")
	}
}

func TestColours(t *testing.T) {
	for _, c := range []struct {
		env  []string
		want string
	}{
		{nil, "\x1b[1;36mx\x1b[0m"},
		{[]string{"NO_COLOR=1"}, "\x1b[1mx\x1b[0m"},
		{[]string{"NO_COLOR="}, "\x1b[1;36mx\x1b[0m"},
		{[]string{"TERM=dumb"}, "x"},
		{[]string{"TERM=xterm-256color", "COLORTERM=truecolor"}, "\x1b[1;36mx\x1b[0m"}, // 16 colours everywhere
	} {
		if got := New(environment(c.env...)).Accent.Render("x"); got != c.want {
			t.Errorf("%v: %q, want %q", c.env, got, c.want)
		}
	}
	if lipgloss.ColorProfile() != termenv.ANSI && lipgloss.ColorProfile() != termenv.Ascii {
		t.Error("the colours are not settled")
	}
}

func TestGlyphs(t *testing.T) {
	for _, c := range []struct {
		env  []string
		want bool
	}{
		{[]string{"LANG=en_US.UTF-8"}, true},
		{[]string{"LANG=C.utf8"}, true},
		{[]string{"LANG=en_US.UTF-8", "LC_ALL=C"}, false},
		{[]string{"LANG=C", "LC_CTYPE=ko_KR.UTF-8"}, true},
		{[]string{"LANG=en_US.UTF-8", "LC_CTYPE=POSIX"}, false},
		{[]string{"LANG=en_US.UTF-8", "TERM=linux"}, false},
		{[]string{"OS=Windows_NT"}, true},
		{nil, false},
	} {
		if got := New(environment(c.env...)).Glyphs.Unicode; got != c.want {
			t.Errorf("%v: %v, want %v", c.env, got, c.want)
		}
	}
}
