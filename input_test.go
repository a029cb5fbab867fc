//go:build !windows

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"codex-login/flows/sandbox"
	"codex-login/tui/termtest"
)

// marker stands for a secret in a broken file: whatever is said about the file,
// this is not.
const marker = "sk-proj-MARKERmarkerMARKER0123456789"

func (p *person) writeAuth(text string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.home, "auth.json"), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// quiet fails when a part of the marker is in what was said.
func quiet(t *testing.T, said string) {
	t.Helper()
	if strings.Contains(said, marker[9:20]) {
		t.Errorf("a value of the file was shown: %s", said)
	}
}

// eachLineIsJSON is for what a script reads.
func eachLineIsJSON(t *testing.T, text string) []event {
	t.Helper()
	var events []event
	for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		var e event
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Schema != 1 {
			t.Errorf("schema %d, %v: %s", e.Schema, err, line)
		}
		events = append(events, e)
	}
	return events
}

// TestBrokenAuthFile: it is named with line and column, none of its values is
// shown, reading and failing leave it alone, and logout gets rid of it.
func TestBrokenAuthFile(t *testing.T) {
	for name, c := range map[string]struct{ text, place string }{
		"cut off":       {"{\n  \"OPENAI_API_KEY\": \"" + marker, "2:"},
		"wrong type":    {"{\n  \"OPENAI_API_KEY\": [\"" + marker + "\"]\n}", "2:"},
		"wrong tokens":  {"{\"auth_mode\": \"chatgpt\",\n \"tokens\": \"" + marker + "\"}", "2:"},
		"no object":     {"\"" + marker + "\"", "1:"},
		"no JSON":       {marker, "1:"},
		"empty":         {"", ""},
		"BOM":           {"\xef\xbb\xbf{\"OPENAI_API_KEY\": \"" + marker + "\"}", "1:1"},
		"not UTF-8":     {"{\n \"OPENAI_API_KEY\": \"" + marker + "\xff\"}", "2:"},
		"two megabytes": {"{\"OPENAI_API_KEY\": \"" + marker + "\", \"x\": \"" + strings.Repeat("A", 2<<20) + "\"}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPerson(t, nil)
			p.writeAuth(c.text)
			names := regexp.MustCompile(regexp.QuoteMeta(filepath.Join(p.home, "auth.json")) + `.*\b` + c.place)
			untouched := func(after string) {
				t.Helper()
				if p.authJSON() != c.text {
					t.Fatalf("the file changed with %s", after)
				}
			}

			r := p.run("", "status")
			if r.code != exitFailed || !names.MatchString(r.err) {
				t.Errorf("status does not name the place %s: %+v", c.place, r)
			}
			quiet(t, r.out+r.err)
			r = p.run("", "status", "--json")
			events := eachLineIsJSON(t, r.out)
			if e := events[0]; r.code != exitFailed || len(events) != 1 || e.SignedIn || e.Error == nil || e.Error.Code != "store" {
				t.Errorf("status --json: %+v", r)
			}
			quiet(t, r.out+r.err)
			untouched("status")

			term := p.sit(termtest.Options{Cols: 120})
			awake(term, "Signing in anew replaces it")
			if c.place != "" && !strings.Contains(flat(term), "auth.json, line and column "+c.place) {
				t.Errorf("the wizard does not name the place %s:\n%s", c.place, term.Screen())
			}
			term.Key("q")
			if code := term.WaitExit(); code != exitFailed || term.Restored() != "" {
				t.Errorf("wizard: exit %d, %s", code, term.Restored())
			}
			quiet(t, string(term.Raw()))
			untouched("the wizard")

			r = p.run("at-thisisnotatokenofanybody0123456789", "--with-access-token")
			if r.code != exitFailed {
				t.Errorf("a sign-in that fails: %+v", r)
			}
			quiet(t, r.out+r.err)
			untouched("a sign-in that failed")

			r = p.run("", "logout")
			if r.code != exitDone || p.authJSON() != "" {
				t.Errorf("logout: %+v", r)
			}
			quiet(t, r.out+r.err)
		})
	}
}

// TestBrokenAuthFileIsReplacedByALogin, and a copy of it is kept, since only the
// person knows what was in it.
func TestBrokenAuthFileIsReplacedByALogin(t *testing.T) {
	const broken = "{\"OPENAI_API_KEY\": \"" + marker
	p := newPerson(t, nil)
	p.writeAuth(broken)
	term := p.sit(termtest.Options{})
	awake(term, "The stored login cannot be read")
	term.Key("n")
	keyed("3", atKey)(term)
	term.Paste(p.issuer.NewAPIKey(sandbox.MinaPlus))
	term.Key("enter")
	awake(term, "could not be read as a login; a copy is at")
	copies, _ := filepath.Glob(filepath.Join(p.home, "codex-login", "unreadable", "*"))
	if len(copies) != 1 {
		t.Fatalf("%d copies", len(copies))
	}
	if b, err := os.ReadFile(copies[0]); err != nil || string(b) != broken {
		t.Errorf("the copy is not what was there: %v", err)
	}
	p.signedIn(term, "API key saved", "API key configured")
	quiet(t, string(term.Raw()))
}

