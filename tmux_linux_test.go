package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"codex-login/tui/termtest"
)

// pane is a window of a real tmux, 80x24, with a program in it.
type pane struct {
	t      testing.TB
	socket string
	dir    string
}

// startPane runs a command of the shell in a new tmux.
func startPane(t testing.TB, command string) *pane {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		missing(t, "tmux")
	}
	// A socket's path has to be short.
	dir, err := os.MkdirTemp("", "tm")
	if err != nil {
		t.Fatal(err)
	}
	p := &pane{t, filepath.Join(dir, "s"), dir}
	config := "set -g status off\nset -g default-terminal tmux-256color\nset -s escape-time 0\n"
	if err := os.WriteFile(filepath.Join(dir, "conf"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(p.screen())
		}
		_ = p.tmux("", "kill-server").Run()
		_ = os.RemoveAll(dir)
	})
	p.do("", "-f", filepath.Join(dir, "conf"), "new-session", "-d", "-s", "s", "-x", "80", "-y", "24", command+"; code=$?; echo; echo exit code $code.; exec sleep 600")
	return p
}

func (p *pane) tmux(input string, args ...string) *exec.Cmd {
	cmd := exec.Command("tmux", append([]string{"-S", p.socket}, args...)...)
	cmd.Stdin = strings.NewReader(input)
	cmd.Env = append(os.Environ(), "TMUX=", "SHELL=/bin/sh", "LANG=C.UTF-8", "LC_ALL=C.UTF-8", "TERM=xterm-256color")
	return cmd
}

func (p *pane) do(input string, args ...string) string {
	p.t.Helper()
	out, err := p.tmux(input, args...).CombinedOutput()
	if err != nil {
		p.t.Fatalf("tmux %v: %v: %s", args, err, out)
	}
	return string(out)
}

// keys are names of tmux, or texts.
func (p *pane) keys(names ...string) {
	p.t.Helper()
	p.do("", append([]string{"send-keys", "-t", "s"}, names...)...)
}

// paste does what a terminal does with the person's clipboard.
func (p *pane) paste(text string) {
	p.t.Helper()
	p.do(text, "load-buffer", "-")
	p.do("", "paste-buffer", "-p", "-t", "s")
}

// screen is the text; lines that the terminal wrapped are joined.
func (p *pane) screen() string {
	out, _ := p.tmux("", "capture-pane", "-p", "-J", "-t", "s").Output()
	return string(out)
}

// wait waits until the screen, taken as one line, has a text.
func (p *pane) wait(what string, ok func(flat string) bool) {
	p.t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if ok(strings.Join(strings.Fields(p.screen()), " ")) {
			return
		}
		if time.Now().After(end) {
			p.t.Fatalf("%s did not come:\n%s", what, p.screen())
		}
	}
}

func (p *pane) waitFor(text string) {
	p.t.Helper()
	p.wait(fmt.Sprintf("%q", text), func(flat string) bool { return strings.Contains(flat, text) })
}

var exitSaid = regexp.MustCompile(`exit code (\d+)\.`)

// ended waits for the program's end and returns its exit code.
func (p *pane) ended() string {
	p.t.Helper()
	var code []string
	p.wait("the end", func(flat string) bool {
		code = exitSaid.FindStringSubmatch(flat)
		return code != nil
	})
	return code[1]
}

// picture is the screen with its colours.
func (p *pane) picture() *termtest.Emulator {
	p.t.Helper()
	text := strings.TrimSuffix(p.do("", "capture-pane", "-e", "-p", "-N", "-t", "s"), "\n")
	e := termtest.NewEmulator(80, 24, nil)
	p.t.Cleanup(func() { _ = e.Close() })
	_, _ = e.Write([]byte(strings.ReplaceAll(text, "\n", "\r\n")))
	return e
}
