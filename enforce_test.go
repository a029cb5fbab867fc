//go:build !windows

package main

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"codex-login/flows/sandbox"
	"codex-login/tui/termtest"
)

// storedAs is an auth.json of each class. A ChatGPT login names its workspace,
// or none.
func storedAs(class, workspace string) string {
	switch class {
	case "api":
		return `{"auth_mode":"apikey","OPENAI_API_KEY":"sk-proj-0123456789abcdef"}`
	case "access-token":
		return `{"auth_mode":"personalAccessToken","personal_access_token":"at-0123456789abcdef"}`
	}
	part := func(v any) string {
		text, _ := json.Marshal(v)
		return base64.RawURLEncoding.EncodeToString(text)
	}
	auth := map[string]any{"chatgpt_plan_type": "plus", "chatgpt_user_id": "user-1"}
	tokens := map[string]any{"refresh_token": "rt-1"}
	if workspace != "" {
		auth["chatgpt_account_id"], tokens["account_id"] = workspace, workspace
	}
	token := part(map[string]any{"alg": "none"}) + "." +
		part(map[string]any{"email": "mina@example.test", "exp": 4102444800, "https://api.openai.com/auth": auth}) + ".c2ln"
	tokens["id_token"], tokens["access_token"] = token, token
	text, _ := json.Marshal(map[string]any{"auth_mode": "chatgpt", "OPENAI_API_KEY": nil, "tokens": tokens, "last_refresh": "2100-01-01T00:00:00Z"})
	return string(text)
}

// inside is a command that runs in a namespace that apart made; an empty one is
// the machine's own.
func inside(t testing.TB, begin []string, cmd *exec.Cmd) *exec.Cmd {
	t.Helper()
	if len(begin) == 0 {
		return cmd
	}
	path, err := exec.LookPath(begin[0])
	if err != nil {
		t.Fatal(err)
	}
	// What begins needs programs, and the command may be one that must find none.
	own := []string{"env"}
	for _, v := range cmd.Env {
		if strings.HasPrefix(v, "PATH=") {
			own = append(own, v)
		}
	}
	cmd.Env = append(cmd.Env, "PATH="+os.Getenv("PATH"))
	cmd.Args = slices.Concat(begin, own, []string{cmd.Path}, cmd.Args[1:])
	cmd.Path = path
	return cmd
}

// enforced are the cases in which Codex takes a login for none. file is the
// admin's; "" is the person's own.
var enforced = []struct {
	name, file, rule, class, workspace string
	key, demanded, found               string
	signsOut                           bool
}{
	{"key under chatgpt", "", `forced_login_method = "chatgpt"`, "api", "", "forced_login_method", "chatgpt", "api", true},
	{"chatgpt under api", "", `forced_login_method = "api"`, "chatgpt", "ws-1", "forced_login_method", "api", "chatgpt", true},
	{"token under api", "", `forced_login_method = "api"`, "access-token", "", "forced_login_method", "api", "access-token", true},
	{"key, managed", "managed_config.toml", `forced_login_method = "chatgpt"`, "api", "", "forced_login_method", "chatgpt", "api", true},
	{"another workspace", "managed_config.toml", `forced_chatgpt_workspace_id = ["ws-2", "ws-3"]`, "chatgpt", "ws-1", "forced_chatgpt_workspace_id", "ws-2, ws-3", "ws-1", true},
	{"no workspace", "managed_config.toml", `forced_chatgpt_workspace_id = "ws-2"`, "chatgpt", "", "forced_chatgpt_workspace_id", "ws-2", "", true},
	{"key hidden", "requirements.toml", `allowed_login_methods = ["chatgpt"]`, "api", "", "allowed_login_methods", "chatgpt", "api", false},
	{"chatgpt hidden", "requirements.toml", `allowed_login_methods = ["api"]`, "chatgpt", "ws-1", "allowed_login_methods", "api", "chatgpt", false},
	{"workspace hidden", "requirements.toml", `allowed_chatgpt_workspaces = ["ws-2"]`, "chatgpt", "ws-1", "allowed_chatgpt_workspaces", "ws-2", "ws-1", false},
	{"no workspace hidden", "requirements.toml", `allowed_chatgpt_workspaces = ["ws-2"]`, "chatgpt", "", "allowed_chatgpt_workspaces", "ws-2", "", false},
}

