//go:build !windows

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"codex-login/flows/sandbox"
	"codex-login/tui/termtest"
)

// TestSigningOutOfSeveral is three things.
func TestSigningOutOfSeveral(t *testing.T) {
	revoked := func(p *person) int { return len(p.issuer.RequestsTo(sandbox.Revoke)) }
	t.Run("forget one", func(t *testing.T) {
		p := newPerson(t, quick)
		several(t, p)
		if e := p.object(0, "accounts", "forget", "jonas", "--keep-session"); e["event"] != "forgotten" || e["was_active"] != false || e["ended"] != 0.0 || revoked(p) != 0 {
			t.Errorf("%v", e)
		}
		if r := p.run("", "accounts", "forget", "mina@example.test/business"); r.code != 0 || !strings.Contains(r.err, "other machines stop working") || revoked(p) != 1 {
			t.Errorf("%+v", r)
		}
		if all := p.accounts(); len(all) != 2 || !all[0].Active {
			t.Errorf("%+v", all)
		}
		// The one in use is signed out.
		if r := p.run("", "accounts", "forget", "sk-"); r.code != 0 || !strings.Contains(r.err, "account in use") || p.authJSON() != "" {
			t.Errorf("%+v", r)
		}
	})
	t.Run("the one in use", func(t *testing.T) {
		p := newPerson(t, quick)
		several(t, p)
		e := p.object(0, "logout")
		if e["event"] != "signed_out" || e["forgotten"] != 1.0 || e["all"] != false || len(p.accounts()) != 3 {
			t.Errorf("%v", e)
		}
		if r := p.run("", "status"); r.code != exitFailed {
			t.Errorf("%+v", r)
		}
		// The others are there to be switched to.
		if r := p.run("", "switch", "-"); r.code != 0 || !strings.HasPrefix(r.out, "In use now: mina@example.test, business") {
			t.Errorf("%+v", r)
		}
	})
	for _, keep := range []bool{true, false} {
		t.Run(fmt.Sprintf("all, keep %v", keep), func(t *testing.T) {
			p := newPerson(t, quick)
			several(t, p)
			args, want := []string{"logout", "--all"}, 3
			if keep {
				args, want = append(args, "--keep-session"), 0
			}
			e := p.object(0, args...)
			if e["forgotten"] != 4.0 || e["ended"] != float64(want) || e["all"] != true || revoked(p) != want {
				t.Errorf("%d revocations, %v", revoked(p), e)
			}
			if len(p.accounts()) != 0 || p.authJSON() != "" || len(p.pages()) != 0 {
				t.Errorf("left: %v", p.pages())
			}
			if r := p.run("", args...); r.code != 0 || !strings.HasPrefix(r.out, "Not logged in") {
				t.Errorf("%+v", r)
			}
		})
	}
}

// TestCompletionOfAccounts offers labels and ids, and opens no keyring.
func TestCompletionOfAccounts(t *testing.T) {
	p := newPerson(t, quick)
	several(t, p)
	if r := p.run("", "accounts", "label", "jonas", "boss"); r.code != 0 {
		t.Fatal(r)
	}
	// A keyring would be asked on this bus, and there is none.
	p.env = []string{"DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere"}
	writeConfig(t, p, "cli_auth_credentials_store = \"keyring\"\n")
	all := p.accountIDs()
	for _, args := range [][]string{{"switch", ""}, {"login", "switch", ""}, {"accounts", "forget", ""}, {"accounts", "label", ""}} {
		cmd := p.command()
		cmd.Args = append([]string{program, "__complete"}, args...)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %v", args, err)
		}
		text := string(out)
		if !strings.Contains(text, "boss\tjonas@example.test enterprise\n") || !strings.HasSuffix(text, ":4\n") {
			t.Errorf("%v:\n%s", args, text)
		}
		for _, id := range all {
			if !strings.Contains(text, id+"\t") {
				t.Errorf("%v: %s is not offered:\n%s", args, id, text)
			}
		}
	}
	cmd := p.command()
	cmd.Args = []string{program, "__complete", "--store", ""}
	if out, err := cmd.Output(); err != nil || string(out) != "file\nkeyring\nauto\nephemeral\n:4\n" {
		t.Errorf("stores: %v %s", err, out)
	}
	cmd = p.command()
	cmd.Args = []string{program, "__complete", "switch", "boss", ""}
	if out, err := cmd.Output(); err != nil || string(out) != ":4\n" {
		t.Errorf("a second name: %v %s", err, out)
	}
}

// accountIDs are the accounts that have a card.
func (p *person) accountIDs() []string {
	p.t.Helper()
	cards, err := filepath.Glob(filepath.Join(p.home, "codex-login", "accounts", "*.card"))
	if err != nil || len(cards) == 0 {
		p.t.Fatalf("no cards: %v", err)
	}
	for i, c := range cards {
		cards[i] = strings.TrimSuffix(filepath.Base(c), ".card")
	}
	return cards
}

