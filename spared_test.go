//go:build !windows

package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"codex-login/flows/sandbox"
	"codex-login/tui/termtest"
)

// TestSparedByAVariable: Codex holds a credential in the environment to the
// forced_* rules in place of the stored login, and so a start deletes none.
func TestSparedByAVariable(t *testing.T) {
	for _, c := range []struct {
		name, rule, class, variable string
		refused                     bool // Codex deletes the login for the variable's sake
	}{
		{"key under chatgpt, token", `forced_login_method = "chatgpt"`, "api", "CODEX_ACCESS_TOKEN", false},
		{"chatgpt under api, key", `forced_login_method = "api"`, "chatgpt", "CODEX_API_KEY", false},
		{"key under chatgpt, key", `forced_login_method = "chatgpt"`, "api", "CODEX_API_KEY", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPerson(t, nil)
			value := "sk-codex-0123456789"
			if c.variable == "CODEX_ACCESS_TOKEN" {
				value = p.issuer.NewAccessToken(sandbox.MinaHarbour)
			}
			p.env = append(p.env, c.variable+"="+value)
			writeConfig(t, p, c.rule+"\n")
			login := storedAs(c.class, "ws-1")
			p.writeAuth(login)
			// With a credential that it may use it asks the model, which is not there.
			short, cancel := context.WithTimeout(t.Context(), 8*time.Second)
			defer cancel()
			cmd := p.codex().Command(short, "exec", "--skip-git-repo-check", "hello")
			cmd.WaitDelay = time.Second
			cmd.Env = append(cmd.Env, c.variable+"="+value)
			if out, _ := codexIn(t, nil, cmd); (p.authJSON() == "") != c.refused {
				t.Errorf("codex: auth.json is %q: %s", p.authJSON(), out)
			}
			said := c.variable + " is set, and Codex uses that instead"
			if c.refused {
				said = "Codex deletes it when it starts"
			}
			p.writeAuth(login)
			for _, args := range [][]string{{"--plain"}, {"--json"}, {"status"}, {"policy"}} {
				r := p.run("", args...)
				if p.authJSON() != login {
					t.Fatalf("%v: the login is gone: %+v", args, r)
				}
				text := r.out + r.err
				if strings.Contains(text, "Logging out") || strings.Contains(text, "have been signed out") {
					t.Errorf("%v: %s", args, text)
				}
				if args[0] != "--json" && !strings.Contains(text, said) {
					t.Errorf("%v: no %q in %s", args, said, text)
				}
				if args[0][0] == '-' && r.code != exitRefused {
					t.Errorf("%v: exit %d", args, r.code)
				}
			}
			var e struct {
				SparedBy  string `json:"spared_by"`
				SignedOut *bool  `json:"signed_out"`
			}
			r := p.run("", "--json")
			lines := strings.Split(strings.TrimSpace(r.out), "\n")
			if err := json.Unmarshal([]byte(lines[len(lines)-1]), &e); err != nil || e.SignedOut == nil || *e.SignedOut || (e.SparedBy == c.variable) == c.refused {
				t.Errorf("%s", r.out)
			}
			term := p.sit(termtest.Options{Rows: 40})
			waitFlat(t, term, said)
			term.Key("ctrl+c")
			term.WaitExit()
			if p.authJSON() != login {
				t.Error("the wizard deletes the login")
			}
		})
	}
}

func logText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestTokenThatNobodyKnows: Codex does not start with it under a rule about
// workspaces, and leaves it where it is. So does a start here, which says so.
func TestTokenThatNobodyKnows(t *testing.T) {
	refuses := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	t.Cleanup(refuses.Close)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	for _, c := range []struct{ name, file, rule, server, why, logged string }{
		{"offline", "", `forced_chatgpt_workspace_id = "ws-9"`, "http://127.0.0.1:9", "refused the connection", ""},
		{"refused", "", `forced_chatgpt_workspace_id = "ws-9"`, refuses.URL, "does not accept this access token", ""},
		{"silent", "", `forced_chatgpt_workspace_id = "ws-9"`, "http://" + silent.Addr().String(), "does not answer", "why=timeout"},
		{"offline, allowed", "requirements.toml", `allowed_chatgpt_workspaces = ["ws-9"]`, "http://127.0.0.1:9", "refused the connection", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPerson(t, nil)
			codex := p.codex()
			login := tokenLogin(p)
			var begin []string
			if c.file == "" {
				writeConfig(t, p, c.rule+"\n")
			} else {
				begin = systemFile(t, c.file, c.rule+"\n")
			}
			run := func(input string, args ...string) ran {
				if begin == nil {
					return p.run(input, args...)
				}
				return p.runIn(begin, input, args...)
			}
			p.writeAuth(login)
			if c.name == "offline" {
				cmd := codex.Command(t.Context(), "exec", "--skip-git-repo-check", "hello")
				cmd.Env = append(cmd.Env, "CODEX_AUTHAPI_BASE_URL="+c.server)
				if out, code := codexIn(t, begin, cmd); code != 1 || p.authJSON() != login {
					t.Errorf("codex exits with %d: %s", code, out)
				}
			}
			p.env = append(p.env, "CODEX_AUTHAPI_BASE_URL="+c.server)
			r := run("", "--plain")
			for _, part := range []string{"Asking OpenAI whose token this is", "Nobody could be asked whose this access token is", c.why} {
				if !strings.Contains(r.err, part) {
					t.Errorf("no %q in %s", part, r.err)
				}
			}
			if r.code != exitRefused || p.authJSON() != login || strings.Contains(r.out, "Logged in") {
				t.Errorf("%+v", r)
			}
			if log, _ := filepath.Glob(filepath.Join(p.home, "log", "*")); c.logged != "" && (len(log) != 1 || !strings.Contains(logText(t, log[0]), c.logged)) {
				t.Errorf("no %q in the log %v", c.logged, log)
			}
			if r := run("", "--json"); r.code != exitRefused || p.authJSON() != login || !strings.Contains(r.out, `"code":"policy"`) {
				t.Errorf("%+v", r)
			}
			for _, args := range [][]string{{"status"}, {"policy"}, {"accounts"}} {
				if r := run("", args...); !strings.Contains(r.out+r.err, "unchecked") {
					t.Errorf("%v: %+v", args, r)
				}
				if r := run("", append(args, "--json")...); !strings.Contains(r.out, `"unchecked":{"rule":"`+strings.Fields(c.rule)[0]) {
					t.Errorf("%v: %+v", args, r)
				}
			}
		})
	}
}
