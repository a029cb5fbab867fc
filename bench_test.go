//go:build !windows

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"codex-login/flows/sandbox"
	"codex-login/tui/termtest"
)

// The benchmarks of `make bench`. They measure and assert nothing; the numbers
// that were seen are in CONTRIBUTING.md.

// emptyProgram is what a Go program costs that does nothing.
func emptyProgram(b *testing.B) string {
	b.Helper()
	dir := b.TempDir()
	source := filepath.Join(dir, "main.go")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() { println(\"Not logged in\") }\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	out := filepath.Join(dir, "empty")
	if text, err := exec.Command("go", "build", "-o", out, source).CombinedOutput(); err != nil {
		b.Fatal(string(text))
	}
	return out
}

// BenchmarkStatus compares `status` with `codex login status` and with an
// empty program, side by side.
func BenchmarkStatus(b *testing.B) {
	p := newPerson(b, nil)
	if r := p.run("sk-proj-0123456789abcdef", "--with-api-key"); r.code != 0 {
		b.Fatal(r)
	}
	commands := []struct {
		name string
		make func() *exec.Cmd
	}{
		{"empty", func() func() *exec.Cmd {
			path := emptyProgram(b)
			return func() *exec.Cmd { return exec.Command(path) }
		}()},
		{"codex-login", func() *exec.Cmd {
			cmd := exec.Command(program, "status")
			cmd.Env = p.environ()
			return cmd
		}},
	}
	if codex, err := sandbox.NewPeer(p.issuer, p.home); err == nil {
		commands = append(commands, struct {
			name string
			make func() *exec.Cmd
		}{"codex", func() *exec.Cmd { return codex.Command(b.Context(), "login", "status") }})
	}
	for _, c := range commands {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if out, err := c.make().CombinedOutput(); err != nil {
					b.Fatalf("%v: %s", err, out)
				}
			}
		})
	}
}

// BenchmarkFirstFrame is the time from the start of the wizard to its first
// whole screen in a terminal that answers no query.
func BenchmarkFirstFrame(b *testing.B) {
	p := newPerson(b, nil)
	for b.Loop() {
		term := termtest.Start(b, termtest.Options{Cols: 80, Rows: 24, Env: p.environ()}, program, "--experimental_issuer", p.issuer.URL())
		term.WaitFor("q quit")
		b.StopTimer()
		term.Key("q")
		term.WaitExit()
		b.StartTimer()
	}
}

// BenchmarkFirstFrameOfCodex is the same for the real Codex's sign-in screen.
func BenchmarkFirstFrameOfCodex(b *testing.B) {
	p := newPerson(b, nil)
	codex, err := sandbox.NewPeer(p.issuer, p.home)
	if err != nil {
		b.Skip(err)
	}
	for b.Loop() {
		term := termtest.Start(b, termtest.Options{Cols: 80, Rows: 24, Dir: p.home, Env: append(codex.Environ(), "TERM=xterm-256color"), Answer: true}, codex.Bin, "--no-daemon")
		term.WaitFor("Sign in with ChatGPT")
		b.StopTimer()
		term.Signal(syscall.SIGKILL)
		term.WaitExit()
		b.StartTimer()
	}
}

// BenchmarkWaitingBytes is how much the device screen sends to the terminal
// while it waits and counts down.
func BenchmarkWaitingBytes(b *testing.B) {
	p := newPerson(b, nil)
	term := termtest.Start(b, termtest.Options{Cols: 80, Rows: 24, Env: p.environ()}, program, "--experimental_issuer", p.issuer.URL(), "--device-auth")
	term.WaitFor("get a code")
	term.Key("enter")
	term.WaitFor("valid for")
	const window = 10 * time.Second
	mark := term.Mark()
	<-time.After(window)
	b.ReportMetric(float64(len(term.BytesSince(mark)))/window.Seconds(), "B/s")
	term.Key("ctrl+c")
	term.WaitExit()
}
