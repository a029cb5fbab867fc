package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"codex-login/flows/sandbox"
	"codex-login/tui/termtest"
)

// remote is a person whose Codex is on another machine, where they sit in an
// ssh session: nothing but ssh leads there.
type remote struct {
	*person
	host *host
	// wizard runs the program there.
	wizard string
}

func startRemote(t *testing.T) remote {
	t.Helper()
	h := startHost(t, "", "")
	p := newPerson(t, quick)
	p.home = h.home
	if err := os.MkdirAll(p.home, 0o700); err != nil {
		t.Fatal(err)
	}
	return remote{p, h, h.wizard(p)}
}

// wizard writes a command of the other machine that runs the program there, in
// the environment that sshd makes.
func (h *host) wizard(p *person) string {
	h.t.Helper()
	url := p.issuer.URL()
	path := filepath.Join(h.dir, "wizard")
	h.write("wizard", fmt.Sprintf(`#!/bin/sh
export CODEX_HOME='%s' PATH='%s' LANG=C.UTF-8 TZ=UTC
export CODEX_REFRESH_TOKEN_URL_OVERRIDE=%[3]s/oauth/token CODEX_REVOKE_TOKEN_URL_OVERRIDE=%[3]s/oauth/revoke CODEX_AUTHAPI_BASE_URL=%[3]s/api/accounts
exec '%[4]s' --experimental_issuer %[3]s "$@"
`, p.home, filepath.Join(h.dir, "far bin"), url, program))
	if err := os.Chmod(path, 0o700); err != nil {
		h.t.Fatal(err)
	}
	return path
}

// leaves ends the wizard by the screen that ends a sign-in.
func (r remote) leaves(w *pane) {
	r.t.Helper()
	w.wait("the end of the sign-in", func(flat string) bool { return strings.Contains(flat, atDone) && strings.Contains(flat, "? help") })
	w.keys("Enter")
	if code := w.ended(); code != "0" {
		r.t.Errorf("exit %s:\n%s", code, w.screen())
	}
}

func (r remote) codexAgrees(codex *sandbox.Peer) {
	r.t.Helper()
	if out, code := codexRun(r.t, codex, "", "login", "status"); code != 0 || statusLine(out) != "Logged in using ChatGPT" {
		r.t.Errorf("codex there says %q", out)
	}
}

var printedLink = regexp.MustCompile(`https?://\S+/oauth/authorize\?\S+`)

// link is the address of the browser screen, printed plainly.
func (p *pane) link() string {
	p.t.Helper()
	p.keys("p")
	p.waitFor(atPrint)
	link := printedLink.FindString(p.screen())
	if link == "" {
		p.t.Fatalf("no address:\n%s", p.screen())
	}
	p.keys("Enter")
	p.waitFor(atWays)
	return link
}

// atWays is the browser screen on a machine without one.
var atWays = said("browser.open_there")

// TestDeviceCodeOverSSH: ssh -t inside of tmux, 80x24; a phone reads the code
// off the screen.
func TestDeviceCodeOverSSH(t *testing.T) {
	r := startRemote(t)
	w := startPane(t, "ssh -t far "+r.wizard)
	w.waitFor(atPicker)
	// What works over ssh is chosen already.
	w.waitFor("works over SSH; your browser is at 127.0.0.1")
	w.keys("Enter")
	w.waitFor(atIntro)
	w.keys("Enter")
	code := ""
	w.wait("a code", func(flat string) bool { code = deviceCode.FindString(flat); return code != "" })
	time.Sleep(pictured)
	scanned(t, w.picture(), r.issuer.URL()+"/codex/device", termtest.Themes()...)
	if err := r.issuer.ApproveDevice(t.Context(), code, sandbox.MinaPlus); err != nil {
		t.Fatal(err)
	}
	r.leaves(w)
	r.codexAgrees(r.codex())
}

