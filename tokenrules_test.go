//go:build !windows

package main

import (
	"slices"
	"strings"
	"testing"

	"codex-login/flows/sandbox"
)

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
		{"another, nobody answers", "", `forced_chatgpt_workspace_id = "ws-9"`, exitRefused, false, true},
		{"its own, allowed", "requirements.toml", `allowed_chatgpt_workspaces = ["` + sandbox.HarbourID + `"]`, 0, false, false},
		{"another, allowed", "requirements.toml", `allowed_chatgpt_workspaces = ["ws-9"]`, exitRefused, false, false},
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

// TestSwitchToATokenOfAnotherWorkspace changes nothing: Codex would delete it at
// its next start.
func TestSwitchToATokenOfAnotherWorkspace(t *testing.T) {
	p := newPerson(t, nil)
	for _, seat := range []sandbox.Seat{sandbox.MinaPlus, sandbox.MinaHarbour} {
		if r := p.run(p.issuer.NewAccessToken(seat)+"\n", "--with-access-token"); r.code != 0 {
			t.Fatalf("%+v", r)
		}
	}
	before := p.authJSON()
	writeConfig(t, p, "forced_chatgpt_workspace_id = \""+sandbox.HarbourID+"\"\n")
	if r := p.run("", "switch", "-"); r.code != exitRefused || p.authJSON() != before {
		t.Errorf("exit %d, changed: %v, %s%s", r.code, p.authJSON() != before, r.out, r.err)
	}
	writeConfig(t, p, "forced_chatgpt_workspace_id = \""+sandbox.MinaPersonalID+"\"\n")
	online := p.env
	p.env = append(slices.Clone(online), "CODEX_AUTHAPI_BASE_URL=http://127.0.0.1:9/api/accounts")
	if r := p.run("", "switch", "-"); r.code != exitRefused || p.authJSON() != before || !strings.Contains(r.err, "Nothing was changed") {
		t.Errorf("offline: exit %d, changed: %v, %s%s", r.code, p.authJSON() != before, r.out, r.err)
	}
	p.env = online
	if r := p.run("", "switch", "-"); r.code != 0 || p.authJSON() == before {
		t.Errorf("exit %d: %s%s", r.code, r.out, r.err)
	}
}

// TestImportOfATokenUnderARule: whose it is decides, and nobody but its server
// knows. Without an answer nothing is taken in.
func TestImportOfATokenUnderARule(t *testing.T) {
	p := newPerson(t, nil)
	document := tokenLogin(p) // of the workspace harbour
	for _, c := range []struct {
		workspace string
		offline   bool
		code      int
	}{
		{"ws-9", false, exitRefused},
		{sandbox.HarbourID, true, exitRefused},
		{sandbox.HarbourID, false, exitDone},
	} {
		writeConfig(t, p, "forced_chatgpt_workspace_id = \""+c.workspace+"\"\n")
		p.env = nil
		if c.offline {
			p.env = []string{"CODEX_AUTHAPI_BASE_URL=http://127.0.0.1:9/api/accounts"}
		}
		r := p.run(document, "import")
		if r.code != c.code || (p.authJSON() != "") != (c.code == exitDone) {
			t.Errorf("%+v: exit %d, auth.json %q, %s%s", c, r.code, p.authJSON(), r.out, r.err)
		}
	}
}
