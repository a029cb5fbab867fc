//go:build !windows

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"codex-login/flows/sandbox"
	"codex-login/tui/termtest"
)

// loggedLine is a line of the login log, by Codex or by us.
var loggedLine = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z (ERROR| WARN| INFO) codex[-_][a-z]+::[-a-z]+: \S`)

func (p *person) loginLog() string {
	p.t.Helper()
	path := filepath.Join(p.home, "log", "codex-login.log")
	text, err := os.ReadFile(path)
	if err != nil {
		p.t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		p.t.Errorf("mode %v, %v", info.Mode(), err)
	}
	for _, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		if !loggedLine.MatchString(line) {
			p.t.Errorf("not a line of the log: %q", line)
		}
	}
	for _, secret := range append(p.issuer.Secrets(), "@example.test") {
		if strings.Contains(string(text), secret) {
			p.t.Errorf("a secret is in the log: %s", secret)
		}
	}
	return string(text)
}

// TestTraceOfAWait: t shows what the worker does while a code waits, the screen
// comes back by itself when the person has approved, and the log has it too.
func TestTraceOfAWait(t *testing.T) {
	p := newPerson(t, quick)
	term := p.sit(termtest.Options{Cols: 120, Rows: 40}, "--device-auth")
	waitFlat(t, term, atIntro)
	term.Key("enter")
	code := term.WaitForMatch(deviceCode.String())[0]
	term.Key("t")
	for _, text := range []string{"What happens", "device code state=pending", "path=/api/accounts/deviceauth/token", "log/codex-login.log"} {
		term.WaitFor(text)
	}
	term.Key("esc")
	term.WaitFor(code)
	term.Key("t")
	term.WaitFor("state=pending")
	if err := p.issuer.ApproveDevice(t.Context(), code, sandbox.MinaPlus); err != nil {
		t.Fatal(err)
	}
	p.signedIn(term, "Account: mina@example.test", "Logged in using ChatGPT")
	log := p.loginLog()
	for _, want := range []string{
		"login: starting device code login flow", "http: asking method=POST", "http: answered status=403 said=deviceauth_authorization_pending",
		"device: device code state=granted", "login: login stored account=chatgpt-",
	} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %q:\n%s", want, log)
		}
	}
	if n := strings.Count(log, "state=pending"); n != 1 {
		t.Errorf("%d lines about an unchanged state", n)
	}
}

// TestTraceInLines: --trace writes the lines of the log to standard error, and
// the log is there without it.
func TestTraceInLines(t *testing.T) {
	p := newPerson(t, nil)
	key := p.issuer.NewAPIKey(sandbox.MinaPlus)
	if r := p.run(key+"\n", "--with-api-key", "--check"); r.code != exitDone || strings.Contains(r.err, "codex-login::") {
		t.Errorf("%+v", r)
	}
	before := p.loginLog()
	r := p.run(key+"\n", "--with-api-key", "--check", "--trace", "--json")
	told := ""
	for _, line := range strings.Split(r.err, "\n") {
		if loggedLine.MatchString(line) {
			told += line + "\n"
		}
	}
	if log := p.loginLog(); r.code != exitDone || !strings.Contains(told, "http: answered status=200") || before+told != log || strings.Contains(r.out, "codex-login::") {
		t.Errorf("%+v\n%s", r, log)
	}
	if r := p.run("sk-proj-never-issued-by-anybody\n", "--with-api-key", "--check"); r.code != exitFailed || !strings.Contains(r.err, "stands in "+p.home+"/log/codex-login.log") {
		t.Errorf("%+v", r)
	}
	if r := p.run("", "logout"); r.code != exitDone {
		t.Errorf("%+v", r)
	}
	if log := p.loginLog(); !strings.Contains(log, "logout: signed out forgotten=1") {
		t.Errorf("%s", log)
	}
	for _, reader := range [][]string{{"status"}, {"accounts"}, {"store"}} {
		before := p.loginLog()
		if p.run("", reader...); p.loginLog() != before {
			t.Errorf("%v has written to the log", reader)
		}
	}
}

// TestTraceNeedsItsOwnPlace: it would write over the wizard.
func TestTraceNeedsItsOwnPlace(t *testing.T) {
	p := newPerson(t, nil)
	term := p.sit(termtest.Options{}, "--trace")
	if code := term.WaitExit(); code != exitUsage || !strings.Contains(term.Screen(), "press t in it") {
		t.Errorf("exit %d:\n%s", code, term.Screen())
	}
}

// TestLoginGoesOnWithoutALog, and says so once, as Codex does.
func TestLoginGoesOnWithoutALog(t *testing.T) {
	p := newPerson(t, nil)
	if err := os.WriteFile(filepath.Join(p.home, "log"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	key := p.issuer.NewAPIKey(sandbox.MinaPlus)
	r := p.run(key+"\n", "--with-api-key")
	if r.code != exitDone || strings.Count(r.out+r.err, "log/codex-login.log cannot be written") != 1 {
		t.Errorf("%+v", r)
	}
	for _, args := range [][]string{{"--with-api-key", "--check"}, {"--with-api-key", "-c", `forced_login_method="chatgpt"`}} {
		r := p.run("sk-proj-never-issued-by-anybody\n", args...)
		if r.code == exitDone || strings.Count(r.out+r.err, "log/codex-login.log cannot be written") != 1 {
			t.Errorf("%v: %+v", args, r)
		}
	}
	events, code := p.approved(sandbox.MinaPlus, "--device-auth")
	warned := 0
	for _, e := range events {
		if e.Event == "warning" && e.Code == "log_not_written" {
			warned++
		}
	}
	if code != exitDone || warned != 1 {
		t.Errorf("exit %d, warned %d times: %+v", code, warned, events)
	}
}

// TestNobodyListens: a pipe that closes ends no sign-in half way. Without a
// reader of its trace it goes on; where nobody can hear the code, it ends, and
// what was there stays.
func TestNobodyListens(t *testing.T) {
	for name, c := range map[string]struct {
		args   []string
		trace  bool // standard error is the pipe, and not standard output
		code   int
		stored bool
	}{
		"trace":       {[]string{"--with-api-key", "--check", "--trace"}, true, exitDone, true},
		"talk":        {[]string{"--with-api-key"}, true, exitDone, true},
		"lines":       {[]string{"--with-api-key"}, false, exitDone, true},
		"json, code":  {[]string{"--device-auth", "--json"}, false, exitCancelled, false},
		"lines, code": {[]string{"--device-auth", "--plain"}, false, exitCancelled, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPerson(t, quick)
			read, write, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			_ = read.Close()
			cmd := p.command(c.args...)
			cmd.Stdin = strings.NewReader(p.issuer.NewAPIKey(sandbox.MinaPlus) + "\n")
			if c.trace {
				cmd.Stderr = write
			} else {
				cmd.Stdout = write
			}
			err = cmd.Run()
			_ = write.Close()
			if code := cmd.ProcessState.ExitCode(); code != c.code || c.stored != (p.authJSON() != "") {
				t.Errorf("%v, stored: %q", err, p.authJSON())
			}
		})
	}
}
