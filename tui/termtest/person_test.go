//go:build !windows

package termtest_test

import (
	"strconv"
	"strings"
	"testing"

	"codex-login/tui/termtest"
)

func TestResize(t *testing.T) {
	term := run(t, "signals", termtest.Options{})
	term.WaitFor("ready")
	for _, size := range [][2]int{{120, 40}, {40, 15}, {80, 24}} {
		term.Resize(size[0], size[1])
		term.WaitFor("now " + strconv.Itoa(size[0]) + "x" + strconv.Itoa(size[1]))
		if cols, rows := term.Size(); cols != size[0] || rows != size[1] || len(term.Lines()) != rows {
			t.Errorf("the screen is %dx%d, want %v", cols, rows, size)
		}
	}
}

func TestKeys(t *testing.T) {
	for _, tt := range []struct{ key, want string }{
		{"enter", "0d"},
		{"esc", "1b"},
		{"tab", "09"},
		{"shift+tab", "1b 5b 5a"},
		{"up", "1b 5b 41"},
		{"down", "1b 5b 42"},
		{"ctrl+c", "03"},
		{"ctrl+z", "1a"},
		{"alt+x", "1b 78"},
		{"?", "3f"},
		{"é", "c3 a9"},
		{"backspace", "7f"},
	} {
		term := run(t, "raw", termtest.Options{})
		term.WaitFor("ready")
		term.Key(tt.key)
		term.WaitFor("ready " + tt.want)
		term.Key("q")
		term.WaitExit()
		if got := term.Screen(); got != "ready "+tt.want+" 71" {
			t.Errorf("%s: %s", tt.key, got)
		}
	}
	term := run(t, "raw", termtest.Options{Env: []string{`MODES=\e[?1h`}})
	term.WaitFor("ready")
	term.Key("up")
	term.WaitFor("ready 1b 4f 41")
	if msg := failureOf(t, func(tb testing.TB) {
		run(tb, "hold", termtest.Options{}).Key("hyper+x")
	}); !strings.Contains(msg, `"hyper+x"`) {
		t.Errorf("an unknown key fails with %q", msg)
	}
}

func TestPaste(t *testing.T) {
	for _, tt := range []struct{ name, modes, want string }{
		{"plain", "", "61 0d 62 20 63"},
		{"bracketed", `\e[?2004h`, "1b 5b 32 30 30 7e 61 0d 62 20 63 1b 5b 32 30 31 7e"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			term := run(t, "raw", termtest.Options{Env: []string{"MODES=" + tt.modes}})
			term.WaitFor("ready")
			term.Paste("a\nb\x1bc")
			term.WaitFor("ready " + tt.want)
		})
	}
}
