//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"codex-login/credstore"
	"codex-login/flows/sandbox"
	"codex-login/tui/termtest"
)

// containers is a stand-in for docker and podman that takes the arguments
// agreed upon and no others, and runs what it is given in the home of a
// container, which is a folder.
func containers(t *testing.T, names ...string) (dir string) {
	t.Helper()
	dir, bin := t.TempDir(), t.TempDir()
	script := fmt.Sprintf(`#!/bin/sh
unknown() { echo "unknown arguments: $*" >&2; exit 125; }
[ "$#" = 3 ] && [ "$1 $2" = "ps --format" ] && { ls %[1]s; exit; }
[ "$1" = cp ] && { c=${3%%%%:*}; exec cp "$2" "${3#*:}"; }
[ "$1" = exec ] || unknown "$@"
shift
[ "$1" != -i ] || shift
[ -d %[1]s/"$1" ] || { echo "Error response from daemon: No such container: $1" >&2; exit 1; }
name=$1; shift
case $1:$# in sh:3|printenv:2|mkdir:3) ;; *) unknown "$@";; esac
exec env -i PATH="$PATH" HOME=%[1]s/"$name" "$@"
`, dir)
	for _, name := range []string{"docker", "podman"} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range names {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	return dir
}

// loginIn is what a container has; nil for nothing.
func loginIn(t *testing.T, dir, name string) *credstore.Auth {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name, ".codex", "auth.json"))
	if err != nil {
		return nil
	}
	a, err := credstore.Parse(text, credstore.Place{})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// sendEvent is any of the JSON events of send.
type sendEvent struct {
	Event, Target, Kind, Code, State, Message string
	UserCode                                  string `json:"user_code"`
	Sent                                      int
	NotSent                                   int `json:"not_sent"`
	Until                                     *string
	CodexSays                                 *string `json:"codex_says"`
	Notes                                     []struct{ Code string }
}

func sendEvents(t *testing.T, out string) []sendEvent {
	t.Helper()
	var all []sendEvent
	for line := range strings.Lines(out) {
		var e sendEvent
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		all = append(all, e)
	}
	return all
}

// TestSendCommandToAHundred: a line each, the failures at the end with their
// reasons, and an exit code that tells.
func TestSendCommandToAHundred(t *testing.T) {
	var there, args []string
	for i := range 100 {
		name := fmt.Sprintf("c%02d", i)
		if i%10 != 3 {
			there = append(there, name)
		}
		args = append(args, "--"+[]string{"docker", "podman"}[i%2], name)
	}
	dir := containers(t, there...)
	p := newPerson(t, nil)
	p.run("sk-proj-hundred-0123456789\n", "--with-api-key")
	r := p.run("", append([]string{"send", "--copy"}, args...)...)
	done, failed := strings.Count(r.out, ": has the login of sk-proj-***56789\n"), strings.Count(r.out, ": failed\n")
	if r.code != exitFailed || done != 90 || failed != 10 || strings.Count(r.out, "\n") != 100 {
		t.Errorf("exit %d, %d done, %d failed:\n%s", r.code, done, failed, r.out)
	}
	if !strings.Contains(r.err, "90 machines: ") || strings.Count(r.err, "No Codex was found there") != 1 {
		t.Errorf("the same note is said of each:\n%s", r.err)
	}
	reasons := r.err[strings.Index(r.err, "10 of 100 failed:"):]
	if strings.Count(reasons, "There is no container c") != 10 || !strings.Contains(reasons, "- podman:c93: ") {
		t.Errorf("the reasons:\n%s", r.err)
	}
	for _, name := range there {
		if a := loginIn(t, dir, name); a == nil || a.APIKey == nil || a.APIKey.Reveal() != "sk-proj-hundred-0123456789" {
			t.Errorf("%s has %v", name, a)
		}
	}
	events := sendEvents(t, p.run("", append([]string{"send", "--copy", "--json"}, args...)...).out)
	count := map[string]int{}
	for _, e := range events {
		count[e.Event]++
	}
	if last := events[len(events)-1]; count["sent"] != 90 || count["not_sent"] != 10 || last.Event != "done" || last.Sent != 90 || last.NotSent != 10 {
		t.Errorf("%v, %+v", count, last)
	}
}

