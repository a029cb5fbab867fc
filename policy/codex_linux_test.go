package policy

import (
	"bufio"
	"errors"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// codexCase is one configuration that the real Codex and we both judge.
type codexCase struct {
	configuration
	login     Credential // what lies in auth.json: ChatGPT when empty
	claim     string     // the id_token's workspace
	accountID string     // tokens.account_id; the claim when empty, none when "-"
	// brief leaves out what other cases show of the same rules.
	brief bool
	// differs says why we deliberately answer otherwise. Such a case must
	// differ, so that the reason stays true.
	differs string
}

func TestAgainstCodex(t *testing.T) {
	binary, err := codexBinary()
	need(t, "the real Codex (CODEX_BIN, .deps or PATH)", err)
	if !apart(t) {
		return
	}
	issuer := httptest.NewServer(http.HandlerFunc(deviceIssuer))
	defer issuer.Close()
	t.Setenv("HOME", t.TempDir())
	maps.Copy(codexCases, ladderCases())
	apartFromCases := codexRun{t: t, binary: binary, home: t.TempDir(), cwd: t.TempDir()}
	server := apartFromCases.serve()
	for name, c := range codexCases {
		t.Run(name, func(t *testing.T) {
			r := codexRun{t: t, binary: binary, issuer: issuer.URL, codexCase: c}
			r.layOut()
			rules, err := Load(r.options())
			var config *ConfigError
			ours, theirs := errors.As(err, &config), r.refusesConfig()
			if (ours != theirs) != (c.differs != "") {
				t.Fatalf("we refuse the configuration: %t (%v); Codex does: %t; difference: %q", ours, err, theirs, c.differs)
			}
			if ours || theirs {
				return
			}
			var conflict *ConflictError
			if errors.As(err, &conflict) {
				r.conflict(conflict)
				return
			}
			r.status(rules)
			r.start(rules)
			r.signInWithKey(rules)
			if c.brief {
				return
			}
			r.signInWithToken(rules)
			r.signInWithDevice(rules)
			r.settings(rules, server)
		})
	}
}

func codexBinary() (string, error) {
	if path := os.Getenv("CODEX_BIN"); path != "" {
		return path, nil
	}
	found, err := filepath.Glob("../.deps/node_modules/@openai/codex*/vendor/*/bin/codex")
	if err == nil && len(found) > 0 {
		return filepath.Abs(found[0])
	}
	return exec.LookPath("codex")
}

// conflict: Codex refuses every command, logout too.
func (r *codexRun) conflict(c *ConflictError) {
	for _, verb := range []string{"status", "--with-api-key"} {
		if line, _ := r.codex("sk-1", "login", verb); line != c.CodexMessage() {
			r.t.Errorf("login %s: Codex says %q, we %q", verb, line, c.CodexMessage())
		}
	}
}

// status shows a login unless it is hidden. It looks at the account id before
// the claim, and a login that a start would sign out reads as none, too.
func (r *codexRun) status(rules *Rules) {
	r.storeLogin()
	c, claim, account := r.credential()
	if account == "" {
		account = claim
	}
	visible := rules.CheckStored(c, account, account) == nil
	if line, ok := r.codex("", "login", "status"); ok != visible {
		r.t.Errorf("status: Codex says %q, we see a login: %t", line, visible)
	}
}

// start is Codex at work: it signs out what breaks a forced rule before it
// turns to its task, and goes on otherwise.
func (r *codexRun) start(rules *Rules) {
	r.storeLogin()
	v := rules.CheckStored(r.credential())
	line, began := r.exec()
	_, err := os.Stat(r.authFile())
	signOut := v != nil && v.Effect == SignOut
	if signedOut := errors.Is(err, fs.ErrNotExist); signedOut != signOut || began == signOut {
		r.t.Errorf("start: Codex signed out: %t, went on: %t (%q), we say %v", signedOut, began, line, v)
	}
	if signOut && line != v.CodexMessage(AtStart) {
		r.t.Errorf("start: Codex says %q, we %q", line, v.CodexMessage(AtStart))
	}
}

// exec runs Codex up to its end or to the line with which it turns to its
// task, and returns the last line. It is not waited for longer: without a
// network it takes seconds to give up.
func (r *codexRun) exec() (line string, began bool) {
	r.t.Helper()
	run, stop := r.command("exec", "--skip-git-repo-check", "hello")
	defer stop()
	out, in, err := os.Pipe()
	if err != nil {
		r.t.Fatal(err)
	}
	defer out.Close() //nolint:errcheck // only read
	run.Stdout, run.Stderr = in, in
	if err := errors.Join(run.Start(), in.Close()); err != nil {
		r.t.Fatal(err)
	}
	defer run.Wait() //nolint:errcheck // it is stopped
	defer stop()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		line = lines.Text()
		if line == "Reading additional input from stdin..." {
			return line, true
		}
	}
	return line, false
}

