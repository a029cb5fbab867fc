//go:build !windows

package tui

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/flows/sandbox"

	"github.com/charmbracelet/x/ansi"
)

// These send logins to machines that are folders: stand-ins for ssh and docker
// run the real script in an environment of its own.

// fleet puts the stand-ins first in PATH. A machine exists once its folder does.
// ssh to "locked" has to ask for something, and is only let in when it may.
func fleet(t *testing.T, names ...string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, n := range names {
		if err := os.MkdirAll(filepath.Join(dir, n), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	ssh := `#!/bin/sh
batch=
while [ "$1" != -- ]; do [ "$1" = BatchMode=yes ] && batch=1; shift; done
name=$2
if [ "$name" = locked ]; then
	[ -n "$batch" ] && { echo "$name: Permission denied (publickey,password)." >&2; exit 255; }
	echo "the password of $name, please" >&2
fi
[ -d DIR/"$name" ] || { echo "ssh: Could not resolve hostname $name: Name or service not known" >&2; exit 255; }
exec env -i PATH="$PATH" HOME=/ CODEX_HOME=DIR/"$name" sh -c "$3"
`
	docker := `#!/bin/sh
[ -d DIR/"$3" ] || { echo "Error response from daemon: No such container: $3" >&2; exit 1; }
exec env -i PATH="$PATH" HOME=/ CODEX_HOME=DIR/"$3" sh -c "$6"
`
	bin := t.TempDir()
	for name, script := range map[string]string{"ssh": ssh, "docker": docker} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte(strings.ReplaceAll(script, "DIR", dir)), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	return dir
}

// loginOf is what a machine has; nil for nothing.
func loginOf(t *testing.T, dir, name string) *credstore.Auth {
	t.Helper()
	home, err := credstore.FindHome(func(string) string { return filepath.Join(dir, name) })
	if err != nil {
		t.Fatal(err)
	}
	a, _, err := credstore.Open(home, credstore.ModeFile).Load(t.Context())
	if err != nil && !errors.Is(err, credstore.ErrNotFound) {
		t.Fatal(err)
	}
	return a
}

// sshHosts is a HOME with an ssh configuration.
func sshHosts(t *testing.T, names ...string) string {
	t.Helper()
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, ".ssh"), 0o700); err != nil {
		t.Fatal(err)
	}
	text := "Host *\n  User mina\n"
	for _, n := range names {
		text += "Host " + n + "\n"
	}
	if err := os.WriteFile(filepath.Join(home, ".ssh", "config"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return "HOME=" + home
}

func atRest(s sending) bool { return s.rested }

// TestSignInForAnotherMachine from the first screen: nothing is stored here,
// and leaving is no cancellation.
func TestSignInForAnotherMachine(t *testing.T) {
	dir := fleet(t, "buildbox", "web")
	s := startSandbox(t, nil)
	e := liveEnv(t, s)
	d := drive(t, envWith(t, e.login, sshHosts(t, "buildbox", "other")), "")
	until[picker](d, nil)
	d.key("x")
	until(d, func(m machines) bool { return m.read })
	d.sees("buildbox")
	d.sees("other")
	d.key(" ")
	d.send(paste("docker:web"))
	d.key(" ", "enter")
	until[enable](d, nil)
	d.key("enter")
	for range 2 {
		one := until(d, func(s sending) bool { _, ok := s.inner.(device); return ok && s.inner.(device).waiting() })
		shown := one.inner.(device)
		d.sees("Device code for " + shown.to)
		if err := s.ApproveDevice(t.Context(), shown.challenge.UserCode, sandbox.MinaPlus); err != nil {
			t.Fatal(err)
		}
		until(d, func(s sending) bool { return s.shown != one.shown })
	}
	until(d, atRest)
	d.sees("Signed in for 2 machines")
	for _, name := range []string{"buildbox", "web"} {
		if a := loginOf(t, dir, name); a == nil || a.Kind() != credstore.AuthChatGPT {
			t.Errorf("%s has %+v", name, a)
		}
	}
	if d.stored() != "" {
		t.Error("something is stored here")
	}
	d.key("enter")
	if !d.root.leave || d.root.err != nil {
		t.Errorf("leave %v, err %v", d.root.leave, d.root.err)
	}
}

// sendTo opens the machines for the account in use and picks a kind by number.
func sendTo(t *testing.T, e *env, number string, names ...string) *driver {
	t.Helper()
	d := drive(t, envWith(t, e.login, sshHosts(t)), "")
	until(d, func(a accounts) bool { return a.list != nil && len(a.checking) == 0 })
	d.key("ctrl+x")
	until(d, func(m machines) bool { return m.read })
	for _, n := range names {
		d.send(paste(n))
		d.key(" ")
	}
	d.key("enter")
	until[sendKind](d, nil)
	d.key(number, "enter")
	return d
}

// TestLending: the access token without the refresh token, until its date; a
// machine that fails is named with the reason, and tried again once it can be
// reached.
func TestLending(t *testing.T) {
	dir := fleet(t, "buildbox")
	s := startSandbox(t, nil)
	e := liveEnv(t, s)
	signInAs(t, s, e, sandbox.MinaPlus)
	d := sendTo(t, e, "2", "buildbox", "lost")
	until(d, atRest)
	d.sees("1 of 2 done, 1 failed")
	d.sees("lost cannot be reached")
	a := loginOf(t, dir, "buildbox")
	if a == nil || a.Kind() != credstore.AuthChatGPTTokens || !a.Tokens.RefreshToken.Empty() {
		t.Fatalf("lent is %+v", a)
	}
	d.sees("until " + d.root.env.time(a.ExpiresAt()))
	if err := os.Mkdir(filepath.Join(dir, "lost"), 0o700); err != nil {
		t.Fatal(err)
	}
	d.key("r")
	until(d, func(s sending) bool { return s.rested && len(s.done()) == 2 })
	d.sees("Lent to 2 machines")
	if d.stored() == "" {
		t.Error("the login here is gone")
	}
	d.key("esc")
	until(d, func(a accounts) bool { return a.list != nil })
}

// TestMovingAway: forgotten here, and what is said at the end is not that
// somebody is signed in.
func TestMovingAway(t *testing.T) {
	dir := fleet(t, "buildbox")
	s := startSandbox(t, nil)
	e := liveEnv(t, s)
	signInAs(t, s, e, sandbox.MinaPlus)
	d := sendTo(t, e, "4", "buildbox")
	until(d, atRest)
	d.sees("Moved to buildbox")
	if a := loginOf(t, dir, "buildbox"); a == nil || a.Kind() != credstore.AuthChatGPT || a.Tokens.RefreshToken.Empty() {
		t.Errorf("moved is %+v", a)
	}
	if d.stored() != "" {
		t.Error("the login is still here")
	}
	d.key("esc")
	until[picker](d, nil)
	d.key("q")
	if past := d.root.env.work.close(); !past.signedOut || d.root.err != nil {
		t.Errorf("left with %+v, %v", past, d.root.err)
	}
}

// TestAnotherStoreThere: Codex there would not read the file. On a key its
// config.toml is set, and nothing else in it changes.
func TestAnotherStoreThere(t *testing.T) {
	dir := fleet(t, "buildbox")
	config := filepath.Join(dir, "buildbox", "config.toml")
	if err := os.WriteFile(config, []byte("# mine\ncli_auth_credentials_store = \"keyring\"\nmodel = \"x\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := startSandbox(t, nil)
	e := liveEnv(t, s)
	signInAs(t, s, e, sandbox.MinaPlus)
	d := sendTo(t, e, "2", "buildbox")
	until(d, atRest)
	d.sees("would not read the file")
	if loginOf(t, dir, "buildbox") != nil {
		t.Error("it was stored where nobody looks")
	}
	d.key("s")
	until(d, func(s sending) bool { return s.rested && len(s.done()) == 1 })
	text, _ := os.ReadFile(config)
	if string(text) != "# mine\ncli_auth_credentials_store = \"file\"\nmodel = \"x\"\n" || loginOf(t, dir, "buildbox") == nil {
		t.Errorf("config.toml there is %q", text)
	}
}

// TestSSHAsks on a key, with the wizard out of its way, and the login goes on.
func TestSSHAsks(t *testing.T) {
	dir := fleet(t, "locked", "open")
	s := startSandbox(t, nil)
	e := liveEnv(t, s)
	signInAs(t, s, e, sandbox.MinaPlus)
	d := sendTo(t, e, "2", "locked", "open")
	one := until(d, func(s sending) bool { return s.atRest() && len(s.asks()) == 1 && len(s.done()) == 1 })
	d.sees("ssh has to ask you something")
	// Bubble Tea gives up the terminal for this; the driver has none.
	var screen bytes.Buffer
	a := &asking{env: d.root.env, ctx: one.try.ctx, errands: []*errand{one.rows[one.asks()[0]].errand}}
	a.SetStdout(&screen)
	if err := a.Run(); err != nil {
		t.Fatal(err)
	}
	if said := screen.String(); !strings.Contains(said, "ssh asks about locked") || !strings.Contains(said, "the password of locked, please") {
		t.Errorf("on the screen stands %q", said)
	}
	d.send(askedMsg{one.try.id})
	until(d, func(s sending) bool { return s.rested && len(s.done()) == 2 })
	if loginOf(t, dir, "locked") == nil {
		t.Error("it has no login")
	}
}

// TestManyMachines: one line each, the failures at the end.
func TestManyMachines(t *testing.T) {
	var names []string
	for i := range 20 {
		names = append(names, fmt.Sprintf("docker:node%02d", i))
	}
	var there []string
	for i, n := range names {
		if i != 11 {
			there = append(there, strings.TrimPrefix(n, "docker:"))
		}
	}
	dir := fleet(t, there...)
	s := startSandbox(t, nil)
	e := liveEnv(t, s)
	signInAs(t, s, e, sandbox.MinaPlus)
	d := sendTo(t, e, "2", names...)
	until(d, atRest)
	d.sees("19 of 20 done, 1 failed")
	for range 100 {
		d.key("down")
	}
	d.sees("docker:node11")
	d.sees("There is no container")
	if loginOf(t, dir, "node19") == nil {
		t.Error("the last one has no login")
	}
	for _, f := range d.frames {
		for _, token := range []string{"eyJ", "rt_"} {
			if strings.Contains(ansi.Strip(f), token) {
				t.Fatalf("a token is on the screen:\n%s", f)
			}
		}
	}
}

// signingInForBuildbox has asked for a code for a machine that is there, and
// returns where the machines have their homes.
func signingInForBuildbox(t *testing.T) (*driver, *sandbox.Server, string) {
	t.Helper()
	dir := fleet(t, "buildbox")
	s := startSandbox(t, nil)
	e := liveEnv(t, s)
	d := drive(t, envWith(t, e.login, sshHosts(t, "buildbox")), "")
	until[picker](d, nil)
	d.key("x")
	until(d, func(m machines) bool { return m.read })
	d.key("enter")
	until[enable](d, nil)
	d.key("enter")
	return d, s, dir
}

// TestLeavingWhileACodeWaits ends the errands, and stores nothing anywhere.
func TestLeavingWhileACodeWaits(t *testing.T) {
	d, _, dir := signingInForBuildbox(t)
	one := until(d, func(s sending) bool { return s.inner != nil })
	d.key("esc")
	until[machines](d, nil)
	if one.try.ctx.Err() == nil {
		t.Error("the errand goes on")
	}
	d.root.env.work.close()
	if loginOf(t, dir, "buildbox") != nil {
		t.Error("a login was stored after esc")
	}
	if r := flows.SendState(one.rows[0].errand.Progress()[0].State); r != flows.SendFailed {
		t.Errorf("the errand is %s", r)
	}
}
