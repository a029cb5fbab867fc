//go:build !windows

package tui

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"codex-login/assets"
	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/flows/network"
	"codex-login/flows/sandbox"
	"codex-login/policy"
	"codex-login/tui/termtest"
)

func init() { runWizard = wizardProcess }

// wizardProcess is a whole wizard on an issuer of its own, and says afterwards
// how it ended.
func wizardProcess() int {
	home, err := credstore.FindHome(os.Getenv)
	if err != nil {
		panic(err)
	}
	issuer, err := sandbox.Start(sandbox.Options{Setup: func(b *sandbox.Behaviour) {
		b.EditDeviceCode = func(answer map[string]any) { answer["interval"] = "1" }
	}})
	if err != nil {
		panic(err)
	}
	rules, err := policy.Load(policy.Options{Home: home.Path, System: home.Path + "/none"})
	if err != nil {
		panic(err)
	}
	login := &flows.Login{
		Home: home, Rules: rules, Client: network.NewClient(func(string) string { return "" }), Say: assets.Speak("en"), Environment: os.Getenv,
		Issuer: flows.NewIssuer(issuer.URL(), "", "codex-login/test", func(string) string { return "" }),
	}
	if os.Getenv("TUI_TEST_PLACE") == "ssh" {
		login.Where = afar
	}
	demo := demoOf(issuer)
	if os.Getenv(wizardEnv) == "person" {
		demo = nil
	}
	if os.Getenv(wizardEnv) == "panic" {
		demo.Approve = func(context.Context, *flows.Challenge) error { panic("the ceiling fell down") }
	}
	outcome, err := Run(context.Background(), Options{
		Login: login, Say: assets.Speak("en"), Demo: demo, Start: flows.Method(os.Getenv("TUI_TEST_START")), Motion: os.Getenv("NO_MOTION") == "",
	})
	fmt.Printf("stored=%v outcome=%v error=%v\n", outcome.Receipt != nil, outcome.Err, err)
	return 0
}

func wizard(t testing.TB, cols, rows int, variables ...string) *termtest.Terminal {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	env := append([]string{"CODEX_HOME=" + t.TempDir()}, variables...)
	if !strings.Contains(strings.Join(env, " "), wizardEnv) {
		env = append(env, wizardEnv+"=demo")
	}
	return termtest.Start(t, termtest.Options{Cols: cols, Rows: rows, Env: env}, self)
}

// deviceScreen goes to the waiting device code.
func deviceScreen(t testing.TB, cols, rows int, variables ...string) *termtest.Terminal {
	t.Helper()
	w := wizard(t, cols, rows, append(variables, "TUI_TEST_START=device")...)
	w.WaitFor("get a code")
	w.Key("enter")
	w.WaitFor("valid for")
	return w
}

// TestTerminalIsGivenBack after every way out, with what is true said.
func TestTerminalIsGivenBack(t *testing.T) {
	for _, c := range []struct {
		name string
		mode string
		end  func(*termtest.Terminal)
		says string
	}{
		{"esc and q", "demo", func(w *termtest.Terminal) { w.Key("esc"); w.WaitFor("How do you want"); w.Key("q") }, "stored=false outcome=the sign-in was cancelled"},
		{"ctrl+c", "demo", func(w *termtest.Terminal) { w.Key("ctrl+c") }, "stored=false outcome=the sign-in was cancelled"},
		{"TERM", "demo", func(w *termtest.Terminal) { w.Signal(syscall.SIGTERM) }, "stored=false outcome=the sign-in was cancelled"},
		{"INT", "demo", func(w *termtest.Terminal) { w.Signal(syscall.SIGINT) }, "stored=false outcome=the sign-in was cancelled"},
		{"HUP", "demo", func(w *termtest.Terminal) { w.Signal(syscall.SIGHUP) }, "stored=false outcome=the sign-in was cancelled"},
		{"a panic", "panic", func(w *termtest.Terminal) { w.Key("a") }, "had to stop (the ceiling fell down)"},
		{"TERM while printed", "demo", func(w *termtest.Terminal) { w.Key("p"); w.WaitFor("Press enter to go back"); w.Signal(syscall.SIGTERM) }, "stored=false"},
		{"a sign-in", "demo", func(w *termtest.Terminal) { w.Key("a"); w.WaitFor("enter leave"); w.Key("enter") }, "stored=true outcome=<nil>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := deviceScreen(t, 80, 24, wizardEnv+"="+c.mode)
			c.end(w)
			if code := w.WaitExit(); code != 0 {
				t.Errorf("exit code %d:\n%s", code, w.Raw())
			}
			if problem := w.Restored(); problem != "" {
				t.Errorf("the terminal is not as before: %s", problem)
			}
			if after := unwrapped(w.Screen()); !strings.Contains(after, c.says) {
				t.Errorf("%q is not said:\n%s", c.says, w.Screen())
			}
			if strings.Contains(w.Screen(), "goroutine") {
				t.Errorf("a stack is shown:\n%s", w.Screen())
			}
		})
	}
}

