//go:build !windows

package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"codex-login/flows/sandbox"
)

// object runs a command in JSON mode and returns what it writes last.
func (p *person) object(code int, args ...string) map[string]any {
	p.t.Helper()
	r := p.run("", append(args, "--json")...)
	eachLineIsJSON(p.t.(*testing.T), r.out)
	lines := strings.Split(strings.TrimSpace(r.out), "\n")
	var fields map[string]any
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &fields); err != nil || r.code != code {
		p.t.Fatalf("%v: exit %d, want %d, %v\n%s%s", args, r.code, code, err, r.out, r.err)
	}
	return fields
}

// account is one row of accounts --json.
type account struct {
	ID, Email, Plan, Label, Method string
	Active                         bool
	Ended                          *struct{ Reason string }
	Refused                        *struct{ Rule, Source string }
	Verified                       *struct{ Asked, Renewed bool }
}

func (p *person) accounts(args ...string) []account {
	p.t.Helper()
	r := p.run("", append([]string{"accounts", "--json"}, args...)...)
	var list struct {
		Accounts []account
		Notes    []struct{ Code string }
	}
	if err := json.Unmarshal([]byte(r.out), &list); err != nil || r.code != 0 {
		p.t.Fatalf("%v: %+v", err, r)
	}
	if len(list.Notes) != 0 {
		p.t.Errorf("notes: %v", list.Notes)
	}
	return list.Accounts
}

// inUse is the account that status names.
func (p *person) inUse() string {
	p.t.Helper()
	s := p.object(0, "status")
	return fmt.Sprintf("%v %v", s["email"], s["plan"])
}

// several signs in to three workspaces and with a key. In use is the key.
func several(t *testing.T, p *person) (key string) {
	t.Helper()
	for _, seat := range []sandbox.Seat{sandbox.MinaPlus, sandbox.JonasMeridian, sandbox.MinaHarbour} {
		if _, code := p.approved(seat, "--device-auth"); code != 0 {
			t.Fatalf("%v: exit %d", seat, code)
		}
	}
	key = p.issuer.NewAPIKey(sandbox.MinaPlus)
	if r := p.run(key, "--with-api-key"); r.code != 0 || !strings.Contains(r.err, "codex-login switch - goes back") {
		t.Fatalf("%+v", r)
	}
	return key
}

// TestSeveralAccounts lists, names and switches them, by every kind of name.
// Nothing is asked on the network, nothing is revoked, and the real Codex sees
// each.
func TestSeveralAccounts(t *testing.T) {
	for name, setup := range map[string]func(p *person){
		"file": func(*person) {},
		"keyring": func(p *person) {
			p.env = secretService(t)
			writeConfig(t, p, "cli_auth_credentials_store = \"keyring\"\n")
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPerson(t, quick)
			setup(p)
			codex := p.codex()
			key := several(t, p)
			before := len(p.issuer.Requests())

			all := p.accounts()
			if len(all) != 4 || !all[0].Active || all[0].Method != "api-key" || all[1].Plan != "business" {
				t.Fatalf("%+v", all)
			}
			r := p.run("", "accounts")
			if lines := strings.Split(r.out, "\n"); len(lines) != 5 || !strings.HasPrefix(lines[0], "* ") || !strings.Contains(r.out, all[2].ID) || r.err != "" {
				t.Errorf("%+v", r)
			}
			if r := p.run("", "accounts", "label", "jonas", "boss"); r.code != 0 || !strings.Contains(r.out, "boss is the name of") {
				t.Errorf("%+v", r)
			}
			plus := ""
			for _, a := range all {
				if a.Plan == "plus" {
					plus = a.ID
				}
			}
			for _, c := range []struct{ name, want, status string }{
				{"boss", "jonas@example.test enterprise", "Logged in using ChatGPT"},
				{"-", "<nil> <nil>", "API key configured - "},
				{"mina@example.test/business", "mina@example.test business", "Logged in using ChatGPT"},
				{"JON", "jonas@example.test enterprise", "Logged in using ChatGPT"},
				{plus, "mina@example.test plus", "Logged in using ChatGPT"},
				{"-", "jonas@example.test enterprise", "Logged in using ChatGPT"},
				{"sk-proj-", "<nil> <nil>", "API key configured - "},
			} {
				r := p.run("", "switch", c.name)
				if r.code != 0 || !strings.HasPrefix(r.out, "In use now: ") || strings.Count(r.out, "\n") != 1 || !strings.Contains(r.err, "Left: ") {
					t.Errorf("switch %s: %+v", c.name, r)
				}
				if got := p.inUse(); got != c.want {
					t.Errorf("switch %s: in use is %s, want %s", c.name, got, c.want)
				}
				if out, code := codexRun(t, codex, "", "login", "status"); code != 0 || !strings.HasPrefix(statusLine(out), c.status) {
					t.Errorf("switch %s: codex says %s", c.name, out)
				}
			}
			if s := p.object(0, "switch", "boss"); s["event"] != "switched" || s["changed"] != true || s["label"] != "boss" || s["left"].(map[string]any)["method"] != "api-key" {
				t.Errorf("%v", s)
			}
			if s := p.object(0, "switch", "boss"); s["changed"] != false || s["left"] != nil {
				t.Errorf("%v", s)
			}
			if s := p.object(0, "status"); s["label"] != "boss" || s["id"] == nil {
				t.Errorf("status: %v", s)
			}
			if n := len(p.issuer.Requests()); n != before {
				t.Errorf("%d requests for switching", n-before)
			}
			if got := len(p.accounts()); got != 4 {
				t.Errorf("%d accounts are left", got)
			}
			for _, args := range [][]string{{"accounts"}, {"accounts", "--json"}, {"switch", "-"}, {"switch", "sk-", "--json"}, {"status", "--json"}} {
				if r := p.run("", args...); hasBeenShown([]byte(r.out+r.err), key) {
					t.Errorf("%v shows the key", args)
				}
			}
		})
	}
}

