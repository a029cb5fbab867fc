package main

import (
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"
)

// TestDemoLeavesNothingInTheKeyring, wherever it was told to keep its login.
func TestDemoLeavesNothingInTheKeyring(t *testing.T) {
	p := newPerson(t, nil)
	p.env = secretService(t)
	for _, c := range []struct {
		input string
		args  []string
	}{
		{"sk-demo-0123456789abcdef", []string{"--store", "keyring", "--with-api-key"}},
		{"sk-demo-0123456789abcdef", []string{"-c", `cli_auth_credentials_store="auto"`, "--with-api-key"}},
		{"sk-demo-0123456789abcdef", []string{"-c", `features.secret_auth_storage=true`, "--store", "keyring", "--with-api-key"}},
		{"s\n2\n3\nsk-demo-0123456789abcdef\n", []string{"--plain"}},
	} {
		r := demo(p, c.input, c.args...)
		if r.code != exitDone || !strings.Contains(r.out, "Codex Auth") && !strings.Contains(r.out, "codex_auth.age") {
			t.Errorf("%v: nothing was put there, so nothing was proven: %+v", c.args, r)
		}
		if n := keyringItems(t, strings.TrimPrefix(p.env[0], "DBUS_SESSION_BUS_ADDRESS=")); n != 0 {
			t.Errorf("%v: %d entries are left", c.args, n)
		}
	}
}

// keyringItems counts what the Secret Service at address holds of ours.
func keyringItems(t *testing.T, address string) int {
	t.Helper()
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	count := 0
	for _, service := range []string{"Codex Auth", "codex", "codex-login"} {
		var unlocked, locked []dbus.ObjectPath
		err := conn.Object("org.freedesktop.secrets", "/org/freedesktop/secrets").
			Call("org.freedesktop.Secret.Service.SearchItems", 0, map[string]string{"service": service}).Store(&unlocked, &locked)
		if err != nil {
			t.Fatal(err)
		}
		count += len(unlocked) + len(locked)
	}
	return count
}
