package credstore

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// privateBus runs the test again under a D-Bus session of its own that starts
// no service by itself. It reports false where the test is over.
func privateBus(t *testing.T) bool {
	t.Helper()
	return again(t, "CREDSTORE_PRIVATE_BUS", func(self string, args []string) *exec.Cmd {
		for _, tool := range []string{"dbus-run-session", "gnome-keyring-daemon"} {
			if _, err := exec.LookPath(tool); err != nil {
				missing(t, tool)
			}
		}
		dir := t.TempDir()
		config := filepath.Join(dir, "bus.conf")
		write(t, config, `<busconfig><type>session</type><listen>unix:path=`+filepath.Join(dir, "bus")+`</listen><policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`)
		if err := os.Mkdir(filepath.Join(dir, "run"), 0o700); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("dbus-run-session", append([]string{"--config-file", config, "--", self}, args...)...)
		for _, pair := range os.Environ() {
			name, _, _ := strings.Cut(pair, "=")
			if !strings.HasPrefix(name, "XDG_") && name != "DISPLAY" && name != "WAYLAND_DISPLAY" && name != "DBUS_SESSION_BUS_ADDRESS" && name != "HOME" {
				cmd.Env = append(cmd.Env, pair)
			}
		}
		cmd.Env = append(cmd.Env, "HOME="+dir, "XDG_RUNTIME_DIR="+filepath.Join(dir, "run"), "XDG_DATA_HOME="+filepath.Join(dir, "data"))
		return cmd
	})
}

// startKeyring starts a gnome-keyring, unlocked with a password or, if that is
// empty, locked, and returns it when it answers.
func startKeyring(t *testing.T, password string) *exec.Cmd {
	t.Helper()
	args := []string{"--foreground", "--components=secrets"}
	if password != "" {
		args = append(args, "--unlock")
	}
	daemon := exec.Command("gnome-keyring-daemon", args...)
	daemon.Stdin = strings.NewReader(password)
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopKeyring(daemon) })
	bus := busConn(t)
	for range 1000 {
		var owned bool
		if err := bus.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, secretsName).Store(&owned); err != nil {
			t.Fatal(err)
		}
		if owned {
			return daemon
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("gnome-keyring did not come up")
	return nil
}

func stopKeyring(daemon *exec.Cmd) {
	_ = daemon.Process.Kill()
	_ = daemon.Wait()
}

func busConn(t *testing.T) *dbus.Conn {
	t.Helper()
	conn, err := dbus.Connect(os.Getenv("DBUS_SESSION_BUS_ADDRESS"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// realKeyring is a private bus with an unlocked gnome-keyring, and a session
// on it to look behind the store.
func realKeyring(t *testing.T) *secretSession {
	t.Helper()
	startKeyring(t, "password")
	s, err := openSecretSession(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return s
}

func wired(t *testing.T, s *secretSession, secret string) wireSecret {
	t.Helper()
	w, err := s.wire(testContext(t), secret)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// item makes an item with any attributes.
func item(t *testing.T, s *secretSession, collection dbus.ObjectPath, secret string, attributes map[string]string) dbus.ObjectPath {
	t.Helper()
	properties := map[string]dbus.Variant{
		itemInterface + ".Label":      dbus.MakeVariant("test"),
		itemInterface + ".Attributes": dbus.MakeVariant(attributes),
	}
	var path, prompt dbus.ObjectPath
	if err := s.call(testContext(t), collection, collectionInterface+".CreateItem", []any{properties, wired(t, s, secret), false}, &path, &prompt); err != nil {
		t.Fatal(err)
	}
	return path
}

// itemsOf are all items of a home's entry, whatever else they carry.
func itemsOf(t *testing.T, s *secretSession, home Home) []dbus.ObjectPath {
	t.Helper()
	var open, locked []dbus.ObjectPath
	entry := map[string]string{"service": codexService, "username": home.keyringAccount()}
	if err := s.call(testContext(t), secretsPath, serviceInterface+".SearchItems", []any{entry}, &open, &locked); err != nil {
		t.Fatal(err)
	}
	return append(open, locked...)
}

// otherDefault makes another collection the default one, as after a person has
// made a keyring of their own in Seahorse.
func otherDefault(t *testing.T, s *secretSession) dbus.ObjectPath {
	t.Helper()
	properties := map[string]dbus.Variant{collectionInterface + ".Label": dbus.MakeVariant("other")}
	var path dbus.ObjectPath
	const unprompted = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface.CreateWithMasterPassword"
	if err := s.call(testContext(t), secretsPath, unprompted, []any{properties, wired(t, s, "password")}, &path); err != nil {
		t.Fatal(err)
	}
	if err := s.call(testContext(t), secretsPath, serviceInterface+".SetAlias", []any{"default", path}); err != nil {
		t.Fatal(err)
	}
	return path
}

// codexIn sets a home up for the keyring store and returns Codex's status.
func codexIn(t *testing.T, home Home, mode Mode) func() string {
	t.Helper()
	write(t, filepath.Join(home.Path, "config.toml"), `cli_auth_credentials_store = "`+string(mode)+`"`)
	return func() string {
		said, _ := runCodex(t, home.Path, "", "login", "status")
		return said
	}
}
