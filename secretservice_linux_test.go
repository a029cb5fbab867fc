package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"codex-login/credstore"

	"github.com/godbus/dbus/v5"
	"github.com/zalando/go-keyring"
)

// secretService starts a D-Bus and a real gnome-keyring on it, unlocked, and
// returns the environment that leads there.
func secretService(t testing.TB) []string {
	t.Helper()
	for _, tool := range []string{"dbus-daemon", "gnome-keyring-daemon"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing(t, tool)
		}
	}
	home, runtime := t.TempDir(), t.TempDir()
	env := []string{"HOME=" + home, "XDG_RUNTIME_DIR=" + runtime, "XDG_DATA_HOME=" + home, "PATH=" + os.Getenv("PATH")}
	bus := exec.Command("dbus-daemon", "--session", "--nofork", "--print-address=1", "--address=unix:path="+filepath.Join(runtime, "bus"))
	bus.Env = env
	out, err := bus.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	start(t, bus)
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address = strings.TrimSpace(address)
	daemon := exec.Command("gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets")
	daemon.Env = append(env, "DBUS_SESSION_BUS_ADDRESS="+address)
	daemon.Stdin = strings.NewReader("a password")
	start(t, daemon)
	waitForOwner(t, address, "org.freedesktop.secrets")
	return []string{"DBUS_SESSION_BUS_ADDRESS=" + address, "XDG_RUNTIME_DIR=" + runtime}
}

func start(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

// waitForOwner returns as soon as somebody has the name on the bus.
func waitForOwner(t testing.TB, address, name string) {
	t.Helper()
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.AddMatchSignal(dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, name)); err != nil {
		t.Fatal(err)
	}
	changes := make(chan *dbus.Signal, 8)
	conn.Signal(changes)
	var owned bool
	if err := conn.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, name).Store(&owned); err != nil {
		t.Fatal(err)
	}
	limit := time.After(20 * time.Second)
	for !owned {
		select {
		case s := <-changes:
			owned = s.Name == "org.freedesktop.DBus.NameOwnerChanged" && len(s.Body) == 3 && s.Body[2] != ""
		case <-limit:
			t.Fatalf("nobody took %s", name)
		}
	}
}

// damageEntry puts what is no document into the login's keyring entry.
func damageEntry(t testing.TB, home credstore.Home) {
	t.Helper()
	service, account, _ := strings.Cut(home.KeyringEntry(), " / ")
	if err := keyring.Set(service, account, `{"half`); err != nil {
		t.Fatal(err)
	}
}
