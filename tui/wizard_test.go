package tui

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/flows/sandbox"
	"codex-login/policy"

	"github.com/charmbracelet/x/ansi"
)

// These run the screens against the real workers, the real stores and an issuer
// on this machine.

func (d *driver) stored() string {
	d.t.Helper()
	b, err := os.ReadFile(d.root.env.login.Home.AuthFile())
	if errors.Is(err, os.ErrNotExist) {
		return ""
	}
	if err != nil {
		d.t.Fatal(err)
	}
	return string(b)
}

func (d *driver) sees(text string) {
	d.t.Helper()
	if frame := ansi.Strip(d.root.View()); !strings.Contains(frame, text) {
		d.t.Errorf("%q is not on the screen:\n%s", text, frame)
	}
}

func TestDeviceSignIn(t *testing.T) {
	s := startSandbox(t, nil)
	e := liveEnv(t, s)
	e.demo = demoOf(s)
	d := drive(t, e, "")
	until[picker](d, nil)
	d.key("2")
	until[enable](d, nil)
	d.key("enter")
	waiting := until(d, device.waiting)
	d.sees(waiting.challenge.UserCode)
	d.key("a")
	until[done](d, nil)
	d.sees("mina@example.test")
	if !strings.Contains(d.stored(), `"refresh_token"`) {
		t.Error("no login is stored")
	}
	d.key("enter")
	if !d.root.leave || d.root.err != nil {
		t.Errorf("leave %v, err %v", d.root.leave, d.root.err)
	}
	for _, f := range d.frames {
		for _, token := range []string{"eyJ", "rt_"} {
			if strings.Contains(f, token) {
				t.Fatalf("a token is on the screen: %s", f)
			}
		}
	}
}

func TestBrowserSignInByPaste(t *testing.T) {
	s := startSandbox(t, nil)
	d := drive(t, liveEnv(t, s), flows.Browser)
	waiting := until(d, browser.waiting)
	d.send(paste("https://example.test/elsewhere"))
	d.key("enter")
	until(d, func(b browser) bool { return b.failed != nil })
	d.sees("This is not the address")
	go func() { _, _ = s.Approve(t.Context(), waiting.challenge.URL, sandbox.MinaHarbour) }()
	until[done](d, nil)
	d.sees("Business")
}

// TestDeviceFallsBackToTheBrowser: the same attempt goes on, and the reason is
// on the screen.
func TestDeviceFallsBackToTheBrowser(t *testing.T) {
	s := startSandbox(t, func(b *sandbox.Behaviour) { b.DeviceDisabled = true })
	d := drive(t, liveEnv(t, s), flows.Device)
	until[enable](d, nil)
	d.key("enter")
	waiting := until(d, browser.waiting)
	d.sees("Device codes are not enabled on this server")
	go func() { _, _ = s.Approve(t.Context(), waiting.challenge.URL, sandbox.MinaPlus) }()
	until[done](d, nil)
}

// TestLeavingStopsTheListener: after esc nothing waits on the port any more.
func TestLeavingStopsTheListener(t *testing.T) {
	s := startSandbox(t, nil)
	d := drive(t, liveEnv(t, s), flows.Browser)
	waiting := until(d, browser.waiting)
	d.key("esc")
	until[picker](d, nil)
	if waiting.try.ctx.Err() == nil {
		t.Error("the attempt was not cancelled")
	}
	d.root.env.work.close()
	if _, err := s.Approve(t.Context(), waiting.challenge.URL, sandbox.MinaPlus); err == nil {
		t.Error("the callback was still taken")
	}
	if d.stored() != "" {
		t.Error("a login was stored after esc")
	}
}

func TestAPIKey(t *testing.T) {
	s := startSandbox(t, nil)
	good := s.NewAPIKey(sandbox.MinaHarbour)
	d := drive(t, liveEnv(t, s), flows.APIKey)
	until[secret](d, nil)
	d.send(paste("at-something-else"))
	d.key("enter")
	d.sees("This is an access token, not an API key")
	for range len("at-something-else") {
		d.key("backspace")
	}
	d.send(paste("sk-proj-notoneofthem000000000"))
	d.key("ctrl+t", "enter")
	d.sees("Asking OpenAI whether the key works")
	until(d, func(k secret) bool { return k.failed != nil })
	d.sees("OpenAI does not accept this key")
	if d.stored() != "" {
		t.Fatal("a key that does not work was stored")
	}
	for range len("sk-proj-notoneofthem000000000") {
		d.key("backspace")
	}
	d.send(paste(" \"" + good + "\"\n"))
	d.key("enter")
	until[done](d, nil)
	d.sees(credstore.NewSecret(good).Hint())
	if !strings.Contains(d.stored(), good) {
		t.Error("the key is not stored")
	}
	for _, f := range d.frames {
		if strings.Contains(ansi.Strip(f), good) {
			t.Fatal("the key is on the screen")
		}
	}
}

func TestRefusedWorkspaceStoresNothing(t *testing.T) {
	s := startSandbox(t, nil)
	e := liveEnv(t, s, `forced_chatgpt_workspace_id = "`+sandbox.HarbourID+`"`)
	e.demo = demoOf(s)
	d := drive(t, e, flows.Device)
	until[enable](d, nil)
	d.key("enter")
	until(d, device.waiting)
	d.key("a")
	until[refused](d, nil)
	d.sees("forced_chatgpt_workspace_id")
	d.sees(sandbox.MinaPersonalID)
	d.sees("Nothing was stored")
	if d.stored() != "" {
		t.Error("a refused login was stored")
	}
	d.key("q")
	if !errors.As(d.root.err, new(*policy.Violation)) {
		t.Errorf("it ends with %v", d.root.err)
	}
}

