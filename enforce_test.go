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

// enforcement is a case in which Codex takes a login for none. file is the
// admin's; "" is the person's own.
type enforcement struct {
	name, file, rule, class, workspace string
	key, demanded, found               string
	signsOut                           bool
}

var enforced = []enforcement{
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

// startUnder is a start under one of the cases.
type startUnder struct {
	*person
	c      enforcement
	codex  *sandbox.Peer
	begin  []string // the namespace with the admin's file
	source string
	login  string
}

func newStart(t *testing.T, c enforcement) startUnder {
	t.Helper()
	p := newPerson(t, nil)
	s := startUnder{person: p, c: c, codex: p.codex(), source: filepath.Join(p.home, "config.toml") + ":1", login: storedAs(c.class, c.workspace)}
	if c.class == "access-token" { // Codex asks whose it is before it judges
		s.login = tokenLogin(p)
	}
	if c.file == "" {
		writeConfig(t, p, c.rule+"\n")
		return s
	}
	s.begin, s.source = systemFile(t, c.file, c.rule+"\n"), "/etc/codex/"+c.file+":1"
	return s
}

func tokenLogin(p *person) string {
	return strings.Replace(storedAs("access-token", ""), "at-0123456789abcdef", p.issuer.NewAccessToken(sandbox.MinaHarbour), 1)
}

// ours is a start of this program, with what it has to do to the login.
func (s startUnder) ours(args ...string) ran {
	s.t.Helper()
	s.writeAuth(s.login)
	r := s.ran(args...)
	if gone := s.authJSON() == ""; gone != s.c.signsOut || !gone && s.authJSON() != s.login {
		s.t.Errorf("%v: auth.json is %q", args, s.authJSON())
	}
	if r.code != exitRefused {
		s.t.Errorf("%v: exit %d: %s%s", args, r.code, r.out, r.err)
	}
	return r
}

func (s startUnder) ran(args ...string) ran {
	s.t.Helper()
	cmd := inside(s.t, s.begin, s.command(args...))
	cmd.Stdin = strings.NewReader("")
	var out, talk strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &talk
	_ = cmd.Run()
	return ran{out.String(), talk.String(), cmd.ProcessState.ExitCode()}
}

// codexs is the line with which the real Codex signs out at work. Of a hidden
// login it says nothing and asks for one.
func (s startUnder) codexs() string {
	s.t.Helper()
	if !s.c.signsOut {
		return "Not logged in"
	}
	s.writeAuth(s.login)
	out, _ := codexIn(s.t, s.begin, s.codex.Command(s.t.Context(), "exec", "--skip-git-repo-check", "hello"))
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if said := lines[len(lines)-1]; s.authJSON() == "" && strings.HasSuffix(said, "Logging out.") {
		return said
	}
	s.t.Fatalf("codex did not sign out: %s", out)
	return ""
}

// lines holds what a person reads to the rule and to Codex's own line.
func (s startUnder) lines(codexs string) {
	s.t.Helper()
	for _, args := range [][]string{{"--plain"}, nil} {
		r := s.ours(args...)
		for _, part := range []string{"Rule: " + s.c.key, "Permits: " + s.c.demanded, "Set in: " + s.source} {
			if !strings.Contains(r.err, part) {
				s.t.Errorf("%v: no %q in\n%s", args, part, r.err)
			}
		}
		if first, _, _ := strings.Cut(r.err, "\n"); first != codexs {
			s.t.Errorf("%v: the first line is %q, Codex's is %q", args, first, codexs)
		}
		if s.c.found == "" && !strings.Contains(r.err, "does not say which workspace") {
			s.t.Errorf("%v: a login without a workspace has no sentence of its own:\n%s", args, r.err)
		}
	}
}

// event holds what a program reads to the rule.
func (s startUnder) event(codexs string) {
	s.t.Helper()
	r := s.ours("--json")
	var e refusedEvent
	if err := json.Unmarshal([]byte(r.out), &e); err != nil {
		s.t.Fatalf("%v: %s", err, r.out)
	}
	found := ""
	if e.Found != nil {
		found = *e.Found
	}
	effect := map[bool]string{true: "sign-out", false: "hide"}[s.c.signsOut]
	if e.Event != "error" || e.Code != "policy" || e.Rule != s.c.key || strings.Join(e.Demanded, ", ") != s.c.demanded || found != s.c.found ||
		e.Source != s.source || e.Effect != effect || e.Codex != codexs || e.SignedOut == nil || *e.SignedOut != s.c.signsOut || len(e.Allowed) == 0 {
		s.t.Errorf("%s", r.out)
	}
}

// look: status changes nothing, ours and Codex's, and both say the same.
func (s startUnder) look() {
	s.t.Helper()
	s.writeAuth(s.login)
	r := s.ran("status")
	if s.authJSON() != s.login || !strings.HasPrefix(r.out, "Not logged in\n") || r.code != exitFailed {
		s.t.Errorf("status: %+v", r)
	}
	out, code := codexIn(s.t, s.begin, s.codex.Command(s.t.Context(), "login", "status"))
	if code != 1 || statusLine(out) != "Not logged in" || s.authJSON() != s.login {
		s.t.Errorf("codex login status (%d): %s", code, out)
	}
}

// TestEnforcedAtTheStart: in every skin the login goes, or is hidden, as with
// the real Codex, which says the same line.
func TestEnforcedAtTheStart(t *testing.T) {
	for _, c := range enforced {
		t.Run(c.name, func(t *testing.T) {
			s := newStart(t, c)
			codexs := s.codexs()
			s.lines(codexs)
			s.event(codexs)
			s.look()
			if c.file == "" {
				writeConfig(t, s.person, "\n")
			}
			// Without the rule the login is as good as before.
			if out, code := codexRun(t, s.codex, "", "login", "status"); code != 0 {
				t.Errorf("without the rule codex says (%d): %s", code, out)
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
