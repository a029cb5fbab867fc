//go:build !windows

package tui

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
)

const copierText = "CODEX_LOGIN_TEST_COPY"

// longLink needs several pieces in screen.
var longLink = "https://auth.example/authorize?state=" + strings.Repeat("0123456789", 60)

// TestCopier is what runs inside of tmux and screen.
func TestCopier(t *testing.T) {
	text := os.Getenv(copierText)
	if text == "" {
		return // a part of the tests of tmux and screen, which run it in a process of its own
	}
	result := copyText(t.Context(), &terminal{File: os.Stdout}, os.Getenv, text)
	fmt.Printf("\r\nresult=%s.\r\n", result)
	_, _ = os.Stdin.Read(make([]byte, 1)) // what is on its way shall arrive
}

// outer is the terminal around tmux or screen: it keeps what it is sent.
type outer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *outer) until(t *testing.T, what string, found func([]byte) bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		o.mu.Lock()
		ok, text := found(o.text.Bytes()), o.text.String()
		o.mu.Unlock()
		if ok {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come: %q", what, text)
		}
		time.Sleep(time.Millisecond)
	}
}

// inTerminal runs a program in a terminal of its own.
func inTerminal(t *testing.T, env []string, words ...string) *outer {
	t.Helper()
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Env = env
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = tty.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	o := &outer{}
	go func() {
		p := make([]byte, 4096)
		for {
			n, err := tty.Read(p)
			o.mu.Lock()
			o.text.Write(p[:n])
			o.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return o
}

var clipboardRequest = regexp.MustCompile(`\x1b\]52;[^;]*;([A-Za-z0-9+/=]*)(?:\x07|\x1b\\)`)

// onClipboard reports whether the terminal was asked, in one whole sequence.
func onClipboard(text string) func([]byte) bool {
	return func(out []byte) bool {
		for _, m := range clipboardRequest.FindAllSubmatch(out, -1) {
			if got, err := base64.StdEncoding.DecodeString(string(m[1])); err == nil && string(got) == text {
				return true
			}
		}
		return false
	}
}

func says(text string) func([]byte) bool {
	return func(out []byte) bool { return bytes.Contains(out, []byte(text)) }
}

// copierEnv has no clipboard and no multiplexer of the machine of the test.
func copierEnv(t *testing.T, more ...string) []string {
	env := []string{"TERM=xterm-256color", "LANG=C.UTF-8", "HOME=" + t.TempDir(), copierText + "=" + longLink, "PATH=" + os.Getenv("PATH")}
	return append(env, more...)
}

// TestCopyThroughTmux: the outer terminal gets the text, with tmux as it comes
// and where its program cannot be asked.
func TestCopyThroughTmux(t *testing.T) {
	tmux, err := exec.LookPath("tmux")
	if err != nil {
		missing(t, "tmux")
	}
	for name, test := range map[string]struct {
		options string
		askable bool
		arrives bool
		result  copied
	}{
		"as it comes":           {"", true, true, copiedBuffer},
		"set-clipboard off":     {"set -g set-clipboard off", true, true, copiedBuffer},
		"no program, as it was": {"", false, false, copiedTmux},
		"no program, clipboard": {"set -g set-clipboard on", false, true, copiedTmux},
		"no program, passing":   {"set -g set-clipboard off\nset -g allow-passthrough on", false, true, copiedTmux},
	} {
		t.Run(name, func(t *testing.T) {
			config := filepath.Join(t.TempDir(), "tmux.conf")
			// A new session runs before its terminal is there to be written to.
			options := test.options + "\nset-hook -g client-session-changed 'wait-for -S here'\n"
			if err := os.WriteFile(config, []byte(options), 0o600); err != nil {
				t.Fatal(err)
			}
			path := "PATH=" + os.Getenv("PATH")
			if !test.askable {
				path = "PATH=" + t.TempDir()
			}
			socket := filepath.Join(t.TempDir(), "s")
			end := func() { _ = exec.Command(tmux, "-S", socket, "kill-server").Run() }
			t.Cleanup(end)
			o := inTerminal(t, copierEnv(t), tmux, "-S", socket, "-f", config, "new-session",
				"/bin/sh", "-c", `"$0" -S "$1" wait-for here; shift; exec "$@"`, tmux, socket, "/usr/bin/env", path, os.Args[0], "-test.run=^TestCopier$")
			o.until(t, "the result", says("result="+string(test.result)+"."))
			if test.arrives {
				o.until(t, "the text", onClipboard(longLink))
			} else if o.mu.Lock(); onClipboard(longLink)(o.text.Bytes()) {
				t.Error("tmux passes it on after all: the message is too careful")
			}
		})
	}
}

func TestCopyThroughScreen(t *testing.T) {
	screen, err := exec.LookPath("screen")
	if err != nil {
		missing(t, "screen")
	}
	config := filepath.Join(t.TempDir(), "screenrc")
	if err := os.WriteFile(config, []byte("startup_message off\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	sockets := filepath.Join(t.TempDir(), "s")
	if err := os.Mkdir(sockets, 0o700); err != nil {
		t.Fatal(err)
	}
	env := copierEnv(t, "SCREENDIR="+sockets)
	t.Cleanup(func() {
		cmd := exec.Command(screen, "-S", "copy", "-X", "quit")
		cmd.Env = env
		_ = cmd.Run()
	})
	o := inTerminal(t, env, screen, "-c", config, "-S", "copy", os.Args[0], "-test.run=^TestCopier$")
	o.until(t, "the result", says("result=screen."))
	o.until(t, "the text", onClipboard(longLink))
}

func TestClipboardSequences(t *testing.T) {
	plain := regexp.MustCompile(`^\x1b\]52;c;[A-Za-z0-9+/=]+\x07`)
	for name, test := range map[string]struct {
		env  []string
		want between
		wrap string
	}{
		"a terminal":         {[]string{"TERM=xterm-256color"}, nothing, ""},
		"tmux":               {[]string{"TERM=screen", "TMUX=x"}, tmuxHere, "\x1bPtmux;"},
		"tmux over there":    {[]string{"TERM=tmux-256color", "SSH_CONNECTION=x"}, tmuxOutside, "\x1bPtmux;"},
		"screen":             {[]string{"TERM=screen", "STY=1.x"}, screenHere, "\x1bP"},
		"one of both":        {[]string{"TERM=screen.xterm-256color"}, either, "\x1bP"},
		"tmux within screen": {[]string{"TERM=screen", "STY=1.x", "TMUX=x"}, tmuxHere, "\x1bPtmux;"},
		"console":            {[]string{"TERM=linux"}, noTerminal, ""},
		"console in tmux":    {[]string{"TERM=linux", "TMUX=x"}, tmuxHere, "\x1bPtmux;"},
		"dumb":               {[]string{"TERM=dumb"}, noTerminal, ""},
	} {
		getenv := lookup(test.env)
		if got := multiplexer(getenv); got != test.want {
			t.Errorf("%s: %d", name, got)
		}
		got, err := clipboardSequences(getenv, longLink)
		if err != nil || plain.MatchString(got) == (test.want == screenHere) || !strings.Contains(got, test.wrap) {
			t.Errorf("%s: %v %q", name, err, got)
		}
		// Screen ends a string at 768 bytes.
		for _, piece := range strings.Split(got, "\x1b\\") {
			if rest, ok := strings.CutPrefix(piece, "\x1bP"); ok && !strings.HasPrefix(rest, "tmux;") && len(rest) > 700 {
				t.Errorf("%s: a piece of %d bytes", name, len(rest))
			}
		}
	}
}

func lookup(env []string) func(string) string {
	return func(name string) string {
		for _, v := range env {
			if value, ok := strings.CutPrefix(v, name+"="); ok {
				return value
			}
		}
		return ""
	}
}

type brokenWriter struct{}

func (brokenWriter) WriteString(string) (int, error) { return 0, os.ErrClosed }

func TestCopyToTerminal(t *testing.T) {
	for name, test := range map[string]struct {
		env  []string
		text string
		want copied
	}{
		"sent":          {[]string{"TERM=xterm"}, longLink, copiedSent},
		"the most":      {[]string{"TERM=xterm"}, strings.Repeat("x", mostCopied), copiedSent},
		"too much":      {[]string{"TERM=xterm"}, strings.Repeat("x", mostCopied+1), copiedNot},
		"console":       {[]string{"TERM=linux"}, longLink, copiedNot},
		"screen":        {[]string{"STY=1"}, longLink, copiedScreen},
		"tmux, outside": {[]string{"TERM=tmux"}, longLink, copiedTmux},
	} {
		var out strings.Builder
		if got := copyToTerminal(t.Context(), &out, lookup(test.env), test.text); got != test.want || (got == copiedNot) != (out.Len() == 0) {
			t.Errorf("%s: %s, %d bytes", name, got, out.Len())
		}
	}
	if got := copyToTerminal(t.Context(), brokenWriter{}, lookup(nil), "x"); got != copiedNot {
		t.Errorf("a terminal that is gone: %s", got)
	}
}

func TestClipboardPrograms(t *testing.T) {
	first := func(system string, env ...string) string {
		var names []string
		for _, words := range clipboardPrograms(system, lookup(env)) {
			names = append(names, filepath.Base(words[0]))
		}
		return strings.Join(names, " ")
	}
	got := []string{
		first("linux"), first("linux", "DISPLAY=:0"), first("linux", "DISPLAY=:0", "WAYLAND_DISPLAY=w"),
		first("linux", "DISPLAY=:0", "SSH_CONNECTION=x"), first("linux", "SSH_TTY=x", "WAYLAND_DISPLAY=w"),
		first("linux", "WSL_DISTRO_NAME=u", "DISPLAY=:0"), first("darwin"), first("darwin", "SSH_CONNECTION=x"), first("linux", "TERMUX_VERSION=1"),
	}
	want := []string{"", "xclip xsel", "wl-copy xclip xsel", "", "", "clip.exe clip.exe", "pbcopy", "", "termux-clipboard-set"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q", got)
	}
}

// TestCopyHere: the next program is tried, the text arrives whole, and one that
// hangs is given up.
func TestCopyHere(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write("xclip", "exit 1")
	write("xsel", "/bin/cat >"+dir+"/got")
	t.Setenv("PATH", dir)
	getenv := lookup([]string{"DISPLAY=:0", "TERM=xterm"})
	if err := copyHere(t.Context(), getenv, longLink); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(filepath.Join(dir, "got")); string(got) != longLink {
		t.Errorf("it got %q", got)
	}
	write("xsel", "exec /bin/sleep 60")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- copyHere(ctx, getenv, longLink) }()
	cancel()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("a program that hangs has copied")
		}
	case <-time.After(30 * time.Second):
		t.Fatal("it waits for a program that hangs")
	}
}
