//go:build !windows

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"codex-login/flows/sandbox"
	"codex-login/tui/termtest"
)

// TestSignalsAtAPrompt: where lines are asked for, a signal ends the program at
// once, says so, and gives the echo back.
func TestSignalsAtAPrompt(t *testing.T) {
	for name, open := range map[string]func(t *testing.T, term *termtest.Terminal){
		"number": func(_ *testing.T, term *termtest.Terminal) { term.WaitFor("Number from 1 to 4") },
		"place": func(_ *testing.T, term *termtest.Terminal) {
			term.WaitFor("Number from 1 to 4")
			term.Type("s\n")
			term.WaitFor("nothing leaves it as it is")
		},
		"hidden": func(t *testing.T, term *termtest.Terminal) {
			term.WaitFor("Number from 1 to 4")
			term.Type("3\n")
			term.WaitFor("It is not shown.")
			silenced(t, term)
		},
	} {
		for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
			t.Run(name+" "+sig.String(), func(t *testing.T) {
				term := newPerson(t, nil).sit(termtest.Options{}, "--plain")
				open(t, term)
				term.Signal(sig)
				if code := term.WaitExit(); code != exitCancelled || !strings.Contains(flat(term), "Nothing was changed.") {
					t.Errorf("exit %d\n%s", code, term.Screen())
				}
				if broken := term.Restored(); broken != "" {
					t.Errorf("not given back: %s", broken)
				}
			})
		}
		t.Run(name+" ctrl+c", func(t *testing.T) {
			term := newPerson(t, nil).sit(termtest.Options{}, "--plain")
			open(t, term)
			term.Key("ctrl+c")
			if code := term.WaitExit(); code != exitCancelled || term.Restored() != "" {
				t.Errorf("exit %d, %s", code, term.Restored())
			}
		})
	}
}

// A pipe that nobody writes to does not keep the program either.
func TestSignalWhileThePipeIsSilent(t *testing.T) {
	for _, args := range [][]string{{"--with-api-key"}, {"--with-access-token", "--json"}, {"--plain"}} {
		p := newPerson(t, nil)
		// Nothing tells when the program listens; too early a signal kills it.
		for pause := 100 * time.Millisecond; ; pause *= 2 {
			cmd, said := terminated(t, p, pause, args...)
			if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() && pause < 5*time.Second {
				continue
			}
			if code := cmd.ProcessState.ExitCode(); code != exitCancelled || !strings.Contains(strings.ToLower(said), "cancelled") {
				t.Errorf("%v: exit %d %s", args, code, said)
			}
			break
		}
	}
}

// terminated runs a command on a silent pipe and ends it after a while.
func terminated(t *testing.T, p *person, after time.Duration, args ...string) (*exec.Cmd, string) {
	t.Helper()
	cmd := p.command(args...)
	in, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = in.Close(), writer.Close() }()
	var said bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(after)
	_ = cmd.Process.Signal(syscall.SIGTERM)
	_ = cmd.Wait()
	return cmd, said.String()
}

// TestBrowserOutlivesTheSignIn: neither ctrl+c nor the end of the program ends
// the person's browser.
func TestBrowserOutlivesTheSignIn(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		open func(term *termtest.Terminal)
	}{
		"lines":  {[]string{"--plain"}, func(term *termtest.Terminal) { term.Type("1\n") }},
		"wizard": {nil, func(term *termtest.Terminal) { keyed("1", atBrowser)(term) }},
		"wizard, opened by hand": {nil, func(term *termtest.Terminal) {
			then(keyed("2", atIntro), "enter", atDevice)(term)
			term.Key("o")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPerson(t, nil)
			dir := t.TempDir()
			pidFile := filepath.Join(dir, "pid")
			browser := filepath.Join(dir, "a browser")
			text := "#!/bin/sh\necho $$ >'" + pidFile + ".new'; mv '" + pidFile + ".new' '" + pidFile + "'; exec sleep 60\n"
			if err := os.WriteFile(browser, []byte(text), 0o700); err != nil {
				t.Fatal(err)
			}
			p.env = []string{"BROWSER=" + browser}
			term := p.sit(termtest.Options{}, c.args...)
			c.open(term)
			pid := 0
			for limit := time.Now().Add(20 * time.Second); pid == 0; time.Sleep(5 * time.Millisecond) {
				text, _ := os.ReadFile(pidFile)
				if pid, _ = strconv.Atoi(strings.TrimSpace(string(text))); time.Now().After(limit) {
					t.Fatalf("no browser\n%s", term.Screen())
				}
			}
			defer func() { _ = syscall.Kill(pid, syscall.SIGKILL) }()
			term.Key("ctrl+c")
			if code := term.WaitExit(); code != exitCancelled {
				t.Errorf("exit %d", code)
			}
			if err := syscall.Kill(pid, 0); err != nil {
				t.Errorf("the browser is gone: %v", err)
			}
		})
	}
}

// A BROWSER of blanks is none, and breaks nothing.
func TestBlankBrowser(t *testing.T) {
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "xdg-open"), []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	p := newPerson(t, quick)
	p.env = []string{"BROWSER= ", "PATH=" + bin + ":" + os.Getenv("PATH")} // not the machine's own browser
	if _, code := p.approved(sandbox.MinaPlus, "--browser", " "); code != exitDone {
		t.Errorf("exit %d", code)
	}
}

// askingSSH asks for a password until it is interrupted.
const askingSSH = `#!/bin/sh
for word; do [ "$word" = BatchMode=yes ] && { echo "locked: Permission denied (password)." >&2; exit 255; }; done
printf "password of locked: " >/dev/tty
read -r given </dev/tty
`

// TestInterruptAtSSHsQuestion: ctrl+c ends the ssh that asks, and not the
// program.
func TestInterruptAtSSHsQuestion(t *testing.T) {
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "ssh"), []byte(askingSSH), 0o755); err != nil {
		t.Fatal(err)
	}
	p := newPerson(t, nil)
	p.env = append(p.env, "PATH="+bin+":"+os.Getenv("PATH"))
	term := p.sit(termtest.Options{})
	term.WaitFor("How do you want")
	term.Key("x")
	term.WaitFor("Which machines")
	term.Type("locked")
	term.WaitFor("as typed, by ssh")
	term.Key("enter")
	term.WaitFor("get a code")
	term.Key("enter")
	for range 2 {
		term.WaitFor("enter answer ssh")
		mark := term.Mark()
		term.Key("enter")
		term.WaitUntil("ssh's question", func() bool { return bytes.Contains(term.BytesSince(mark), []byte("password of locked: ")) })
		term.Key("ctrl+c")
	}
	term.WaitFor("enter answer ssh")
	term.Key("ctrl+c")
	if code := term.WaitExit(); code != exitCancelled || term.Restored() != "" {
		t.Errorf("exit %d, %s", code, term.Restored())
	}
}
