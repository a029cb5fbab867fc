//go:build !windows

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"codex-login/flows/sandbox"
	"codex-login/tui/termtest"
)

const wrongKey = "sk-proj-onthecommandline0123456789"

// TestCommandLine is what each line ends with, and what it says.
func TestCommandLine(t *testing.T) {
	// In order, in one home: what one line leaves, the next one finds.
	p := newPerson(t, nil)
	for _, c := range []struct {
		args  string
		input string
		code  int
		said  string // on standard error; on standard output after a ">"
	}{
		{"--bogus", "", exitUsage, "unknown flag: --bogus"},
		{"bogus", "", exitUsage, "no such command of codex-login;"},
		{"status extra", "", exitUsage, "no such command of codex-login status;"},
		{"help bogus", "", exitUsage, "no such command of codex-login;"},
		{"completion bogus", "", exitUsage, "no such command of codex-login completion;"},
		{"completion bash extra", "", exitUsage, "no such command of codex-login completion bash;"},
		{"doctor --yes", "", exitUsage, "--yes goes with --fix"},
		{"login bogus", "", exitUsage, "no such command of codex-login login;"},
		{"--with-api-key --with-access-token", wrongKey, exitUsage, "choose one of"},
		{"--device-auth --with-api-key", wrongKey, exitUsage, "choose one of"},
		{"login --device-auth --with-access-token", "", exitUsage, "choose one of"},
		{"--check", "", exitUsage, "--check goes with --with-api-key"},
		{"--store bogus", "", exitUsage, "--store is one of"},
		{"--timeout soon", "", exitUsage, "--timeout is a time above zero"},
		{"--timeout 0", "", exitUsage, "--timeout is a time above zero"},
		{"--timeout -5m --device-auth", "", exitUsage, "--timeout is a time above zero"},
		{"demo --timeout 0s", "", exitUsage, "--timeout is a time above zero"},
		// What is for signing in means nothing elsewhere.
		{"--store file status", "", exitUsage, "unknown flag: --store"},
		{"status --store file", "", exitUsage, "unknown flag: --store"},
		{"logout --store keyring", "", exitUsage, "unknown flag: --store"},
		{"logout --check", "", exitUsage, "unknown flag: --check"},
		{"status --timeout 5m", "", exitUsage, "unknown flag: --timeout"},
		{"status --browser x", "", exitUsage, "unknown flag: --browser"},
		{"logout --no-browser", "", exitUsage, "unknown flag: --no-browser"},
		{"logout --revoke-previous", "", exitUsage, "unknown flag: --revoke-previous"},
		{"status --all", "", exitUsage, "unknown flag: --all"},
		{"accounts --require-effective", "", exitUsage, "unknown flag: --require-effective"},
		{"switch --keep-session", "", exitUsage, "unknown flag: --keep-session"},
		{"login switch --store file", "", exitUsage, "unknown flag: --store"},
		// A secret in the wrong place is not repeated.
		{wrongKey, "", exitUsage, "no such command"},
		{"--with-api-key " + wrongKey, "", exitUsage, "no such command"},
		{"login --with-api-key " + wrongKey, "", exitUsage, "no such command"},
		{"--with-api-key=" + wrongKey, "", exitUsage, "--with-api-key does not take this value"},
		{"--check=" + wrongKey + " --with-api-key", "", exitUsage, "--check does not take this value"},
		{"--timeout " + wrongKey, "", exitUsage, "--timeout is a time"},
		{"--store " + wrongKey, "", exitUsage, "--store is one of"},
		{"--key=" + wrongKey, "", exitUsage, "unknown flag: --key"},
		{"--" + wrongKey, "", exitUsage, "unknown flag\n"},
		{"-" + wrongKey, "", exitUsage, "unknown flag"},
		{"status -x" + wrongKey, "", exitUsage, "unknown flag"},
		{"--=" + wrongKey, "", exitUsage, "a flag is written in a way"},
		{"--store", "", exitUsage, "--store needs a value"},
		{"--api-key " + wrongKey, "", exitUsage, "--api-key flag is not supported"},
		{"login --api-key " + wrongKey, "", exitUsage, "--api-key flag is not supported"},
		{"-c nonsense status", "", exitFailed, "on the command line: an equals sign is missing"},
		{"--version", "", exitDone, ">codex-login version"},
		{"--help", "", exitDone, ">Usage:"},
		{"login --help", "", exitDone, ">Usage:"},
		{"status", "", exitFailed, ">Not logged in"},
		{"login status", "", exitFailed, ">Not logged in"},
		{"logout", "", exitDone, ">Not logged in"},
		{"login logout", "", exitDone, ">Not logged in"},
		{"--with-api-key", "", exitFailed, "There is nothing here yet"},
		{"--with-api-key", "at-0123456789abcdef", exitFailed, "This is an access token, not an API key"},
		{"--with-access-token", wrongKey, exitFailed, "This is an API key, not an access token"},
		{"--with-api-key", strings.Repeat("k", 70<<10), exitFailed, "This is too long"},
		{"--with-api-key --check", wrongKey, exitFailed, "OpenAI does not accept this key"},
		{"--with-api-key", wrongKey, exitDone, ">API key saved"},
		{"status", "", exitDone, ">API key configured - sk-proj-***56789"},
		{"login status", "", exitDone, ">API key configured - sk-proj-***56789"},
		{"--plain", "", exitDone, "Accounts:"}, // kept: the input ends
		{"logout", "", exitDone, ">Successfully logged out"},
		{"--plain", "", exitUsage, "nothing was chosen"},
		{"--plain", "9\nx\n-1\n", exitUsage, "Please type a number from 1 to 4."},
		{"--plain", "3\n", exitUsage, "the API key is missing"},
		{"--plain", "4\n", exitUsage, "the access token is missing"},
		{"", "3\n" + wrongKey + "\n", exitDone, ">API key saved"}, // no terminal: lines
		{"login --plain", "0\n", exitDone, "0: change nothing."},
		{"login --plain", "n\n0\n", exitDone, "0 keeps this login."},
		{"login --plain", "n\n3\nnokey\n" + wrongKey + "\n", exitDone, ">API key saved"},
	} {
		r := p.run(c.input, strings.Fields(c.args)...)
		text, where := r.err, "standard error"
		want, isOutput := strings.CutPrefix(c.said, ">")
		if isOutput {
			text, where = r.out, "standard output"
		}
		if r.code != c.code || !strings.Contains(text, want) {
			t.Errorf("%q: exit %d, want %d and %q on %s\nout: %s\nerr: %s", c.args, r.code, c.code, want, where, r.out, r.err)
		}
		if hasBeenShown([]byte(r.out+r.err), wrongKey) {
			t.Errorf("%q shows the key", c.args)
		}
		if c.code == exitUsage && r.out != "" {
			t.Errorf("%q: a usage error on standard output: %s", c.args, r.out)
		}
	}
}

