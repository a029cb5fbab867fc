package credstore

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNoServiceOnTheBus(t *testing.T) {
	if privateBus(t) {
		everyVerb(t, testHome(t), ProblemUnavailable)
	}
}

func TestHungBus(t *testing.T) {
	socket := filepath.Join(testHome(t).Path, "bus")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+socket)
	shortLimits(t)
	everyVerb(t, testHome(t), ProblemTimeout)
}

// godbus would run dbus-launch, which leaves a daemon behind.
func TestNoBusIsEverLaunched(t *testing.T) {
	dir := testHome(t).Path
	called := filepath.Join(dir, "called")
	write(t, filepath.Join(dir, "dbus-launch"), "#!/bin/sh\ntouch '"+called+"'\n")
	if err := os.Chmod(filepath.Join(dir, "dbus-launch"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	t.Setenv("XDG_RUNTIME_DIR", dir)
	write(t, filepath.Join(dir, "bus"), "no socket")
	for _, address := range []string{"", "autolaunch:", "autolaunch:scope=*user", "unix:path=" + dir + "/gone"} {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
		home, ctx := testHome(t), testContext(t)
		everyVerb(t, home, ProblemUnavailable)
		if place, err := Open(home, ModeAuto).Save(ctx, apiKey("sk"), Steps{}); err != nil || place.Kind != KindFile || !IsProblem(place.Fallback, ProblemUnavailable) {
			t.Error(place, err)
		}
		if err := Open(home, ModeAuto).Delete(ctx); err != nil {
			t.Error(err)
		}
		if err := OpenBook(home, ModeKeyring).Keep(ctx, apiKey("sk")); err != nil {
			t.Error(err)
		}
	}
	if exists(called) {
		t.Error("dbus-launch was called")
	}
}

func TestBusAddress(t *testing.T) {
	dir := testHome(t).Path
	l, err := net.Listen("unix", filepath.Join(dir, "bus"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, c := range []struct{ env, want string }{
		{"unix:path=/x", "unix:path=/x"},
		{"", "unix:path=" + dir + "/bus"},
		{"autolaunch:", "unix:path=" + dir + "/bus"},
	} {
		got, err := busAddress(getenv("DBUS_SESSION_BUS_ADDRESS", c.env, "XDG_RUNTIME_DIR", dir))
		if err != nil || got != c.want {
			t.Errorf("%q: %s, %v", c.env, got, err)
		}
	}
	if _, err := busAddress(getenv()); err == nil {
		t.Error("a bus out of nothing")
	}
}

// A session bus that only its socket tells of, as under sshd with systemd.
func TestBusOfTheRuntimeDirectory(t *testing.T) {
	if !privateBus(t) {
		return
	}
	startKeyring(t, "password")
	address, _, _ := strings.Cut(os.Getenv("DBUS_SESSION_BUS_ADDRESS"), ",")
	if err := os.Symlink(strings.TrimPrefix(address, "unix:path="), filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "bus")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	ctx, store := testContext(t), Open(testHome(t), ModeKeyring)
	if _, err := store.Save(ctx, apiKey("sk"), Steps{}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := store.Load(ctx); err != nil {
		t.Fatal(err)
	}
}