func unwrapped(screen string) string { return strings.ReplaceAll(screen, "\n", "") }

// TestSilentTerminal: nothing is asked of the terminal, and nobody waits for
// an answer that does not come.
func TestSilentTerminal(t *testing.T) {
	w := deviceScreen(t, 80, 24, "TERM=xterm-256color")
	w.Key("ctrl+c")
	w.WaitExit()
	for _, query := range []string{"\x1b]11;?", "\x1b]10;?", "\x1b[6n", "\x1b[c", "\x1b[>", "\x1b[?u", "\x1b[?2026$p", "\x1bP+q"} {
		if bytes.Contains(w.Raw(), []byte(query)) {
			t.Errorf("the terminal is asked %q", query)
		}
	}
	for _, mouse := range []string{"\x1b[?1000h", "\x1b[?1002h", "\x1b[?1003h"} {
		if bytes.Contains(w.Raw(), []byte(mouse)) {
			t.Errorf("the mouse is taken: %q", mouse)
		}
	}
}

// TestResize at any moment, down to nothing and back.
func TestResize(t *testing.T) {
	w := deviceScreen(t, 80, 24)
	w.Resize(40, 15)
	w.WaitFor("more below")
	w.Resize(20, 5)
	w.WaitFor("small. The wizard")
	w.Resize(120, 40)
	w.WaitFor("valid for")
	w.WaitFor("██")
	w.Key("ctrl+c")
	w.WaitExit()
}

// TestPrintLeavesAndComesBack: the address stands unbroken on the ordinary
// screen, and the wizard goes on.
func TestPrintLeavesAndComesBack(t *testing.T) {
	w := wizard(t, 80, 24, "TUI_TEST_START=browser")
	w.WaitFor("Waiting for the browser")
	mark := w.Mark()
	w.Key("p")
	w.WaitFor("Press enter to go back")
	if w.AltScreen() {
		t.Error("it is printed on the wizard's screen")
	}
	if !bytes.Contains(w.BytesSince(mark), []byte("originator=codex_cli_rs\r\n")) {
		t.Errorf("the address is not printed whole: %q", w.BytesSince(mark))
	}
	w.Key("enter")
	w.WaitFor("Waiting for the browser")
	if !w.AltScreen() {
		t.Error("it did not come back")
	}
	w.Key("a")
	w.WaitFor("enter leave")
	w.Key("q")
	w.WaitExit()
}

// TestSuspend: ctrl+z gives the terminal to the shell, and fg brings the wizard
// back, which goes on where it was.
func TestSuspend(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		missing(t, "bash")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w := termtest.Start(t, termtest.Options{Cols: 80, Rows: 24, Env: []string{
		"CODEX_HOME=" + t.TempDir(), wizardEnv + "=demo", "TUI_TEST_START=device", "PS1=ready> ", "WIZARD=" + self,
	}}, bash, "--norc", "--noprofile", "-i")
	w.WaitFor("ready>")
	w.Type("\"$WIZARD\"\r")
	w.WaitFor("get a code")
	w.Key("enter")
	w.WaitFor("valid for")
	w.Key("ctrl+z")
	w.WaitFor("Stopped")
	if w.AltScreen() {
		t.Error("the shell is on the wizard's screen")
	}
	w.Type("echo one $((40+2))\r")
	w.WaitFor("one 42")
	w.Type("fg\r")
	w.WaitUntil("the wizard's screen", w.AltScreen)
	w.WaitFor("valid for")
	w.Key("a")
	w.WaitFor("enter leave")
	w.Key("enter")
	w.WaitFor("stored=true")
	w.Type("exit\r")
	w.WaitExit()
}