// TestLoginIsAnotherName for the program without a command.
func TestLoginIsAnotherName(t *testing.T) {
	t.Parallel()
	p := newPerson(t, quick)
	if _, code := p.approved(sandbox.MinaPlus, "login", "--device-auth"); code != 0 {
		t.Fatalf("exit %d", code)
	}
	if r := p.run("", "login", "status"); r.code != 0 || !strings.HasPrefix(r.out, "Logged in using ChatGPT") {
		t.Errorf("%+v", r)
	}
}

// TestLinesWhereNoScreenIs: a dumb terminal, or one whose output is piped on,
// gets lines, no escape sequence, and no echo of a secret.
func TestLinesWhereNoScreenIs(t *testing.T) {
	for name, start := range map[string]func(p *person) *termtest.Terminal{
		"dumb":    func(p *person) *termtest.Terminal { return p.sit(termtest.Options{Env: []string{"TERM=dumb"}}) },
		"--plain": func(p *person) *termtest.Terminal { return p.sit(termtest.Options{}, "--plain") },
		"piped on": func(p *person) *termtest.Terminal {
			return p.sitIn([]string{"sh", "-c", `"$@" | cat`, "sh"}, termtest.Options{})
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPerson(t, nil)
			key := p.issuer.NewAPIKey(sandbox.MinaPlus)
			term := start(p)
			term.WaitFor("Number from 1 to 4")
			term.Type("3\n")
			term.WaitFor("It is not shown.")
			silenced(t, term)
			term.Type(key + "\n")
			term.WaitFor("API key saved")
			term.WaitExit()
			if broken := term.Restored(); broken != "" {
				t.Errorf("not given back: %s", broken)
			}
			if bytes.Contains(term.Raw(), []byte("\x1b")) {
				t.Errorf("an escape sequence: %q", term.Raw())
			}
			if hasBeenShown(term.Raw(), key) {
				t.Error("the key was shown")
			}
			if !strings.Contains(p.authJSON(), key) {
				t.Error("the key was not stored")
			}
		})
	}
	t.Run("a secret is never asked for on a terminal by a flag", func(t *testing.T) {
		term := newPerson(t, nil).sit(termtest.Options{Cols: 120}, "--with-api-key")
		if code := term.WaitExit(); code != exitUsage || !strings.Contains(flat(term), "printenv OPENAI_API_KEY") {
			t.Errorf("exit %d\n%s", code, term.Screen())
		}
	})
}

