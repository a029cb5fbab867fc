//go:build !windows

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"codex-login/flows/sandbox"
	"codex-login/tui/termtest"
)

// apart is the beginning of a command line that runs prepare, and then the rest
// of it, in a mount namespace of its own: nothing on the machine changes.
func apart(t testing.TB, prepare string) []string {
	t.Helper()
	begin := []string{"unshare", "--mount"}
	if os.Getuid() != 0 {
		begin = append(begin, "--map-root-user")
	}
	begin = append(begin, "sh", "-ec", prepare+"\nexec \"$@\"", "sh")
	if out, err := exec.Command(begin[0], append(begin[1:], "true")...).CombinedOutput(); err != nil {
		missing(t, "a mount namespace: "+err.Error()+" "+string(out))
	}
	return begin
}

// systemFile has an /etc with one file of the admin in it.
func systemFile(t testing.TB, name, text string) []string {
	t.Helper()
	source := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(source, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return apart(t, "mount -t tmpfs -o size=1m tmpfs /etc && mkdir /etc/codex && cp '"+source+"' /etc/codex/")
}

// sitIn is sit in a namespace that apart made.
func (p *person) sitIn(begin []string, o termtest.Options, args ...string) *termtest.Terminal {
	p.t.Helper()
	all := append(append(begin[1:len(begin):len(begin)], program, "--experimental_issuer", p.issuer.URL()), args...)
	o.Env = append(p.environ(), o.Env...)
	return termtest.Start(p.t, o, begin[0], all...)
}

// runIn is run in a namespace that apart made.
func (p *person) runIn(begin []string, input string, args ...string) ran {
	p.t.Helper()
	cmd := p.command(args...)
	cmd.Args = append(begin[:len(begin):len(begin)], append([]string{program}, cmd.Args[1:]...)...)
	path, err := exec.LookPath(begin[0])
	if err != nil {
		p.t.Fatal(err)
	}
	cmd.Path = path
	cmd.Stdin = strings.NewReader(input)
	var out, talk strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &talk
	_ = cmd.Run()
	return ran{out.String(), talk.String(), cmd.ProcessState.ExitCode()}
}

// TestPickerNamesTheRule: what is not allowed says so before it is tried, and
// where that is written.
func TestPickerNamesTheRule(t *testing.T) {
	for _, c := range []struct {
		name, file, text, source string
		refused                  []string // the numbers of the choices
		open, first              string
	}{
		{
			"forced method, own file", "", "# a remark\nforced_login_method = \"api\"\n",
			"forced_login_method = api (~/config.toml:2)",
			[]string{"1", "2", "4"},
			"3", atKey,
		},
		{
			"forced method, managed", "managed_config.toml", "\n\nforced_login_method = \"chatgpt\"\n",
			"forced_login_method = chatgpt (/etc/codex/managed_config.toml:3)",
			[]string{"3"},
			"2", atIntro,
		},
		{
			"allowed methods", "requirements.toml", "allowed_login_methods = [\"chatgpt\"]\n",
			"allowed_login_methods = chatgpt (/etc/codex/requirements.toml:1)",
			[]string{"3"},
			"2", atIntro,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPerson(t, nil)
			var term *termtest.Terminal
			if c.file == "" {
				writeConfig(t, p, c.text)
				term = p.sit(termtest.Options{Rows: 30})
			} else {
				term = p.sitIn(systemFile(t, c.file, c.text), termtest.Options{Rows: 30})
			}
			term.WaitFor(atPicker)
			if got := strings.Count(flat(term), "Not allowed here: "+c.source); got != len(c.refused) {
				t.Errorf("%d choices are refused by %q, want %d:\n%s", got, c.source, len(c.refused), term.Screen())
			}
			for _, key := range c.refused {
				// It does nothing; the key after it shows that it was heard.
				term.Key(key)
				term.Key("tab")
				term.WaitFor(atCompare)
				term.Key("esc")
				term.WaitFor(atPicker)
			}
			term.Key(c.open)
			term.WaitFor(c.first)
			term.Key("ctrl+c")
			term.WaitExit()
			if sent := p.issuer.Requests(); len(sent) != 0 {
				t.Errorf("%d requests were sent for a refused sign-in", len(sent))
			}
		})
	}
}

