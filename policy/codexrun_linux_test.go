package policy

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// codexRun is one case with its CODEX_HOME.
type codexRun struct {
	codexCase
	t              *testing.T
	binary, issuer string
	home, cwd      string
}

// layOut writes the layers where Codex looks for them.
func (r *codexRun) layOut() {
	r.t.Helper()
	if r.home == "" {
		r.home = r.t.TempDir()
	}
	work := r.t.TempDir()
	r.configuration = r.in(work)
	r.files.write(r.t, work)
	r.cwd = r.home
	if r.files != nil {
		r.cwd = filepath.Join(work, r.dir)
	}
	for path, text := range map[string]string{
		"/etc/codex/requirements.toml":       r.requirements,
		"/etc/codex/managed_config.toml":     r.managed,
		"/etc/codex/config.toml":             r.system,
		filepath.Join(r.home, "config.toml"): r.user,
	} {
		err := os.Remove(path)
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		if text != "" {
			err = errors.Join(err, os.WriteFile(path, []byte(text), 0o600))
		}
		if err != nil {
			r.t.Fatal(err)
		}
	}
}

// options are the same layers for us.
func (r *codexRun) options() Options {
	return Options{Home: r.home, Dir: r.cwd, Overrides: r.overrides}
}

func (r *codexRun) authFile() string { return filepath.Join(r.home, "auth.json") }

// credential is the login of the case.
func (r *codexRun) credential() (c Credential, claim, accountID string) {
	switch {
	case r.login == API:
		return API, "", ""
	case r.accountID == "-":
		return ChatGPT, r.claim, ""
	case r.accountID == "":
		return ChatGPT, r.claim, r.claim
	}
	return ChatGPT, r.claim, r.accountID
}

// storeLogin writes the login of the case to auth.json.
func (r *codexRun) storeLogin() {
	r.t.Helper()
	doc := map[string]any{"auth_mode": "apikey", "OPENAI_API_KEY": "sk-test-0123456789"}
	if c, claim, account := r.credential(); c == ChatGPT {
		tokens := map[string]any{"id_token": idToken(claim), "access_token": idToken(claim), "refresh_token": "r"}
		if account != "" {
			tokens["account_id"] = account
		}
		doc = map[string]any{"auth_mode": "chatgpt", "OPENAI_API_KEY": nil, "tokens": tokens, "last_refresh": "2100-01-01T00:00:00Z"}
	}
	text, err := json.Marshal(doc)
	if err := errors.Join(err, os.WriteFile(r.authFile(), text, 0o600)); err != nil {
		r.t.Fatal(err)
	}
}

// idToken is an unsigned token that names a workspace, or none.
func idToken(workspace string) string {
	auth := map[string]any{"chatgpt_plan_type": "plus", "chatgpt_user_id": "u"}
	if workspace != "" {
		auth["chatgpt_account_id"] = workspace
	}
	part := func(v any) string {
		text, _ := json.Marshal(v)
		return base64.RawURLEncoding.EncodeToString(text)
	}
	return part(map[string]any{"alg": "none"}) + "." +
		part(map[string]any{"email": "a@example.com", "exp": 4102444800, "https://api.openai.com/auth": auth}) + ".c2ln"
}

// deviceIssuer approves every device login; the path names the workspace.
func deviceIssuer(w http.ResponseWriter, q *http.Request) {
	workspace, path, _ := strings.Cut(strings.TrimPrefix(q.URL.Path, "/"), "/")
	token := idToken(strings.TrimPrefix(workspace, "workspace-"))
	answer := map[string]any{
		"api/accounts/deviceauth/usercode": map[string]any{"device_auth_id": "d", "user_code": "C", "interval": "1"},
		"api/accounts/deviceauth/token":    map[string]any{"authorization_code": "c", "code_challenge": "x", "code_verifier": "y"},
		"oauth/token":                      map[string]any{"id_token": token, "access_token": token, "refresh_token": "r"},
	}[path]
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

// codex runs the real one with the overrides of the case and returns the last
// line that it says.
func (r *codexRun) codex(stdin string, args ...string) (line string, ok bool) {
	r.t.Helper()
	run, stop := r.command(args...)
	defer stop()
	run.Stdin = strings.NewReader(stdin)
	out, err := run.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		r.t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	for i, l := range lines { // a configuration error may go on over several lines
		if strings.HasPrefix(l, "Error loading configuration:") || strings.HasPrefix(l, "Error parsing -c overrides:") {
			return strings.Join(lines[i:], "\n"), false
		}
	}
	return lines[len(lines)-1], err == nil
}

func (r *codexRun) command(args ...string) (*exec.Cmd, context.CancelFunc) {
	const limit = time.Minute
	with := args[:1:1]
	for _, o := range r.overrides {
		with = append(with, "-c", o)
	}
	ctx, stop := context.WithTimeout(r.t.Context(), limit)
	run := exec.CommandContext(ctx, r.binary, append(with, args[1:]...)...)
	run.Dir = r.cwd
	run.Env = []string{"CODEX_HOME=" + r.home, "HOME=" + os.Getenv("HOME"), "PATH=/usr/bin:/bin"}
	return run, stop
}

func (r *codexRun) refusesConfig() bool {
	line, _ := r.codex("", "login", "status")
	return strings.HasPrefix(line, "Error loading configuration:") && !strings.Contains(line, "do not permit any usable login method") ||
		strings.HasPrefix(line, "Error parsing -c overrides:")
}
