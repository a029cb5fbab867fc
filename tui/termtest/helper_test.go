//go:build !windows

package termtest_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"golang.org/x/term"

	"codex-login/tui/termtest"
)

// The programs that the tests run in a terminal: this test binary again, with the program's name in programEnv.
const programEnv = "TERMTEST_PROGRAM"

var programs = map[string]func(){
	"print":   printText,
	"hold":    hold,
	"env":     func() { fmt.Println(strings.Join(os.Environ(), "\n")) },
	"where":   func() { dir, _ := os.Getwd(); fmt.Println(dir) },
	"lines":   echoLines,
	"raw":     echoBytes,
	"exit7":   func() { os.Exit(7) },
	"untidy":  untidy,
	"flood":   func() { fmt.Print(strings.Repeat("0123456789abcdef\n", floodLines) + "the last line") },
	"signals": awaitSignal,
	"orphan":  orphan,
	"tea":     runTea,
}

func TestMain(m *testing.M) {
	if name := os.Getenv(programEnv); name != "" {
		programs[name]()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// run starts one of the programs above. TERM is one that Bubble Tea, which is in this binary, does not query at start-up:
// on a silent xterm its init would hold every program for five seconds.
func run(t testing.TB, program string, o termtest.Options) *termtest.Terminal {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	o.Env = append([]string{"TERM=tmux-256color", "GORACE=atexit_sleep_ms=0", programEnv + "=" + program}, o.Env...)
	return termtest.Start(t, o, self)
}

// printText prints TEXT, with \e for escape.
func printText() { fmt.Print(strings.ReplaceAll(os.Getenv("TEXT"), `\e`, "\x1b")) }

const floodLines = 1000

// hold prints TEXT and waits for a key.
func hold() {
	printText()
	_, _ = os.Stdin.Read(make([]byte, 1))
}

func echoLines() {
	fmt.Print("ready\n")
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		fmt.Printf("<%s>\n", in.Text())
	}
	fmt.Print("end of input\n")
}

func raw() (restore func()) {
	old, err := term.MakeRaw(0)
	if err != nil {
		panic(err)
	}
	return func() { _ = term.Restore(0, old) }
}

// echoBytes shows each byte that it is sent, and leaves at a q. MODES is written first, with \e for escape.
func echoBytes() {
	restore := raw()
	fmt.Print(strings.ReplaceAll(os.Getenv("MODES"), `\e`, "\x1b") + "ready ")
	buf := make([]byte, 1)
	for buf[0] != 'q' {
		if _, err := os.Stdin.Read(buf); err != nil {
			break
		}
		fmt.Printf("%02x ", buf[0])
	}
	restore()
}

// untidy leaves as badly as a program can.
func untidy() {
	raw()
	fmt.Print("\x1b[?1049h\x1b[?25l\x1b[?2004hleft open")
}

func awaitSignal() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP, syscall.SIGTERM, syscall.SIGINT, syscall.SIGWINCH)
	fmt.Print("ready\n")
	for s := range c {
		if s == syscall.SIGWINCH {
			w, h, _ := term.GetSize(0)
			fmt.Printf("now %dx%d\n", w, h)
			continue
		}
		// Where a test cannot look at the terminal any more, it finds the signal in this file.
		if name := os.Getenv("NOTE"); name != "" {
			_ = os.WriteFile(name, []byte(s.String()), 0o600)
		}
		fmt.Printf("got %v\n", s)
		os.Exit(5)
	}
}

// orphan leaves a process behind that keeps the terminal open.
func orphan() {
	self, _ := os.Executable()
	p, err := os.StartProcess(self, []string{self}, &os.ProcAttr{
		Env:   []string{programEnv + "=signals", "NOTE=" + os.Getenv("NOTE")},
		Files: []*os.File{os.Stdin, os.Stdout, os.Stderr},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		panic(err)
	}
	fmt.Printf("left %d behind\n", p.Pid)
}

// teaModel is a small Bubble Tea program: it counts keys and shows its size and what it was last sent.
type teaModel struct {
	w, h, keys int
	last       string
}

func (m teaModel) Init() tea.Cmd { return nil }

func (m teaModel) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.w, m.h = msg.Width, msg.Height
	case tea.KeyMsg:
		m.keys++
		m.last = msg.String()
		if msg.Paste {
			m.last = fmt.Sprintf("paste of %q", string(msg.Runes))
		}
		if m.last == "ctrl+c" {
			return m, tea.Quit
		}
	}
	return m, nil
}

func (m teaModel) View() string {
	wall := strings.Repeat("界", m.w/2)
	return fmt.Sprintf("%s\n\x1b[1;36mTea\x1b[0m %dx%d\nkeys %d last %s|\n\x1b[2mfaint\x1b[0m", wall, m.w, m.h, m.keys, m.last)
}

func runTea() {
	p := tea.NewProgram(teaModel{}, tea.WithAltScreen())
	if _, err := p.Run(); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("goodbye")
}

// recorder stands in for a test that is meant to fail.
type recorder struct {
	testing.TB
	failure chan string
}

func (r recorder) Helper() {}

func (r recorder) Fatalf(format string, args ...any) {
	r.failure <- fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func failureOf(t *testing.T, f func(testing.TB)) string {
	t.Helper()
	r := recorder{TB: t, failure: make(chan string)}
	returned := make(chan struct{})
	go func() { f(r); close(returned) }()
	select {
	case msg := <-r.failure:
		return msg
	case <-returned:
		t.Fatal("did not fail")
	case <-time.After(time.Minute):
		t.Fatal("hangs")
	}
	return ""
}

var _ io.Writer = (*termtest.Emulator)(nil)