// TestNamesThatMeanNobody, or several, change nothing.
func TestNamesThatMeanNobody(t *testing.T) {
	p := newPerson(t, quick)
	if e := p.object(exitFailed, "switch", "-"); e["code"] != "no_account" {
		t.Errorf("%v", e)
	}
	several(t, p)
	before := p.authJSON()
	e := p.object(exitFailed, "switch", "mina@example.test")
	matches, _ := e["matches"].([]any)
	if e["event"] != "error" || e["code"] != "ambiguous" || len(matches) != 2 {
		t.Errorf("%v", e)
	}
	r := p.run("", "switch", "mina")
	for _, m := range matches {
		for _, field := range []string{"id", "email", "workspace_id", "plan"} {
			if value := fmt.Sprint(m.(map[string]any)[field]); !strings.Contains(r.err, value) {
				t.Errorf("%s is not named: %s", value, r.err)
			}
		}
	}
	if r.code != exitFailed || r.out != "" {
		t.Errorf("%+v", r)
	}
	for _, c := range []struct {
		args []string
		code int
		said string
	}{
		{[]string{"switch", "nobody"}, exitFailed, "nobody"},
		{[]string{"accounts", "forget", "nobody"}, exitFailed, "nobody"},
		{[]string{"accounts", "label", "mina", "x"}, exitFailed, sandbox.HarbourID},
		{[]string{"switch"}, exitUsage, "which account?"},
		{[]string{"switch", "--json"}, exitUsage, "which account?"},
		{[]string{"switch", "a", "b"}, exitUsage, "one account is named"},
		{[]string{"switch", wrongKey}, exitUsage, "looks like a key"},
		{[]string{"accounts", "forget", wrongKey}, exitUsage, "looks like a key"},
		{[]string{"accounts", "label", "sk-", wrongKey}, exitFailed, "looks like a key"},
		{[]string{"accounts", "bogus"}, exitUsage, "no such command of codex-login accounts;"},
		{[]string{"accounts", "forget"}, exitUsage, "one account is named"},
		{[]string{"accounts", "label", "mina"}, exitUsage, "a label needs"},
		{[]string{"accounts", "label", "mina", " "}, exitUsage, "a label needs"},
		{[]string{"accounts", "label", "mina", "x", "--clear"}, exitUsage, "a label needs"},
		{[]string{"store", "ephemeral"}, exitUsage, "one of file, keyring and auto"},
		{[]string{"store", wrongKey}, exitUsage, "one of file, keyring and auto"},
		{[]string{"store", "file", "auto"}, exitUsage, "one place at most"},
	} {
		r := p.run("", c.args...)
		if r.code != c.code || !strings.Contains(r.err, c.said) || r.out != "" && c.code == exitUsage {
			t.Errorf("%v: exit %d, want %d and %q: %+v", c.args, r.code, c.code, c.said, r)
		}
		if hasBeenShown([]byte(r.out+r.err), wrongKey) {
			t.Errorf("%v shows the key", c.args)
		}
	}
	if p.authJSON() != before {
		t.Error("the login changed")
	}
}

// TestLabels are one account's, and can be taken away.
func TestLabels(t *testing.T) {
	p := newPerson(t, quick)
	several(t, p)
	if e := p.object(0, "accounts", "label", "jonas", "boss"); e["event"] != "labelled" || e["label"] != "boss" {
		t.Errorf("%v", e)
	}
	if e := p.object(exitFailed, "login", "accounts", "label", "mina@example.test/plus", "Boss"); e["code"] != "input" {
		t.Errorf("%v", e)
	}
	if e := p.object(0, "accounts", "label", "boss", "--clear"); e["label"] != nil {
		t.Errorf("%v", e)
	}
	if e := p.object(exitFailed, "switch", "boss"); e["code"] != "no_account" {
		t.Errorf("%v", e)
	}
}

