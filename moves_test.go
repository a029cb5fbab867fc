package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-login/credstore"
	"codex-login/flows/sandbox"
)

// inHome is the home of p as the stores see it, on p's bus.
func inHome(t *testing.T, p *person) credstore.Home {
	t.Helper()
	for _, pair := range p.env {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
	home, err := credstore.FindHome(func(name string) string { return map[string]string{"CODEX_HOME": p.home}[name] })
	if err != nil {
		t.Fatal(err)
	}
	return home
}

// sessions are the e-mails of the ChatGPT sessions in the account book.
func sessions(t *testing.T, home credstore.Home) string {
	t.Helper()
	var out []string
	book := credstore.OpenBook(home, credstore.ModeAuto)
	ids, err := book.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		a, err := book.Load(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, a.Claims().Email+" "+a.Claims().AccountID)
	}
	return strings.Join(out, ", ")
}

func name(s sandbox.Seat) string { return s.Person + " " + s.Workspace }

// TestMovingBetweenStores signs in once in each store and again into each other
// one: the new login is where Codex looks, the old one is in the book, and
// nothing is left behind that could come back.
func TestMovingBetweenStores(t *testing.T) {
	modes := []string{"file", "keyring", "auto"}
	for _, from := range modes {
		for _, to := range modes {
			t.Run(from+" to "+to, func(t *testing.T) {
				p := newPerson(t, nil)
				p.env = append(p.env, secretService(t)...)
				codex := p.codex()
				home := inHome(t, p)
				writeConfig(t, p, "# kept\ncli_auth_credentials_store = \""+from+"\" # here\n")
				if _, code := p.approved(sandbox.JonasMeridian, "--device-auth"); code != 0 {
					t.Fatalf("exit %d", code)
				}
				if _, code := p.approved(sandbox.MinaHarbour, "--device-auth", "--store", to); code != 0 {
					t.Fatalf("exit %d", code)
				}
				config, _ := os.ReadFile(filepath.Join(p.home, "config.toml"))
				if string(config) != "# kept\ncli_auth_credentials_store = \""+to+"\" # here\n" {
					t.Errorf("config.toml:\n%s", config)
				}
				if out, code := codexRun(t, codex, "", "login", "status"); code != 0 {
					t.Errorf("codex says: %s", out)
				}
				if r := p.run("", "status"); r.code != 0 || !strings.Contains(r.out, sandbox.MinaHarbour.Person) {
					t.Errorf("status: %+v", r)
				}
				if got := sessions(t, home); got != name(sandbox.JonasMeridian) {
					t.Errorf("in the book: %s", got)
				}
				_, err := os.Stat(home.AuthFile())
				if (err == nil) != (to == "file") {
					t.Errorf("auth.json: %v", err)
				}
				_, _, err = credstore.Open(home, credstore.ModeKeyring).Load(t.Context())
				if (err == nil) != (to != "file") {
					t.Errorf("keyring: %v", err)
				}
			})
		}
	}
}

// TestNothingBesideTheActiveLoginIsLost has a login in the file and another in
// the keyring, as a machine has that is used at its desk and over SSH.
func TestNothingBesideTheActiveLoginIsLost(t *testing.T) {
	for _, mode := range []string{"keyring", "auto"} {
		t.Run(mode, func(t *testing.T) {
			p := newPerson(t, nil)
			p.env = append(p.env, secretService(t)...)
			home := inHome(t, p)
			for _, s := range []struct {
				store string
				seat  sandbox.Seat
			}{{mode, sandbox.JonasMeridian}, {"file", sandbox.MinaPlus}} {
				writeConfig(t, p, "cli_auth_credentials_store = \""+s.store+"\"\n")
				if _, code := p.approved(s.seat, "--device-auth"); code != 0 {
					t.Fatalf("exit %d", code)
				}
			}
			writeConfig(t, p, "cli_auth_credentials_store = \""+mode+"\"\n")
			if _, code := p.approved(sandbox.MinaHarbour, "--device-auth"); code != 0 {
				t.Fatalf("exit %d", code)
			}
			got := sessions(t, home)
			for _, seat := range []sandbox.Seat{sandbox.JonasMeridian, sandbox.MinaPlus} {
				if !strings.Contains(got, name(seat)) {
					t.Errorf("%s is lost; in the book: %s", name(seat), got)
				}
			}
		})
	}
}

