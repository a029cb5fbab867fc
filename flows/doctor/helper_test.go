package doctor

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
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
)

// Nothing here may reach another machine.
func TestMain(m *testing.M) {
	if ports := os.Getenv("DOCTOR_HOLDS"); ports != "" {
		holdPorts(strings.Fields(ports))
		return
	}
	if code, done := sandbox.Isolate(); done {
		os.Exit(code)
	}
	_ = os.Unsetenv("DBUS_SESSION_BUS_ADDRESS")
	_ = os.Unsetenv("XDG_RUNTIME_DIR")
	os.Exit(m.Run())
}

var words = assets.Speak("en")

// noon is when the tests take place.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// ward is a machine on which everything is sound, until a set-up breaks it.
type ward struct {
	t         testing.TB
	home, etc string
	dir       string // where the person is
	env       map[string]string
	s         Surroundings
	server    *httptest.Server
	answer    http.HandlerFunc
	overrides []string
	issuer    string
	login     *flows.Login
	dead      bool // CODEX_HOME does not answer
}

func newWard(t testing.TB) *ward {
	t.Helper()
	root := t.TempDir()
	w := &ward{
		t: t, home: filepath.Join(root, ".codex"), etc: filepath.Join(root, "etc"), dir: filepath.Join(root, "here"),
		env: map[string]string{
			"HOME": root, "TERM": "xterm-256color", "LANG": "C.UTF-8", "DISPLAY": ":0", "BROWSER": "/bin/true",
		},
	}
	for _, d := range []string{w.home, w.etc, w.dir} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	w.env["CODEX_HOME"] = w.home
	w.answer = func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Date", noon.Format(http.TimeFormat))
		rw.WriteHeader(http.StatusUnauthorized)
	}
	w.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.answer(rw, r) }))
	t.Cleanup(w.server.Close)
	w.issuer = w.server.URL
	w.s = Surroundings{
		Getenv: func(name string) string { return w.env[name] }, Now: func() time.Time { return noon },
		Size: func() (int, int, bool) { return 80, 24, true },
		LookPath: func(program string) (string, error) {
			if program == "codex" {
				return "/usr/bin/codex", nil
			}
			return "", os.ErrNotExist
		},
		Output: func(context.Context, string, ...string) (string, error) { return "codex-cli 0.169.0\n", nil },
	}
	w.store(chatGPT(noon.Add(24*time.Hour), "rt-1"))
	return w
}

func (w *ward) path(name string) string { return filepath.Join(w.home, name) }

// write makes a file below CODEX_HOME with that mode.
func (w *ward) write(name, text string, mode os.FileMode) string {
	w.t.Helper()
	path := w.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		w.t.Fatal(err)
	}
	_ = os.Remove(path)
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		w.t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask
		w.t.Fatal(err)
	}
	return path
}

func (w *ward) store(document string) { w.write("auth.json", document, 0o600) }

func (w *ward) config(text string) { w.write("config.toml", text, 0o600) }

func (w *ward) system(name, text string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.etc, name), []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// open does what the command does: FindHome, the layers, the one client.
func (w *ward) open() *flows.Login {
	if w.dead {
		w.s.Trouble = Late()
		return nil
	}
	home, err := credstore.FindHome(w.s.Getenv)
	if err != nil {
		w.s.Trouble = err
		return nil
	}
	rules, err := policy.Load(policy.Options{
		Home: home.Path, System: w.etc, Dir: w.dir,
		Overrides: append([]string{`openai_base_url="` + w.server.URL + `/v1"`, `chatgpt_base_url="` + w.server.URL + `"`}, w.overrides...),
	})
	w.s.Trouble = err
	w.login = &flows.Login{
		Home: home, Rules: rules, Issuer: flows.NewIssuer(w.issuer, "", "codex-login/test", func(string) string { return "" }),
		Say: words, Environment: w.s.Getenv, Client: network.NewClient(w.s.Getenv),
		Clock: flows.Clock{Time: func() time.Time { return noon }},
	}
	return w.login
}

// examine runs the whole examination.
func (w *ward) examine() Report {
	w.t.Helper()
	e := New(w.open(), w.s)
	e.Run(context.Background(), nil)
	return e.Report()
}

// findings are those of a report by their codes.
func findings(r Report) map[string]Finding {
	out := map[string]Finding{}
	for _, row := range r.Rows {
		for _, f := range row.Findings {
			if _, ok := out[f.Code()]; !ok {
				out[f.Code()] = f
			}
		}
	}
	return out
}

// text is all that is said of a report.
func text(r Report) string {
	var b strings.Builder
	for _, row := range r.Rows {
		for _, f := range row.Findings {
			x := f.Explain(words)
			fmt.Fprintf(&b, "%-8s %-30s %s | %s | %s\n", f.Severity, f.Code(), x.Measured, x.Expected, x.Do)
		}
	}
	for _, f := range r.Fixes() {
		b.WriteString(f.Explain(words) + "\n")
	}
	return b.String()
}

// jwt is a JWT that nobody has signed.
func jwt(claims map[string]any) string {
	part := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	return part(map[string]string{"alg": "none"}) + "." + part(claims) + "." + part("sig")
}

const workspace = "11111111-2222-4333-8444-555555555555"

// chatGPT is the document of a sign-in, made an hour before noon.
func chatGPT(expires time.Time, refresh string) string {
	auth := map[string]any{"chatgpt_account_id": workspace, "chatgpt_user_id": "user-mina", "chatgpt_plan_type": "plus"}
	b, err := json.Marshal(map[string]any{
		"auth_mode": "chatgpt", "OPENAI_API_KEY": nil,
		"tokens": map[string]any{
			"id_token":      jwt(map[string]any{"email": "mina@example.test", "https://api.openai.com/auth": auth}),
			"access_token":  jwt(map[string]any{"exp": expires.Unix(), "iat": noon.Add(-time.Hour).Unix()}),
			"refresh_token": refresh, "account_id": workspace,
		},
		"last_refresh": noon.Add(-time.Hour).Format(time.RFC3339),
	})
	if err != nil {
		panic(err)
	}
	return string(b)
}

const apiKey = `{"auth_mode":"apikey","OPENAI_API_KEY":"sk-proj-0123456789abcdef0123456789"}`

// missing skips a test by name, or fails it where everything has to be there.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal("needs " + what)
	}
	t.Skip("needs " + what)
}

// secretOutput is a program that says nothing but a secret.
func secretOutput(secret string) func(context.Context, string, ...string) (string, error) {
	return func(context.Context, string, ...string) (string, error) { return secret, nil }
}
