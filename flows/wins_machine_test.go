package flows

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"codex-login/credstore"
	"codex-login/flows/sandbox"

	"github.com/creack/pty"
)

// winMachine is one case laid out for one run.
type winMachine struct {
	*testing.T
	peer    *sandbox.Peer
	client  Client
	login   *Login
	account Account
	names   map[string]string // of each credential
	arrived chan string       // what a request for an answer carried
}

func newWinMachine(t *testing.T, s *sandbox.Server, c winCase, client Client) *winMachine {
	t.Helper()
	home := t.TempDir()
	m := &winMachine{
		T: t, peer: realCodex(t, s, home), client: client, arrived: make(chan string, 100),
		names: map[string]string{"": "nothing", "own-credential": "own"},
	}
	api := httptest.NewUnstartedServer(http.HandlerFunc(m.answer))
	t.Cleanup(api.Close)
	url := "http://" + api.Listener.Addr().String()
	config := "openai_base_url = \"" + url + "/v1\"\n" + strings.ReplaceAll(c.config, "API/", url+"/") +
		fmt.Sprintf("[projects.%q]\ntrust_level = \"trusted\"\n", home)
	m.write(home, "config.toml", []byte(config))
	chatgpt, access := document(t, s, sandbox.MinaPlus)
	token := s.NewAccessToken(sandbox.JonasFree)
	m.names[access], m.names[token], m.names["sk-stored-0123456789"] = "login", "login", "login"
	if text, ok := map[string][]byte{
		"chatgpt": chatgpt,
		"key":     []byte(`{"auth_mode":"apikey","OPENAI_API_KEY":"sk-stored-0123456789"}`),
		"token":   []byte(`{"OPENAI_API_KEY":null,"personal_access_token":"` + token + `"}`),
	}[c.stored]; ok {
		m.write(home, "auth.json", text)
	}
	env := map[string]string{}
	for _, e := range c.env {
		name, value, _ := strings.Cut(e, "=")
		env[name] = value
		if text := strings.TrimSpace(value); text != "" {
			m.names[text] = name
		}
	}
	m.peer.Env = append([]string{"TERM=xterm-256color"}, c.env...)
	place, err := credstore.FindHome(func(name string) string { return map[string]string{"CODEX_HOME": home}[name] })
	if err != nil {
		t.Fatal(err)
	}
	m.login = &Login{Home: place, Environment: func(name string) string { return env[name] }}
	reloadRules(t, m.login)
	active, err := m.login.Current(t.Context())
	if err != nil && !errors.Is(err, credstore.ErrNotFound) {
		t.Fatal(err)
	}
	m.account = active.Account
	api.Start() // not before the names are known
	return m
}

func (m *winMachine) write(home, name string, text []byte) {
	m.Helper()
	if err := os.WriteFile(filepath.Join(home, name), text, 0o600); err != nil {
		m.Fatal(err)
	}
}

// answer notes what came with a request to the model. The TUI's first word to
// it is the question which models there are.
func (m *winMachine) answer(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/responses") || m.client == ClientTUI && strings.HasSuffix(r.URL.Path, "/models") {
		credential := strings.TrimSpace(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		name, known := m.names[credential]
		if !known {
			name = "unknown"
		}
		select {
		case m.arrived <- name:
		default:
		}
	}
	http.NotFound(w, r)
}

// run starts the client, asks it something and says which credential it used.
func (m *winMachine) run() string {
	m.Helper()
	ctx, cancel := context.WithTimeout(m.Context(), time.Minute)
	defer cancel()
	ended := make(chan string, 1)
	switch m.client {
	case ClientExec:
		m.exec(ctx, ended)
	case ClientTUI:
		m.terminal(ctx, ended)
	case ClientAppServer:
		m.appServer(ctx, ended)
	}
	select {
	case name := <-m.arrived:
		return name
	case name := <-ended:
		if _, err := os.Stat(filepath.Join(m.peer.Home, "auth.json")); name == signedOut && !errors.Is(err, os.ErrNotExist) {
			m.Errorf("%s says that it signs out, and the login is still there: %v", m.client, err)
		}
		return name
	case <-ctx.Done():
		m.Fatalf("%s neither asked the server nor ended", m.client)
		return ""
	}
}

// verdict reads from a client's last words why it asked nobody.
func verdict(said string) string {
	switch {
	case strings.Contains(said, "Logging out."):
		return signedOut
	case strings.Contains(said, "Missing environment variable"), strings.Contains(said, "one-time code"):
		return "nothing"
	}
	return "ended: " + said
}

func (m *winMachine) exec(ctx context.Context, ended chan<- string) {
	cmd := m.peer.Command(ctx, "exec", "--skip-git-repo-check", "hello")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		m.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = cmd.Wait()
		ended <- verdict(said.String())
	}()
	m.Cleanup(func() { m.end(cmd, done) })
}

func (m *winMachine) end(cmd *exec.Cmd, done <-chan struct{}) {
	_ = cmd.Process.Kill()
	<-done
}

var escapes = regexp.MustCompile("\x1b(\\[[0-9;?=><]*[ -/]*[@-~]|\\][^\x07\x1b]*(\x07|\x1b\\\\)|[@-Z\\\\^_>=78]|[()][A-Z0-9])")

// terminal runs the TUI without the background server, up to its first request,
// its sign-in screen or its end.
func (m *winMachine) terminal(ctx context.Context, ended chan<- string) {
	cmd := m.peer.Command(ctx, "--no-daemon", "hello")
	screen, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 30, Cols: 100})
	if err != nil {
		m.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		said := readScreen(screen, func(said string) bool { return !strings.HasPrefix(verdict(said), "ended") })
		ended <- verdict(said)
		_, _ = io.Copy(io.Discard, screen)
		_ = cmd.Wait()
	}()
	m.Cleanup(func() { m.end(cmd, done); _ = screen.Close() })
}

// readScreen reads what a terminal shows, without its escapes, until enough is
// true or the program ends.
func readScreen(screen io.Reader, enough func(said string) bool) string {
	var raw []byte
	part := make([]byte, 4096)
	for {
		n, err := screen.Read(part)
		raw = append(raw, part[:n]...)
		said := escapes.ReplaceAllString(string(raw), "")
		if err != nil || enough(said) {
			return said
		}
	}
}

func (m *winMachine) appServer(ctx context.Context, ended chan<- string) {
	a, err := m.peer.AppServer(ctx)
	if err != nil {
		m.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		var thread struct{ Thread struct{ ID string } }
		err := a.Call("thread/start", map[string]any{}, &thread)
		if err == nil {
			err = a.Call("turn/start", map[string]any{
				"threadId": thread.Thread.ID, "input": []any{map[string]string{"type": "text", "text": "hello"}},
			}, nil)
		}
		var failed struct{ Error struct{ Message string } }
		if err == nil {
			err = a.Await("error", &failed)
		}
		ended <- verdict(fmt.Sprint(failed.Error.Message, err))
	}()
	m.Cleanup(func() { <-done; _ = a.Close() })
}
