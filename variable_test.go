//go:build !windows

package main

import (
	"strings"
	"testing"

	"codex-login/tui/termtest"
)

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