// rejected holds the rejection screen to rule, demand, find and place.
func rejected(t *testing.T, term *termtest.Terminal, rule, demanded, found, source, happened string) {
	t.Helper()
	// The card wraps long values, so each is looked for on its own.
	awake(term, happened)
	for what, text := range map[string]string{"rule": "Rule " + rule, "demand": demanded, "find": found, "place": source} {
		if !strings.Contains(flat(term), text) {
			t.Errorf("no %s (%s) on\n%s", what, text, term.Screen())
		}
	}
}

func TestWrongWorkspaceIsRejected(t *testing.T) {
	for name, earlier := range map[string]bool{"nobody was signed in": false, "somebody was signed in": true} {
		t.Run(name, func(t *testing.T) {
			p := newPerson(t, func(b *sandbox.Behaviour) {
				quick(b)
				b.WorkspaceID = sandbox.MinaPersonalID
			})
			before := ""
			if earlier {
				// A key is no business of a workspace rule.
				if r := p.run(p.issuer.NewAPIKey(sandbox.MinaPlus), "--with-api-key"); r.code != 0 {
					t.Fatal(r)
				}
				before = p.authJSON()
			}
			writeConfig(t, p, "model = \"x\"\nforced_chatgpt_workspace_id = \""+sandbox.HarbourID+"\"\n")
			term := p.sit(termtest.Options{})
			if earlier {
				term.WaitFor(atLogin)
				term.Key("ctrl+n")
			}
			then(keyed("2", atIntro), "enter", atDevice)(term)
			p.enterCode(term, sandbox.MinaHarbour)
			rejected(t, term, "forced_chatgpt_workspace_id", sandbox.HarbourID, sandbox.MinaPersonalID, "~/config.toml:2", "Nothing was stored")
			if p.authJSON() != before {
				t.Error("the stored login changed")
			}
			term.Key("q")
			if code := term.WaitExit(); code != exitRefused || term.Restored() != "" {
				t.Errorf("exit %d, %s", code, term.Restored())
			}
			if !strings.Contains(flat(term), "This workspace is not allowed here") {
				t.Errorf("the last words do not say why:\n%s", term.Screen())
			}
		})
	}
	t.Run("lines", func(t *testing.T) {
		p := newPerson(t, func(b *sandbox.Behaviour) {
			quick(b)
			b.WorkspaceID = sandbox.MinaPersonalID
		})
		writeConfig(t, p, "forced_chatgpt_workspace_id = \""+sandbox.HarbourID+"\"\n")
		events, code := p.approved(sandbox.MinaHarbour, "--device-auth")
		last := events[len(events)-1]
		if code != exitRefused || last.Event != "error" || last.Code != "policy" || p.authJSON() != "" {
			t.Errorf("exit %d, %+v", code, last)
		}
		for _, part := range []string{sandbox.HarbourID, sandbox.MinaPersonalID, filepath.Join(p.home, "config.toml") + ":1", "forced_chatgpt_workspace_id"} {
			if !strings.Contains(last.Message, part) {
				t.Errorf("the message lacks %s: %s", part, last.Message)
			}
		}
	})
}

