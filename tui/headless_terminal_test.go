//go:build !windows

package tui

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unicode"

	"codex-login/tui/termtest"
)

// The wizard in a terminal on a machine that somebody reached by ssh.

const overSSH = "TUI_TEST_PLACE=ssh"

// waysScreen waits for a browser on another machine.
func waysScreen(t *testing.T, variables ...string) *termtest.Terminal {
	t.Helper()
	w := wizard(t, 80, 24, append(variables, overSSH, "TUI_TEST_START=browser")...)
	w.WaitFor("Waiting for whichever")
	return w
}

const tunnelCommand = "ssh -L 1455:localhost:1455 mina@192.0.2.10"

// TestTheWaysGetAcross: the command for the tunnel goes to the clipboard on its
// own key, and stands whole on the ordinary screen beside address and code.
func TestTheWaysGetAcross(t *testing.T) {
	w := waysScreen(t)
	w.WaitFor(tunnelCommand)
	mark := w.Mark()
	w.Key("s")
	w.WaitFor("Command sent to the terminal's clipboard")
	if want := base64.StdEncoding.EncodeToString([]byte(tunnelCommand)); !bytes.Contains(w.BytesSince(mark), []byte(want)) {
		t.Errorf("the clipboard gets %q", w.BytesSince(mark))
	}
	w.Key("d")
	w.WaitFor("get a code")
	w.Key("enter")
	code := w.WaitForMatch(`\b([A-Z0-9]{4}-[A-Z0-9]{5})\b`)[1]
	mark = w.Mark()
	w.Key("p")
	w.WaitFor("Press enter to go back")
	if w.AltScreen() {
		t.Error("it is printed on the wizard's screen")
	}
	printed := w.BytesSince(mark)
	for _, line := range []string{"originator=codex_cli_rs\r\n", "\r\n" + tunnelCommand + "\r\n", "/codex/device\r\n" + code + "\r\n"} {
		if !bytes.Contains(printed, []byte(line)) {
			t.Errorf("%q is not printed: %q", line, printed)
		}
	}
	w.Key("enter")
	w.WaitFor("Waiting for whichever")
	w.Key("f")
	w.WaitFor("any key goes back")
	w.Key("x")
	w.WaitFor(code)
	w.Key("a")
	w.WaitFor("enter leave")
	w.Key("q")
	w.WaitExit()
}

// TestTheWaysOnPoorTerminals: nothing that they cannot show, nothing missing.
func TestTheWaysOnPoorTerminals(t *testing.T) {
	for _, c := range []struct {
		env   string
		ascii bool
	}{{"TERM=linux", true}, {"TERM=screen", false}, {"LC_ALL=C", true}} {
		w := waysScreen(t, c.env)
		w.WaitFor(tunnelCommand)
		w.Key("d")
		w.WaitFor("get a code")
		w.Key("enter")
		w.WaitForMatch(`\b[A-Z0-9]{4}-[A-Z0-9]{5}\b`)
		if at := strings.IndexFunc(w.Screen(), func(r rune) bool { return r > unicode.MaxASCII }); c.ascii && at >= 0 {
			t.Errorf("%s: %.20q is not ASCII", c.env, w.Screen()[at:])
		}
		if c.env == "TERM=linux" && bytes.Contains(w.Raw(), []byte("\x1b]52")) {
			t.Error("the console is asked for a clipboard that it has not")
		}
		w.Key("ctrl+c")
		w.WaitExit()
		if problem := w.Restored(); problem != "" {
			t.Errorf("%s: the terminal is not as before: %s", c.env, problem)
		}
	}
}

// passwordSSH lets nobody in without a password, which it reads from the
// terminal itself, as ssh does.
const passwordSSH = `#!/bin/sh
for word; do [ "$word" = BatchMode=yes ] && { echo "locked: Permission denied (password)." >&2; exit 255; }; last=$word; done
stty -echo </dev/tty
printf "password of locked: " >/dev/tty
read -r given </dev/tty
stty echo </dev/tty
echo >/dev/tty
[ "$given" = "open sesame" ] || { echo "locked: Permission denied (password)." >&2; exit 255; }
exec env -i PATH="$PATH" HOME="$THERE" sh -c "$last"
`

