package termtest_test

import (
	"reflect"
	"strings"
	"testing"

	"codex-login/tui/termtest"
)

// emulate feeds a new screen.
func emulate(t testing.TB, cols, rows int, output string) *termtest.Emulator {
	t.Helper()
	e := termtest.NewEmulator(cols, rows, nil)
	t.Cleanup(func() { _ = e.Close() })
	_, _ = e.Write([]byte(output))
	return e
}

var screens = []struct {
	name       string
	cols, rows int
	output     string
	want       string
}{
	{"text", 10, 3, "one\r\ntwo", "one\ntwo"},
	{"trailing spaces go", 10, 3, "one  \r\n\r\n", "one"},
	{"narrow text wraps", 4, 3, "abcdef", "abcd\nef"},
	{"wide text wraps", 4, 3, "日本語", "日本\n語"},
	{"wide text wraps at an odd column", 5, 3, "日本語", "日本\n語"},
	{"narrow after a line full of wide", 4, 3, "日本x", "日本\nx"},
	{"wide after a full line", 4, 3, "abcd日", "abcd\n日"},
	{"colour does not undo the wrap", 4, 3, "日本\x1b[31mx", "日本\nx"},
	{"a new line after a full wide line is one line", 4, 3, "日本\r\nx", "日本\nx"},
	{"the last row scrolls", 4, 2, "日本日本日本", "日本\n日本"},
	{"no wrap", 4, 2, "\x1b[?7l日本x", "日 x"},
	{"half of a wide character overwritten", 6, 1, "日本\x1b[1;2Hx", " x本"},
	{"wide character in a narrow terminal", 1, 2, "日x", "x"},
	{"accent after a letter", 10, 1, "cafe\u0301s", "cafés"},
	{"accent that has no composed form", 10, 1, "x\u0301y", "xy"},
	{"zero width characters", 10, 1, "a\u200bb\u2060\ufeffc", "abc"},
	{"erase to the end of the line", 10, 2, "hello\x1b[1;3H\x1b[K", "he"},
	{"home and erase", 10, 2, "hello\x1b[2J\x1b[Hbye", "bye"},
	{"alternate screen", 10, 2, "main\x1b[?1049h\x1b[Halt", "alt"},
	{"back from the alternate screen", 10, 2, "main\x1b[?1049h\x1b[Halt\x1b[?1049l!", "main!"},
	{"tab", 20, 1, "a\tb", "a       b"},
	{"insert and delete lines", 5, 3, "a\r\nb\r\nc\x1b[1;1H\x1b[L\x1b[2;1H\x1b[M", "\nb"},
	{"scroll region", 5, 4, "a\r\nb\r\nc\r\nd\x1b[2;3r\x1b[3;1H\n", "a\nc\n\nd"},
	{"line drawing set", 5, 1, "\x1b(0qx\x1b(B", "─│"},
	{"unknown sequences leave no trace", 20, 1, "a\x1b[>4;1m\x1b[=1u\x1bPq\x1b\\\x1b_x\x1b\\b", "ab"},
	{"a title leaves no trace", 20, 1, "\x1b]2;title\x07text", "text"},
}

