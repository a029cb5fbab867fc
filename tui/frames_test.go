package tui

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// TestFrames holds every screen in every state at three sizes, without colours.
func TestFrames(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {40, 15}, {120, 40}} {
		e := testEnv(t)
		var b strings.Builder
		for _, s := range states(t, e, ordinary) {
			fmt.Fprintf(&b, "== %s\n%s\n", s.name, trimmed(ansi.Strip(draw(e, s, size[0], size[1]))))
		}
		golden(t, fmt.Sprintf("frames-%dx%d.txt", size[0], size[1]), b.String())
	}
}

// TestStyledFrames holds the colours of the screens that live by them, and
// what is left of them under NO_COLOR and without UTF-8.
func TestStyledFrames(t *testing.T) {
	for name, variables := range map[string][]string{
		"colour": nil, "no-color": {"NO_COLOR=1"}, "ascii": {"LC_ALL=C"},
	} {
		e := testEnv(t, variables...)
		var b strings.Builder
		for _, s := range states(t, e, ordinary) {
			switch s.name {
			case "picker", "picker-forbidden", "device", "done", "key-wrong", "refused-start", "browser", "accounts", "accounts-filtered", "card",
				"ways-code", "machines-marked", "kind-copy", "sending-several", "import-sealed":
				fmt.Fprintf(&b, "== %s\n%s\n", s.name, strings.ReplaceAll(draw(e, s, 80, 24), "\x1b", "␛"))
			}
		}
		golden(t, "styled-"+name+".txt", b.String())
	}
}

func TestNoColorLeavesNoColour(t *testing.T) {
	e := testEnv(t, "NO_COLOR=1")
	for _, s := range states(t, e, ordinary) {
		frame := draw(e, s, 80, 24)
		// The QR code's own colours are data.
		frame = strings.NewReplacer("\x1b[97;40m", "", "\x1b[97;49m", "").Replace(frame)
		for _, c := range []string{"[3", ";3", "[9", ";9", "[4", ";4"} {
			for _, sgr := range sequences(frame) {
				if strings.HasPrefix(sgr, c) || strings.Contains(sgr, c) && c[0] == ';' {
					t.Errorf("%s: %q colours under NO_COLOR", s.name, sgr)
				}
			}
		}
	}
}

// sequences are the bodies of the SGR sequences in s.
func sequences(s string) []string {
	var out []string
	for part := range strings.SplitSeq(s, "\x1b") {
		if body, _, ok := strings.Cut(part, "m"); ok && strings.HasPrefix(body, "[") {
			out = append(out, body)
		}
	}
	return out
}

// TestAsciiFrames: without UTF-8, every character is ASCII, except in texts.
func TestAsciiFrames(t *testing.T) {
	e := testEnv(t, "LC_ALL=POSIX")
	for _, s := range states(t, e, ordinary) {
		for _, r := range ansi.Strip(draw(e, s, 100, 40)) {
			if r > unicode.MaxASCII && !strings.ContainsRune("…↑↓李伟", r) {
				t.Errorf("%s: %q", s.name, r)
			}
		}
	}
}

// hostile is what a bad server or file could say.
var hostile = texts{
	email:     strings.Repeat("会", 60) + "\u202e\x1b[2J\x07@" + strings.Repeat("é́", 40) + ".test",
	workspace: "\x1b]0;title\x07" + strings.Repeat("w-", 120), plan: "\x9b31mplus\r\n" + strings.Repeat("🏴‍☠️", 20),
	path:   "/home/mina/" + strings.Repeat("very long folder/", 12) + "\u200f\x1b[H",
	code:   strings.Repeat("ＡＢ-", 40) + "\x1b[1A",
	url:    "https://auth.example.test/" + strings.Repeat("路", 100) + "\x1b]8;;http://evil.test\x07",
	detail: "line\nbreak\tand\x1b[31m colour\u2028\u2066" + strings.Repeat("x", 300),
	source: "/etc/" + strings.Repeat("設定", 80) + "\x1b[A.toml",
	label:  "\x1b[5m" + strings.Repeat("名", 70) + "\u2067" + strings.Repeat("a\u0301", 30), program: "\x07" + strings.Repeat("長い", 50) + "\n\x1b[H",
}