// asked lets ssh ask for the password.
func asked(t *testing.T, w *termtest.Terminal) {
	t.Helper()
	w.WaitFor("enter answer ssh")
	mark := w.Mark()
	w.Key("enter")
	w.WaitUntil("ssh's question", func() bool { return bytes.Contains(w.BytesSince(mark), []byte("password of ")) })
	if w.AltScreen() {
		t.Error("ssh asks on the wizard's screen")
	}
}

// toTheQuestion goes from the picker to where ssh asks for a password.
func toTheQuestion(w *termtest.Terminal) {
	w.WaitFor("How do you want")
	w.Key("x")
	w.WaitFor("Which machines")
	w.Type("locked")
	w.WaitFor("as typed, by ssh")
	w.Key("enter")
	w.WaitFor("get a code")
	w.Key("enter")
}

// TestInterruptIsForSSH: ctrl+c at ssh's question ends that ssh, and the wizard
// can have it ask again. On the wizard's own screen it ends the wizard as before.
func TestInterruptIsForSSH(t *testing.T) {
	bin, there := t.TempDir(), t.TempDir()
	// A shell that has the echo to give back would need a trap, and runs that
	// too late if the signal comes just before it reads.
	echoing := strings.ReplaceAll(passwordSSH, "stty -echo </dev/tty\n", "")
	if err := os.WriteFile(filepath.Join(bin, "ssh"), []byte(echoing), 0o755); err != nil {
		t.Fatal(err)
	}
	w := wizard(t, 80, 24, wizardEnv+"=person", "PATH="+bin+":"+os.Getenv("PATH"), "THERE="+there, sshHosts(t))
	toTheQuestion(w)
	for range 2 {
		asked(t, w)
		w.Key("ctrl+c")
	}
	asked(t, w)
	w.Type("open sesame")
	w.Key("enter")
	w.WaitFor("Device code for locked")
	w.WaitForMatch(`\b[A-Z0-9]{4}-[A-Z0-9]{5}\b`)
	w.Signal(syscall.SIGINT)
	w.WaitExit()
	if problem := w.Restored(); problem != "" {
		t.Errorf("the terminal is not as before: %s", problem)
	}
	if said := unwrapped(w.Screen()); !strings.Contains(said, "outcome=the sign-in was cancelled") {
		t.Errorf("it ended with %s", said)
	}
}

// TestTermWhileSSHAsks: TERM is the wizard's, whoever has the terminal.
func TestTermWhileSSHAsks(t *testing.T) {
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "ssh"), []byte(passwordSSH), 0o755); err != nil {
		t.Fatal(err)
	}
	w := wizard(t, 80, 24, wizardEnv+"=person", "PATH="+bin+":"+os.Getenv("PATH"), sshHosts(t))
	toTheQuestion(w)
	asked(t, w)
	w.Signal(syscall.SIGTERM)
	w.WaitExit()
}

// TestSSHAsksOnTheTerminal: the wizard leaves its screen for ssh's question, the
// password is seen by nobody, and the code is shown afterwards.
func TestSSHAsksOnTheTerminal(t *testing.T) {
	bin, there := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "ssh"), []byte(passwordSSH), 0o755); err != nil {
		t.Fatal(err)
	}
	w := wizard(t, 80, 24, wizardEnv+"=person", "PATH="+bin+":"+os.Getenv("PATH"), "THERE="+there, sshHosts(t))
	toTheQuestion(w)
	answer := func(password string) {
		asked(t, w)
		w.Type(password)
		w.Key("enter")
	}
	answer("wrong")
	w.WaitFor("did not let ssh in")
	w.WaitFor("r try again")
	w.Key("r")
	answer("open sesame")
	w.WaitFor("Device code for locked")
	w.WaitForMatch(`\b[A-Z0-9]{4}-[A-Z0-9]{5}\b`)
	if !w.AltScreen() {
		t.Error("the wizard did not come back to its screen")
	}
	if bytes.Contains(w.Raw(), []byte("sesame")) {
		t.Error("the password was echoed")
	}
	w.Key("ctrl+c")
	w.WaitExit()
	if problem := w.Restored(); problem != "" {
		t.Errorf("the terminal is not as before: %s", problem)
	}
	if _, err := os.Stat(filepath.Join(there, ".codex", "auth.json")); !os.IsNotExist(err) {
		t.Errorf("something was stored there: %v", err)
	}
}
