package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"codex-login/credstore"
	"codex-login/flows/sandbox"
)

// host is another machine: a real sshd, and an account on it with a home of its
// own.
type host struct {
	t    *testing.T
	dir  string
	home string // CODEX_HOME there
	port int
	sshd *exec.Cmd
}

// startHost starts an sshd on loopback and puts an ssh on PATH that finds it
// under the name "far", with more lines of configuration for either side.
func startHost(t *testing.T, sshdConfig, sshConfig string) *host {
	t.Helper()
	for _, program := range []string{"ssh", "ssh-keygen", "/usr/sbin/sshd"} {
		if _, err := exec.LookPath(program); err != nil {
			missing(t, program)
		}
	}
	if !sandbox.Isolated() {
		missing(t, "a network namespace")
	}
	h := &host{t: t, dir: t.TempDir()}
	h.home = filepath.Join(h.dir, "far home", "codex")
	if os.Geteuid() == 0 { // where sshd shuts itself in
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			missing(t, "/run/sshd")
		}
	}
	h.keygen("hostkey", "")
	h.keygen("id", "")
	bin := filepath.Join(h.dir, "far bin")
	for _, dir := range []string{filepath.Dir(h.home), bin} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if codex, err := sandbox.FindCodex(); err == nil {
		if err := os.Symlink(codex, filepath.Join(bin, "codex")); err != nil {
			t.Fatal(err)
		}
	} else {
		missing(t, "the real codex (make deps)")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.port = l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	h.write("profile", fmt.Sprintf("echo A greeting.\nexport CODEX_HOME=%q PATH=%q\n", h.home, bin+":/usr/bin:/bin"))
	if err := os.Rename(filepath.Join(h.dir, "profile"), filepath.Join(h.dir, "far home", ".profile")); err != nil {
		t.Fatal(err)
	}
	h.write("sshd_config", fmt.Sprintf(`Port %d
ListenAddress 127.0.0.1
HostKey %[2]s/hostkey
AuthorizedKeysFile %[2]s/id.pub
PidFile none
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
SetEnv "HOME=%[2]s/far home" SHELL=/bin/sh
%s`, h.port, h.dir, sshdConfig))
	key, err := os.ReadFile(filepath.Join(h.dir, "hostkey.pub"))
	if err != nil {
		t.Fatal(err)
	}
	h.write("known_hosts", fmt.Sprintf("[127.0.0.1]:%d %s", h.port, key))
	h.write("ssh_config", fmt.Sprintf(`Host far
%[3]s
Host *
  HostName 127.0.0.1
  Port %[1]d
  IdentityFile %[2]s/id
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile %[2]s/known_hosts
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking ask
`, h.port, h.dir, sshConfig))
	near := filepath.Join(h.dir, "near bin")
	if err := os.Mkdir(near, 0o700); err != nil {
		t.Fatal(err)
	}
	ssh, err := exec.LookPath("ssh")
	if err != nil {
		t.Fatal(err)
	}
	h.write("ssh", fmt.Sprintf("#!/bin/sh\nexec %s -F '%s/ssh_config' \"$@\"\n", ssh, h.dir))
	if err := os.Chmod(filepath.Join(h.dir, "ssh"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(h.dir, "ssh"), filepath.Join(near, "ssh")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", near+":"+os.Getenv("PATH"))
	h.start()
	return h
}

func (h *host) start() { h.startAt("127.0.0.1", nil) }

// startAt starts it at another address, as words of another command.
func (h *host) startAt(address string, through []string) {
	h.t.Helper()
	var said bytes.Buffer
	words := append(append([]string(nil), through...), "/usr/sbin/sshd", "-D", "-e", "-f", filepath.Join(h.dir, "sshd_config"))
	h.sshd = exec.Command(words[0], words[1:]...)
	h.sshd.Stderr = &said
	h.sshd.WaitDelay = time.Second
	h.sshd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := h.sshd.Start(); err != nil {
		h.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = h.sshd.Wait(); close(ended) }()
	h.t.Cleanup(func() {
		_ = h.sshd.Process.Kill()
		<-ended
		if h.t.Failed() {
			h.t.Log(said.String())
		}
	})
	for {
		if c, err := net.Dial("tcp", address+":"+strconv.Itoa(h.port)); err == nil {
			_ = c.Close()
			return
		}
		select {
		case <-ended:
			missing(h.t, "an sshd that starts: "+said.String())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (h *host) keygen(name, passphrase string) {
	h.t.Helper()
	path := filepath.Join(h.dir, name)
	_ = os.Remove(path)
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", "", "-f", path).CombinedOutput(); err != nil {
		h.t.Fatalf("%v: %s", err, out)
	}
}

func (h *host) write(name, text string) {
	h.t.Helper()
	if err := os.WriteFile(filepath.Join(h.dir, name), []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

// far is its name.
var far = credstore.Machine{Kind: credstore.MachineSSH, Name: "far"}

// store is what is there, looked at from here.
func (h *host) store() credstore.Store {
	h.t.Helper()
	home, err := credstore.FindHome(func(string) string { return h.home })
	if err != nil {
		h.t.Fatal(err)
	}
	return credstore.Open(home, credstore.ModeFile)
}

// login is what is stored there; nil for nothing.
func (h *host) login() *credstore.Auth {
	h.t.Helper()
	if _, err := os.Stat(h.home); err != nil {
		return nil
	}
	a, _, err := h.store().Load(h.t.Context())
	if err != nil && err != credstore.ErrNotFound {
		h.t.Fatal(err)
	}
	return a
}

// old is a login that is there before.
func (h *host) old() *credstore.Auth {
	h.t.Helper()
	if err := os.MkdirAll(h.home, 0o700); err != nil {
		h.t.Fatal(err)
	}
	a := credstore.NewAPIKey(credstore.NewSecret("sk-proj-old-0123456789"))
	if err := os.WriteFile(filepath.Join(h.home, "auth.json"), a.Encode(), 0o600); err != nil {
		h.t.Fatal(err)
	}
	return a
}

// temps are the half-written files there.
func (h *host) temps() []string {
	found, _ := filepath.Glob(filepath.Join(h.home, ".auth-??????"))
	return found
}

// writing waits until a document is being written there.
func (h *host) writing() {
	for {
		for _, path := range h.temps() {
			if info, err := os.Stat(path); err == nil && info.Size() > 1000 {
				return
			}
		}
		time.Sleep(time.Millisecond)
	}
}

// cleared waits until nothing half-written is there; what ends a shell there
// takes a moment.
func (h *host) cleared() bool {
	for range 500 {
		if len(h.temps()) == 0 {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

// descendants are the processes that come from one, by name.
func descendants(pid int, name string) []int {
	var out []int
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, task := range tasks {
		text, _ := os.ReadFile(task)
		for _, field := range strings.Fields(string(text)) {
			child, _ := strconv.Atoi(field)
			if comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", child)); strings.TrimSpace(string(comm)) == name {
				out = append(out, child)
			}
			out = append(out, descendants(child, name)...)
		}
	}
	return out
}
