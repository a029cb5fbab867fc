package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestHolders: the real Codex that runs meanwhile is named, and made an exit
// code where that is asked for.
func TestHolders(t *testing.T) {
	p := newPerson(t, quick)
	server := p.codex().Command(t.Context(), "app-server")
	several(t, p)
	if r := p.run("", "switch", "jonas", "--require-effective"); r.code != 0 {
		t.Fatalf("nothing runs: %+v", r)
	}
	in, err := server.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	start(t, server)
	_, _ = fmt.Fprintln(in, `{"id":0,"method":"initialize","params":{"clientInfo":{"name":"test","version":"0"}}}`)
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if r := p.run("", "switch", "-"); r.code != 0 || !strings.Contains(r.err, fmt.Sprint(server.Process.Pid)) {
		t.Errorf("%+v", r)
	}
	s := p.object(exitHeld, "switch", "-", "--require-effective")
	held, _ := s["holders"].([]any)
	if len(held) != 1 || held[0].(map[string]any)["pid"] != float64(server.Process.Pid) || held[0].(map[string]any)["restart"] == "" || s["changed"] != true {
		t.Errorf("%v", s)
	}
	// To ask again is no way around it.
	if s := p.object(exitHeld, "switch", "jonas", "--require-effective"); s["changed"] != false || len(s["holders"].([]any)) != 1 {
		t.Errorf("%v", s)
	}
	if got := p.inUse(); got != "jonas@example.test enterprise" {
		t.Errorf("in use is %s", got)
	}
	// Nor is not to know since when it has been in use.
	cards, err := filepath.Glob(filepath.Join(p.home, "codex-login", "accounts", "*.card"))
	if err != nil || len(cards) == 0 {
		t.Fatal(cards, err)
	}
	for _, card := range cards {
		if err := os.Remove(card); err != nil {
			t.Fatal(err)
		}
	}
	if s := p.object(exitHeld, "switch", "jonas", "--require-effective"); s["changed"] != false || s["last_used"] != nil || len(s["holders"].([]any)) != 1 {
		t.Errorf("%v", s)
	}
	_ = in.Close()
	_ = server.Wait()
	if r := p.run("", "switch", "jonas", "--require-effective"); r.code != 0 {
		t.Errorf("nothing runs any more: %+v", r)
	}
	// Somebody serves the control socket and cannot be found.
	socket := filepath.Join(p.home, "app-server-control", "app-server-control.sock")
	if err := os.MkdirAll(filepath.Dir(socket), 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if s := p.object(exitHeld, "switch", "sk-", "--require-effective"); s["changed"] != true || len(s["holders"].([]any)) != 0 || len(s["unseen"].([]any)) == 0 {
		t.Errorf("%v", s)
	}
}

// TestMovingAllAccounts to the keyring and back: each is where it says, and
// none is left behind.
func TestMovingAllAccounts(t *testing.T) {
	p := newPerson(t, quick)
	p.env = secretService(t)
	several(t, p)
	writeConfig(t, p, "# kept\nmodel = \"x\"\n")
	if s := p.object(0, "store"); len(s["stores"].([]any)) != 4 {
		t.Errorf("%v", s)
	}
	if r := p.run("", "store"); r.code != 0 || !strings.HasPrefix(r.out, "* file") || strings.Count(r.out, "\n") != 4 {
		t.Errorf("%+v", r)
	}
	m := p.object(0, "store", "keyring")
	if m["event"] != "moved" || m["from"] != "file" || m["to"] != "keyring" || m["accounts"] != 4.0 || m["account"].(map[string]any)["store"] != "keyring" {
		t.Errorf("%v", m)
	}
	if files, _ := filepath.Glob(filepath.Join(p.home, "codex-login", "accounts", "*.json")); len(files) != 0 || p.authJSON() != "" {
		t.Errorf("left in files: %v", files)
	}
	if r := p.run("", "switch", "jonas"); r.code != 0 || p.inUse() != "jonas@example.test enterprise" {
		t.Errorf("%+v", r)
	}
	if r := p.run("", "store", "file"); r.code != 0 || !strings.Contains(r.out, "Logins are kept in file now") || p.authJSON() == "" {
		t.Errorf("%+v", r)
	}
	if n := keyringItems(t, strings.TrimPrefix(p.env[0], "DBUS_SESSION_BUS_ADDRESS=")); n != 0 {
		t.Errorf("%d entries are left in the keyring", n)
	}
	if r := p.run("", "switch", "-"); r.code != 0 || len(p.accounts()) != 4 {
		t.Errorf("%+v", r)
	}
	config, _ := os.ReadFile(filepath.Join(p.home, "config.toml"))
	if !bytes.HasPrefix(config, []byte("# kept\n")) || !strings.Contains(string(config), "model = \"x\"") || !strings.Contains(string(config), `cli_auth_credentials_store = "file"`) {
		t.Errorf("config.toml:\n%s", config)
	}
	// A place that is fixed by an admin.
	r := p.runIn(systemFile(t, "managed_config.toml", "cli_auth_credentials_store = \"file\"\n"), "", "store", "keyring")
	if r.code != exitRefused || !strings.Contains(r.err, "managed_config.toml") {
		t.Errorf("%+v", r)
	}
}