// TestPasteOverSSH: the address that a browser elsewhere ended at.
func TestPasteOverSSH(t *testing.T) {
	r := startRemote(t)
	w := startPane(t, "ssh -t far "+r.wizard)
	w.waitFor(atPicker)
	w.keys("1")
	w.waitFor(atWays)
	ended := redirectAfter(t, r.issuer, w.link(), sandbox.MinaHarbour)
	w.keys("v")
	w.waitFor(inField)
	w.paste(ended)
	w.keys("Enter")
	r.leaves(w)
	r.codexAgrees(r.codex())
}

// forward is the command that leads from the person's machine to the listener.
var forward = regexp.MustCompile(`ssh (?:-p \d+ )?-L (\d+):localhost:\d+ \S+`)

// TestTunnelIntoAnotherNetwork: the other machine is in a network of its own.
// The command that the wizard shows is run as it stands, and the browser here
// ends at the listener there.
func TestTunnelIntoAnotherNetwork(t *testing.T) {
	t.Run("command", func(t *testing.T) {
		r := startRemote(t)
		codex := r.codex()
		unlink := r.host.moveAway()
		w := startPane(t, "ssh -t -R "+r.issuerPort()+":127.0.0.1:"+r.issuerPort()+" far "+r.wizard)
		w.waitFor(atPicker)
		w.keys("1")
		w.waitFor(atWays)
		link := w.link()
		var command []string
		w.wait("the command", func(flat string) bool { command = forward.FindStringSubmatch(flat); return command != nil })
		if !strings.Contains(command[0], farAddress) {
			t.Errorf("%q", command[0])
		}
		r.host.runs(command[0])
		r.comesBack(link, command[1])
		r.leaves(w)
		unlink() // the real Codex runs where nothing but loopback is
		r.codexAgrees(codex)
	})
	t.Run("typed into the session", func(t *testing.T) {
		r := startRemote(t)
		codex := r.codex()
		unlink := r.host.moveAway()
		w := startPane(t, "ssh -t -o EnableEscapeCommandline=yes -R "+r.issuerPort()+":127.0.0.1:"+r.issuerPort()+" far "+r.wizard+" --plain")
		w.waitFor("then enter (enter alone takes 2)")
		w.keys("1", "Enter")
		var said []string
		typed := regexp.MustCompile(`then ~C, then (-L (\d+):localhost:\d+)`)
		w.wait("what to type", func(flat string) bool { said = typed.FindStringSubmatch(flat); return said != nil })
		link := printedLink.FindString(w.screen())
		w.keys("Enter", "~", "C")
		w.waitFor("ssh>")
		w.keys("-l", "--", said[1])
		w.keys("Enter")
		r.comesBack(link, said[2])
		w.waitFor("Successfully logged in")
		if code := w.ended(); code != "0" {
			t.Errorf("exit %s", code)
		}
		unlink()
		r.codexAgrees(codex)
	})
}

func (p *person) issuerPort() string {
	return p.issuer.URL()[strings.LastIndex(p.issuer.URL(), ":")+1:]
}

// comesBack approves in the browser here, once the tunnel is up.
func (r remote) comesBack(link, port string) {
	r.t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			_ = c.Close()
			break
		}
		if time.Now().After(end) {
			r.t.Fatal("no tunnel")
		}
	}
	page, err := r.issuer.Approve(r.t.Context(), link, sandbox.MinaHarbour)
	if err != nil || !strings.Contains(page.URL, ":"+port) {
		r.t.Fatalf("%+v, %v", page, err)
	}
}

// The addresses of a wire between two networks.
const nearAddress, farAddress = "10.77.0.1", "10.77.0.2"

