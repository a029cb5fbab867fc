package flows

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"codex-login/credstore"
	"codex-login/flows/sandbox"
	"codex-login/policy"
)

func TestReplacingASessionKeepsIt(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	signIn(t, l, s, sandbox.MinaPlus)
	old := load(t, l).Tokens.RefreshToken
	r := signIn(t, l, s, sandbox.JonasMeridian)
	if r.Previous == nil || r.Previous.Email != sandbox.MinaPlus.Person {
		t.Fatalf("previous: %+v", r.Previous)
	}
	if n := len(s.RequestsTo(sandbox.Revoke)); n != 0 {
		t.Errorf("%d revocations that nobody asked for", n)
	}
	if !inBook(t, l, old) {
		t.Error("the replaced session is not in the account book")
	}
	if err := l.RevokePrevious(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if inBook(t, l, old) {
		t.Error("the revoked session is still in the account book")
	}
	if !strings.Contains(string(s.RequestsTo(sandbox.Revoke)[0].Body), old.Reveal()) {
		t.Error("another token was revoked")
	}
	if load(t, l).Claims().Email != sandbox.JonasMeridian.Person {
		t.Error("the new login is gone")
	}
}

func inBook(t *testing.T, l *Login, refresh credstore.Secret) bool {
	t.Helper()
	book := credstore.OpenBook(l.Home, l.Mode())
	ids, err := book.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		a, err := book.Load(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if a.Tokens != nil && a.Tokens.RefreshToken == refresh {
			return true
		}
	}
	return false
}

// A sign-in that ends in any other way than a stored login leaves the one that
// was there, to the byte.
func TestAFailedSignInChangesNothing(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	signIn(t, l, s, sandbox.MinaPlus)
	before, err := os.ReadFile(l.Home.AuthFile())
	if err != nil {
		t.Fatal(err)
	}
	for name, attempt := range map[string]func(t *testing.T) error{
		"cancelled": func(t *testing.T) error {
			ctx, cancel := context.WithCancel(t.Context())
			c := begin(t, l, Request{Method: Device})
			end := finishing(ctx, l, c)
			cancel()
			_, err := end()
			return err
		},
		"closed": func(t *testing.T) error {
			c := begin(t, l, Request{Method: Device})
			end := finishing(t.Context(), l, c)
			c.Close()
			_, err := end()
			return err
		},
		"denied": func(t *testing.T) error {
			c := begin(t, l, Request{Method: Device})
			end := finishing(t.Context(), l, c)
			if err := s.DenyDevice(t.Context(), c.UserCode); err != nil {
				t.Fatal(err)
			}
			_, err := end()
			return err
		},
		"timed out": func(t *testing.T) error {
			limited := *l
			limited.Timeout = 1
			_, err := limited.Finish(t.Context(), begin(t, &limited, Request{Method: Browser}))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			if err := attempt(t); err == nil {
				t.Fatal("no error")
			}
			after, err := os.ReadFile(l.Home.AuthFile())
			if err != nil || string(after) != string(before) {
				t.Errorf("the login that was there has changed (%v)", err)
			}
		})
	}
	if n := len(s.RequestsTo(sandbox.Revoke)); n != 0 {
		t.Errorf("%d revocations", n)
	}
}

func TestCancelledIsSaidAsSuch(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	for _, m := range []Method{Browser, Device} {
		c := begin(t, l, Request{Method: m})
		ctx, cancel := context.WithCancel(t.Context())
		end := finishing(ctx, l, c)
		cancel()
		if _, err := end(); !errors.Is(err, ErrCancelled) {
			t.Errorf("%s: %v", m, err)
		}
		c = begin(t, l, Request{Method: m})
		end = finishing(t.Context(), l, c)
		c.Close()
		if _, err := end(); !errors.Is(err, ErrCancelled) {
			t.Errorf("%s closed: %v", m, err)
		}
	}
}