// refusedEvent is the event of a start that a rule ended.
type refusedEvent struct {
	Event, Code, Message, Rule, Source, Effect, Codex string
	Demanded, Allowed                                 []string
	Found                                             *string
	SignedOut                                         *bool `json:"signed_out"`
}

// TestEnforcedAtTheStart: in every skin the login goes, or is hidden, as with
// the real Codex, which says the same line.
func TestEnforcedAtTheStart(t *testing.T) {
	for _, c := range enforced {
		t.Run(c.name, func(t *testing.T) {
			p := newPerson(t, nil)
			codex := p.codex()
			var begin []string
			source := filepath.Join(p.home, "config.toml") + ":1"
			if c.file == "" {
				writeConfig(t, p, c.rule+"\n")
			} else {
				begin, source = systemFile(t, c.file, c.rule+"\n"), "/etc/codex/"+c.file+":1"
			}
			login := storedAs(c.class, c.workspace)
			if c.class == "access-token" { // Codex asks whose it is before it judges
				login = strings.Replace(login, "at-0123456789abcdef", p.issuer.NewAccessToken(sandbox.MinaHarbour), 1)
			}
			start := func(args ...string) ran {
				t.Helper()
				p.writeAuth(login)
				cmd := inside(t, begin, p.command(args...))
				cmd.Stdin = strings.NewReader("")
				var out, talk strings.Builder
				cmd.Stdout, cmd.Stderr = &out, &talk
				_ = cmd.Run()
				r := ran{out.String(), talk.String(), cmd.ProcessState.ExitCode()}
				if gone := p.authJSON() == ""; gone != c.signsOut || !gone && p.authJSON() != login {
					t.Errorf("%v: auth.json is %q", args, p.authJSON())
				}
				if r.code != exitRefused {
					t.Errorf("%v: exit %d: %s%s", args, r.code, r.out, r.err)
				}
				return r
			}
			said := "Not logged in"
			if c.signsOut {
				// Codex at work. Of a hidden login it says nothing and asks for one.
				p.writeAuth(login)
				out, _ := codexIn(t, begin, codex.Command(t.Context(), "exec", "--skip-git-repo-check", "hello"))
				lines := strings.Split(strings.TrimSpace(out), "\n")
				said = lines[len(lines)-1]
				if p.authJSON() != "" || !strings.HasSuffix(said, "Logging out.") {
					t.Fatalf("codex did not sign out: %s", out)
				}
			}
			for _, args := range [][]string{{"--plain"}, nil} {
				r := start(args...)
				for _, part := range []string{"Rule: " + c.key, "Permits: " + c.demanded, "Set in: " + source} {
					if !strings.Contains(r.err, part) {
						t.Errorf("%v: no %q in\n%s", args, part, r.err)
					}
				}
				if first, _, _ := strings.Cut(r.err, "\n"); first != said {
					t.Errorf("%v: the first line is %q, Codex's is %q", args, first, said)
				}
				if c.found == "" && !strings.Contains(r.err, "does not say which workspace") {
					t.Errorf("%v: a login without a workspace has no sentence of its own:\n%s", args, r.err)
				}
			}
			r := start("--json")
			var e refusedEvent
			if err := json.Unmarshal([]byte(r.out), &e); err != nil {
				t.Fatalf("%v: %s", err, r.out)
			}
			found := ""
			if e.Found != nil {
				found = *e.Found
			}
			effect := map[bool]string{true: "sign-out", false: "hide"}[c.signsOut]
			if e.Event != "error" || e.Code != "policy" || e.Rule != c.key || strings.Join(e.Demanded, ", ") != c.demanded || found != c.found ||
				e.Source != source || e.Effect != effect || e.Codex != said || e.SignedOut == nil || *e.SignedOut != c.signsOut || len(e.Allowed) == 0 {
				t.Errorf("%s", r.out)
			}
			// A look changes nothing, and says it the same way.
			p.writeAuth(login)
			cmd := inside(t, begin, p.command("status"))
			out, _ := cmd.Output()
			if p.authJSON() != login || !strings.HasPrefix(string(out), "Not logged in\n") || cmd.ProcessState.ExitCode() != exitFailed {
				t.Errorf("status: exit %d, %s", cmd.ProcessState.ExitCode(), out)
			}
			status, code := codexIn(t, begin, codex.Command(t.Context(), "login", "status"))
			if code != 1 || statusLine(status) != "Not logged in" || p.authJSON() != login {
				t.Errorf("codex login status (%d): %s", code, status)
			}
			if c.file == "" {
				writeConfig(t, p, "\n")
			}
			// Without the rule the login is as good as before.
			if status, code := codexRun(t, codex, "", "login", "status"); code != 0 {
				t.Errorf("without the rule codex says (%d): %s", code, status)
			}
		})
	}
}

