package network

import (
	"testing"

	"codex-login/flows/sandbox"

	"golang.org/x/sys/unix"
)

// needOutside gives the namespace that address.
func needOutside(t *testing.T) {
	t.Helper()
	if !sandbox.Isolated() {
		missing(t, "a network namespace")
	}
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(socket) }()
	request, err := unix.NewIfreq("lo:1")
	if err != nil {
		t.Fatal(err)
	}
	if err := request.SetInet4Addr(outside.AsSlice()); err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlIfreq(socket, unix.SIOCSIFADDR, request); err != nil {
		missing(t, "a second address: "+err.Error())
	}
}