// TestCopyGoesToTheTerminal as OSC 52, and only that is claimed.
func TestCopyGoesToTheTerminal(t *testing.T) {
	w := deviceScreen(t, 80, 24)
	mark := w.Mark()
	w.Key("c")
	w.WaitFor("sent to the terminal's clipboard")
	if !bytes.Contains(w.BytesSince(mark), []byte("\x1b]52;c;")) {
		t.Errorf("no OSC 52: %q", w.BytesSince(mark))
	}
	w.Key("ctrl+c")
	w.WaitExit()
}

// TestCountdownIsCheap: a second of waiting writes the row with the time, not
// the QR code beside it.
func TestCountdownIsCheap(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}} {
		w := deviceScreen(t, size[0], size[1])
		now := func() string { return w.WaitForMatch(`valid for (\d+:\d\d)`)[1] }
		first := now()
		w.WaitUntil("the next second", func() bool { return now() != first })
		second, mark := now(), w.Mark()
		w.WaitUntil("the next second", func() bool { return now() != second })
		written := w.BytesSince(mark)
		if bytes.Contains(written, []byte("█")) {
			t.Errorf("%v: the QR code is written again: %q", size, written)
		}
		if len(written) > 60 {
			t.Errorf("%v: %d bytes for a second: %q", size, len(written), written)
		}
		w.Key("ctrl+c")
		w.WaitExit()
	}
}

// TestQRCodeScans from the screen as it is drawn, with a real scanner.
func TestQRCodeScans(t *testing.T) {
	scanner, err := exec.LookPath("zbarimg")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("zbarimg is missing")
		}
		t.Skip("needs zbarimg")
	}
	for _, c := range []struct {
		cols, rows int
		env        string
		alone      bool
	}{{80, 24, "NO_COLOR=", false}, {120, 40, "NO_COLOR=", false}, {80, 24, "NO_COLOR=1", false}, {60, 22, "NO_COLOR=", true}, {120, 40, "LC_ALL=C", true}} {
		w := deviceScreen(t, c.cols, c.rows, c.env)
		url := w.WaitForMatch(`(http://127\.0\.0\.1:\d+/codex/device)`)[1]
		if c.alone {
			w.Key("f")
			w.WaitFor("any key goes back") // the last row of the frame
		}
		for _, theme := range termtest.Themes() {
			picture := filepath.Join(t.TempDir(), "screen.png")
			if err := os.WriteFile(picture, w.PNG(theme), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command(scanner, "-q", "--raw", "-Sdisable", "-Sqrcode.enable", picture).Output()
			if got := strings.TrimSpace(string(out)); got != url {
				t.Errorf("%+v, %s: scanned %q (%v), want %q\n%s", c, theme.Name, got, err, url, w.Screen())
			}
		}
		w.Key("ctrl+c")
		w.WaitExit()
	}
}

// TestLeavingWaitsForASave: work that has begun is never cut off.
func TestLeavingWaitsForASave(t *testing.T) {
	w := newWork(t.Context())
	if !w.enter() {
		t.Fatal("work cannot begin")
	}
	closed := make(chan struct{})
	go func() { w.close(); close(closed) }()
	<-w.ctx.Done()
	select {
	case <-closed:
		t.Fatal("it did not wait")
	default:
	}
	if w.enter() {
		t.Error("new work begins after leaving")
	}
	w.exit()
	<-closed
}

// BenchmarkFirstFrame is from the start of the process to the first frame.
func BenchmarkFirstFrame(b *testing.B) {
	for b.Loop() {
		w := wizard(b, 80, 24)
		w.WaitFor("How do you want")
		w.Key("ctrl+c")
		w.WaitExit()
	}
}

// BenchmarkWaiting measures what the device screen writes in five seconds.
func BenchmarkWaiting(b *testing.B) {
	w := deviceScreen(b, 80, 24)
	mark, start := w.Mark(), time.Now()
	for b.Loop() {
		time.Sleep(5 * time.Second)
	}
	b.ReportMetric(float64(len(w.BytesSince(mark)))/time.Since(start).Seconds(), "B/s")
	w.Key("ctrl+c")
	w.WaitExit()
}

// TestWindowClosed: the wizard does not live on without its window.
func TestWindowClosed(t *testing.T) {
	w := deviceScreen(t, 80, 24)
	w.Hangup()
	w.WaitExit()
}
