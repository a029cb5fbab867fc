//go:build !windows

package termtest_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"codex-login/tui/termtest"
)

func TestExitCodes(t *testing.T) {
	if code := run(t, "exit7", termtest.Options{}).WaitExit(); code != 7 {
		t.Errorf("exit code %d, want 7", code)
	}
	if code := run(t, "env", termtest.Options{}).WaitExit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	term := run(t, "signals", termtest.Options{})
	term.WaitFor("ready")
	term.Signal(syscall.SIGKILL)
	if code := term.WaitExit(); code != 128+9 {
		t.Errorf("exit code %d, want 137", code)
	}
	if sig, killed := term.Killed(); !killed || sig != syscall.SIGKILL {
		t.Errorf("Killed() = %v, %v", sig, killed)
	}
}

func TestEnvironmentIsOnlyWhatIsGiven(t *testing.T) {
	t.Setenv("TERMTEST_CANARY", "inherited")
	term := run(t, "env", termtest.Options{Rows: 40, Env: []string{"GIVEN=yes"}})
	term.WaitExit()
	names := map[string]string{}
	for _, line := range term.Lines() {
		if name, value, ok := strings.Cut(line, "="); ok {
			names[name] = value
		}
	}
	for _, name := range []string{"GIVEN", "TERM", "PATH", "LANG", "HOME", "GORACE", programEnv} {
		if names[name] == "" {
			t.Errorf("%s is not set", name)
		}
		delete(names, name)
	}
	if len(names) > 0 {
		t.Errorf("unexpected variables: %v", names)
	}
}

func TestDefaultsOfTheEnvironment(t *testing.T) {
	term := termtest.Start(t, termtest.Options{}, "env")
	if code := term.WaitExit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if got := term.Screen(); strings.Count(got, "\n") != 3 || !strings.Contains(got, "TERM=xterm-256color\n") {
		t.Errorf("the default environment is:\n%s", got)
	}
}

func TestDir(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	term := run(t, "where", termtest.Options{Dir: dir, Cols: 200})
	term.WaitExit()
	if term.Screen() != dir {
		t.Errorf("runs in %q, want %q", term.Screen(), dir)
	}
}

func TestNothingOfTheOutputIsLost(t *testing.T) {
	for range 3 {
		const want = floodLines*18 + 13 // each newline becomes two bytes
		term := run(t, "flood", termtest.Options{})
		term.WaitExit()
		if got := len(term.Raw()); got != want {
			t.Errorf("%d bytes read, want %d", got, want)
		}
		if lines := term.Lines(); lines[23] != "the last line" {
			t.Errorf("last line is %q", lines[23])
		}
	}
}

func TestCookedLines(t *testing.T) {
	term := run(t, "lines", termtest.Options{})
	term.WaitFor("ready")
	if !term.LineDiscipline().Cooked() {
		t.Errorf("a new terminal is not cooked: %+v", term.LineDiscipline())
	}
	term.Type("helloo")
	term.Key("backspace")
	term.Key("enter")
	term.WaitFor("<hello>")
	term.Type("früh 日本")
	term.Key("enter")
	term.WaitFor("<früh 日本>")
	term.Key("ctrl+d")
	term.WaitFor("end of input")
	if code := term.WaitExit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if what := term.Restored(); what != "" {
		t.Errorf("not restored: %s", what)
	}
}

func TestControlCInterrupts(t *testing.T) {
	term := run(t, "signals", termtest.Options{})
	term.WaitFor("ready")
	term.Key("ctrl+c")
	term.WaitFor("got interrupt")
	if code := term.WaitExit(); code != 5 {
		t.Errorf("exit code %d", code)
	}
}

func TestSignalsReachTheProgram(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGHUP, syscall.SIGTERM} {
		term := run(t, "signals", termtest.Options{})
		term.WaitFor("ready")
		term.Signal(sig)
		term.WaitFor("got " + sig.String())
		if code := term.WaitExit(); code != 5 {
			t.Errorf("%v: exit code %d", sig, code)
		}
	}
}

func TestHangupSendsSIGHUP(t *testing.T) {
	note := filepath.Join(t.TempDir(), "note")
	term := run(t, "signals", termtest.Options{Env: []string{"NOTE=" + note}})
	term.WaitFor("ready")
	term.Hangup()
	if code := term.WaitExit(); code != 5 {
		t.Errorf("exit code %d", code)
	}
	if got, _ := os.ReadFile(note); string(got) != "hangup" {
		t.Errorf("the program got %q", got)
	}
}