// silenced waits until the terminal shows no more of what is typed. Nothing is
// written then, so there is nothing on the screen to wait for.
func silenced(t *testing.T, term *termtest.Terminal) {
	t.Helper()
	limit := time.After(20 * time.Second)
	for term.LineDiscipline().Echo {
		select {
		case <-time.After(time.Millisecond):
		case <-limit:
			t.Fatal("the terminal goes on to echo")
		}
	}
}

// secrets are all values of the stored login that nobody may see.
func (p *person) secrets() []string {
	var all []string
	for _, m := range regexp.MustCompile(`"(?:id_token|access_token|refresh_token|OPENAI_API_KEY|personal_access_token)": "([^"]+)"`).FindAllStringSubmatch(p.authJSON(), -1) {
		all = append(all, m[1])
	}
	if len(all) == 0 {
		p.t.Fatal("no secret is stored")
	}
	return all
}

// TestEventsOfASignIn are well-formed, in order, and hold no secret.
func TestEventsOfASignIn(t *testing.T) {
	for way, want := range map[string][]string{
		"browser": {"started", "url", "waiting", "result"},
		"device":  {"started", "code", "waiting", "result"},
		"key":     {"started", "result"},
		"token":   {"started", "result"},
	} {
		t.Run(way, func(t *testing.T) {
			p := newPerson(t, quick)
			var said bytes.Buffer
			seen := p.saying(t, way, &said)
			var names []string
			for _, e := range seen {
				// It may wait more than once.
				if len(names) == 0 || names[len(names)-1] != e.Event {
					names = append(names, e.Event)
				}
			}
			if strings.Join(names, " ") != strings.Join(want, " ") {
				t.Errorf("events %v, want %v", names, want)
			}
			if last := seen[len(seen)-1]; !last.SignedIn || last.Method == nil || last.Store == nil || *last.Store != "file" {
				t.Errorf("result %+v", last)
			}
			secrets := p.secrets()
			for _, args := range [][]string{{"status"}, {"status", "--json"}, {"logout", "--json"}} {
				r := p.run("", args...)
				said.WriteString(r.out + r.err)
				if args[len(args)-1] == "--json" {
					eachLineIsJSON(t, r.out)
				}
			}
			for _, secret := range secrets {
				if hasBeenShown(said.Bytes(), secret) {
					t.Errorf("a secret was shown: %s…", secret[:8])
				}
			}
		})
	}
}

// saying signs in in JSON mode and notes all that is said.
func (p *person) saying(t *testing.T, way string, said *bytes.Buffer) []event {
	t.Helper()
	var r ran
	switch way {
	case "key":
		r = p.run(p.issuer.NewAPIKey(sandbox.MinaPlus), "--with-api-key", "--json")
	case "token":
		r = p.run(p.issuer.NewAccessToken(sandbox.MinaPlus), "--with-access-token", "--json")
	default:
		args := []string{"--json"}
		if way == "device" {
			args = append(args, "--device-auth")
		}
		cmd := p.command(args...)
		var out lineBuffer
		out.each = func(line []byte) {
			var e event
			_ = json.Unmarshal(line, &e)
			switch e.Event {
			case "url":
				go func() { _, _ = p.issuer.Approve(context.Background(), e.URL, sandbox.MinaPlus) }()
			case "code":
				go func() { _ = p.issuer.ApproveDevice(context.Background(), e.UserCode, sandbox.MinaPlus) }()
			}
		}
		var talk bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &talk
		_ = cmd.Run()
		r = ran{out.all.String(), talk.String(), cmd.ProcessState.ExitCode()}
	}
	if r.code != 0 {
		t.Fatalf("%+v", r)
	}
	said.WriteString(r.out + r.err)
	return eachLineIsJSON(t, r.out)
}

// lineBuffer keeps what is written and hands on each line as it ends.
type lineBuffer struct {
	all, line bytes.Buffer
	each      func([]byte)
}

func (b *lineBuffer) Write(text []byte) (int, error) {
	b.all.Write(text)
	for _, c := range text {
		if c == '\n' {
			b.each(b.line.Bytes())
			b.line.Reset()
			continue
		}
		b.line.WriteByte(c)
	}
	return len(text), nil
}