func codexIn(t testing.TB, begin []string, cmd *exec.Cmd) (string, int) {
	t.Helper()
	cmd = inside(t, begin, cmd)
	out, _ := cmd.CombinedOutput()
	return string(out), cmd.ProcessState.ExitCode()
}

// TestEnforcedOnADumbTerminal: what draws nothing signs out as well.
func TestEnforcedOnADumbTerminal(t *testing.T) {
	p := newPerson(t, nil)
	p.writeAuth(storedAs("api", ""))
	writeConfig(t, p, "forced_login_method = \"chatgpt\"\n")
	term := p.sit(termtest.Options{Env: []string{"TERM=dumb"}})
	term.WaitFor("Set in: " + filepath.Join(p.home, "config.toml") + ":1")
	if code := term.WaitExit(); code != exitRefused || p.authJSON() != "" {
		t.Errorf("exit %d, %q", code, p.authJSON())
	}
}

// TestHiddenLoginInLines: it does not stand in the way of a new one.
func TestHiddenLoginInLines(t *testing.T) {
	p := newPerson(t, nil)
	login := storedAs("chatgpt", "ws-1")
	p.writeAuth(login)
	admin := systemFile(t, "requirements.toml", "allowed_login_methods = [\"api\"]\n")
	r := p.runIn(admin, "n\n3\nsk-proj-abcdef0123456789\n", "--plain")
	if r.code != 0 || !strings.Contains(r.err, "Rule: allowed_login_methods") || !strings.Contains(p.authJSON(), "sk-proj-abcdef0123456789") {
		t.Errorf("%+v", r)
	}
}

// TestExplicitSignInReplaces: whoever asks for a way to sign in replaces the
// login that breaks a rule; nothing is deleted before.
func TestExplicitSignInReplaces(t *testing.T) {
	p := newPerson(t, nil)
	login := storedAs("chatgpt", "ws-1")
	p.writeAuth(login)
	writeConfig(t, p, "forced_login_method = \"api\"\n")
	if r := p.run("not a key\n", "--with-api-key", "--plain"); r.code != exitFailed || p.authJSON() != login {
		t.Errorf("a sign-in that fails: %+v, %s", r, p.authJSON())
	}
	writeConfig(t, p, "forced_chatgpt_workspace_id = \"ws-2\"\n")
	term := p.sit(termtest.Options{}, "--device-auth")
	term.WaitFor(atIntro)
	term.Key("ctrl+c")
	if code := term.WaitExit(); code != exitCancelled || p.authJSON() != login {
		t.Errorf("exit %d, %s", code, p.authJSON())
	}
}

