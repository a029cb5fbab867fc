//go:build !linux

package credstore

import (
	"os/exec"
	"testing"
)

func cutNetwork(t *testing.T, _ *exec.Cmd) {
	t.Helper()
	t.Skip("needs Linux to keep the real codex off the network")
}