// TestEventOfAFailure: the last event is an error with a code word, and the
// exit code goes with it. server, offline, policy and expired have tests of
// their own.
func TestEventOfAFailure(t *testing.T) {
	last := func(t *testing.T, r ran, code string, exit int) {
		t.Helper()
		events := eachLineIsJSON(t, r.out)
		e := events[len(events)-1]
		if e.Event != "error" || e.Code != code || e.Message == "" || r.code != exit {
			t.Errorf("exit %d, want %d and code %s: %+v", r.code, exit, code, e)
		}
	}
	// during runs a sign-in and does something when its code or URL is out.
	during := func(p *person, do func(e event, signal func(os.Signal)), args ...string) ran {
		cmd := p.command(append([]string{"--json"}, args...)...)
		var out lineBuffer
		out.each = func(line []byte) {
			var e event
			if _ = json.Unmarshal(line, &e); e.Event == "code" || e.Event == "url" {
				do(e, func(s os.Signal) { _ = cmd.Process.Signal(s) })
			}
		}
		cmd.Stdout = &out
		_ = cmd.Run()
		return ran{out: out.all.String(), code: cmd.ProcessState.ExitCode()}
	}
	t.Run("denied", func(t *testing.T) {
		p := newPerson(t, quick)
		last(t, during(p, func(e event, _ func(os.Signal)) {
			go func() { _, _ = p.issuer.Deny(context.Background(), e.URL, sandbox.MinaPlus) }()
		}), "denied", exitFailed)
		last(t, during(p, func(e event, _ func(os.Signal)) {
			go func() { _ = p.issuer.DenyDevice(context.Background(), e.UserCode) }()
		}, "--device-auth"), "denied", exitFailed)
	})
	for name, sig := range map[string]os.Signal{"SIGINT": syscall.SIGINT, "SIGTERM": syscall.SIGTERM, "SIGHUP": syscall.SIGHUP} {
		t.Run("cancelled by "+name, func(t *testing.T) {
			p := newPerson(t, quick)
			for _, args := range [][]string{{}, {"--device-auth"}} {
				last(t, during(p, func(_ event, signal func(os.Signal)) { signal(sig) }, args...), "cancelled", exitCancelled)
			}
		})
	}
	t.Run("port busy", func(t *testing.T) {
		for _, port := range []string{"1455", "1457"} {
			holder, err := net.Listen("tcp4", "127.0.0.1:"+port)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = holder.Close() }()
		}
		p := newPerson(t, nil)
		r := p.run("", "--json")
		last(t, r, "port_busy", exitFailed)
		if !strings.Contains(r.out, "1455") || !strings.Contains(r.out, filepath.Base(os.Args[0])[:10]) {
			t.Errorf("the holder is not named: %s", r.out)
		}
	})
	t.Run("expired", func(t *testing.T) {
		t.Parallel()
		p := newPerson(t, func(b *sandbox.Behaviour) {
			b.EditDeviceCode = func(answer map[string]any) { answer["interval"], answer["expires_in"] = "1", 2 }
		})
		last(t, p.run("", "--device-auth", "--json"), "expired", exitFailed)
	})
	t.Run("offline", func(t *testing.T) {
		p := newPerson(t, nil)
		_ = p.issuer.Close()
		last(t, p.run("", "--device-auth", "--json"), "offline", exitFailed)
	})
	t.Run("input", func(t *testing.T) {
		last(t, newPerson(t, nil).run("no key at all", "--with-api-key", "--json"), "input", exitFailed)
	})
	t.Run("store", func(t *testing.T) {
		p := newPerson(t, nil)
		if err := os.Mkdir(filepath.Join(p.home, "auth.json"), 0o700); err != nil {
			t.Fatal(err)
		}
		last(t, p.run(wrongKey, "--with-api-key", "--json"), "store", exitFailed)
	})
	t.Run("device codes disabled", func(t *testing.T) {
		p := newPerson(t, func(b *sandbox.Behaviour) { b.DeviceDisabled = true })
		events, code := p.approved(sandbox.MinaPlus, "--device-auth")
		warned := false
		for _, e := range events {
			warned = warned || e.Event == "warning" && e.Code == "device_code_disabled"
		}
		if code != exitDone || !warned || events[len(events)-1].Event != "result" {
			t.Errorf("exit %d: %+v", code, events)
		}
	})
}