// TestTokenOfAWorkspace: a personal access token does not say whose it is. Only
// the server's answer signs it out, as with Codex; without one it stays.
func TestTokenOfAWorkspace(t *testing.T) {
	for _, c := range []struct {
		name, file, rule string
		code             int
		gone, offline    bool
	}{
		{"its own", "", `forced_chatgpt_workspace_id = "` + sandbox.HarbourID + `"`, 0, false, false},
		{"another", "", `forced_chatgpt_workspace_id = "ws-9"`, exitRefused, true, false},
		{"another, nobody answers", "", `forced_chatgpt_workspace_id = "ws-9"`, 0, false, true},
		{"its own, allowed", "requirements.toml", `allowed_chatgpt_workspaces = ["` + sandbox.HarbourID + `"]`, 0, false, false},
		{"another, allowed", "requirements.toml", `allowed_chatgpt_workspaces = ["ws-9"]`, exitRefused, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPerson(t, nil)
			codex := p.codex()
			login := strings.Replace(storedAs("access-token", ""), "at-0123456789abcdef", p.issuer.NewAccessToken(sandbox.MinaHarbour), 1)
			var begin []string
			if c.file == "" {
				writeConfig(t, p, c.rule+"\n")
			} else {
				begin = systemFile(t, c.file, c.rule+"\n")
			}
			if c.gone {
				p.writeAuth(login)
				if out, _ := codexIn(t, begin, codex.Command(t.Context(), "exec", "--skip-git-repo-check", "hello")); p.authJSON() != "" {
					t.Errorf("codex does not sign out: %s", out)
				}
			}
			if c.offline {
				p.env = append(p.env, "CODEX_AUTHAPI_BASE_URL=http://127.0.0.1:9/api/accounts")
			}
			p.writeAuth(login)
			cmd := inside(t, begin, p.command("--plain"))
			cmd.Stdin = strings.NewReader("")
			out, _ := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != c.code || (p.authJSON() == "") != c.gone {
				t.Errorf("exit %d, auth.json %q: %s", code, p.authJSON(), out)
			}
		})
	}
}

// TestEnvironmentKeyDeletesNothing: Codex deletes a login for the sake of a
// variable that a rule forbids. We say so, and the file stays byte for byte.
func TestEnvironmentKeyDeletesNothing(t *testing.T) {
	p := newPerson(t, nil)
	codex := p.codex()
	login := storedAs("chatgpt", "ws-1")
	writeConfig(t, p, "forced_login_method = \"chatgpt\"\n")
	p.env = append(p.env, "CODEX_API_KEY=sk-proj-0123456789abcdef")
	for _, args := range [][]string{
		{"--plain"}, nil, {"status"}, {"status", "--json"}, {"--json", "--no-browser", "--timeout", "1ms"}, {"accounts"}, {"policy"},
	} {
		p.writeAuth(login)
		r := p.run("", args...)
		if p.authJSON() != login {
			t.Errorf("%v changed the login: %q", args, p.authJSON())
		}
		said := r.out + r.err
		if len(args) > 0 && (args[0] == "accounts" || args[0] == "policy" || len(args) > 1 && args[1] == "--json") {
			continue
		}
		for _, part := range []string{"CODEX_API_KEY", "unset CODEX_API_KEY", "forced_login_method"} {
			if !strings.Contains(said, part) {
				t.Errorf("%v: no %q in %s", args, part, said)
			}
		}
		if strings.Contains(said, "0123456789abcdef") {
			t.Errorf("%v shows the key", args)
		}
	}
	p.writeAuth(login)
	term := p.sit(termtest.Options{})
	term.WaitFor(atLogin)
	waitFlat(t, term, "CODEX_API_KEY is set, but forced_login_method forbids what it holds")
	term.Key("ctrl+c")
	if code := term.WaitExit(); code != 0 || p.authJSON() != login {
		t.Errorf("exit %d, %q", code, p.authJSON())
	}
	codex.Env = p.env
	if out, _ := codexIn(t, nil, codex.Command(t.Context(), "exec", "--skip-git-repo-check", "hello")); p.authJSON() != "" {
		t.Errorf("codex has changed its ways, and the README must too: %s", out)
	}
}