func TestSignOut(t *testing.T) {
	for name, test := range map[string]struct {
		revoke   bool
		setup    func(*sandbox.Behaviour)
		revoked  bool
		problem  bool
		requests int
	}{
		"revoke and forget": {revoke: true, revoked: true, requests: 1},
		"forget":            {},
		"server in trouble": {revoke: true, setup: func(b *sandbox.Behaviour) { b.Inject(sandbox.Revoke, sandbox.Status(500, "")) }, problem: true, requests: 1},
		"server gone":       {revoke: true, setup: func(b *sandbox.Behaviour) { b.Inject(sandbox.Revoke, sandbox.Drop()) }, problem: true, requests: 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := startSandbox(t, sandbox.Options{Setup: test.setup})
			l := newLogin(t, s)
			signIn(t, l, s, sandbox.MinaPlus)
			out, err := l.SignOut(t.Context(), test.revoke)
			if err != nil {
				t.Fatal(err)
			}
			if out.Revoked != test.revoked || (out.RevokeErr != nil) != test.problem || out.Account.Email != sandbox.MinaPlus.Person {
				t.Errorf("signed out: %+v", out)
			}
			if n := len(s.RequestsTo(sandbox.Revoke)); n < test.requests || (test.requests == 0 && n > 0) {
				t.Errorf("%d revocations", n)
			}
			nothingStored(t, l)
			if _, err := l.SignOut(t.Context(), true); !errors.Is(err, credstore.ErrNotFound) {
				t.Errorf("twice: %v", err)
			}
		})
	}
}

