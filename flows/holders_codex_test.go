package flows

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"codex-login/credstore"
	"codex-login/flows/sandbox"

	"github.com/creack/pty"
)

// holdersOf are the holders of a home, without the look at what is unseen.
func holdersOf(t *testing.T, home string, before time.Time) []Holder {
	t.Helper()
	h := (&Login{Home: credstore.Home{Path: home}}).Holders(t.Context(), before)
	for _, id := range h.Unseen {
		if id != unseenOutside && id != unseenUsers {
			t.Errorf("unseen: %s", id)
		}
	}
	return h.Programs
}

func kinds(all []Holder) string {
	var out []string
	for _, h := range all {
		out = append(out, string(h.Kind))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// running starts a real app-server in a home with somebody's login.
func running(t *testing.T, s *sandbox.Server, home string) (*sandbox.AppServer, string) {
	t.Helper()
	peer := realCodex(t, s, home)
	text, access := document(t, s, sandbox.MinaPlus)
	if err := os.WriteFile(filepath.Join(home, "auth.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	a, err := peer.AppServer(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return a, access
}

func TestHoldersFindTheRealAppServer(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	home := t.TempDir()
	began := time.Now()
	a, _ := running(t, s, home)
	now := time.Now()
	found := holdersOf(t, home, now)
	if kinds(found) != "app_server" {
		t.Fatalf("found %+v", found)
	}
	// A tick is 10 ms.
	if since := found[0].Since; since.Before(began.Add(-20*time.Millisecond)) || since.After(now) {
		t.Errorf("started at %v, between %v and %v", since, began, now)
	}
	if found[0].Program == "" || found[0].Program == "codex" || found[0].Socket != "" || found[0].Unsure {
		t.Errorf("found %+v", found[0])
	}
	if later := holdersOf(t, home, found[0].Since.Add(-time.Second)); len(later) != 0 {
		t.Errorf("started after the switch, and listed: %+v", later)
	}
	if other := holdersOf(t, t.TempDir(), now); len(other) != 0 {
		t.Errorf("of another home, and listed: %+v", other)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(home, link); err != nil {
		t.Fatal(err)
	}
	if behind := holdersOf(t, link, now); kinds(behind) != "app_server" {
		t.Errorf("behind a link: %+v", behind)
	}
	_ = a.Close()
	if ended := holdersOf(t, home, now); len(ended) != 0 {
		t.Errorf("ended, and listed: %+v", ended)
	}
}

// The reason for all of this: a running Codex does not look at auth.json again.
func TestRealAppServerKeepsItsLogin(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	home := t.TempDir()
	a, access := running(t, s, home)
	holds := func() string {
		var status struct{ AuthToken string }
		var read struct{ Account struct{ PlanType string } }
		if err := errors.Join(
			a.Call("account/read", map[string]bool{"refreshToken": false}, &read),
			a.Call("getAuthStatus", map[string]bool{"includeToken": true, "refreshToken": false}, &status),
		); err != nil {
			t.Fatal(err)
		}
		return read.Account.PlanType + " " + status.AuthToken
	}
	if got := holds(); got != "plus "+access {
		t.Fatalf("holds %s", got)
	}
	other, _ := document(t, s, sandbox.JonasFree)
	again, _ := document(t, s, sandbox.MinaPlus)
	for what, text := range map[string][]byte{"another account": other, "another session": again, "a key": []byte(`{"auth_mode":"apikey","OPENAI_API_KEY":"sk-1"}`)} {
		next := filepath.Join(home, "next")
		if err := errors.Join(os.WriteFile(next, text, 0o600), os.Rename(next, filepath.Join(home, "auth.json"))); err != nil {
			t.Fatal(err)
		}
		if got := holds(); got != "plus "+access {
			t.Errorf("%s was taken from the file: %s", what, got)
		}
	}
}

// An editor is a shell by that name here: what counts is who the parents are.
func TestHoldersNameTheEditor(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	home := t.TempDir()
	peer := realCodex(t, s, home)
	editor := filepath.Join(t.TempDir(), "code")
	shell, err := os.ReadFile("/bin/sh")
	if err := errors.Join(err, os.WriteFile(editor, shell, 0o700)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), editor, "-c", `"$0" app-server; true`, peer.Bin)
	cmd.Dir, cmd.Env = home, peer.Environ()
	shakeHands(t, cmd)
	found := holdersOf(t, home, time.Now())
	if kinds(found) != "ide" || found[0].Program != "code" {
		t.Errorf("found %+v", found)
	}
}

// shakeHands starts an app-server and waits for its first answer.
func shakeHands(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close() // app-server leaves when its input ends
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait()
	})
	fmt.Fprintln(in, `{"id":1,"method":"initialize","params":{"clientInfo":{"name":"test","version":"1"}}}`)
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
}

// background is a running background server with a terminal that shares it.
type background struct {
	*testing.T
	peer *sandbox.Peer
}

// daemon runs a command of "codex app-server daemon" to its end.
func (b *background) daemon(command string) (answer struct{ Status, SocketPath string }) {
	b.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(b.Context()), time.Minute)
	defer cancel()
	cmd := b.peer.Command(ctx, "app-server", "daemon", command)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err := errors.Join(err, json.Unmarshal(out, &answer)); err != nil {
		b.Fatalf("daemon %s: %v\n%s", command, err, said.String())
	}
	return answer
}

// stop ends the server and its updater, which stays otherwise.
func (b *background) stop() {
	b.daemon("stop")
	var updater struct{ PID int }
	text, err := os.ReadFile(filepath.Join(b.peer.Home, "app-server-daemon", "daemon-updater.pid"))
	if err := errors.Join(err, json.Unmarshal(text, &updater)); err != nil || updater.PID <= 1 {
		b.Errorf("the updater goes on: %v", err)
		return
	}
	if p, err := os.FindProcess(updater.PID); err == nil {
		_ = p.Kill()
	}
}

// terminal starts the TUI and waits for its main screen.
func (b *background) terminal(args ...string) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	b.Cleanup(cancel)
	cmd := b.peer.Command(ctx)
	cmd.Cancel = func() error { return cmd.Process.Kill() }
	cmd.Args = append(cmd.Args[:1], args...) // a -c would keep it from sharing the server
	screen, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 30, Cols: 100})
	if err != nil {
		b.Fatal(err)
	}
	shown, done := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(done)
		shown <- readScreen(screen, onMainScreen)
		_, _ = io.Copy(io.Discard, screen)
		_ = cmd.Wait()
	}()
	b.Cleanup(func() { _ = cmd.Process.Kill(); <-done; _ = screen.Close() })
	if said := <-shown; !onMainScreen(said) {
		b.Fatalf("the terminal shows %q", said)
	}
}

