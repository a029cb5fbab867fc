//go:build !windows

package main

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"codex-login/flows/sandbox"
	"codex-login/tui/termtest"
)

var pictures = flag.String("pictures", "", "write the README's pictures into this folder")

// TestPictures walks through the wizard and, with -pictures, writes what it
// shows as the pictures of the README. Without the flag it still walks, so
// that the pictures cannot become impossible to make.
func TestPictures(t *testing.T) {
	size := termtest.Options{Cols: 80, Rows: 24}
	shoot := func(t *testing.T, term *termtest.Terminal, name string) {
		t.Helper()
		if *pictures == "" {
			return
		}
		term.Settle(300 * time.Millisecond)
		for suffix, theme := range map[string]termtest.Theme{"": termtest.Dark, "-light": termtest.Light} {
			path := filepath.Join(*pictures, name+suffix+".svg")
			if err := os.WriteFile(path, term.SVG(theme, "codex-login"), 0o644); err != nil { //nolint:gosec // a picture is for everybody
				t.Fatal(err)
			}
		}
	}
	if *pictures != "" {
		if err := os.MkdirAll(*pictures, 0o755); err != nil { //nolint:gosec // as above
			t.Fatal(err)
		}
	}
	arrive := func(t *testing.T, config string) *person {
		t.Helper()
		p := newPerson(t, nil)
		// A home as people have it, so that the paths on the pictures are short.
		home := t.TempDir()
		p.home = filepath.Join(home, ".codex")
		if err := os.Mkdir(p.home, 0o700); err != nil {
			t.Fatal(err)
		}
		p.env = append(p.env, "HOME="+home, "CODEX_HOME=", "OPENAI_API_KEY=sk-proj-not-a-real-key-000000")
		if config != "" {
			writeConfig(t, p, config)
		}
		return p
	}
	begin := func(t *testing.T, p *person, args ...string) *termtest.Terminal {
		t.Helper()
		o := size
		o.Env = p.environ()
		return termtest.Start(t, o, program, append([]string{"--experimental_issuer", p.issuer.URL()}, args...)...)
	}
	open := func(t *testing.T, config string, args ...string) (*person, *termtest.Terminal) {
		t.Helper()
		p := arrive(t, config)
		return p, begin(t, p, args...)
	}

	t.Run("picker and what leads off it", func(t *testing.T) {
		_, term := open(t, "")
		term.WaitFor("q quit")
		shoot(t, term, "picker")
		term.Key("m")
		term.WaitFor("Billing")
		shoot(t, term, "compare")
		term.Key("esc")
		term.WaitFor("q quit")
		term.Key("s")
		term.WaitFor("auth.json is a password")
		shoot(t, term, "store")
	})
	t.Run("device code to the end", func(t *testing.T) {
		p, term := open(t, "", "--device-auth")
		term.WaitFor("get a code")
		term.Key("enter")
		code := term.WaitForMatch(`[A-Z]{4}-[0-9]{5}`)[0]
		term.WaitFor("valid for")
		shoot(t, term, "device")
		if err := p.issuer.ApproveDevice(t.Context(), code, sandbox.MinaHarbour); err != nil {
			t.Fatal(err)
		}
		term.WaitFor(sandbox.MinaHarbour.Person)
		shoot(t, term, "signed-in")
	})
	t.Run("accounts", func(t *testing.T) {
		p := arrive(t, "")
		if r := p.run(p.issuer.NewAPIKey(sandbox.MinaPlus), "--with-api-key"); r.code != 0 {
			t.Fatal(r)
		}
		for _, seat := range []sandbox.Seat{sandbox.JonasMeridian, sandbox.MinaHarbour, sandbox.MinaPlus} {
			if _, code := p.approved(seat, "--device-auth"); code != 0 {
				t.Fatalf("exit %d", code)
			}
		}
		if r := p.run("", "accounts", "label", "mina@example.test/business", "Work"); r.code != 0 {
			t.Fatal(r)
		}
		term := begin(t, p)
		term.WaitFor("4 accounts")
		term.Key("down")
		term.WaitFor("makes Codex use this account")
		shoot(t, term, "accounts")
		term.Key("enter")
		term.WaitFor("Codex uses Work now")
		shoot(t, term, "switched")
	})
	t.Run("browser", func(t *testing.T) {
		_, term := open(t, "")
		term.WaitFor("q quit")
		term.Key("1")
		term.WaitFor("/oauth/authorize")
		shoot(t, term, "browser")
	})
	t.Run("key", func(t *testing.T) {
		_, term := open(t, "")
		term.WaitFor("q quit")
		term.Key("3")
		term.WaitFor("ctrl+e")
		term.Type("sk-proj-not-a-real-key-either")
		term.WaitFor("29")
		shoot(t, term, "key")
	})
	t.Run("what there is to look at", func(t *testing.T) {
		p := arrive(t, "")
		writeConfig(t, p, "openai_base_url = \""+p.issuer.URL()+"/v1\"\nchatgpt_base_url = \""+p.issuer.URL()+"/backend-api\"\n")
		if _, code := p.approved(sandbox.MinaHarbour, "--device-auth"); code != 0 {
			t.Fatalf("exit %d", code)
		}
		if err := os.Chmod(filepath.Join(p.home, "auth.json"), 0o644); err != nil { //nolint:gosec // what is to be found
			t.Fatal(err)
		}
		term := begin(t, p)
		term.WaitFor("1 account")
		term.Key("ctrl+d")
		term.WaitFor("What do you want to look at?")
		shoot(t, term, "checks")
		for _, look := range []struct{ key, text, name string }{
			{"1", "f mend", "doctor"},
			{"2", "forced_login_method", "rules"},
			{"3", "Websocket  127", "connection"},
			{"4", "What to do", "security"},
		} {
			term.Key(look.key)
			term.WaitFor(look.text)
			shoot(t, term, look.name)
			term.Key("esc")
			term.WaitFor("What do you want to look at?")
		}
	})
	t.Run("refused", func(t *testing.T) {
		p, term := open(t, "# set by the admin\nforced_chatgpt_workspace_id = \"ws-harbour-works\"\n", "--device-auth")
		term.WaitFor("get a code")
		term.Key("enter")
		code := term.WaitForMatch(`[A-Z]{4}-[0-9]{5}`)[0]
		if err := p.issuer.ApproveDevice(t.Context(), code, sandbox.MinaPlus); err != nil {
			t.Fatal(err)
		}
		term.WaitFor("forced_chatgpt_workspace_id")
		shoot(t, term, "refused")
	})
}