// TestSwitchToARefusedAccount shows the rule and changes nothing.
func TestSwitchToARefusedAccount(t *testing.T) {
	p := newPerson(t, quick)
	several(t, p)
	before := p.authJSON()
	writeConfig(t, p, "forced_login_method = \"api\"\n")
	for _, a := range p.accounts() {
		if (a.Refused == nil) != a.Active || a.Refused != nil && a.Refused.Source != filepath.Join(p.home, "config.toml")+":1" {
			t.Errorf("%+v", a)
		}
	}
	r := p.run("", "switch", "jonas")
	if r.code != exitRefused || r.out != "" || !strings.Contains(r.err, "config.toml:1") || !strings.Contains(r.err, "forced_login_method") {
		t.Errorf("%+v", r)
	}
	if e := p.object(exitRefused, "switch", "jonas"); e["code"] != "policy" {
		t.Errorf("%v", e)
	}
	if p.authJSON() != before {
		t.Error("the login changed")
	}
}

// TestVerifyAccounts renews what is due, each once, and tells a dead session.
func TestVerifyAccounts(t *testing.T) {
	p := newPerson(t, quick)
	several(t, p)
	count := func() int { return len(p.issuer.RequestsTo(sandbox.Refresh)) }
	for _, a := range p.accounts("--verify") {
		if a.Verified != nil && a.Verified.Renewed {
			t.Errorf("renewed before it was due: %+v", a)
		}
	}
	if count() != 0 {
		t.Fatalf("%d renewals of what was not due", count())
	}
	p.issuer.Set(func(b *sandbox.Behaviour) { b.AccessLifetime = time.Minute })
	for _, seat := range []sandbox.Seat{sandbox.MinaPlus, sandbox.JonasMeridian} {
		if _, code := p.approved(seat, "--device-auth"); code != 0 {
			t.Fatalf("exit %d", code)
		}
	}
	p.issuer.Set(func(b *sandbox.Behaviour) { b.AccessLifetime = 24 * time.Hour })
	renewed := 0
	for _, a := range p.accounts("--verify") {
		if a.Verified != nil && a.Verified.Renewed {
			renewed++
		}
	}
	if renewed != 2 || count() != 2 {
		t.Errorf("%d accounts were renewed with %d requests", renewed, count())
	}
	// status asks about the one in use, and only when told to.
	if s := p.object(0, "status"); s["verified"] != nil || count() != 2 {
		t.Errorf("%v", s)
	}
	if s := p.object(0, "status", "--verify"); s["verified"].(map[string]any)["renewed"] != false || count() != 2 {
		t.Errorf("%v", s)
	}
	p.issuer.Set(func(b *sandbox.Behaviour) { b.AccessLifetime = time.Minute })
	if _, code := p.approved(sandbox.JonasMeridian, "--device-auth"); code != 0 {
		t.Fatalf("exit %d", code)
	}
	p.issuer.InvalidateRefreshTokens()
	r := p.run("", "status", "--verify")
	if r.code != exitFailed || !strings.HasPrefix(r.out, "Logged in using ChatGPT") || !strings.Contains(r.err, "Error: ") {
		t.Errorf("%+v", r)
	}
	s := p.object(exitFailed, "status", "--verify")
	if why, _ := s["verified"].(map[string]any)["error"].(map[string]any); why["code"] != "session_ended" {
		t.Errorf("%v", s)
	}
	if r := p.run("", "switch", "sk-"); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	before := p.authJSON()
	for _, a := range p.accounts() {
		if (a.Email == "jonas@example.test") != (a.Ended != nil) || a.Ended != nil && a.Ended.Reason != "revoked" {
			t.Errorf("%+v", a)
		}
	}
	if e := p.object(exitFailed, "switch", "jonas"); e["code"] != "session_ended" || e["hint"] == "" || p.authJSON() != before {
		t.Errorf("%v", e)
	}
}

// TestStatusSaysWhichCredentialWins, and warns where it is not the login.
func TestStatusSaysWhichCredentialWins(t *testing.T) {
	p := newPerson(t, quick)
	if _, code := p.approved(sandbox.MinaPlus, "--device-auth"); code != 0 {
		t.Fatalf("exit %d", code)
	}
	calm := p.run("", "status")
	if calm.err != "" {
		t.Errorf("it warns of nothing: %s", calm.err)
	}
	p.env = []string{"CODEX_API_KEY=" + wrongKey}
	r := p.run("", "status")
	if r.code != 0 || !strings.HasPrefix(r.out, calm.out) || !strings.Contains(r.out[len(calm.out):], "codex exec") || !strings.Contains(r.err, "CODEX_API_KEY") {
		t.Errorf("%+v", r)
	}
	beaten := 0
	for _, w := range p.object(0, "status")["wins"].([]any) {
		if w := w.(map[string]any); w["beats_login"] == true && w["billed"] == true && w["variable"] == "CODEX_API_KEY" {
			beaten++
		}
	}
	if beaten == 0 || hasBeenShown([]byte(r.out+r.err), wrongKey) {
		t.Errorf("%d clients, %+v", beaten, r)
	}
}