// TestEveryFrameFits: at any size every frame has as many rows as the window
// and no row is wider, whatever the texts are; nothing but our own styles
// reaches the terminal.
func TestEveryFrameFits(t *testing.T) {
	for name, x := range map[string]texts{"ordinary": ordinary, "hostile": hostile} {
		for _, locale := range []string{"C.UTF-8", "C"} {
			t.Run(name+" "+locale, func(t *testing.T) {
				t.Parallel()
				e := testEnv(t, "LC_ALL="+locale)
				all := states(t, e, x)
				for w := 30; w <= 130; w += 10 {
					for _, h := range []int{10, 15, 24, 30, 50} {
						for _, s := range all {
							if problem := misfit(draw(e, s, w, h), w, h); problem != "" {
								t.Fatalf("%s at %dx%d: %s", s.name, w, h, problem)
							}
						}
					}
				}
			})
		}
	}
}

func misfit(frame string, w, h int) string {
	rows := strings.Split(frame, "\n")
	if len(rows) > h {
		return fmt.Sprintf("%d rows", len(rows))
	}
	for i, row := range rows {
		if got := ansi.StringWidth(row); got > w {
			return fmt.Sprintf("row %d is %d wide: %q", i, got, row)
		}
		for _, r := range ansi.Strip(row) {
			if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
				return fmt.Sprintf("row %d holds %U: %q", i, r, row)
			}
		}
		for _, bad := range []string{"\x1b[2J", "\x1b[H", "\x1b[A", "\x1b[1A", "\x1b]0;", "\x9b"} {
			if strings.Contains(row, bad) {
				return fmt.Sprintf("row %d holds %q", i, bad)
			}
		}
	}
	return ""
}

func TestTinyWindowSaysSo(t *testing.T) {
	e := testEnv(t)
	for _, size := range [][2]int{{29, 24}, {80, 9}, {10, 3}, {1, 1}} {
		for _, s := range states(t, e, ordinary) {
			if problem := misfit(draw(e, s, size[0], size[1]), size[0], size[1]); problem != "" {
				t.Fatalf("%s at %v: %s", s.name, size, problem)
			}
		}
	}
	if got := draw(e, states(t, e, ordinary)[1], 29, 24); !strings.Contains(strings.ReplaceAll(got, "\n", " "), "30 columns") {
		t.Errorf("a window of 29 columns is not told: %q", got)
	}
}

// TestEveryTextExists: no screen shows the id of a text that the catalogue
// lacks.
func TestEveryTextExists(t *testing.T) {
	e := testEnv(t)
	for _, s := range states(t, e, ordinary) {
		for _, shown := range []string{draw(e, s, 120, 60), e.say(s.screen.Help()), s.screen.Title()} {
			for word := range strings.FieldsSeq(ansi.Strip(shown)) {
				head, rest, ok := strings.Cut(word, ".")
				if ok && rest != "" && strings.Contains("frame picker compare store browser device key token done signout refused error help explain note", head) && head != "" && strings.ToLower(word) == word {
					t.Errorf("%s shows %q", s.name, word)
				}
			}
		}
		for _, b := range s.screen.Keys() {
			if strings.Contains(b.Help().Desc, "frame.key") {
				t.Errorf("%s: no text for the key %q", s.name, b.Help().Key)
			}
		}
	}
}

// trimmed takes the spaces at the ends of rows away.
func trimmed(s string) string {
	rows := strings.Split(s, "\n")
	for i, r := range rows {
		rows[i] = strings.TrimRight(r, " ")
	}
	return strings.Join(rows, "\n")
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (make golden writes it)", err)
	}
	if string(want) == got {
		return
	}
	wantRows, gotRows := strings.Split(string(want), "\n"), strings.Split(got, "\n")
	section := ""
	for i, row := range gotRows {
		if strings.HasPrefix(row, "== ") {
			section = row[3:]
		}
		if i >= len(wantRows) || wantRows[i] != row {
			t.Fatalf("%s, %s differs at line %d\n got %q\nwant %q\n(make golden accepts the screens as they are)", name, section, i+1, row, at(wantRows, i))
		}
	}
	t.Fatalf("%s ends too early", name)
}

func at(rows []string, i int) string {
	if i < len(rows) {
		return rows[i]
	}
	return "nothing"
}