// TestForbiddenLoginAtStart: signed out, said, and over.
func TestForbiddenLoginAtStart(t *testing.T) {
	s := startSandbox(t, nil)
	e := liveEnv(t, s, `forced_login_method = "chatgpt"`)
	if err := os.WriteFile(e.login.Home.AuthFile(), []byte(`{"OPENAI_API_KEY":"sk-proj-abcdefghijklmnop12345"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	d := drive(t, e, "")
	until[refused](d, nil)
	d.sees("You have been signed out")
	d.sees("config.toml:1")
	if d.stored() != "" {
		t.Error("the login is still there")
	}
	d.key("x")
	if !d.root.leave || violation(t, d.root.err).Rule != policy.ForcedMethod {
		t.Errorf("leave %v, err %v", d.root.leave, d.root.err)
	}
}

func TestForbiddenMethodIsNotBegun(t *testing.T) {
	s := startSandbox(t, nil)
	d := drive(t, liveEnv(t, s, `forced_login_method = "api"`), flows.Device)
	until[refused](d, nil)
	d.sees("forced_login_method")
	d.key("esc")
	until[picker](d, nil)
	d.sees("Not allowed here")
}

// TestSignOut: the card of who is signed in, the question, the end of the
// session at the issuer.
func TestSignOut(t *testing.T) {
	s := startSandbox(t, nil)
	e := liveEnv(t, s)
	e.demo = demoOf(s)
	d := drive(t, e, flows.Device)
	until[enable](d, nil)
	d.key("enter")
	until(d, device.waiting)
	d.key("a")
	until[done](d, nil)

	again := drive(t, e2(t, e), "")
	until(again, func(a accounts) bool { return a.list != nil })
	again.sees("mina@example.test")
	again.key("ctrl+o")
	until[signOut](again, nil)
	again.sees("End the session and forget it")
	again.key("1")
	until[signedOut](again, nil)
	again.sees("The session has been ended at OpenAI")
	if again.stored() != "" {
		t.Error("the login is still there")
	}
	again.key("q")
	if again.root.err != nil {
		t.Errorf("it ends with %v", again.root.err)
	}
}

// e2 is a second start on the same CODEX_HOME.
func e2(t *testing.T, e *env) *env {
	return envWith(t, e.login)
}

// TestUnreadableLogin can be replaced or removed, and is not touched by
// looking.
func TestUnreadableLogin(t *testing.T) {
	s := startSandbox(t, nil)
	e := liveEnv(t, s)
	const broken = `{"OPENAI_API_KEY": "sk-proj-abcdefghijk`
	if err := os.WriteFile(e.login.Home.AuthFile(), []byte(broken), 0o600); err != nil {
		t.Fatal(err)
	}
	d := drive(t, e, "")
	until[failure](d, nil)
	d.sees("The stored login cannot be read")
	if d.stored() != broken {
		t.Error("it was touched")
	}
	d.key("o")
	until[signOut](d, nil)
	d.key("1")
	until[signedOut](d, nil)
	if d.stored() != "" {
		t.Error("it is still there")
	}
}

// TestStoreChoice: what is chosen is where the login goes, and config.toml
// says so.
func TestStoreChoice(t *testing.T) {
	s := startSandbox(t, nil)
	d := drive(t, liveEnv(t, s, `cli_auth_credentials_store = "auto"`), "")
	until[picker](d, nil)
	d.sees("· auto")
	d.key("s")
	until(d, func(c storeChoice) bool { return c.choices != nil })
	d.key("up", "up", "up", "enter")
	until[picker](d, nil)
	d.sees("· file")
	d.key("3")
	d.send(paste(s.NewAPIKey(sandbox.MinaHarbour)))
	d.key("enter")
	until[done](d, nil)
	d.sees("auth.json")
	config, err := os.ReadFile(filepath.Join(d.root.env.login.Home.Path, "config.toml"))
	if err != nil || !strings.Contains(string(config), `cli_auth_credentials_store = "file"`) {
		t.Errorf("config.toml: %s, %v", config, err)
	}
}

// TestPreviousSessionCanBeRevoked: kept by default, ended on a key.
func TestPreviousSessionCanBeRevoked(t *testing.T) {
	s := startSandbox(t, nil)
	e := liveEnv(t, s)
	e.demo = demoOf(s)
	d := drive(t, e, flows.Device)
	until[enable](d, nil)
	d.key("enter")
	until(d, device.waiting)
	d.key("a")
	until[done](d, nil)

	second := e2(t, e)
	second.demo = &Demo{Approve: demoOf(s).Approve}
	again := drive(t, second, "")
	until(again, func(a accounts) bool { return a.list != nil })
	again.key("ctrl+n", "2", "enter")
	until(again, device.waiting)
	again.key("a")
	until[done](again, nil)
	again.sees("The earlier session of mina@example.test is kept")
	again.key("r")
	until(again, func(s done) bool { return s.revoked })
	again.sees("has been ended")
}