// TestBrokenConfiguration: file, line and column are named, no value is shown,
// the login stays, and logout works.
func TestBrokenConfiguration(t *testing.T) {
	for name, c := range map[string]struct{ text, place string }{
		"syntax":         {"model = \"x\"\nopenai_base_url = " + marker + "\n", ":2:"},
		"not closed":     {"\n\nopenai_base_url = \"" + marker + "\n", ":3:"},
		"wrong type":     {"model = \"x\"\nforced_login_method = [\"" + marker + "\"]\n", ":2"},
		"unknown value":  {"cli_auth_credentials_store = \"" + marker + "\"\n", ":1"},
		"unknown method": {"\nforced_login_method = \"" + marker + "\"\n", ":2"},
		"twice":          {"forced_login_method = \"api\"\nforced_login_method = \"" + marker + "\"\n", ":2"},
		"not UTF-8":      {"model = \"" + marker + "\xff\"\n", ":1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPerson(t, nil)
			key := p.issuer.NewAPIKey(sandbox.MinaPlus)
			if r := p.run(key, "--with-api-key"); r.code != 0 {
				t.Fatal(r)
			}
			before := p.authJSON()
			writeConfig(t, p, c.text)
			place := filepath.Join(p.home, "config.toml") + c.place
			for _, args := range [][]string{{"status"}, {"status", "--json"}, {"--with-api-key"}, {"--device-auth", "--json"}, {"--plain"}} {
				r := p.run(key, args...)
				if r.code != exitFailed || !strings.Contains(r.out+r.err, place) {
					t.Errorf("%v does not name %s: %+v", args, place, r)
				}
				if args[len(args)-1] == "--json" {
					eachLineIsJSON(t, r.out)
				}
				quiet(t, r.out+r.err)
			}
			term := p.sit(termtest.Options{Cols: 200})
			for _, step := range []struct{ key, text string }{
				{"h", "cannot be used"},
				{"2", said("checks.heading")},
				{"tab", said("rules.heading")},
				{"esc", said("rules.layers")},
				{"esc", said("checks.heading")},
				{"q", "cannot be used"},
			} {
				term.WaitFor(step.text)
				term.Key(step.key)
			}
			if code := term.WaitExit(); code != exitFailed || term.Restored() != "" || !strings.Contains(flat(term), place) {
				t.Errorf("wizard: exit %d, %s\n%s", code, term.Restored(), term.Screen())
			}
			quiet(t, string(term.Raw()))
			if p.authJSON() != before {
				t.Error("the login changed")
			}
			r := p.run("", "logout")
			if r.code != exitDone || p.authJSON() != "" {
				t.Errorf("logout: %+v", r)
			}
			quiet(t, r.out+r.err)
			if b, _ := os.ReadFile(filepath.Join(p.home, "config.toml")); string(b) != c.text {
				t.Error("config.toml changed")
			}
		})
	}
}

// TestHomeThatIsNone names the folder and what to do.
func TestHomeThatIsNone(t *testing.T) {
	p := newPerson(t, nil)
	none := filepath.Join(p.home, "nowhere")
	p.env = []string{"CODEX_HOME=" + none}
	for _, args := range [][]string{{"status"}, {"--with-api-key"}, {"logout"}} {
		if r := p.run("sk-proj-0123456789abcdef", args...); r.code != exitFailed || !strings.Contains(r.err, "mkdir -p '"+none+"'") {
			t.Errorf("%v: %+v", args, r)
		}
	}
	if _, err := os.Stat(none); err == nil {
		t.Error("the folder was made")
	}
}