// TestStoredLoginThatBreaksARule: Codex signs out under a forced rule, and acts
// as if nobody were there under one of requirements.toml.
func TestStoredLoginThatBreaksARule(t *testing.T) {
	signedIn := func(t *testing.T) (*person, string) {
		p := newPerson(t, nil)
		if r := p.run(p.issuer.NewAPIKey(sandbox.MinaPlus), "--with-api-key"); r.code != 0 {
			t.Fatal(r)
		}
		return p, p.authJSON()
	}
	for key, way := range map[string]string{"x": "any key", "ctrl+c": "ctrl+c"} {
		t.Run("forced, left by "+way, func(t *testing.T) {
			p, _ := signedIn(t)
			writeConfig(t, p, "forced_login_method = \"chatgpt\"\n")
			term := p.sit(termtest.Options{})
			rejected(t, term, "forced_login_method", "chatgpt", "API key", "~/config.toml:1", "You have been signed out")
			if p.authJSON() != "" {
				t.Error("the login is still there")
			}
			term.Key(key)
			if code := term.WaitExit(); code != exitRefused || term.Restored() != "" {
				t.Errorf("exit %d, %s", code, term.Restored())
			}
		})
	}
	t.Run("hidden", func(t *testing.T) {
		p, before := signedIn(t)
		admin := systemFile(t, "requirements.toml", "allowed_login_methods = [\"chatgpt\"]\n")
		term := p.sitIn(admin, termtest.Options{})
		rejected(t, term, "allowed_login_methods", "chatgpt", "API key", "/etc/codex/requirements.toml:1", "The login is still stored")
		if p.authJSON() != before {
			t.Error("the login was touched")
		}
		term.Key("q")
		if code := term.WaitExit(); code != exitRefused {
			t.Errorf("exit %d", code)
		}
		if r := p.runIn(admin, "", "status"); r.code != exitFailed || !strings.HasPrefix(r.out, "Not logged in") {
			t.Errorf("status: %+v", r)
		}
		// Logout works under every rule.
		if r := p.runIn(admin, "", "logout"); r.code != 0 || p.authJSON() != "" {
			t.Errorf("logout: %+v", r)
		}
	})
	t.Run("menu in lines", func(t *testing.T) {
		p, _ := signedIn(t)
		writeConfig(t, p, "forced_login_method = \"chatgpt\"\n")
		if r := p.run("", "--plain"); r.code != exitRefused || p.authJSON() != "" || !strings.Contains(r.err, "config.toml:1") {
			t.Errorf("%+v", r)
		}
	})
}

// TestRefusedMethodOnTheCommandLine: nothing is asked, read or sent.
func TestRefusedMethodOnTheCommandLine(t *testing.T) {
	p := newPerson(t, nil)
	for _, c := range []struct{ rule, flag string }{
		{"api", "--device-auth"}, {"api", "--with-access-token"}, {"chatgpt", "--with-api-key"},
	} {
		writeConfig(t, p, "forced_login_method = \""+c.rule+"\"\n")
		r := p.run("sk-proj-0123456789abcdef\n", c.flag, "--json")
		var last event
		lines := strings.Split(strings.TrimSpace(r.out), "\n")
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil {
			t.Fatalf("%+v", r)
		}
		if r.code != exitRefused || last.Code != "policy" || p.authJSON() != "" || len(p.issuer.Requests()) != 0 {
			t.Errorf("%s under %s: %+v", c.flag, c.rule, r)
		}
		r = p.run("sk-proj-0123456789abcdef\n", c.flag)
		codex, _ := codexRun(t, p.codex(), "sk-proj-0123456789abcdef\n", "login", c.flag)
		lines = strings.Split(strings.TrimSpace(codex), "\n")
		// A browser or device sign-in says first what it is about to do.
		if said := lines[len(lines)-1]; r.code != exitRefused || !strings.Contains(r.err, said+"\nError: ") {
			t.Errorf("%s under %s: Codex says %q, we %+v", c.flag, c.rule, said, r)
		}
	}
	t.Run("rules that leave no way", func(t *testing.T) {
		admin := systemFile(t, "requirements.toml", "allowed_login_methods = []\n")
		r := p.runIn(admin, "", "--device-auth")
		if r.code != exitRefused || !strings.Contains(r.err, "no way to sign in") || len(p.issuer.Requests()) != 0 {
			t.Errorf("%+v", r)
		}
	})
}