// moveAway puts the host into a network of its own, at the other end of a wire.
func (h *host) moveAway() (unlink func()) {
	h.t.Helper()
	for _, name := range []string{"ip", "nsenter"} {
		if _, err := exec.LookPath(name); err != nil {
			missing(h.t, name)
		}
	}
	_ = h.sshd.Process.Kill()
	// Its network lasts as long as a process in it.
	there := exec.Command("sleep", "600")
	there.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if err := there.Start(); err != nil {
		missing(h.t, "the right to make a network namespace")
	}
	h.t.Cleanup(func() { _ = there.Process.Kill(); _ = there.Wait() })
	ip := func(args ...string) {
		h.t.Helper()
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			missing(h.t, fmt.Sprintf("a wire between networks (ip %v: %s)", args, out))
		}
	}
	enter := []string{"nsenter", fmt.Sprintf("--net=/proc/%d/ns/net", there.Process.Pid)}
	inside := func(args ...string) {
		h.t.Helper()
		if out, err := exec.Command(enter[0], append(enter[1:], args...)...).CombinedOutput(); err != nil {
			missing(h.t, fmt.Sprintf("a network there (%v: %s)", args, out))
		}
	}
	ip("link", "add", "near0", "type", "veth", "peer", "name", "far0", "netns", fmt.Sprint(there.Process.Pid))
	unlinked := false
	unlink = func() {
		if !unlinked {
			unlinked = true
			_ = exec.Command("ip", "link", "del", "near0").Run()
		}
	}
	h.t.Cleanup(unlink)
	ip("addr", "add", nearAddress+"/24", "dev", "near0")
	ip("link", "set", "near0", "up")
	inside("ip", "link", "set", "lo", "up")
	inside("ip", "addr", "add", farAddress+"/24", "dev", "far0")
	inside("ip", "link", "set", "far0", "up")
	h.rewrite("sshd_config", "ListenAddress 127.0.0.1", "ListenAddress "+farAddress)
	h.rewrite("ssh_config", "  HostName 127.0.0.1\n", "")
	h.rewrite("ssh_config", "Host far\n", "Host far\n  HostName "+farAddress+"\n")
	h.rewrite("known_hosts", "127.0.0.1", farAddress)
	h.startAt(farAddress, enter)
	return unlink
}

func (h *host) rewrite(name, old, text string) {
	h.t.Helper()
	b, err := os.ReadFile(filepath.Join(h.dir, name))
	if err != nil || !bytes.Contains(b, []byte(old)) {
		h.t.Fatalf("%s: %v", name, err)
	}
	h.write(name, strings.Replace(string(b), old, text, 1))
}

// runs runs a command of the person's shell, which waits for more.
func (h *host) runs(command string) {
	h.t.Helper()
	cmd := exec.Command("sh", "-c", "exec "+command)
	in, err := cmd.StdinPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if h.t.Failed() {
			h.t.Log(command, out.String())
		}
	})
}

// TestSmallAndPoorTerminals signs in by device code in 40x15, on terminals that
// can do little, with and without UTF-8.
func TestSmallAndPoorTerminals(t *testing.T) {
	for _, name := range []string{"xterm-256color", "linux", "screen", "dumb"} {
		for _, locale := range []string{"C.UTF-8", "C"} {
			t.Run(name+" "+locale, func(t *testing.T) {
				p := newPerson(t, quick)
				p.env = []string{"SSH_CONNECTION=203.0.113.7 50022 198.51.100.4 22", "SSH_TTY=/dev/pts/1", "USER=ann"}
				term := p.sit(termtest.Options{Cols: 40, Rows: 15, Env: []string{"TERM=" + name, "LANG=" + locale, "LC_ALL=" + locale}})
				if name == "dumb" {
					term.WaitUntil("the question", func() bool {
						return strings.Contains(strings.ReplaceAll(term.Screen(), "\n", ""), "then enter (enter alone takes 2)")
					})
					term.Key("enter")
				} else {
					term.WaitFor(atPicker[:20])
					term.Key("enter")
					waitFlat(t, term, atIntro)
					term.Key("enter")
				}
				p.enterCode(term, sandbox.MinaPlus)
				if name != "dumb" {
					awake(term, atDone)
					term.Key("enter")
				}
				if code := term.WaitExit(); code != exitDone || term.Restored() != "" {
					t.Errorf("exit %d, %s\n%s", code, term.Restored(), term.Screen())
				}
				if name == "dumb" && bytes.ContainsAny(term.Raw(), "\x1b") {
					t.Errorf("sequences for a terminal that has none: %q", term.Raw())
				}
				if locale == "C" {
					if i := bytes.IndexFunc(term.Raw(), func(r rune) bool { return r > 0x7e }); i >= 0 {
						t.Errorf("not ASCII: %q", term.Raw()[max(0, i-40):min(len(term.Raw()), i+20)])
					}
				}
				p.agreed("Logged in using ChatGPT")
			})
		}
	}
}

