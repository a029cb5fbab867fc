//go:build !windows

package flows

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"codex-login/flows/sandbox"

	"golang.org/x/sys/unix"
)

func noEnvironment(string) string { return "" }

// script is an executable of its own for a test.
func script(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestBrowserCommands(t *testing.T) {
	spaced := script(t, "my browser", "exit 0")
	colon := script(t, "a:b", "exit 0")
	const u = "https://example.test/?a=1&b=%20s"
	for _, test := range []struct {
		value string
		list  bool
		want  [][]string
	}{
		{"firefox-nowhere", false, [][]string{{"firefox-nowhere", u}}},
		{spaced, false, [][]string{{spaced, u}}},
		{colon, true, [][]string{{colon, u}}},
		{`'` + spaced + `' --new`, false, [][]string{{spaced, "--new", u}}},
		{`open -a "Google Chrome"`, false, [][]string{{"open", "-a", "Google Chrome", u}}},
		{`x --url=%s --end`, false, [][]string{{"x", "--url=" + u, "--end"}}},
		{`x a\ b "c\"d" "e\f" '' 'g\h'`, false, [][]string{{"x", "a b", `c"d`, `e\f`, "", `g\h`, u}}},
		{"none-a:none-b --flag %s: :none-c", true, [][]string{{"none-a", u}, {"none-b", "--flag", u}, {"none-c", u}}},
		{"none-a --proxy=h:80", false, [][]string{{"none-a", "--proxy=h:80", u}}},
		{"  sh  ", false, [][]string{{"sh", u}}},
		{":", true, nil},
		{`""`, false, nil},
		{`"open`, false, [][]string{{"open", u}}},
	} {
		if got := browserCommands(test.value, u, test.list); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%q: %q, want %q", test.value, got, test.want)
		}
	}
}

func FuzzBrowserCommands(f *testing.F) {
	f.Add(`a:b "c %s`)
	f.Add(` \ `)
	f.Fuzz(func(t *testing.T, value string) {
		for _, words := range browserCommands(value, "https://example.test", true) {
			if len(words) < 2 || words[0] == "" || !strings.Contains(strings.Join(words[1:], " "), "https://example.test") {
				t.Errorf("%q: %q", value, words)
			}
		}
	})
}

// A blank BROWSER is an unset one.
func TestBlankBrowserIsNone(t *testing.T) {
	for _, value := range []string{" ", "\t\n"} {
		env := func(name string) string { return map[string]string{"BROWSER": value}[name] }
		if err := Opener(value, env)(t.Context(), "https://example.test"); !errors.Is(err, errNoDisplay) {
			t.Errorf("%q: %v", value, err)
		}
	}
}

func TestCandidatesAreTriedInOrder(t *testing.T) {
	said := filepath.Join(t.TempDir(), "said")
	good := script(t, "good", `echo "good $1" >>`+said)
	bad := script(t, "bad", `echo "bad $1" >>`+said+"; exit 3")
	env := func(name string) string {
		return map[string]string{"BROWSER": "/nowhere/browser:" + bad + ":" + good + ":" + bad}[name]
	}
	if err := Opener("", env)(t.Context(), "https://example.test/"); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(said); string(text) != "bad https://example.test/\ngood https://example.test/\n" {
		t.Errorf("ran %q", text)
	}
}

// A browser that stays in the foreground outlives the sign-in, and is in a
// session of its own, where ctrl+c does not reach it.
func TestBrowserIsLeftAlone(t *testing.T) {
	pidFile := filepath.Join(t.TempDir(), "pid")
	foreground := script(t, "foreground", `echo $$ >`+pidFile+`.new; mv `+pidFile+`.new `+pidFile+`; exec sleep 60`)
	l := newLogin(t, startSandbox(t, sandbox.Options{}))
	l.Open = Opener(foreground, noEnvironment)
	c := begin(t, l, Request{Method: Browser})
	var pid int
	for pid == 0 {
		if err := t.Context().Err(); err != nil {
			t.Fatal(err)
		}
		text, _ := os.ReadFile(pidFile)
		pid, _ = strconv.Atoi(strings.TrimSpace(string(text)))
		time.Sleep(time.Millisecond)
	}
	t.Cleanup(func() { _ = unix.Kill(pid, unix.SIGKILL) })
	if sid, err := unix.Getsid(pid); err != nil || sid != pid {
		t.Errorf("session %d of process %d, %v", sid, pid, err)
	}
	c.Close()
	if err := unix.Kill(pid, 0); err != nil {
		t.Errorf("the browser was ended with the sign-in: %v", err)
	}
	if noted(c, NoteBrowserFailed) {
		t.Error("a browser in the foreground was called a failure")
	}
}

func TestBrowserThatPanicsIsANote(t *testing.T) {
	l := newLogin(t, startSandbox(t, sandbox.Options{}))
	l.Open = func(context.Context, string) error { panic("no words") }
	c := begin(t, l, Request{Method: Browser}) // opens it in a goroutine of its own
	if err := c.OpenBrowser(t.Context()); err == nil || !noted(c, NoteBrowserFailed) {
		t.Errorf("error %v, notes %v", err, c.Notes())
	}
}
