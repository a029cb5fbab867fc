//go:build !windows

package flows

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"codex-login/flows/sandbox"
)

const wslTarget = `https://auth.example/a?x=1&y=%20b%2F&z=it's"`

func TestWindowsCommands(t *testing.T) {
	all := func(name string) (string, error) { return "/bin/" + name, nil }
	const safe = "https://auth.example/a?x=1&y=%20b%2F&z=it%27s%22"
	want := [][]string{
		{"/bin/wslview", wslTarget},
		{"/bin/powershell.exe", "-NoProfile", "-NonInteractive", "-Command", "Start-Process '" + safe + "'"},
		{"/bin/rundll32.exe", "url.dll,FileProtocolHandler", safe},
		{"/bin/cmd.exe", "/c", "start", "https://auth.example/a?x=1^&y=^%20b^%2F^&z=it^%27s^%22"},
	}
	if got := windowsCommands(wslTarget, all); !reflect.DeepEqual(got, want) {
		t.Errorf("%q", got)
	}
	// Without Windows on PATH its programs are where they always are.
	mounted := func(name string) (string, error) {
		if strings.HasPrefix(name, systemRoot) {
			return name, nil
		}
		return "", exec.ErrNotFound
	}
	got := windowsCommands(wslTarget, mounted)
	if len(got) != 3 || got[0][0] != "/mnt/c/Windows/System32/WindowsPowerShell/v1.0/powershell.exe" || got[2][0] != "/mnt/c/Windows/System32/cmd.exe" {
		t.Errorf("%q", got)
	}
	if got := windowsCommands(wslTarget, func(string) (string, error) { return "", exec.ErrNotFound }); got != nil {
		t.Errorf("%q", got)
	}
}

// onPath puts scripts into a folder that is all of PATH.
func onPath(t *testing.T, scripts map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range scripts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
}

// TestOpenerInWSL: the next one is tried when Windows does not want.
func TestOpenerInWSL(t *testing.T) {
	if runtime.GOOS == "darwin" {
		t.Skip("a Mac has its own way")
	}
	const target = "https://auth.example/?a=1&b=%20"
	said := filepath.Join(t.TempDir(), "said")
	tell := `for a in "$@"; do echo "${0##*/}: $a" >>` + said + "; done"
	onPath(t, map[string]string{"powershell.exe": tell + "\nexit 1", "rundll32.exe": tell, "xdg-open": "exit 0"})
	env := func(name string) string { return map[string]string{"WSL_DISTRO_NAME": "Ubuntu"}[name] }
	if err := Opener("", env)(t.Context(), target); err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile(said)
	want := "powershell.exe: -NoProfile|powershell.exe: -NonInteractive|powershell.exe: -Command|powershell.exe: Start-Process '" + target + "'|" +
		"rundll32.exe: url.dll,FileProtocolHandler|rundll32.exe: " + target + "|"
	if got := strings.ReplaceAll(string(text), "\n", "|"); got != want {
		t.Errorf("ran %s", got)
	}
}

const netstat = "\r\nAktive Verbindungen\r\n\r\n  Proto  Lokale Adresse         Remoteadresse          Status           PID\r\n" +
	"  TCP    0.0.0.0:135            0.0.0.0:0              ABHÖREN         1100\r\n" +
	"  TCP    127.0.0.1:1455         127.0.0.1:50000        HERGESTELLT     7\r\n" +
	"  TCP    127.0.0.1:14550        0.0.0.0:0              ABHÖREN         8\r\n" +
	"  TCP    [::1]:1457             [::]:0                 ABHÖREN         9\r\n" +
	"  TCP    127.0.0.1:1455         0.0.0.0:0              ABHÖREN         4242\r\n"

func TestParseNetstat(t *testing.T) {
	for _, test := range []struct {
		text  string
		port  int
		pid   int
		found bool
	}{
		{netstat, 1455, 4242, true},
		{netstat, 1457, 9, true},
		{netstat, 455, 0, false},
		{netstat, 50000, 0, false},
		{"", 1455, 0, false},
		{"TCP 127.0.0.1:1455 0.0.0.0:0 LISTENING x", 1455, 0, false},
	} {
		if pid, found := parseNetstat([]byte(test.text), test.port); pid != test.pid || found != test.found {
			t.Errorf("%d: %d, %v", test.port, pid, found)
		}
	}
	for text, want := range map[string]string{
		`"python.exe","4242","Console","1","9 K"` + "\r\n": "python.exe",
		`INFO: No tasks are running.`:                      "",
		`"a` + "\x1b" + `[2J.exe","4242"`:                  "a[2J.exe",
		`"half`:                                            "",
	} {
		if got := parseTasklist([]byte(text), 4242); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// TestWindowsHoldsThePort: only another program of Windows is worth a word.
func TestWindowsHoldsThePort(t *testing.T) {
	for name, test := range map[string]struct {
		where    Where
		tasklist string
		netstat  string
		said     bool
	}{
		"another program":      {Where{WSL: 2, Interop: true}, "python.exe", netstat, true},
		"the relay of WSL":     {Where{WSL: 2, Interop: true}, "wslrelay.exe", netstat, false},
		"nobody":               {Where{WSL: 2, Interop: true}, "python.exe", "", false},
		"WSL 1 has the same":   {Where{WSL: 1, Interop: true}, "python.exe", netstat, false},
		"Windows cannot asked": {Where{WSL: 2}, "python.exe", netstat, false},
		"an ordinary Linux":    {Where{}, "python.exe", netstat, false},
	} {
		t.Run(name, func(t *testing.T) {
			onPath(t, map[string]string{
				"netstat.exe":  "/bin/cat <<'E'\n" + test.netstat + "\nE",
				"tasklist.exe": `echo "\"` + test.tasklist + `\",\"4242\",\"Console\""`,
			})
			l := newLogin(t, startSandbox(t, sandbox.Options{}))
			l.Where = test.where
			f := &browserFlow{login: l, challenge: &Challenge{Port: 1455}}
			f.warnOfWindows(t.Context())
			if noted(f.challenge, NoteWindowsPort) != test.said {
				t.Errorf("notes %v", f.challenge.Notes())
			}
			if test.said {
				if text := ExplainNote(l.Say, f.challenge.Notes()[0]); !strings.Contains(text, "python.exe listens on port 1455 in Windows") {
					t.Error(text)
				}
			}
		})
	}
}

// TestWindowsThatDoesNotAnswer holds nobody up.
func TestWindowsThatDoesNotAnswer(t *testing.T) {
	onPath(t, map[string]string{"netstat.exe": "/bin/sleep 60"})
	l := newLogin(t, startSandbox(t, sandbox.Options{}))
	l.Where = Where{WSL: 2, Interop: true}
	begun := make(chan struct{})
	go func() {
		defer close(begun)
		c, err := l.Begin(t.Context(), Request{Method: Browser})
		if err != nil {
			t.Error(err)
			return
		}
		c.Close()
	}()
	select {
	case <-begun:
	case <-time.After(30 * time.Second):
		t.Fatal("the sign-in waits for Windows")
	}
}