func TestScreens(t *testing.T) {
	for _, tt := range screens {
		t.Run(tt.name, func(t *testing.T) {
			if got := emulate(t, tt.cols, tt.rows, tt.output).Screen(); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// Output arrives in pieces that end anywhere, in the middle of a sequence or of a character too.
func TestPiecesMakeNoDifference(t *testing.T) {
	for _, tt := range screens {
		if strings.Contains(tt.name, "accent") {
			continue // a mark that comes late finds its letter printed
		}
		e := emulate(t, tt.cols, tt.rows, "")
		for i := range len(tt.output) {
			_, _ = e.Write([]byte{tt.output[i]})
		}
		if got := e.Screen(); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestCells(t *testing.T) {
	for _, tt := range []struct {
		sgr  string
		want termtest.Cell
	}{
		{"", termtest.Cell{}},
		{"31", termtest.Cell{FG: "1"}},
		{"97;40", termtest.Cell{FG: "15", BG: "0"}},
		{"38;5;9;48;5;200", termtest.Cell{FG: "9", BG: "200"}},
		{"38;2;1;2;255", termtest.Cell{FG: "#0102ff"}},
		{"38:2::1:2:255", termtest.Cell{FG: "#0102ff"}},
		{"1", termtest.Cell{Bold: true}},
		{"2", termtest.Cell{Faint: true}},
		{"3;4;5", termtest.Cell{Italic: true, Underline: true, Blink: true}},
		{"7;8;9", termtest.Cell{Reverse: true, Conceal: true, Strike: true}},
		{"1;2;22", termtest.Cell{}},
		{"31;42;39;49", termtest.Cell{}},
		{"1;7;36;0", termtest.Cell{}},
	} {
		want := tt.want
		want.Text, want.Width = "x", 1
		if got := emulate(t, 5, 1, "\x1b["+tt.sgr+"mx").Cell(0, 0); got != want {
			t.Errorf("SGR %q:\ngot  %+v\nwant %+v", tt.sgr, got, want)
		}
	}
	e := emulate(t, 5, 1, "日x")
	for x, want := range []struct {
		r     rune
		width int
	}{{'日', 2}, {0, 0}, {'x', 1}, {' ', 1}} {
		if c := e.Cell(x, 0); c.Rune() != want.r || c.Width != want.width {
			t.Errorf("cell %d is %+v", x, c)
		}
	}
	if c := e.Cell(99, 99); c != (termtest.Cell{}) {
		t.Errorf("a cell outside is %+v", c)
	}
}

func TestLinks(t *testing.T) {
	const open, shut = "\x1b]8;;", "\x1b]8;;\x1b\\"
	for _, tt := range []struct {
		name, output string
		want         []termtest.Link
	}{
		{"none", "text", nil},
		{"one", "go " + open + "https://a.example/\x1b\\here" + shut + " now", []termtest.Link{{"https://a.example/", "here", 3, 0}}},
		{
			"ended by BEL, semicolons", "\x1b]8;id=7;https://a.example/;x=1;y\x07z\x1b]8;;\x07",
			[]termtest.Link{{"https://a.example/;x=1;y", "z", 0, 0}},
		},
		{
			"wrapped", open + "https://a.example/long\x1b\\aaa" + shut + "   \r\n" + open + "https://a.example/long\x1b\\bbb" + shut,
			[]termtest.Link{{"https://a.example/long", "aaabbb", 0, 0}},
		},
		{
			"the same twice", open + "u\x1b\\a" + shut + " or " + open + "u\x1b\\b" + shut,
			[]termtest.Link{{"u", "a", 0, 0}, {"u", "b", 5, 0}},
		},
		{
			"two side by side", open + "u\x1b\\a" + shut + open + "v\x1b\\日" + shut,
			[]termtest.Link{{"u", "a", 0, 0}, {"v", "日", 1, 0}},
		},
		{"overwritten", open + "u\x1b\\a" + shut + "\rb", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := emulate(t, 20, 3, tt.output).Links(); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestModes(t *testing.T) {
	e := emulate(t, 20, 5, "\x1b]0;the title\x07ab")
	if x, y := e.Cursor(); x != 2 || y != 0 {
		t.Errorf("cursor at %d,%d", x, y)
	}
	if e.AltScreen() || !e.CursorVisible() || e.BracketedPaste() || e.Title() != "the title" {
		t.Error("a new screen is not in its first state")
	}
	_, _ = e.Write([]byte("\x1b[?1049h\x1b[?25;2004h\x1b[?25l"))
	if !e.AltScreen() || e.CursorVisible() || !e.BracketedPaste() {
		t.Error("modes not seen")
	}
	// A cursor that is hidden stays hidden when the alternate screen is left: the person would miss it.
	_, _ = e.Write([]byte("\x1b[?1049l\x1b[?2004l"))
	if e.AltScreen() || e.CursorVisible() || e.BracketedPaste() {
		t.Error("the cursor came back by itself, or a mode stayed")
	}
	_, _ = e.Write([]byte("\x1b[?25h"))
	if !e.CursorVisible() {
		t.Error("the cursor did not come back")
	}
}

func TestEmulatorResize(t *testing.T) {
	e := emulate(t, 6, 2, "日本語\r\nab")
	e.Resize(5, 3)
	if got := e.Screen(); !strings.HasPrefix(got, "日本") || !strings.HasSuffix(got, "\nab") {
		t.Errorf("%q", got)
	}
	e.Resize(10, 1)
	if cols, rows := e.Size(); cols != 10 || rows != 1 || len(e.Lines()) != 1 {
		t.Errorf("%dx%d", cols, rows)
	}
}

// Whatever a program writes, the screen can be read and drawn.
func FuzzEmulator(f *testing.F) {
	for _, tt := range screens {
		f.Add([]byte(tt.output))
	}
	f.Add([]byte("\x1b]8;;https://a.example/;x\x1b\\link\x1b]8;;\x1b\\\x1b[38;2;1m\x9b31mz"))
	f.Fuzz(func(t *testing.T, output []byte) {
		e := emulate(t, 12, 4, string(output))
		for _, line := range append(e.Lines(), e.Title()) {
			_ = line
		}
		e.Links()
		e.PNG(termtest.Dark)
		checkXML(t, e.SVG(termtest.Light, e.Title()))
	})
}

// TestWritesMayEndAnywhere cuts an output at every byte: a read from a terminal
// ends where it likes.
func TestWritesMayEndAnywhere(t *testing.T) {
	const output = "\x1b[97;40m██▀▄▄━━━é漢字\x1b[0m\r\n\x1b]8;;https://example.test/a;b\x1b\\link\x1b]8;;\x1b\\ ━━\x1b[0m\x1b[2m━"
	screen := func(parts ...string) string {
		e := termtest.NewEmulator(20, 4, nil)
		defer func() { _ = e.Close() }()
		for _, p := range parts {
			_, _ = e.Write([]byte(p))
		}
		return e.Screen()
	}
	want := screen(output)
	for i := 1; i < len(output); i++ {
		if got := screen(output[:i], output[i:]); got != want {
			t.Errorf("cut at %d, before %q:\n%s", i, output[i:min(len(output), i+4)], got)
		}
	}
}