// TestPlaceThatCannotBeWritten: the sign-in fails with words, and the login
// that was there is as it was.
func TestPlaceThatCannotBeWritten(t *testing.T) {
	for _, c := range []struct{ name, prepare, said string }{
		{
			"read-only", `mount --bind "$CODEX_HOME" "$CODEX_HOME" && mount -o remount,bind,ro "$CODEX_HOME"`,
			"The place for the login cannot be written",
		},
		{
			"full", `cp "$CODEX_HOME/auth.json" /tmp/kept-$$ && mount -t tmpfs -o size=64k tmpfs "$CODEX_HOME" &&
				mv /tmp/kept-$$ "$CODEX_HOME/auth.json" && { dd if=/dev/zero of="$CODEX_HOME/filler" bs=1k 2>/dev/null || true; }`,
			"The disk is full",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newPerson(t, quick)
			if r := p.run(p.issuer.NewAPIKey(sandbox.MinaPlus), "--with-api-key"); r.code != 0 {
				t.Fatal(r)
			}
			before := p.authJSON()
			// What is left is looked at in the same namespace.
			left := filepath.Join(t.TempDir(), "left")
			p.env = []string{"LEFT=" + left}
			probe := strings.ReplaceAll(c.prepare, "$CODEX_HOME", p.home)
			begin := append(apart(t, probe), "sh", "-c", `"$@"; code=$?; cp "$CODEX_HOME/auth.json" "$LEFT"; exit $code`, "sh")

			r := p.runIn(begin, p.issuer.NewAPIKey(sandbox.MinaHarbour), "--with-api-key")
			if r.code != exitFailed || !strings.Contains(r.err, c.said) || !strings.Contains(r.err, p.home) {
				t.Errorf("%+v", r)
			}
			if after, err := os.ReadFile(left); err != nil || string(after) != before {
				t.Errorf("the login that was there: %v", err)
			}
			r = p.runIn(begin, "", "status")
			if r.code != exitDone || !strings.HasPrefix(r.out, "API key configured") {
				t.Errorf("status: %+v", r)
			}

			term := p.sitIn(begin, termtest.Options{})
			term.WaitFor(atLogin)
			term.Key("ctrl+n")
			keyed("3", atKey)(term)
			term.Paste(p.issuer.NewAPIKey(sandbox.MinaHarbour))
			term.Key("enter")
			awake(term, c.said)
			term.Key("q")
			if code := term.WaitExit(); code != exitFailed || term.Restored() != "" {
				t.Errorf("wizard: exit %d, %s", code, term.Restored())
			}
			if after, err := os.ReadFile(left); err != nil || string(after) != before {
				t.Errorf("the login that was there, after the wizard: %v", err)
			}
		})
	}
}

// TestFolderInPlaceOfTheLogin is not taken for a login and not removed.
func TestFolderInPlaceOfTheLogin(t *testing.T) {
	p := newPerson(t, nil)
	file := filepath.Join(p.home, "auth.json")
	if err := os.MkdirAll(filepath.Join(file, "mine"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"status"}, {"--with-api-key"}, {"logout"}} {
		r := p.run("sk-proj-0123456789abcdef", args...)
		if r.code != exitFailed || !strings.Contains(r.err, file) || !strings.Contains(r.err, "folder") {
			t.Errorf("%v: %+v", args, r)
		}
	}
	if _, err := os.Stat(filepath.Join(file, "mine")); err != nil {
		t.Errorf("the folder was touched: %v", err)
	}
}

// TestLoginLockedByAnother: nothing is written past a lock that another program
// holds for longer than is waited.
func TestLoginLockedByAnother(t *testing.T) {
	t.Parallel()
	p := newPerson(t, nil)
	if r := p.run(p.issuer.NewAPIKey(sandbox.MinaPlus), "--with-api-key"); r.code != 0 {
		t.Fatal(r)
	}
	before := p.authJSON()
	holder, err := os.OpenFile(filepath.Join(p.home, "auth.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = holder.Close() }()
	if err := syscall.Flock(int(holder.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	var waiting sync.WaitGroup
	for _, args := range [][]string{{"--with-api-key"}, {"logout"}} {
		waiting.Go(func() {
			r := p.run("sk-proj-0123456789abcdef", args...)
			if r.code != exitFailed || !strings.Contains(r.err, "Another program is writing the login") || !strings.Contains(r.err, "auth.lock") {
				t.Errorf("%v: %+v", args, r)
			}
		})
	}
	waiting.Wait()
	if p.authJSON() != before {
		t.Error("the login changed")
	}
	// Reading needs no lock.
	if r := p.run("", "status"); r.code != 0 {
		t.Errorf("status: %+v", r)
	}
}

// TestTheTimeLimitEndsASignIn in every skin.
func TestTheTimeLimitEndsASignIn(t *testing.T) {
	t.Parallel()
	p := newPerson(t, quick)
	r := p.run("", "--device-auth", "--timeout", "1s", "--plain")
	if r.code != exitFailed || !strings.Contains(r.err, "Nobody finished the sign-in in time") {
		t.Errorf("%+v", r)
	}
	term := p.sit(termtest.Options{}, "--timeout", "1s")
	then(keyed("2", atIntro), "enter", atDevice)(term)
	awake(term, "Nobody finished the sign-in in time")
	term.Key("ctrl+c")
	term.WaitExit()
	if p.authJSON() != "" {
		t.Error("something was stored")
	}
}
