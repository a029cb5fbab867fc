package tui

import (
	"context"
	"errors"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"codex-login/assets"
	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/flows/network"
	"codex-login/flows/sandbox"
	"codex-login/policy"
	"codex-login/tui/theme"

	tea "github.com/charmbracelet/bubbletea"
)

var update = flag.Bool("update", false, "accept the frames as they are now")

func TestMain(m *testing.M) {
	time.Local = time.UTC
	if runWizard != nil && os.Getenv(wizardEnv) != "" {
		os.Exit(runWizard())
	}
	if code, done := sandbox.Isolate(); done {
		os.Exit(code)
	}
	os.Exit(m.Run())
}

// wizardEnv makes a copy of the test binary the wizard itself, in a terminal of
// its own; see terminal_test.go.
const wizardEnv = "TUI_TEST_WIZARD"

var runWizard func() int

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// desktop is a machine with a browser, and afar the same one reached by ssh.
var (
	desktop = flows.Where{OS: "linux", Hostname: "box", User: "mina", Display: true, Browser: true}
	afar    = flows.Where{OS: "linux", Hostname: "box", User: "mina", SSH: &flows.SSHSession{
		Client: netip.MustParseAddr("192.0.2.7"), Server: netip.MustParseAddr("192.0.2.10"), Port: 22, Terminal: true,
	}}
)

// testEnv is an env at noon in /home/mina, whose keyring and network nobody
// asks.
func testEnv(t testing.TB, variables ...string) *env {
	t.Helper()
	rules, err := policy.Load(policy.Options{Home: t.TempDir(), System: filepath.Join(t.TempDir(), "none")})
	if err != nil {
		t.Fatal(err)
	}
	return envWith(t, &flows.Login{
		Home: credstore.Home{Path: "/home/mina/.codex"}, Rules: rules,
		Clock: flows.Clock{Time: func() time.Time { return noon }},
	}, variables...)
}

func envWith(t testing.TB, l *flows.Login, variables ...string) *env {
	t.Helper()
	getenv := func(name string) string {
		for _, v := range append(variables, "LANG=C.UTF-8", "TERM=xterm-256color") {
			if value, ok := strings.CutPrefix(v, name+"="); ok {
				return value
			}
		}
		return ""
	}
	l.Environment = getenv
	if l.Where == (flows.Where{}) {
		l.Where = desktop
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = null.Close() })
	now := l.Clock.Time
	if now == nil {
		now = time.Now
	}
	return &env{
		login: l, words: assets.Speak("en"), theme: theme.New(getenv), motion: true, now: now,
		getenv: getenv, home: "/home/mina", work: newWork(t.Context()), paper: &terminal{File: null},
	}
}

// liveEnv works on a sandbox issuer and a CODEX_HOME of its own.
func liveEnv(t *testing.T, s *sandbox.Server, config ...string) *env {
	t.Helper()
	folder := t.TempDir()
	home, err := credstore.FindHome(func(string) string { return folder })
	if err != nil {
		t.Fatal(err)
	}
	config = append(config, `openai_base_url = "`+s.URL()+`/v1"`)
	if err := os.WriteFile(filepath.Join(folder, "config.toml"), []byte(strings.Join(config, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	rules, err := policy.Load(policy.Options{Home: folder, System: filepath.Join(t.TempDir(), "none")})
	if err != nil {
		t.Fatal(err)
	}
	return envWith(t, &flows.Login{
		Home: home, Rules: rules, Client: network.NewClient(func(string) string { return "" }), Say: assets.Speak("en"),
		Issuer: flows.NewIssuer(s.URL(), "", "codex-login/test", func(string) string { return "" }),
	})
}

func startSandbox(t *testing.T, setup func(*sandbox.Behaviour)) *sandbox.Server {
	t.Helper()
	s, err := sandbox.Start(sandbox.Options{Setup: func(b *sandbox.Behaviour) {
		b.EditDeviceCode = func(answer map[string]any) { answer["interval"] = "1" }
		if setup != nil {
			setup(b)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// press is a key as Bubble Tea names it.
func press(name string) tea.KeyMsg {
	for _, k := range []tea.KeyType{
		tea.KeyEnter, tea.KeyEsc, tea.KeyUp, tea.KeyDown, tea.KeyTab, tea.KeyPgUp, tea.KeyPgDown, tea.KeyF1, tea.KeyBackspace,
		tea.KeyCtrlU, tea.KeyCtrlX, tea.KeyCtrlC, tea.KeyCtrlR, tea.KeyCtrlT, tea.KeyCtrlE, tea.KeyCtrlN, tea.KeyCtrlO, tea.KeyCtrlS,
		tea.KeyHome, tea.KeyEnd,
	} {
		if (tea.KeyMsg{Type: k}).String() == name {
			return tea.KeyMsg{Type: k}
		}
	}
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(name)}
}

func paste(text string) tea.KeyMsg {
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(text), Paste: true}
}

// driver is Bubble Tea without a terminal: it runs the commands of the real
// root beside the test and hands it what they return.
type driver struct {
	t      *testing.T
	root   root
	news   chan tea.Msg
	frames []string
	crash  any
}

func drive(t *testing.T, e *env, start flows.Method) *driver {
	t.Helper()
	d := &driver{t: t, news: make(chan tea.Msg, 64)}
	d.root = newRoot(e, start, e.login.Mode(), func(p any) { d.crash = p })
	t.Cleanup(func() { e.work.close() })
	d.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	d.run(d.root.Init())
	return d
}

func (d *driver) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	over := d.root.env.work.ctx.Done()
	go func() {
		switch msg := cmd().(type) {
		case nil:
		case tea.BatchMsg:
			d.news <- msg
		default:
			select {
			case d.news <- msg:
			case <-over:
			}
		}
	}()
}

func (d *driver) send(msg tea.Msg) {
	if batch, ok := msg.(tea.BatchMsg); ok {
		for _, c := range batch {
			d.run(c)
		}
		return
	}
	model, cmd := d.root.Update(msg)
	d.root = model.(root)
	d.frames = append(d.frames, d.root.View())
	if !d.root.leave {
		d.run(cmd)
	}
}

// key presses keys. A screen that came by itself is awake by then.
func (d *driver) key(names ...string) {
	d.t.Helper()
	for _, name := range names {
		d.send(awakeMsg{d.root.shown})
		d.send(press(name))
	}
}

// until takes messages in until the screen on top is of the wanted kind and ok.
func until[S screen](d *driver, ok func(S) bool) S {
	d.t.Helper()
	limit := time.After(30 * time.Second)
	for {
		if s, is := d.root.top().(S); is && (ok == nil || ok(s)) {
			return s
		}
		select {
		case msg := <-d.news:
			d.send(msg)
		case <-limit:
			d.t.Fatalf("it never came; the screen is %T:\n%s", d.root.top(), d.root.View())
		}
	}
}

// demoOf approves in the sandbox as Mina.
func demoOf(s *sandbox.Server) *Demo {
	return &Demo{Approve: func(ctx context.Context, c *flows.Challenge) error {
		if c.Method == flows.Device {
			return s.ApproveDevice(ctx, c.UserCode, sandbox.MinaPlus)
		}
		_, err := s.Approve(ctx, c.URL, sandbox.MinaPlus)
		return err
	}}
}

func violation(t *testing.T, err error) *policy.Violation {
	t.Helper()
	var v *policy.Violation
	if !errors.As(err, &v) {
		t.Fatalf("%v is no violation", err)
	}
	return v
}

// missing skips by name a test that needs more than Go; CI has all of it.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing", what)
	}
	t.Skipf("needs %s", what)
}