// TestThreeWaysInLines: the page with its tunnel, a pasted address, and a code
// on a key; whichever comes first counts.
func TestThreeWaysInLines(t *testing.T) {
	for _, way := range []string{"paste", "code", "callback"} {
		t.Run(way, func(t *testing.T) {
			p := newPerson(t, quick)
			p.env = []string{"SSH_CONNECTION=203.0.113.7 50022 198.51.100.4 2222", "SSH_TTY=/dev/pts/1", "USER=ann", "LOGNAME=ann"}
			term := p.sit(termtest.Options{Cols: 200, Rows: 60}, "--plain")
			term.WaitFor("recommended: works over SSH; your browser is at 203.0.113.7")
			term.Type("1\r")
			term.WaitFor("ssh -p 2222 -L 1455:localhost:1455 ann@198.51.100.4")
			term.WaitFor("enter, then ~C, then -L 1455:localhost:1455")
			term.WaitFor("Or type d")
			link := printedLink.FindString(string(term.Raw())) // not the screen's, which is wrapped: what follows would be part of it
			term.Type("http://localhost:1455/auth/callback?code=0123456789abcdef&state=foreign\r")
			term.WaitFor("another sign-in")
			term.Type("d\r")
			term.WaitFor("the first one counts")
			switch way {
			case "paste":
				term.Type("'" + redirectAfter(t, p.issuer, link, sandbox.MinaPlus) + "'\r")
			case "code":
				p.enterCode(term, sandbox.MinaPlus)
			case "callback":
				if _, err := p.issuer.Approve(t.Context(), link, sandbox.MinaPlus); err != nil {
					t.Fatal(err)
				}
			}
			term.WaitFor("Successfully logged in")
			if code := term.WaitExit(); code != exitDone {
				t.Errorf("exit %d:\n%s", code, term.Screen())
			}
		})
	}
}

// TestWhereInJSON: a program that drives the sign-in learns where it is and
// what leads there.
func TestWhereInJSON(t *testing.T) {
	p := newPerson(t, quick)
	p.env = []string{"SSH_CONNECTION=203.0.113.7 50022 2001:db8::1 22", "USER=ann", "LOGNAME=ann"}
	cmd := p.command("--json")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	type object = map[string]any
	lines := json.NewDecoder(out)
	var started, page object
	if err := errors.Join(lines.Decode(&started), lines.Decode(&page)); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Process.Signal(os.Interrupt)
	_ = cmd.Wait()
	where, _ := started["where"].(object)
	ssh, _ := where["ssh"].(object)
	if where["remote"] != true || where["recommended"] != "device" || where["reason"] != "ssh" || ssh["client"] != "203.0.113.7" || ssh["port"] != 22.0 {
		t.Errorf("%v", started)
	}
	tunnel, _ := page["tunnel"].(object)
	if tunnel["kind"] != "ssh" || tunnel["command"] != "ssh -L 1455:localhost:1455 ann@2001:db8::1" || tunnel["port"] != page["port"] || tunnel["escape"] != nil {
		t.Errorf("%v", page)
	}
}
