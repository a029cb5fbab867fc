//go:build !windows

package main

import (
	"strings"
	"testing"

	"codex-login/tui/termtest"
)

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
	term.WaitFor(said("checks.heading"))
	term.Key("2")
	term.WaitFor("allowed_login_methods")
	term.Key("esc")
	term.WaitFor(said("checks.heading"))
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