// signsInFor runs send and does the person's part of every code.
func (p *person) signsInFor(seat sandbox.Seat, args ...string) (string, int) {
	p.t.Helper()
	cmd := p.command(append([]string{"send"}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	var all strings.Builder
	approved := map[string]bool{}
	for buffer := make([]byte, 64<<10); ; {
		n, err := out.Read(buffer)
		all.Write(buffer[:n])
		for _, code := range deviceCode.FindAllString(all.String(), -1) {
			if !approved[code] {
				approved[code] = true
				if err := p.issuer.ApproveDevice(context.Background(), code, seat); err != nil {
					p.t.Error(err)
				}
			}
		}
		if err != nil {
			break
		}
	}
	_ = cmd.Wait()
	return all.String(), cmd.ProcessState.ExitCode()
}

// TestSendCommandSignsInForMachines: a host and containers at once, each with a
// login of its own, and none here.
func TestSendCommandSignsInForMachines(t *testing.T) {
	h := startHost(t, "", "")
	dir := containers(t, "web", "db")
	p := newPerson(t, quick)
	out, code := p.signsInFor(sandbox.MinaPlus, "far", "--docker", "web", "--podman", "db")
	if code != exitDone || !strings.Contains(out, "far: signed in as mina@example.test. Codex there says: Logged in using ChatGPT\n") || !strings.Contains(out, "docker:web: open "+p.issuer.URL()) {
		t.Fatalf("exit %d:\n%s", code, out)
	}
	logins := []*credstore.Auth{h.login(), loginIn(t, dir, "web"), loginIn(t, dir, "db")}
	for i, a := range logins {
		if a == nil || a.Kind() != credstore.AuthChatGPT || a.Tokens.RefreshToken.Empty() || i > 0 && a.SameSecret(logins[0]) {
			t.Errorf("%d: not a login of its own", i)
		}
	}
	if p.authJSON() != "" || p.run("", "status").code != exitFailed {
		t.Error("something is stored here")
	}
	out, code = p.signsInFor(sandbox.MinaHarbour, "--docker", "web", "--json")
	events := sendEvents(t, out)
	last := events[len(events)-2]
	if code != exitDone || last.Event != "sent" || last.Target != "docker:web" || last.Kind != "sign_in" || len(last.Notes) == 0 || last.Notes[0].Code != "kept_there" {
		t.Errorf("exit %d: %s", code, out)
	}
	// The rules and addresses are those of the machine.
	if err := os.WriteFile(filepath.Join(dir, "db", ".codex", "config.toml"), []byte("openai_base_url = \""+p.issuer.URL()+"/v1\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	key := p.issuer.NewAPIKey(sandbox.MinaPlus)
	if r := p.run(key, "send", "--docker", "db", "--with-api-key", "--check"); r.code != exitDone || loginIn(t, dir, "db").APIKey.Reveal() != key || strings.Contains(r.out+r.err, key) || p.authJSON() != "" {
		t.Errorf("%+v", r)
	}
}

// TestSendCommandEndsWhatItCannotStore: a finished sign-in that the machine could
// not store is not left over, and that is said.
func TestSendCommandEndsWhatItCannotStore(t *testing.T) {
	dir := containers(t, "web")
	if err := os.MkdirAll(filepath.Join(dir, "web", ".codex", "auth.json"), 0o700); err != nil {
		t.Fatal(err)
	}
	p := newPerson(t, quick)
	out, code := p.signsInFor(sandbox.MinaPlus, "--docker", "web", "--json")
	ended := slices.ContainsFunc(sendEvents(t, out), func(e sendEvent) bool {
		return e.Event == "warning" && e.Code == "sign_in_ended" && e.Target == "docker:web"
	})
	if n := len(p.issuer.RequestsTo(sandbox.Revoke)); code == exitDone || n != 1 || !ended {
		t.Errorf("exit %d, %d sessions ended:\n%s", code, n, out)
	}
}

// TestSendCommandRefuses what is not meant, not allowed or not safe.
func TestSendCommandRefuses(t *testing.T) {
	dir := containers(t, "web", "strict", "keyring")
	p := newPerson(t, quick)
	config := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(dir, name, ".codex"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name, ".codex", "config.toml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	config("strict", "forced_login_method = \"api\"\n")
	config("keyring", "# mine\ncli_auth_credentials_store = \"keyring\"\n")
	if _, code := p.approved(sandbox.MinaPlus, "--device-auth"); code != 0 {
		t.Fatal(code)
	}
	for _, c := range []struct {
		args string
		code int
		said string
	}{
		{"", exitUsage, "which machine?"},
		{"a --lend --copy", exitUsage, "choose one of"},
		{"a --renew", exitUsage, "--renew goes with --lend"},
		{"a --account mina", exitUsage, "--account goes with"},
		{"a --move --with-api-key", exitUsage, "they do not go with"},
		{"sk-proj-0123456789abcdefghijkl", exitUsage, "looks like a key"},
		{"--docker web --copy", exitUsage, "lock each other out"},
		{"--docker web --copy --json", exitUsage, "lock each other out"},
		{"--docker a;b --lend", exitFailed, "no name of a machine"},
		{"--docker web --docker gone --move", exitFailed, "one machine only"},
		{"--docker web --lend --account nobody", exitFailed, "No account"},
		{"--docker strict --lend", exitRefused, "not allowed"},
		{"--docker strict --docker gone --lend", exitFailed, "2 of 2 failed"},
		{"--docker keyring --lend", exitFailed, "--set-store"},
	} {
		r := p.run("", append([]string{"send"}, strings.Fields(c.args)...)...)
		if r.code != c.code || !strings.Contains(r.out+r.err, c.said) {
			t.Errorf("send %s: %+v", c.args, r)
		}
	}
	for _, name := range []string{"web", "strict", "keyring"} {
		if loginIn(t, dir, name) != nil {
			t.Errorf("%s has a login", name)
		}
	}
	r := p.run("", "send", "--docker", "keyring", "--lend", "--set-store")
	text, _ := os.ReadFile(filepath.Join(dir, "keyring", ".codex", "config.toml"))
	if r.code != exitDone || string(text) != "# mine\ncli_auth_credentials_store = \"file\"\n" || loginIn(t, dir, "keyring").Kind() != credstore.AuthChatGPTTokens {
		t.Errorf("%+v: %s", r, text)
	}
	if r := p.run("", "send", "--docker", "web", "--copy", "--yes"); r.code != exitDone || !strings.Contains(r.err, "has to sign in again") || loginIn(t, dir, "web") == nil {
		t.Errorf("%+v", r)
	}
	if r := p.run("", "send", "--docker", "web", "--move", "--account", "mina"); r.code != exitDone || p.authJSON() != "" {
		t.Errorf("%+v", r)
	}
}

// TestSendCommandAsks a person at a terminal: about a copy, and for ssh, whose
// questions go there whatever standard input is.
func TestSendCommandAsks(t *testing.T) {
	h := startHost(t, "", "")
	p := newPerson(t, quick)
	if _, code := p.approved(sandbox.MinaPlus, "--device-auth"); code != 0 {
		t.Fatal(code)
	}
	term := p.sit(termtest.Options{}, "send", "far", "--copy")
	waitFlat(t, term, "Type yes and press enter")
	term.Type("no\r")
	if code := term.WaitExit(); code != exitCancelled || h.login() != nil {
		t.Errorf("exit %d:\n%s", code, term.Screen())
	}
	h.keygen("id", "open sesame")
	h.write("known_hosts", "")
	if r := p.run("", "send", "far", "--lend"); r.code != exitFailed || !strings.Contains(r.err, "was not accepted") {
		t.Errorf("nobody is there to be asked: %+v", r)
	}
	term = p.sit(termtest.Options{}, "send", "far", "--lend")
	waitFlat(t, term, "ssh has to ask you now, about: far")
	waitFlat(t, term, "continue connecting")
	term.Type("yes\r")
	waitFlat(t, term, "passphrase")
	term.Type("open sesame\r")
	waitFlat(t, term, "uses the lent login of mina@example.test")
	if code := term.WaitExit(); code != exitDone || h.login() == nil || bytes.Contains(term.Raw(), []byte("open sesame")) {
		t.Errorf("exit %d:\n%s", code, term.Screen())
	}
}

// TestSendCommandKeepsLending until it is told to stop.
func TestSendCommandKeepsLending(t *testing.T) {
	dir := containers(t, "web")
	p := newPerson(t, quick)
	p.storedSession(accessToken(fmt.Sprintf(`{"exp":%d}`, time.Now().Add(24*time.Hour).Unix())), time.Hour)
	cmd := p.command("send", "--docker", "web", "--lend", "--renew", "--json")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var seen []string
	lines := json.NewDecoder(out)
	for lines.More() {
		var e sendEvent
		if err := lines.Decode(&e); err != nil {
			t.Fatal(err)
		}
		seen = append(seen, e.Event)
		if e.Event == "sent" && e.Until == nil {
			t.Error("no end of the loan")
		}
		if e.Event == "lending" {
			_ = cmd.Process.Signal(syscall.SIGTERM)
		}
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitDone || seen[len(seen)-1] != "stopped" || loginIn(t, dir, "web").Kind() != credstore.AuthChatGPTTokens {
		t.Errorf("exit %d, %v", code, seen)
	}
	// Due here, and so renewed here and there.
	p.storedSession(accessToken(fmt.Sprintf(`{"exp":%d}`, time.Now().Add(time.Minute).Unix())), time.Hour)
	cmd = p.command("send", "--lend", "--renew")
	if out, err = cmd.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 4096)
	n, _ := out.Read(line)
	_ = cmd.Process.Signal(syscall.SIGTERM)
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitDone || !strings.HasPrefix(string(line[:n]), "docker:web: renewed. It works until ") || len(p.issuer.RequestsTo(sandbox.Refresh)) != 1 {
		t.Errorf("exit %d, %q", code, line[:n])
	}
}

// TestSendCompletion knows the hosts of the ssh configuration and the
// containers that run.
func TestSendCompletion(t *testing.T) {
	containers(t, "web", "db")
	p := newPerson(t, nil)
	if err := os.MkdirAll(filepath.Join(p.home, ".ssh"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(p.home, ".ssh", "config"), []byte("Host buildbox *.corp\nHost gpu\n  Port 2222\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"send ":                 "buildbox\ngpu\n:4\n",
		"send gpu ":             "buildbox\n:4\n",
		"send --docker ":        "db\nweb\n:4\n",
		"recipes ":              "buildbox\ngpu\n:4\n",
		"recipes gpu --podman ": "db\nweb\n:4\n",
	} {
		cmd := p.command()
		cmd.Args = append([]string{program, "__complete"}, strings.Split(args, " ")...)
		if out, err := cmd.Output(); err != nil || string(out) != want {
			t.Errorf("%s: %q, %v", args, out, err)
		}
	}
}

// TestSendCommandStops where the person wants that: nothing is stored anywhere.
func TestSendCommandStops(t *testing.T) {
	dir := containers(t, "web", "db")
	p := newPerson(t, quick)
	for args, said := range map[string]string{"--docker web": "", "--docker web --docker db": "2 of 2 failed"} {
		cmd := p.command(append([]string{"send"}, strings.Fields(args)...)...)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		var talk bytes.Buffer
		cmd.Stderr = &talk
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		_, _ = out.Read(make([]byte, 4096))
		_ = cmd.Process.Signal(os.Interrupt)
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != exitCancelled || !strings.Contains(talk.String(), said) || !strings.Contains(talk.String(), "cancelled") {
			t.Errorf("send %s: exit %d: %s", args, code, talk.String())
		}
	}
	if loginIn(t, dir, "web") != nil || p.authJSON() != "" {
		t.Error("something is stored")
	}
}
