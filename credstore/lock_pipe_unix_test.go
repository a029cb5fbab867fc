//go:build !windows

package credstore

import (
	"syscall"
	"testing"
	"time"
)

// A pipe in the place of a lock keeps nobody waiting, as it keeps Codex.
func TestLockThatIsAPipe(t *testing.T) {
	home := testHome(t)
	for _, name := range []string{"/auth.lock", "/auth.json.lock"} {
		if err := syscall.Mkfifo(home.Path+name, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan error, 1)
	go func() {
		_, err := Open(home, ModeFile).Save(testContext(t), apiKey("sk"), Steps{})
		if err == nil {
			err = Open(home, ModeFile).Delete(testContext(t))
		}
		done <- err
	}()
	select {
	case err := <-done:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it waits for somebody at the other end")
	}
}
