package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/flows/sandbox"
)

// sent runs a Send to one target and returns how it went.
func sent(t *testing.T, l *flows.Login, r flows.SendRequest) flows.Progress {
	t.Helper()
	if r.Targets == nil {
		r.Targets = []flows.Target{far}
	}
	s, err := l.Send(r)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s.Progress()[0]
}

// TestSendOverSSH sends in each way to a real host, whose real Codex agrees.
func TestSendOverSSH(t *testing.T) {
	h := startHost(t, "", "")
	p := newPerson(t, nil)
	l := p.worker()
	l.Clock = flows.Clock{}

	s, err := l.Send(flows.SendRequest{Kind: flows.SignInFor, Targets: []flows.Target{far}, SignIn: flows.Request{Method: flows.Device}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	done := make(chan error, 1)
	go func() { done <- s.Run(t.Context()) }()
	for s.Progress()[0].Challenge == nil {
		if p := s.Progress()[0]; p.Err != nil {
			t.Fatal(p.Err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err := p.issuer.ApproveDevice(t.Context(), s.Progress()[0].Challenge.UserCode, sandbox.MinaHarbour); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	row := s.Progress()[0]
	if row.State != flows.SendDone || row.Sent.Said != "Logged in using ChatGPT" || !strings.HasPrefix(row.Sent.Codex, "codex-cli 0.169") || row.Sent.Account.Place.Where != "far:"+h.home+"/auth.json" {
		t.Fatalf("%+v, %v", row, row.Err)
	}
	info, err := os.Stat(filepath.Join(h.home, "auth.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}
	if r := p.run("", "status"); r.code != 1 {
		t.Errorf("signed in here: %+v", r)
	}

	access := accessToken(fmt.Sprintf(`{"exp":%d}`, time.Now().Add(24*time.Hour).Unix()))
	here := p.storedSession(access, time.Hour)
	row = sent(t, l, flows.SendRequest{Kind: flows.SendLend})
	if row.State != flows.SendDone || row.Sent.Said != "Logged in using ChatGPT" || row.Sent.Previous == nil || h.login().Kind() != credstore.AuthChatGPTTokens {
		t.Errorf("%+v, %v", row, row.Err)
	}
	row = sent(t, l, flows.SendRequest{Kind: flows.SendMove})
	if row.State != flows.SendDone || row.Sent.Said != "Logged in using ChatGPT" || !h.login().SameSecret(here) {
		t.Errorf("%+v, %v", row, row.Err)
	}
	if r := p.run("", "status"); r.code != 1 {
		t.Errorf("signed in here: %+v", r)
	}
	p.run("sk-proj-copied-0123456789\n", "--with-api-key")
	row = sent(t, l, flows.SendRequest{Kind: flows.SendCopy})
	if row.State != flows.SendDone || row.Sent.Said != "API key configured - sk-proj-***56789" || len(row.Sent.Notes) != 1 || row.Sent.Notes[0].Code != flows.NoteKeptThere {
		t.Errorf("%+v, %v", row, row.Err)
	}
}

// The other machine in a network of its own, with no way to here but ssh's.
func TestSendIntoAnotherNetwork(t *testing.T) {
	if os.Geteuid() != 0 {
		missing(t, "root, for a network namespace of the other machine")
	}
	h := startHost(t, "", "")
	text, err := os.ReadFile(filepath.Join(h.dir, "ssh_config"))
	if err != nil {
		t.Fatal(err)
	}
	h.write("ssh_config", "Host far\n  ProxyCommand unshare -n /usr/sbin/sshd -i -e -f '"+h.dir+"/sshd_config'\n"+string(text))
	_ = h.sshd.Process.Kill()
	p := newPerson(t, nil)
	p.run("sk-proj-copied-0123456789\n", "--with-api-key")
	row := sent(t, p.worker(), flows.SendRequest{Kind: flows.SendCopy})
	if row.State != flows.SendDone || row.Sent.Said != "API key configured - sk-proj-***56789" || h.login() == nil {
		t.Errorf("%+v, %v", row, row.Err)
	}
}

// TestSSHTrouble: every cause has its name, and what was there stays.
func TestSSHTrouble(t *testing.T) {
	for name, test := range map[string]struct {
		prepare func(t *testing.T, h *host)
		machine credstore.MachineProblem
		file    credstore.Problem
		state   flows.SendState
	}{
		"unknown key": {func(_ *testing.T, h *host) { h.write("known_hosts", "") }, credstore.MachineHostKey, "", flows.SendAsks},
		"changed key": {func(_ *testing.T, h *host) {
			h.keygen("other", "")
			key, _ := os.ReadFile(filepath.Join(h.dir, "other.pub"))
			h.write("known_hosts", fmt.Sprintf("[127.0.0.1]:%d %s", h.port, key))
		}, credstore.MachineHostKeyChanged, "", flows.SendFailed},
		"wrong key": {func(_ *testing.T, h *host) {
			known, _ := os.ReadFile(filepath.Join(h.dir, "id.pub"))
			h.keygen("id", "")
			h.write("id.pub", string(known))
		}, credstore.MachineDenied, "", flows.SendAsks},
		"nobody listens": {func(_ *testing.T, h *host) { _ = h.sshd.Process.Kill(); _, _ = h.sshd.Process.Wait() }, credstore.MachineUnreachable, "", flows.SendFailed},
		"no such name": {func(_ *testing.T, h *host) {
			text, _ := os.ReadFile(filepath.Join(h.dir, "ssh_config"))
			h.write("ssh_config", strings.Replace(string(text), "127.0.0.1", "no.such.name.invalid", 1))
		}, credstore.MachineUnreachable, "", flows.SendFailed},
		"no shell": {func(_ *testing.T, h *host) {
			text, _ := os.ReadFile(filepath.Join(h.dir, "sshd_config"))
			h.write("sshd_config", string(text)+"ForceCommand echo This account is not available.; exit 1\n")
			_ = h.sshd.Process.Kill()
			_, _ = h.sshd.Process.Wait()
			h.start()
		}, credstore.MachineNoShell, "", flows.SendFailed},
		"read-only home": {func(t *testing.T, h *host) { mountHome(t, h, "size=1m"); remountReadOnly(t, h) }, "", credstore.ProblemReadOnly, flows.SendFailed},
		"full disk":      {func(t *testing.T, h *host) { mountHome(t, h, "size=64k") }, "", credstore.ProblemFull, flows.SendFailed},
	} {
		t.Run(name, func(t *testing.T) {
			h := startHost(t, "", "")
			old := h.old()
			p := newPerson(t, nil)
			l := p.worker()
			if _, err := credstore.Open(l.Home, l.Mode()).Save(t.Context(), bigLogin(), credstore.Steps{}); err != nil {
				t.Fatal(err)
			}
			test.prepare(t, h)
			row := sent(t, l, flows.SendRequest{Kind: flows.SendCopy})
			var machine *credstore.MachineError
			errors.As(row.Err, &machine)
			if row.State != test.state || test.machine != "" && !credstore.IsMachineProblem(row.Err, test.machine) || test.file != "" && !credstore.IsProblem(row.Err, test.file) {
				t.Errorf("%s: %v", row.State, row.Err)
			}
			if machine != nil && machine.Detail == "" {
				t.Error("no detail")
			}
			if now := h.login(); !now.SameSecret(old) || !h.cleared() {
				t.Error("the login there was touched", h.temps())
			}
		})
	}
}

// mountHome puts a disk of its own there, with the login that was there.
func mountHome(t *testing.T, h *host, options string) {
	t.Helper()
	if err := syscall.Mount("tmpfs", h.home, "tmpfs", 0, options); err != nil {
		missing(t, "the right to mount")
	}
	t.Cleanup(func() { _ = syscall.Unmount(h.home, syscall.MNT_DETACH) })
	h.old()
}

func remountReadOnly(t *testing.T, h *host) {
	t.Helper()
	if err := syscall.Mount("tmpfs", h.home, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
}

// bigLogin takes a moment to cross.
func bigLogin() *credstore.Auth {
	return credstore.NewAPIKey(credstore.NewSecret("sk-proj-" + strings.Repeat("n", 900_000)))
}

// TestConnectionDropsHalfWay ends the sshd of the connection while a document
// is on its way.
func TestConnectionDropsHalfWay(t *testing.T) {
	h := startHost(t, "", "")
	old := h.old()
	r, err := credstore.Reach(t.Context(), far, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	done := make(chan error, 1)
	go func() {
		_, err := r.Save(t.Context(), bigLogin(), credstore.Steps{})
		done <- err
	}()
	h.writing()
	for _, pid := range descendants(h.sshd.Process.Pid, "sshd") {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	if err := <-done; !credstore.IsMachineProblem(err, credstore.MachineDropped) || strings.Contains(err.Error(), "nnn") {
		t.Error(err)
	}
	if !h.login().SameSecret(old) || !h.cleared() {
		t.Error("half a login is there", h.temps())
	}
	// The next one is another connection.
	if _, err := r.Save(t.Context(), bigLogin(), credstore.Steps{}); err != nil || !h.login().SameSecret(bigLogin()) {
		t.Error(err)
	}
}

// TestKilledWhileSaving: what is left of a program that was killed.
func TestKilledWhileSaving(t *testing.T) {
	const variable = "CODEX_LOGIN_TEST_SAVES"
	if os.Getenv(variable) != "" {
		r, err := credstore.Reach(t.Context(), far, false, nil)
		if err == nil {
			_, err = r.Save(t.Context(), bigLogin(), credstore.Steps{})
		}
		t.Fatal("it was not killed:", err)
	}
	h := startHost(t, "", "")
	old := h.old()
	cmd := again(t, variable)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	h.writing()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if !h.login().SameSecret(old) || !h.cleared() {
		t.Error("half a login is there", h.temps())
	}
}

// again is this test once more, in a process of its own.
func again(t *testing.T, variable string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), variable+"=1")
	return cmd
}

// TestSSHAsksOnTheTerminal: an unknown host key and a key with a passphrase, on
// a terminal. Without one nothing is asked and nothing hangs.
func TestSSHAsksOnTheTerminal(t *testing.T) {
	const variable = "CODEX_LOGIN_TEST_ASKS"
	if home := os.Getenv(variable); home != "" {
		p := &person{t: t, home: home}
		issuer, err := sandbox.Start(sandbox.Options{})
		if err != nil {
			t.Fatal(err)
		}
		p.issuer = issuer
		s, err := p.worker().Send(flows.SendRequest{Kind: flows.SendCopy, Targets: []flows.Target{far}})
		if err != nil {
			t.Fatal(err)
		}
		for s.Run(t.Context()) == nil && s.Asks() {
			fmt.Println("asks:", s.Progress()[0].Err)
			s.Ask(t.Context(), os.Stderr)
		}
		row := s.Progress()[0]
		fmt.Println("ended:", row.State, row.Err)
		return
	}
	h := startHost(t, "", "")
	h.keygen("id", "open sesame")
	h.write("known_hosts", "")
	p := newPerson(t, nil)
	p.run("sk-proj-copied-0123456789\n", "--with-api-key")
	cmd := again(t, variable)
	cmd.Env[len(cmd.Env)-1] = variable + "=" + p.home
	terminal, err := pty.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })()
	var all strings.Builder
	await := func(pattern string) {
		t.Helper()
		wanted, from := regexp.MustCompile(pattern), all.Len()
		for buffer := make([]byte, 4096); !wanted.MatchString(all.String()[from:]); {
			n, err := terminal.Read(buffer)
			all.Write(buffer[:n])
			if err != nil {
				t.Fatalf("%q did not come: %s", pattern, all.String())
			}
		}
	}
	await(`asks: far: host-key(.|\n)*continue connecting`)
	_, _ = terminal.WriteString("yes\n")
	await(`passphrase`)
	_, _ = terminal.WriteString("open sesame\n")
	await(`ended: done <nil>`)
	_ = cmd.Wait()
	if h.login() == nil || strings.Contains(all.String(), "sk-proj-copied") {
		t.Error(all.String())
	}
}

// TestCodexUsesABorrowedLogin: as it stands, for as long as it lasts and after;
// it neither renews nor revokes it.
func TestCodexUsesABorrowedLogin(t *testing.T) {
	h := startHost(t, "", "")
	for name, left := range map[string]time.Duration{"a day": 24 * time.Hour, "a minute": time.Minute} {
		t.Run(name, func(t *testing.T) {
			p := newPerson(t, nil)
			codex := p.codex()
			access := accessToken(fmt.Sprintf(`{"exp":%d}`, time.Now().Add(left).Unix()))
			p.storedSession(access, time.Hour)
			if left < time.Hour {
				// So short a token is renewed before it is lent.
				row := sent(t, p.worker(), flows.SendRequest{Kind: flows.SendLend})
				if row.State != flows.SendDone || h.login().Tokens.AccessToken.Reveal() == access || len(p.issuer.RequestsTo(sandbox.Refresh)) != 1 {
					t.Errorf("%+v, %v", row, row.Err)
				}
				p.issuer.Forget()
			} else if row := sent(t, p.worker(), flows.SendRequest{Kind: flows.SendLend}); row.State != flows.SendDone {
				t.Fatal(row.Err)
			}
			codex.Home = h.home
			document, err := os.ReadFile(filepath.Join(h.home, "auth.json"))
			if err != nil {
				t.Fatal(err)
			}
			if left < time.Hour { // and nearly over there
				text := strings.ReplaceAll(string(document), h.login().Tokens.AccessToken.Reveal(), access)
				if err := os.WriteFile(filepath.Join(h.home, "auth.json"), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				document = []byte(text)
			}
			if used := codexToken(t, codex); used != h.login().Tokens.AccessToken.Reveal() {
				t.Errorf("codex would send %q", used)
			}
			if out, code := codexRun(t, codex, "", "login", "status"); code != 0 || statusLine(out) != "Logged in using ChatGPT" {
				t.Error(out)
			}
			if after, err := os.ReadFile(filepath.Join(h.home, "auth.json")); err != nil || string(after) != string(document) {
				t.Error("codex has changed the document", err)
			}
			if out, code := codexRun(t, codex, "", "logout"); code != 0 {
				t.Error(out)
			}
			for _, r := range p.issuer.Requests() {
				if strings.Contains(r.Path, "oauth") {
					t.Errorf("codex asked %s", r.Path)
				}
			}
		})
	}
}