// TestAccountsInLines is the menu of numbers for somebody who has accounts.
func TestAccountsInLines(t *testing.T) {
	p := newPerson(t, quick)
	several(t, p)
	for _, c := range []struct {
		typed string
		code  int
		said  string // on standard output after a ">"
		inUse string
	}{
		{"0\n", exitDone, "Number from 1 to 4, or the beginning of a name", "<nil> <nil>"},
		{"", exitDone, "Accounts:", "<nil> <nil>"},
		{"jonas\n", exitDone, ">In use now: jonas@example.test", "jonas@example.test enterprise"},
		{"nobody\n", exitDone, "nobody", "jonas@example.test enterprise"},
		{"mina\n1\n", exitDone, ">In use now: mina@example.test", ""},
		{"n\n0\n", exitDone, "0 keeps this login.", ""},
		{"n\n3\nsk-proj-another-0123456789\n", exitDone, ">API key saved", "<nil> <nil>"},
		{"o\n0\n", exitDone, "Only forget it here", "<nil> <nil>"},
		{"o\n1\n", exitDone, ">Successfully logged out", "nobody"},
		{"2\n", exitDone, ">In use now: ", ""},
		{"o\n3\n", exitDone, ">Accounts forgotten on this machine: 4", "nobody"},
	} {
		r := p.run(c.typed, "--plain")
		want, isOutput := strings.CutPrefix(c.said, ">")
		text := r.err
		if isOutput {
			text = r.out
		}
		if r.code != c.code || !strings.Contains(text, want) {
			t.Errorf("%q: exit %d, want %d and %q\nout: %s\nerr: %s", c.typed, r.code, c.code, want, r.out, r.err)
		}
		switch c.inUse {
		case "":
		case "nobody":
			if p.authJSON() != "" {
				t.Errorf("%q: somebody is signed in", c.typed)
			}
		default:
			if got := p.inUse(); got != c.inUse {
				t.Errorf("%q: in use is %s, want %s", c.typed, got, c.inUse)
			}
		}
	}
	t.Run("switch without a name asks on a terminal", func(t *testing.T) {
		p := newPerson(t, quick)
		several(t, p)
		term := p.sit(termtest.Options{}, "switch", "--plain")
		term.WaitFor("Number from 1 to 4")
		term.Type("jonas\n")
		if code := term.WaitExit(); code != 0 || p.inUse() != "jonas@example.test enterprise" {
			t.Errorf("exit %d\n%s", code, term.Screen())
		}
	})
}

// TestSwitchWithoutAName is the wizard at its accounts; its last words are who
// is in use now.
func TestSwitchWithoutAName(t *testing.T) {
	p := newPerson(t, quick)
	several(t, p)
	term := p.sit(termtest.Options{}, "switch")
	term.WaitFor(said("accounts.filter"))
	term.Type("jonas")
	term.WaitFor("1 of 4")
	term.Key("enter")
	awake(term, said("switched.free"))
	term.Key("q")
	if code := term.WaitExit(); code != 0 || term.Restored() != "" || !strings.Contains(flat(term), "In use now: jonas@example.test") {
		t.Errorf("exit %d, %s\n%s", code, term.Restored(), term.Screen())
	}
	if got := p.inUse(); got != "jonas@example.test enterprise" {
		t.Errorf("in use is %s", got)
	}
}

// TestKeptKey: a key that made room is called by its hint, and no session is
// spoken of.
func TestKeptKey(t *testing.T) {
	p := newPerson(t, quick)
	for i, key := range []string{"sk-proj-0123456789aaaaa", "sk-proj-0123456789bbbbb"} {
		r := p.run(key, "--with-api-key")
		if r.code != 0 || (i > 0) != strings.Contains(r.err, "Kept: sk-proj-***aaaaa. codex-login switch - goes back to it.") {
			t.Errorf("%+v", r)
		}
	}
	if r := p.run("", "switch", "-"); r.code != 0 || !strings.Contains(r.err, "Left: sk-proj-***bbbbb") || strings.Contains(r.err, "session") {
		t.Errorf("%+v", r)
	}
}

// TestLogoutWithoutAKeyring: where the keyring cannot be reached, a sign-out
// says what is gone all the same and what may be left, and gives no advice
// about signing in.
func TestLogoutWithoutAKeyring(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs a keyring that a variable leads away from")
	}
	p := newPerson(t, nil)
	p.env = []string{"DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere", "XDG_RUNTIME_DIR=/nowhere"}
	writeConfig(t, p, "cli_auth_credentials_store = \"keyring\"\n")
	auth := filepath.Join(p.home, "auth.json")
	for _, there := range []bool{true, false} {
		for _, json := range []bool{false, true} {
			args, want := []string{"logout"}, "The keyring could not be reached"
			if json {
				args = append(args, "--json")
			}
			if there {
				want = auth + " is deleted, but the keyring could not be reached"
				if err := os.WriteFile(auth, []byte(`{"auth_mode":"apikey","OPENAI_API_KEY":"sk-0123456789abcdef"}`), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			r := p.run("", args...)
			said := r.out + r.err
			if r.code != exitFailed || !strings.Contains(said, want) || !strings.Contains(said, "Sign out again") || strings.Contains(said, "--store file") || p.authJSON() != "" {
				t.Errorf("%v: %+v", args, r)
			}
		}
	}
}