func (r *codexRun) signInWithKey(rules *Rules) {
	r.signIn("with an API key", "API key saved. Authentication is checked when you send a request.", rules.Allows(API), "login", "--with-api-key")
}

// signInWithToken needs a server to succeed, so only refusals are compared.
func (r *codexRun) signInWithToken(rules *Rules) {
	if v := rules.Allows(AccessToken); v != nil {
		r.signIn("with an access token", "", v, "login", "--with-access-token")
	}
}

func (r *codexRun) signInWithDevice(rules *Rules) {
	v := rules.Allows(ChatGPT)
	if v == nil {
		v = rules.Check(ChatGPT, r.claim)
	}
	r.signIn("with a device code", "Successfully logged in", v,
		"login", "--device-auth", "--experimental_issuer", r.issuer+"/workspace-"+r.claim)
}

func (r *codexRun) signIn(how, done string, v *Violation, args ...string) {
	if err := os.Remove(r.authFile()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.t.Fatal(err)
	}
	want := done
	if v != nil {
		want = v.CodexMessage(AtSignIn)
	}
	if line, ok := r.codex("at-0123456789", args...); line != want || ok != (v == nil) {
		r.t.Errorf("sign-in %s: Codex says %q, we %q", how, line, want)
	}
}

// settings asks Codex's app server what is in force. One that runs already, in
// a home of its own, does for what it reads again.
func (r *codexRun) settings(rules *Rules, running *appServer) {
	if len(r.overrides) == 0 && r.requirements == "" {
		o := r.options()
		o.Home = running.home
		err := os.WriteFile(filepath.Join(o.Home, "config.toml"), []byte(r.user), 0o600)
		same, loadErr := Load(o)
		if err := errors.Join(err, loadErr); err != nil {
			r.t.Fatal(err)
		}
		r.sameSettings(same, running)
		return
	}
	server := r.serve()
	r.sameSettings(rules, server)
	var required struct {
		Requirements struct {
			AllowedLoginMethods []string
			Store               string `json:"cliAuthCredentialsStore"`
		}
	}
	server.call("configRequirements/read", nil, &required)
	if (required.Requirements.Store != "") != rules.StorePinned {
		r.t.Errorf("settings: Codex pins %q, we say pinned: %t", required.Requirements.Store, rules.StorePinned)
	}
	if allowed := required.Requirements.AllowedLoginMethods; allowed != nil {
		for _, c := range []Credential{ChatGPT, API} {
			if slices.Contains(allowed, c.method()) != (rules.Allows(c) == nil) {
				r.t.Errorf("settings: Codex allows %q; %s: %v", allowed, c, rules.Allows(c))
			}
		}
	}
}

func (r *codexRun) sameSettings(rules *Rules, server *appServer) {
	r.t.Helper()
	theirs, refused := server.effective(r.t, r.cwd)
	if refused != "" {
		r.t.Errorf("settings: Codex says %q", refused)
		return
	}
	theirs.compare(r.t, rules)
}