func TestSignOutOfWhatCannotBeRead(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	if err := os.WriteFile(l.Home.AuthFile(), []byte(`{"broken`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := l.SignOut(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(l.Home.AuthFile()); !os.IsNotExist(err) {
		t.Error("the file is still there")
	}
}

func TestSignOutWithABrokenConfiguration(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	signIn(t, l, s, sandbox.MinaPlus)
	if err := os.WriteFile(filepath.Join(l.Home.Path, "config.toml"), []byte("cli_auth_credentials_store = file"), 0o600); err != nil {
		t.Fatal(err)
	}
	rules, err := policy.Load(policy.Options{Home: l.Home.Path, System: t.TempDir()})
	var config *policy.ConfigError
	if !errors.As(err, &config) {
		t.Fatalf("got %v", err)
	}
	l.Rules = rules
	if _, err := l.Begin(t.Context(), Request{Method: Browser}); err == nil {
		t.Error("a sign-in began under rules that nobody could read")
	}
	if _, err := l.SignOut(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(l.Home.AuthFile()); !os.IsNotExist(err) {
		t.Error("the file is still there")
	}
}

func TestEnforce(t *testing.T) {
	dir := func(t *testing.T, requirements string) string {
		d := t.TempDir()
		if err := os.WriteFile(filepath.Join(d, "requirements.toml"), []byte(requirements), 0o600); err != nil {
			t.Fatal(err)
		}
		return d
	}
	for name, test := range map[string]struct {
		override, requirements string
		rule                   string
		gone                   bool
	}{
		"forced method":     {override: `forced_login_method="api"`, rule: policy.ForcedMethod, gone: true},
		"forced workspace":  {override: `forced_chatgpt_workspace_id="ws-x"`, rule: policy.ForcedWorkspace, gone: true},
		"allowed method":    {requirements: `allowed_login_methods=["api"]`, rule: policy.AllowedMethods},
		"allowed workspace": {requirements: `allowed_chatgpt_workspaces=["ws-x"]`, rule: policy.AllowedWorkspaces},
		"nothing demanded":  {},
	} {
		t.Run(name, func(t *testing.T) {
			s := startSandbox(t, sandbox.Options{})
			l := newLogin(t, s)
			signIn(t, l, s, sandbox.MinaPlus)
			var overrides []string
			if test.override != "" {
				overrides = []string{test.override}
			}
			rules, err := policy.Load(policy.Options{Home: l.Home.Path, System: dir(t, test.requirements), Overrides: overrides})
			if err != nil {
				t.Fatal(err)
			}
			l.Rules = rules
			if _, err := l.Current(t.Context()); (err != nil) != (test.rule != "") {
				t.Errorf("Current: %v", err)
			}
			if _, err := os.Stat(l.Home.AuthFile()); err != nil {
				t.Error("Current changed something")
			}
			_, err = l.Enforce(t.Context(), nil)
			var v *policy.Violation
			if test.rule != "" && (!errors.As(err, &v) || v.Rule != test.rule) {
				t.Errorf("Enforce: %v", err)
			}
			_, err = os.Stat(l.Home.AuthFile())
			if os.IsNotExist(err) != test.gone {
				t.Errorf("the file: %v", err)
			}
			if n := len(s.RequestsTo(sandbox.Revoke)); n != 0 {
				t.Errorf("%d revocations", n)
			}
		})
	}
}

// Codex calls these documents "Logged in using ChatGPT".
func TestAnEmptyDocumentIsNoLogin(t *testing.T) {
	for _, text := range []string{`{}`, `{"auth_mode":"chatgpt"}`} {
		l := newLogin(t, startSandbox(t, sandbox.Options{}))
		if err := os.WriteFile(l.Home.AuthFile(), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Current(t.Context()); !errors.Is(err, credstore.ErrNotFound) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestAnotherStoreIsWrittenToTheConfiguration(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s, `cli_auth_credentials_store="auto"`)
	config := filepath.Join(l.Home.Path, "config.toml")
	const text = "# mine\nmodel = \"x\" # keep\n\n[tui]\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := l.Finish(t.Context(), begin(t, l, Request{Method: APIKey, Store: credstore.ModeFile, Secret: credstore.NewSecret("sk-0123456789abcdef")}))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Notes) == 0 || r.Notes[0].Code != NoteStoreConfigured {
		t.Errorf("notes %v", r.Notes)
	}
	if a, _, err := credstore.Open(l.Home, credstore.ModeFile).Load(t.Context()); err != nil || a.APIKey == nil {
		t.Errorf("the login is not where it was to go: %v", err)
	}
	after, _ := os.ReadFile(config)
	if !strings.Contains(string(after), `cli_auth_credentials_store = "file"`) || !strings.Contains(string(after), `model = "x" # keep`) {
		t.Errorf("config.toml:\n%s", after)
	}
}

// What stands above config.toml decides, an admin's file as a trusted
// project's.
func TestAPinnedStoreIsNotChanged(t *testing.T) {
	for name, file := range map[string]string{"an admin": "managed_config.toml", "a project": filepath.Join(".codex", "config.toml")} {
		t.Run(name, func(t *testing.T) {
			l := newLogin(t, startSandbox(t, sandbox.Options{}))
			system, err := filepath.EvalSymlinks(t.TempDir())
			path := filepath.Join(system, file)
			err = errors.Join(err, os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(`cli_auth_credentials_store="file"`), 0o600))
			if err != nil {
				t.Fatal(err)
			}
			trust := fmt.Sprintf(`projects={%q={trust_level="trusted"}}`, system)
			if l.Rules, err = policy.Load(policy.Options{Home: l.Home.Path, System: system, Dir: system, Overrides: []string{trust}}); err != nil {
				t.Fatal(err)
			}
			_, err = l.Begin(t.Context(), Request{Method: APIKey, Store: credstore.ModeKeyring, Secret: credstore.NewSecret("sk-0123456789abcdef")})
			var pinned *StorePinnedError
			if !errors.As(err, &pinned) || pinned.Source.File != path || pinned.Source.Line != 1 {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestABrokenFileIsKeptAside(t *testing.T) {
	l := newLogin(t, startSandbox(t, sandbox.Options{}))
	if err := os.WriteFile(l.Home.AuthFile(), []byte(`{"tokens": {`), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := l.Finish(t.Context(), begin(t, l, Request{Method: APIKey, Secret: credstore.NewSecret("sk-0123456789abcdef")}))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Notes) != 1 || r.Notes[0].Code != NoteUnreadableKept {
		t.Fatalf("notes %v", r.Notes)
	}
	if text, err := os.ReadFile(r.Notes[0].Where); err != nil || string(text) != `{"tokens": {` {
		t.Errorf("kept %q, %v", text, err)
	}
}

func TestMemoryReplacesNothing(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	signIn(t, l, s, sandbox.MinaPlus)
	before, _ := os.ReadFile(l.Home.AuthFile())
	r, err := l.Finish(t.Context(), begin(t, l, Request{Method: APIKey, Store: credstore.ModeEphemeral, Secret: credstore.NewSecret("sk-0123456789abcdef")}))
	if err != nil || r.Previous != nil || r.Account.Place.Kind != credstore.KindMemory {
		t.Errorf("%+v, %v", r, err)
	}
	if after, _ := os.ReadFile(l.Home.AuthFile()); string(after) != string(before) {
		t.Error("the stored login has changed")
	}
	if _, err := os.Stat(filepath.Join(l.Home.Path, "config.toml")); !os.IsNotExist(err) {
		t.Error("config.toml was written")
	}
}

// What cannot be read and cannot be kept must not be overwritten.
func TestWhatCannotBeKeptIsNotReplaced(t *testing.T) {
	for name, spoil := range map[string]func(path string) error{
		"larger than any login": func(path string) error {
			return os.WriteFile(path, []byte(`{"OPENAI_API_KEY":"`+strings.Repeat("k", 2<<20)+`"}`), 0o600)
		},
		"a folder": func(path string) error { return os.Mkdir(path, 0o700) },
	} {
		t.Run(name, func(t *testing.T) {
			l := newLogin(t, startSandbox(t, sandbox.Options{}))
			if err := spoil(l.Home.AuthFile()); err != nil {
				t.Fatal(err)
			}
			before, _ := os.Stat(l.Home.AuthFile())
			_, err := l.Finish(t.Context(), begin(t, l, Request{Method: APIKey, Secret: credstore.NewSecret("sk-0123456789abcdef")}))
			if err == nil {
				t.Fatal("no error")
			}
			after, statErr := os.Stat(l.Home.AuthFile())
			if statErr != nil || !os.SameFile(before, after) || before.Size() != after.Size() {
				t.Errorf("it was replaced: %v", statErr)
			}
			if e := Explain(l.Say, err); e.Code != "store" {
				t.Errorf("explained as %+v", e)
			}
		})
	}
}

func TestSigningOutIsCancelledBeforeItDeletes(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	signIn(t, l, s, sandbox.MinaPlus)
	ctx, cancel := context.WithCancel(t.Context())
	s.Set(func(b *sandbox.Behaviour) {
		b.Inject(sandbox.Revoke, sandbox.Respond(func(_ http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() }))
	})
	if _, err := l.SignOut(ctx, true); !errors.Is(err, ErrCancelled) {
		t.Errorf("got %v", err)
	}
	load(t, l) // still there
}

// A keyring that does not answer ends a sign-in that needs it before anything
// is written, and does not keep anybody from leaving it for the file.
func TestAKeyringThatDoesNotAnswer(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs a keyring that a variable leads away from")
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
	t.Setenv("XDG_RUNTIME_DIR", "/nonexistent")
	l := newLogin(t, startSandbox(t, sandbox.Options{}), `cli_auth_credentials_store="keyring"`)
	key := credstore.NewSecret("sk-0123456789abcdef")
	_, err := l.Finish(t.Context(), begin(t, l, Request{Method: APIKey, Secret: key}))
	if !credstore.IsProblem(err, credstore.ProblemUnavailable) {
		t.Errorf("into the keyring: %v", err)
	}
	if _, err := os.Stat(l.Home.AuthFile()); !os.IsNotExist(err) {
		t.Error("something was written to the file")
	}
	if _, err := l.Finish(t.Context(), begin(t, l, Request{Method: APIKey, Store: credstore.ModeFile, Secret: key})); err != nil {
		t.Errorf("out of the keyring: %v", err)
	}
}