// TestSigningOutEndsEveryCopy has two sessions, and a server that ends only one.
func TestSigningOutEndsEveryCopy(t *testing.T) {
	p := newPerson(t, nil)
	p.env = append(p.env, secretService(t)...)
	for _, s := range []struct {
		store string
		seat  sandbox.Seat
	}{{"keyring", sandbox.JonasMeridian}, {"file", sandbox.MinaPlus}} {
		writeConfig(t, p, "cli_auth_credentials_store = \""+s.store+"\"\n")
		if _, code := p.approved(s.seat, "--device-auth"); code != 0 {
			t.Fatalf("exit %d", code)
		}
	}
	writeConfig(t, p, "cli_auth_credentials_store = \"auto\"\n")
	p.issuer.Set(func(b *sandbox.Behaviour) { b.Inject(sandbox.Revoke, sandbox.Status(500, "").First(1)) })
	r := p.run("", "logout")
	if r.code != 0 || !strings.Contains(r.err, "could not be ended") {
		t.Errorf("logout: %+v", r)
	}
	if n := len(p.issuer.RequestsTo(sandbox.Revoke)); n < 2 {
		t.Errorf("%d revocations for two sessions", n)
	}
	home := inHome(t, p)
	for _, c := range credstore.Copies(t.Context(), home, credstore.ModeAuto) {
		t.Errorf("left at %s", c.Place.Where)
	}
}

// TestAConfigurationThatCannotBeWritten is found out before anybody signs in,
// and what was there stays in force.
func TestAConfigurationThatCannotBeWritten(t *testing.T) {
	p := newPerson(t, nil)
	if r := p.run("sk-proj-old-0123456789", "--with-api-key"); r.code != 0 {
		t.Fatal(r)
	}
	// A link into a folder that is not there, as a manager of dot files leaves it.
	if err := os.Symlink(filepath.Join(p.home, "elsewhere", "config.toml"), filepath.Join(p.home, "config.toml")); err != nil {
		t.Fatal(err)
	}
	r := p.run("sk-proj-new-0123456789", "--with-api-key", "--store", "auto")
	if r.code != 1 || !strings.Contains(r.err, "config.toml") {
		t.Errorf("sign-in: %+v", r)
	}
	if r := p.run("", "status"); r.code != 0 || !strings.Contains(r.out, "sk-proj-***56789") {
		t.Errorf("status: %+v", r)
	}
	if a := storedTokens(t, p); a.APIKey.Reveal() != "sk-proj-old-0123456789" {
		t.Error("another key is stored")
	}
}

// TestADamagedEntryIsKeptAside has damage in the keyring, not in the file.
func TestADamagedEntryIsKeptAside(t *testing.T) {
	p := newPerson(t, nil)
	p.env = append(p.env, secretService(t)...)
	home := inHome(t, p)
	writeConfig(t, p, "cli_auth_credentials_store = \"keyring\"\n")
	if r := p.run("sk-proj-old-0123456789", "--with-api-key"); r.code != 0 {
		t.Fatal(r)
	}
	damageEntry(t, home)
	if r := p.run("sk-proj-new-0123456789", "--with-api-key"); r.code != 0 || !strings.Contains(r.err, "unreadable") {
		t.Errorf("sign-in: %+v", r)
	}
	kept, err := filepath.Glob(filepath.Join(p.home, "codex-login", "unreadable", "*.json"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("kept: %v, %v", kept, err)
	}
	if text, err := os.ReadFile(kept[0]); err != nil || string(text) != `{"half` {
		t.Errorf("kept %q, %v", text, err)
	}
	if _, _, err := credstore.Open(home, credstore.ModeKeyring).Load(t.Context()); errors.Is(err, credstore.ErrNotFound) {
		t.Error("the new login is not there")
	}
}