func TestTerminalIsSilentUnlessAsked(t *testing.T) {
	queries := `\e[c\e[6n\e]11;?\a`
	term := run(t, "raw", termtest.Options{Env: []string{"MODES=" + strings.ReplaceAll(queries, `\a`, "\a")}})
	term.WaitFor("ready")
	term.Key("q")
	term.WaitExit()
	if got := term.Screen(); got != "ready 71" {
		t.Errorf("a silent terminal answered: %s", got)
	}
	term = run(t, "raw", termtest.Options{Answer: true, Cols: 300, Env: []string{"MODES=" + strings.ReplaceAll(queries, `\a`, "\a")}})
	term.WaitForMatch(`1b 5b 3f [0-9a-f ]*63`)                   // device attributes
	term.WaitFor("1b 5b 31 3b 31 52")                            // cursor at 1;1
	term.WaitForMatch(`1b 5d 31 31 3b 72 67 62 3a .*(07|1b 5c)`) // background colour
}

func TestUntidyExitIsSeen(t *testing.T) {
	term := run(t, "untidy", termtest.Options{})
	term.WaitExit()
	l := term.LineDiscipline()
	if l.Echo || l.Canonical || l.Cooked() || term.Restored() == "" {
		t.Errorf("line discipline %+v, restored %q", l, term.Restored())
	}
	if !term.AltScreen() || term.CursorVisible() || !term.BracketedPaste() {
		t.Error("alternate screen, hidden cursor or bracketed paste not seen")
	}
}

func TestOrphanDoesNotHoldTheTest(t *testing.T) {
	note := filepath.Join(t.TempDir(), "note")
	term := run(t, "orphan", termtest.Options{Env: []string{"NOTE=" + note}})
	pid, _ := strconv.Atoi(term.WaitForMatch(`left (\d+) behind`)[1])
	t.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGKILL) })
	if code := term.WaitExit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestBytesSince(t *testing.T) {
	term := run(t, "lines", termtest.Options{})
	term.WaitFor("ready")
	term.Settle(50 * time.Millisecond)
	mark := term.Mark()
	term.Type("x\r")
	term.WaitFor("<x>")
	term.Settle(50 * time.Millisecond)
	if got := string(term.BytesSince(mark)); got != "x\r\n<x>\r\n" {
		t.Errorf("bytes since the mark: %q", got)
	}
	if got := string(term.Raw()); got != "ready\r\nx\r\n<x>\r\n" {
		t.Errorf("all bytes: %q", got)
	}
}

func TestFailuresShowTheScreen(t *testing.T) {
	short := termtest.Options{Timeout: 2 * time.Second, Env: []string{"TEXT=what is there"}}
	for name, tt := range map[string]struct {
		fail func(testing.TB)
		want []string
	}{
		"late": {
			func(tb testing.TB) {
				term := run(tb, "hold", short)
				term.WaitFor("what is there")
				term.WaitFor("what is not")
			},
			[]string{`waited 2s for "what is not"`, "running", "what is there"},
		},
		"over": {
			func(tb testing.TB) { run(tb, "print", termtest.Options{Env: short.Env}).WaitForMatch("what is (not)") },
			[]string{"the program has ended", "exit code 0", "what is there"},
		},
		"not found": {
			func(tb testing.TB) { termtest.Start(tb, short, "no-such-program") },
			[]string{"no-such-program"},
		},
		"cannot run": {
			func(tb testing.TB) {
				file := filepath.Join(t.TempDir(), "program")
				if err := os.WriteFile(file, []byte("\x7fELF no program"), 0o700); err != nil {
					t.Error(err)
				}
				termtest.Start(tb, termtest.Options{}, file)
			},
			[]string{"start of", "exec format error"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			msg := failureOf(t, tt.fail)
			for _, want := range tt.want {
				if !strings.Contains(msg, want) {
					t.Errorf("%q is not in:\n%s", want, msg)
				}
			}
		})
	}
}

func TestBubbleTea(t *testing.T) {
	term := run(t, "tea", termtest.Options{})
	term.WaitFor("Tea 80x24")
	if !term.AltScreen() || term.CursorVisible() || !term.BracketedPaste() || term.LineDiscipline().Cooked() {
		t.Error("a full-screen program is not seen as such")
	}
	if c := term.Cell(0, 1); c.Rune() != 'T' || !c.Bold || c.FG != "6" {
		t.Errorf("cell 0,1 is %+v", c)
	}
	if c := term.Cell(0, 3); c.Rune() != 'f' || !c.Faint || c.FG != "" {
		t.Errorf("cell 0,3 is %+v", c)
	}
	term.Key("up")
	term.WaitFor("keys 1 last up|")
	term.Paste("two\nlines")
	term.WaitFor(`keys 2 last paste of "two\rlines"|`)
	for _, size := range [][2]int{{120, 40}, {41, 15}} {
		term.Resize(size[0], size[1])
		term.WaitFor("Tea " + strconv.Itoa(size[0]) + "x" + strconv.Itoa(size[1]))
		term.WaitUntil("a wall from edge to edge", func() bool {
			return term.Lines()[0] == strings.Repeat("界", size[0]/2)
		})
	}
	term.Key("ctrl+c")
	if code := term.WaitExit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if what := term.Restored(); what != "" {
		t.Errorf("not restored: %s", what)
	}
	if term.Screen() != "goodbye" {
		t.Errorf("the main screen shows %q", term.Screen())
	}
}
