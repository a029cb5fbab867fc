package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"codex-login/flows/sandbox"
)

// program is the binary under test, built once, as a person gets it.
var program string

// The tests of the whole program run where nothing but loopback can be
// reached: the real Codex is among them.
func TestMain(m *testing.M) {
	if code, done := sandbox.Isolate(); done {
		os.Exit(code)
	}
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "codex-login-test-")
		if err != nil {
			panic(err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		program = filepath.Join(dir, "codex-login")
		build := exec.Command("go", "build", "-o", program, ".")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			panic(string(out))
		}
		return m.Run()
	}())
}

// missing skips a test by name, or fails it where everything has to be there.
func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal("needs " + what)
	}
	t.Skip("needs " + what)
}

// person is somebody with a home of their own, and a sandbox for an issuer.
type person struct {
	t      testing.TB
	home   string // CODEX_HOME
	issuer *sandbox.Server
	env    []string
}

func newPerson(t testing.TB, setup func(*sandbox.Behaviour)) *person {
	t.Helper()
	issuer, err := sandbox.Start(sandbox.Options{Setup: func(b *sandbox.Behaviour) {
		// A sign-in that is approved at once should not wait for five seconds.
		b.EditDeviceCode = func(answer map[string]any) { answer["interval"] = "1" }
		if setup != nil {
			setup(b)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = issuer.Close() })
	return &person{t: t, home: t.TempDir(), issuer: issuer}
}

// environ has nothing of whoever runs the tests. A display makes it an ordinary
// machine also where the tests run in a container.
func (p *person) environ() []string {
	url := p.issuer.URL()
	return append([]string{
		"HOME=" + p.home, "CODEX_HOME=" + p.home, "PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "TZ=UTC", "TERM=xterm-256color",
		"BROWSER=/bin/true", "WAYLAND_DISPLAY=none",
		"CODEX_REFRESH_TOKEN_URL_OVERRIDE=" + url + "/oauth/token",
		"CODEX_REVOKE_TOKEN_URL_OVERRIDE=" + url + "/oauth/revoke",
		"CODEX_AUTHAPI_BASE_URL=" + url + "/api/accounts",
	}, p.env...)
}

func (p *person) command(args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	p.t.Cleanup(cancel)
	all := append([]string{"--experimental_issuer", p.issuer.URL(), "-c", `openai_base_url="` + p.issuer.URL() + `/v1"`}, args...)
	cmd := exec.CommandContext(ctx, program, all...)
	cmd.Env = p.environ()
	return cmd
}

// ran is how a command ended.
type ran struct {
	out, err string
	code     int
}

func (p *person) run(input string, args ...string) ran {
	p.t.Helper()
	cmd := p.command(args...)
	cmd.Stdin = strings.NewReader(input)
	var out, talk bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &talk
	_ = cmd.Run()
	return ran{out.String(), talk.String(), cmd.ProcessState.ExitCode()}
}

// event is any of the JSON events.
type event struct {
	Schema   int
	Event    string
	URL      string
	UserCode string `json:"user_code"`
	QR       string
	Code     string
	Message  string
	Email    *string
	Method   *string
	Store    *string
	SignedIn bool `json:"signed_in"`
	Error    *struct{ Code string }
}

// approved runs a sign-in in JSON mode and approves it as soon as its URL or
// code is out. It returns all events and the exit code.
func (p *person) approved(seat sandbox.Seat, args ...string) ([]event, int) {
	p.t.Helper()
	cmd := p.command(append([]string{"--json"}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	var talk bytes.Buffer
	cmd.Stderr = &talk
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	var events []event
	var approving sync.WaitGroup
	lines := json.NewDecoder(out)
	for lines.More() {
		var e event
		if err := lines.Decode(&e); err != nil {
			p.t.Fatalf("not JSON: %v", err)
		}
		events = append(events, e)
		approving.Go(func() {
			switch e.Event {
			case "code":
				_ = p.issuer.ApproveDevice(context.Background(), e.UserCode, seat)
			case "url":
				_, _ = p.issuer.Approve(context.Background(), e.URL, seat)
			}
		})
	}
	_ = cmd.Wait()
	approving.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 0 {
		p.t.Logf("exit %d: %s%v", code, talk.String(), events)
	}
	return events, cmd.ProcessState.ExitCode()
}

// ways are the four ways to sign in, each from the command line to the end.
func ways() map[string]func(p *person, extra ...string) int {
	return map[string]func(p *person, extra ...string) int{
		"browser": func(p *person, extra ...string) int {
			_, code := p.approved(sandbox.MinaHarbour, extra...)
			return code
		},
		"device": func(p *person, extra ...string) int {
			_, code := p.approved(sandbox.MinaHarbour, append([]string{"--device-auth"}, extra...)...)
			return code
		},
		"key": func(p *person, extra ...string) int {
			key := p.issuer.NewAPIKey(sandbox.MinaHarbour)
			return p.run(key+"\n", append([]string{"--with-api-key"}, extra...)...).code
		},
		"token": func(p *person, extra ...string) int {
			token := p.issuer.NewAccessToken(sandbox.MinaHarbour)
			return p.run(token+"\n", append([]string{"--with-access-token"}, extra...)...).code
		},
	}
}