// TestLogoutUnderEverything: neither a broken file nor rules that exclude each
// other keep anybody signed in, wherever the login is.
func TestLogoutUnderEverything(t *testing.T) {
	broken := map[string]string{
		"requirements.toml": "allowed_login_methods = chatgpt\n", "managed_config.toml": "forced_login_method = \"web\"\n",
		"config.toml": "= 1\n", "own": "forced_login_method = 5\n", "conflict": "allowed_login_methods = []\n", "-c": "",
		"pinned conflict": "allowed_login_methods = []\ncli_auth_credentials_store = \"keyring\"\n",
	}
	bus := secretService(t)
	for _, store := range []string{"file", "keyring"} {
		for where, text := range broken {
			if where == "pinned conflict" && store == "file" {
				continue // under that pin Codex would not see this login either
			}
			t.Run(where+", "+store, func(t *testing.T) {
				p := newPerson(t, nil)
				p.env = append(p.env, bus...)
				own := "cli_auth_credentials_store = \"" + store + "\"\n"
				writeConfig(t, p, own)
				if r := p.run("sk-proj-0123456789abcdef\n", "--with-api-key"); r.code != 0 {
					t.Fatalf("%+v", r)
				}
				var begin, args []string
				want := exitFailed
				switch where {
				case "own":
					writeConfig(t, p, own+text)
				case "-c":
					args = []string{"-c", "nonsense"}
				case "conflict", "pinned conflict":
					begin, want = systemFile(t, "requirements.toml", text), exitRefused
				default:
					begin = systemFile(t, where, text)
				}
				cmd := inside(t, begin, p.command(append(args, "--plain")...))
				out, _ := cmd.CombinedOutput()
				if code := cmd.ProcessState.ExitCode(); code != want {
					t.Errorf("a start: exit %d, want %d: %s", code, want, out)
				}
				cmd = inside(t, begin, p.command(append(args, "logout")...))
				out, _ = cmd.CombinedOutput()
				if code := cmd.ProcessState.ExitCode(); code != 0 || !strings.Contains(string(out), "Successfully logged out") {
					t.Errorf("logout: exit %d: %s", code, out)
				}
				writeConfig(t, p, own)
				if r := p.run("", "status"); r.code != exitFailed || !strings.HasPrefix(r.out, "Not logged in") || p.authJSON() != "" {
					t.Errorf("still signed in: %+v", r)
				}
			})
		}
	}
}

// TestWizardUnderRulesThatLeaveNoWay: it says so, lets the person look, and
// signs out.
func TestWizardUnderRulesThatLeaveNoWay(t *testing.T) {
	p := newPerson(t, nil)
	login := storedAs("chatgpt", "ws-1")
	p.writeAuth(login)
	admin := systemFile(t, "requirements.toml", "allowed_login_methods = []\n")
	term := p.sitIn(admin, termtest.Options{})
	term.WaitFor("leave no way to sign in")
	term.Key("q")
	if code := term.WaitExit(); code != exitRefused || p.authJSON() != login || term.Restored() != "" {
		t.Errorf("exit %d, %q, %s", code, p.authJSON(), term.Restored())
	}
	term = p.sitIn(admin, termtest.Options{})
	term.WaitFor("leave no way to sign in")
	term.Key("h")
	term.WaitFor("Rules and settings")
	term.Key("2")
	term.WaitFor("allowed_login_methods")
	term.Key("esc")
	term.WaitFor("Rules and settings")
	term.Key("esc")
	term.WaitFor("leave no way to sign in")
	term.Key("o")
	term.WaitFor("Sign out")
	term.Key("enter")
	awake(term, "You are signed out")
	if p.authJSON() != "" {
		t.Errorf("auth.json is still there: %s", term.Screen())
	}
	term.Key("q")
	if code := term.WaitExit(); code != 0 {
		t.Errorf("exit %d", code)
	}
}
