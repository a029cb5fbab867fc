//go:build !windows

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"codex-login/flows/sandbox"
	"codex-login/tui/termtest"
)

// elsewhere is the same person with another CODEX_HOME.
func (p *person) elsewhere() *person {
	there := *p
	there.home = p.t.TempDir()
	return &there
}

// TestExportAndImport takes logins out and in again, by pipe and by file, plain
// and encrypted; the real Codex reads what arrives.
func TestExportAndImport(t *testing.T) {
	p := newPerson(t, quick)
	passphrase := filepath.Join(t.TempDir(), "passphrase")
	if err := os.WriteFile(passphrase, []byte("correct horse\r\nbattery\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, code := p.approved(sandbox.MinaPlus, "--device-auth"); code != 0 {
		t.Fatal(code)
	}
	want := p.authJSON()
	for name, take := range map[string]func(there *person) ran{
		"pipe": func(there *person) ran {
			out := p.run("", "export")
			if out.code != exitDone || !strings.Contains(out.err, "This is a password") || !strings.Contains(out.err, "works in one place") {
				t.Errorf("%+v", out)
			}
			return there.run(out.out, "import")
		},
		"file": func(there *person) ran {
			file := filepath.Join(there.home, "login.json")
			out := p.run("", "export", "-o", file)
			info, err := os.Stat(file)
			if out.code != exitDone || out.out != "" || err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%+v, %v", out, err)
			}
			if again := p.run("", "export", "-o", file); again.code != exitFailed || !strings.Contains(again.err, "replaces none") {
				t.Errorf("%+v", again)
			}
			return there.run("", "import", file)
		},
		"encrypted": func(there *person) ran {
			out := p.run("", "export", "--encrypt", "--passphrase-file", passphrase)
			if out.code != exitDone || !strings.HasPrefix(out.out, "-----BEGIN AGE ENCRYPTED FILE-----\n") || strings.Contains(out.out, storedTokens(t, p).Tokens.RefreshToken.Reveal()) {
				t.Errorf("%+v", out)
			}
			wrong := filepath.Join(there.home, "wrong")
			_ = os.WriteFile(wrong, []byte("battery\n"), 0o600)
			if r := there.run(out.out, "import", "--passphrase-file", wrong); r.code != exitFailed || !strings.Contains(r.err, "not the right one") || there.authJSON() != "" {
				t.Errorf("%+v", r)
			}
			return there.run(out.out, "import", "--passphrase-file", passphrase)
		},
		"JSON": func(there *person) ran {
			var x struct{ Event, Document string }
			if err := json.Unmarshal([]byte(p.run("", "export", "--json").out), &x); err != nil || x.Event != "exported" {
				t.Fatal(err, x.Event)
			}
			r := there.run(x.Document, "import", "--json")
			if events := eachLineIsJSON(t, r.out); events[len(events)-1].Event != "result" {
				t.Errorf("%+v", r)
			}
			r.err += "is a password"
			return r
		},
	} {
		t.Run(name, func(t *testing.T) {
			there := p.elsewhere()
			there.t = t
			before := there.run(there.issuer.NewAPIKey(sandbox.JonasMeridian), "--with-api-key")
			if name == "encrypted" {
				there.home = t.TempDir()
			} else if before.code != exitDone {
				t.Fatal(before)
			}
			r := take(there)
			if r.code != exitDone || !strings.Contains(r.err, "is a password") {
				t.Fatalf("%+v", r)
			}
			if strings.TrimSpace(there.authJSON()) != strings.TrimSpace(want) {
				t.Errorf("arrived: %s", there.authJSON())
			}
			there.agreed("Logged in using ChatGPT")
			if out, code := codexRun(t, there.codex(), "", "login", "status"); code != 0 || statusLine(out) != "Logged in using ChatGPT" {
				t.Errorf("codex: %s", out)
			}
			if name != "encrypted" && len(there.accountIDs()) != 2 {
				t.Errorf("the login before is not in the book: %v", there.accountIDs())
			}
		})
	}
}

// TestExportChooses the account, and refuses what is not safe or not meant.
func TestExportChooses(t *testing.T) {
	p := newPerson(t, nil)
	key := p.issuer.NewAPIKey(sandbox.JonasMeridian)
	p.run(key, "--with-api-key")
	first := p.accountIDs()[0]
	p.run("sk-proj-second-0123456789\n", "--with-api-key")
	if r := p.run("", "export", first); r.code != exitDone || !strings.Contains(r.out, key) || strings.Contains(r.err, key) {
		t.Errorf("%+v", r)
	}
	for _, c := range []struct {
		args, input string
		code        int
		said        string
	}{
		{"export nobody", "", exitFailed, "No account"},
		{"export --passphrase-file x", "", exitUsage, "goes with --encrypt"},
		{"export --encrypt --passphrase-file /nonexistent/x", "", exitFailed, "/nonexistent/x"},
		{"export -o /nonexistent/x", "", exitFailed, "/nonexistent/x"},
		{"import /nonexistent/x", "", exitFailed, "/nonexistent/x"},
		{"import a b", "", exitUsage, "one file at most"},
		{"import", "", exitFailed, "no login in it"},
		{"import", "{}", exitFailed, "not a login of Codex"},
		{"import", strings.Repeat("x", 5<<20), exitFailed, "too large"},
		{`import -c forced_login_method="chatgpt"`, `{"OPENAI_API_KEY":"sk-proj-third-0123456789"}`, exitRefused, "not allowed"},
	} {
		before := p.authJSON()
		r := p.run(c.input, strings.Fields(c.args)...)
		if r.code != c.code || !strings.Contains(r.out+r.err, c.said) || p.authJSON() != before {
			t.Errorf("%s: %+v", c.args, r)
		}
	}
}

// TestExportOnATerminal does not put a login on the screen, and asks for a
// passphrase without showing it, wherever the document comes from.
func TestExportOnATerminal(t *testing.T) {
	p := newPerson(t, nil)
	p.run("sk-proj-terminal-0123456789\n", "--with-api-key")
	term := p.sit(termtest.Options{Cols: 160}, "export")
	if code := term.WaitExit(); code != exitUsage || strings.Contains(term.Screen(), "sk-proj-terminal-0123456789") {
		t.Errorf("exit %d:\n%s", code, term.Screen())
	}
	file := filepath.Join(t.TempDir(), "login.age")
	term = p.sit(termtest.Options{}, "export", "--encrypt", "-o", file)
	ask := func(text, answer string) {
		term.WaitFor(text)
		for end := time.Now().Add(20 * time.Second); term.LineDiscipline().Echo; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("what is typed would be shown:\n%s", term.Screen())
			}
		}
		term.Type(answer + "\r")
	}
	ask("Passphrase for the document", "one")
	ask("The same once more", "another")
	ask("not the same", "open sesame")
	term.WaitUntil("the second question", func() bool { return strings.Count(term.Screen(), "The same once more") == 2 })
	ask("The same once more", "open sesame")
	if code := term.WaitExit(); code != exitDone || term.Restored() != "" || strings.Contains(term.Screen(), "sesame") {
		t.Errorf("exit %d, %s\n%s", code, term.Restored(), term.Screen())
	}
	there := p.elsewhere()
	term = there.sit(termtest.Options{}, "import", file)
	ask("Passphrase of the document", "wrong")
	ask("not the right one", "open sesame")
	if code := term.WaitExit(); code != exitDone || strings.Contains(term.Screen(), "sesame") || !strings.Contains(there.authJSON(), "sk-proj-terminal-0123456789") {
		t.Errorf("exit %d:\n%s", code, term.Screen())
	}
}