// onMainScreen looks for the line below the prompt, which comes when a chat is
// open. Codex moves the cursor where a blank would be.
func onMainScreen(said string) bool {
	return strings.Contains(strings.ReplaceAll(said, " ", ""), "default·")
}

// onlyPS is a folder with nothing but ps, which Codex calls to know its server
// again.
func onlyPS(t *testing.T) string {
	t.Helper()
	ps, err := exec.LookPath("ps")
	switch {
	case err != nil && os.Getenv("CI") == "true":
		t.Fatal("needs ps")
	case err != nil:
		t.Skip("needs ps")
	}
	dir := t.TempDir()
	if err := os.Symlink(ps, filepath.Join(dir, "ps")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// All terminals share a background server, which holds the login for them and
// has no terminal itself. Restarting it is enough.
func TestHoldersFindTheBackgroundServer(t *testing.T) {
	if testing.Short() {
		t.Skip("needs 400 MB for the copy of itself that Codex makes")
	}
	s := startSandbox(t, sandbox.Options{})
	home := t.TempDir()
	b := &background{t, realCodex(t, s, home)}
	b.peer.Env = []string{"TERM=xterm-256color", "PATH=" + onlyPS(t)}
	text, _ := document(t, s, sandbox.MinaPlus)
	config := fmt.Sprintf("chatgpt_base_url = %q\nopenai_base_url = %q\n[projects.%q]\ntrust_level = \"trusted\"\n", s.URL()+"/backend-api/", s.URL()+"/v1", home)
	if err := errors.Join(
		os.WriteFile(filepath.Join(home, "auth.json"), text, 0o600),
		os.WriteFile(filepath.Join(home, "config.toml"), []byte(config), 0o600),
	); err != nil {
		t.Fatal(err)
	}
	started := b.daemon("start")
	t.Cleanup(b.stop)
	b.terminal()
	found := holdersOf(t, home, time.Now())
	if kinds(found) != "daemon" || found[0].Socket != started.SocketPath || found[0].Socket != controlSocket(home) {
		t.Fatalf("found %+v, serving %s", found, started.SocketPath)
	}
	if !serverAnswers(t.Context(), home) {
		t.Error("nobody answers on the control socket")
	}
	b.terminal("--no-daemon")
	b.terminal("-c", "web_search=\"disabled\"")
	switched := time.Now()
	if found := holdersOf(t, home, switched); kinds(found) != "daemon tui tui" {
		t.Errorf("with terminals that do not share it: %+v", found)
	}
	b.daemon("restart")
	if found := holdersOf(t, home, switched); kinds(found) != "tui tui" {
		t.Errorf("after the restart: %+v", found)
	}
}
