//go:build linux

package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"codex-login/credstore"
	"codex-login/flows/sandbox"
)

const encrypted = "\n[features]\nsecret_auth_storage = true\n"

// withEncryption is a person whose Codex keeps the login in its encrypted file.
func withEncryption(t *testing.T, mode string, setup func(*sandbox.Behaviour)) (*person, *sandbox.Peer, credstore.Home) {
	t.Helper()
	p := newPerson(t, setup)
	p.env = append(p.env, secretService(t)...)
	codex := p.codex()
	home := inHome(t, p)
	home.Encrypted = true
	writeConfig(t, p, "cli_auth_credentials_store = \""+mode+"\"\n"+encrypted)
	return p, codex, home
}

// exported is the login in force, as the program that is built reads it: under
// the race detector a file of Codex's takes half a minute to open.
func exported(t *testing.T, p *person) *credstore.Auth {
	t.Helper()
	r := p.run("", "export")
	a, err := credstore.Parse([]byte(strings.TrimSpace(r.out)), credstore.Place{})
	if r.code != 0 || err != nil {
		t.Fatalf("export: exit %d, %s, %v", r.code, r.err, err)
	}
	return a
}

// TestCodexReadsOurEncryptedFile, renews what is in it, and we read that.
func TestCodexReadsOurEncryptedFile(t *testing.T) {
	p, codex, home := withEncryption(t, "keyring", func(b *sandbox.Behaviour) { b.AccessLifetime = time.Minute })
	if _, code := p.approved(sandbox.MinaHarbour, "--device-auth"); code != 0 {
		t.Fatalf("exit %d", code)
	}
	info, err := os.Stat(home.EncryptedFile())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	if out, code := codexRun(t, codex, "", "login", "status"); code != 0 || statusLine(out) != "Logged in using ChatGPT" {
		t.Fatalf("codex says (%d): %s", code, out)
	}
	before := exported(t, p)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	server, err := codex.AppServer(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var status struct {
		AuthToken *string `json:"authToken"`
	}
	err = server.Call("getAuthStatus", map[string]bool{"includeToken": true, "refreshToken": true}, &status)
	_ = server.Close()
	if err != nil {
		t.Fatal(err)
	}
	after := exported(t, p)
	if after.Tokens.RefreshToken == before.Tokens.RefreshToken || status.AuthToken == nil || *status.AuthToken != after.Tokens.AccessToken.Reveal() {
		t.Error("codex did not renew the login in our file, or we do not read what it has written")
	}
}

// TestWeReadCodexsEncryptedFile, keep it beside another login, and see it go.
func TestWeReadCodexsEncryptedFile(t *testing.T) {
	p, codex, home := withEncryption(t, "auto", nil)
	if out, code := codexRun(t, codex, "sk-proj-theirs-0123456789\n", "login", "--with-api-key"); code != 0 {
		t.Fatalf("codex login: %s", out)
	}
	out, _ := codexRun(t, codex, "", "login", "status")
	if r := p.run("", "status"); r.code != 0 || strings.SplitN(r.out, "\n", 2)[0] != statusLine(out) {
		t.Errorf("we say: %+v\ncodex says: %s", r, out)
	}
	if r := p.run("sk-proj-ours-0123456789\n", "--with-api-key"); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	if ids, err := credstore.OpenBook(home, credstore.ModeAuto).List(t.Context()); err != nil || len(ids) != 1 {
		t.Errorf("codex's login is not in the book: %v, %v", ids, err)
	}
	if out, code := codexRun(t, codex, "", "login", "status"); code != 0 || statusLine(out) != "API key configured - sk-proj-***56789" {
		t.Errorf("codex says (%d): %s", code, out)
	}
	if r := p.run("", "switch", "-"); r.code != 0 || exported(t, p).APIKey.Reveal() != "sk-proj-theirs-0123456789" {
		t.Errorf("the way back: %+v", r)
	}
	if out, code := codexRun(t, codex, "", "logout"); code != 0 {
		t.Errorf("codex logout (%d): %s", code, out)
	}
	if r := p.run("", "status"); r.code != 1 || !strings.HasPrefix(r.out, "Not logged in") {
		t.Errorf("after codex's logout we say: %+v", r)
	}
}

// TestEncryptedFileWithoutAKeyring is a session over SSH, with the file of the
// desk there: both take auth.json, and ours can be signed out of.
func TestEncryptedFileWithoutAKeyring(t *testing.T) {
	p, codex, home := withEncryption(t, "auto", nil)
	if r := p.run("sk-proj-desk-0123456789\n", "--with-api-key"); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	p.env = append(p.env, "DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent", "XDG_RUNTIME_DIR=/nonexistent")
	codex.Env = p.env
	if r := p.run("", "status"); r.code != 1 {
		t.Errorf("%+v", r)
	}
	r := p.run("sk-proj-shell-0123456789\n", "--with-api-key")
	if r.code != 0 {
		t.Errorf("%+v", r)
	}
	out, code := codexRun(t, codex, "", "login", "status")
	if r := p.run("", "status"); code != 0 || r.code != 0 || strings.SplitN(r.out, "\n", 2)[0] != statusLine(out) {
		t.Errorf("we say: %+v\ncodex says: %s", r, out)
	}
	if r := p.run("", "logout"); r.code == 0 || !strings.Contains(r.err, "is deleted, but") {
		t.Errorf("the login in the encrypted file is still there, and nobody says so: %+v", r)
	}
	if _, err := os.Stat(home.AuthFile()); !os.IsNotExist(err) {
		t.Errorf("auth.json: %v", err)
	}
	// Settings that nobody can read excuse no file that may hold a login.
	writeConfig(t, p, "broken")
	if r := p.run("", "logout"); r.code != 1 || !strings.Contains(r.err, "keyring could not be reached") {
		t.Errorf("%+v", r)
	}
	// The feature goes, and Codex looks there no more.
	writeConfig(t, p, "cli_auth_credentials_store = \"file\"\n")
	if _, codes, _ := p.examine(); !strings.Contains(codes["leftovers.unread_shut"], "codex_auth.age") {
		t.Errorf("%v", codes)
	}
	if r := p.run("", "store", "file"); r.code != 0 || !strings.Contains(r.out+r.err, "was not fetched") {
		t.Errorf("%+v", r)
	}
}

// TestTheFeatureChanges: Codex leaves the login where it was, and does not find
// it any more. The doctor does, and store brings it.
func TestTheFeatureChanges(t *testing.T) {
	p, codex, home := withEncryption(t, "keyring", nil)
	settings := map[bool]string{false: "cli_auth_credentials_store = \"keyring\"\n", true: "cli_auth_credentials_store = \"keyring\"\n" + encrypted}
	if r := p.run("sk-proj-first-0123456789\n", "--with-api-key"); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	if r := p.run("", "status"); r.code != 0 || !strings.Contains(r.out, filepath.Join("secrets", "codex_auth.age")) {
		t.Errorf("%+v", r)
	}
	for _, on := range []bool{false, true} {
		writeConfig(t, p, settings[on])
		if out, code := codexRun(t, codex, "", "login", "status"); code != 1 {
			t.Errorf("feature %t: codex says: %s", on, out)
		}
		if r := p.run("", "status"); r.code != 1 {
			t.Errorf("feature %t: %+v", on, r)
		}
		_, codes, _ := p.examine()
		if said := codes["leftovers.unread"]; !strings.Contains(said, map[bool]string{true: "Codex Auth", false: "codex_auth.age"}[on]) {
			t.Errorf("feature %t: %v", on, codes)
		}
		if r := p.run("", "store", "keyring"); r.code != 0 || !strings.Contains(r.out, "Moved: 1") {
			t.Errorf("feature %t: %+v", on, r)
		}
		if out, code := codexRun(t, codex, "", "login", "status"); code != 0 || statusLine(out) != "API key configured - sk-proj-***56789" {
			t.Errorf("feature %t: codex says (%d): %s", on, code, out)
		}
		if _, codes, _ := p.examine(); codes["leftovers.sound"] == "" {
			t.Errorf("feature %t: %v", on, codes)
		}
	}
	// To the file and back: nothing stays behind in any of the three places.
	for _, mode := range []string{"file", "keyring", "auto", "file"} {
		if r := p.run("", "store", mode); r.code != 0 {
			t.Fatalf("%s: %+v", mode, r)
		}
		if n := len(credstore.Everywhere(t.Context(), home)); n != 1 {
			t.Errorf("%s: %d copies", mode, n)
		}
	}
	if r := p.run("", "store", "keyring"); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	if r := p.run("", "logout"); r.code != 0 {
		t.Errorf("logout: %+v", r)
	}
	if out, code := codexRun(t, codex, "", "login", "status"); code != 1 || statusLine(out) != "Not logged in" {
		t.Errorf("after our logout codex says (%d): %s", code, out)
	}
	// A login in each place, and settings that nobody can read: all of them go.
	for _, config := range []string{settings[true], settings[false], ""} {
		writeConfig(t, p, config)
		if r := p.run("sk-proj-one-0123456789\n", "--with-api-key"); r.code != 0 {
			t.Fatalf("%+v", r)
		}
	}
	writeConfig(t, p, "broken")
	if r := p.run("", "logout"); r.code != 0 {
		t.Errorf("%+v", r)
	}
	for _, c := range credstore.Everywhere(t.Context(), home) {
		t.Errorf("left at %s: %v", c.Place.Where, c.Err)
	}
}

// TestDoctorEncryptedFileThatDoesNotOpen has a keyring that was made anew.
func TestDoctorEncryptedFileThatDoesNotOpen(t *testing.T) {
	p := newPerson(t, nil)
	p.env = append(p.env, secretService(t)...)
	home := inHome(t, p)
	writeConfig(t, p, "cli_auth_credentials_store = \"keyring\"\n"+encrypted)
	if r := p.run("sk-proj-lost-0123456789\n", "--with-api-key"); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	p.env = append(p.env, secretService(t)...)
	if _, codes, code := p.examine(); code != 1 || !strings.Contains(codes["login.unreadable"], home.PassphraseEntry()) || codes["keyring.sound"] == "" {
		t.Errorf("exit %d, %v", code, codes)
	}
	r := p.run("sk-proj-new-0123456789\n", "--with-api-key")
	if r.code == 0 || !strings.Contains(r.err, home.PassphraseEntry()) || !strings.Contains(r.err, "mv '"+home.EncryptedFile()+"'") {
		t.Errorf("%+v", r)
	}
	writeConfig(t, p, "cli_auth_credentials_store = \"auto\"\n"+encrypted)
	if r := p.run("sk-proj-new-0123456789\n", "--with-api-key"); r.code != 0 {
		t.Errorf("%+v", r)
	}
	if _, codes, code := p.examine(); code != 0 || !strings.Contains(codes["keyring.encrypted_auto"], "codex_auth.age") {
		t.Errorf("exit %d, %v", code, codes)
	}
	// What the advice says helps.
	if err := os.Rename(home.EncryptedFile(), home.EncryptedFile()+".old"); err != nil {
		t.Fatal(err)
	}
	if r := p.run("sk-proj-newer-0123456789\n", "--with-api-key"); r.code != 0 || !strings.Contains(r.out, "codex_auth.age") {
		t.Errorf("%+v", r)
	}
}
