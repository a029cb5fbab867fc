//go:build !windows

package termtest

import (
	"fmt"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// WaitFor waits until text stands on the screen, in one row.
func (t *Terminal) WaitFor(text string) {
	t.t.Helper()
	t.WaitUntil(fmt.Sprintf("%q on the screen", text), func() bool { return strings.Contains(t.Screen(), text) })
}

// WaitGone waits until text does not stand on the screen.
func (t *Terminal) WaitGone(text string) {
	t.t.Helper()
	t.WaitUntil(fmt.Sprintf("a screen without %q", text), func() bool { return !strings.Contains(t.Screen(), text) })
}

// WaitForMatch waits until the screen matches pattern, a regular expression, and returns the match and its groups.
func (t *Terminal) WaitForMatch(pattern string) []string {
	t.t.Helper()
	re, err := regexp.Compile(pattern)
	if err != nil {
		t.t.Fatalf("termtest: %v", err)
	}
	var found []string
	t.WaitUntil(fmt.Sprintf("a match of %q on the screen", pattern), func() bool {
		found = re.FindStringSubmatch(t.Screen())
		return found != nil
	})
	return found
}

// WaitUntil waits until ok holds; it is asked again after each piece of output. what is for the failure: "waited for …".
func (t *Terminal) WaitUntil(what string, ok func() bool) {
	t.t.Helper()
	t.await(what, ok)
}

// WaitExit waits for the end of the program and of its output, and returns the exit code. As in a shell, the code of a
// program that was killed by signal n is 128+n; see Killed.
func (t *Terminal) WaitExit() int {
	t.t.Helper()
	t.await("end of the program", t.ended)
	if sig, killed := t.Killed(); killed {
		return 128 + int(sig)
	}
	return t.status.ExitStatus()
}

// Killed tells whether a signal ended the program, and which.
func (t *Terminal) Killed() (syscall.Signal, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.status.Signal(), t.exited && t.status.Signaled()
}

// Settle waits until nothing has been written for the given time: for pictures of a finished screen and for measuring,
// not to make an assertion true.
func (t *Terminal) Settle(quiet time.Duration) {
	t.t.Helper()
	deadline := time.Now().Add(t.timeout)
	for {
		t.mu.Lock()
		changed, over := t.changed, t.drained
		t.mu.Unlock()
		if over {
			return
		}
		select {
		case <-changed:
		case <-time.After(quiet):
			return
		}
		if time.Now().After(deadline) {
			t.fail("the screen never settled")
		}
	}
}

// ended tells whether the program is gone and all that it wrote has been read.
func (t *Terminal) ended() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.exited && t.drained
}

// await blocks until ok holds, and fails the test when it cannot come to hold any more.
func (t *Terminal) await(what string, ok func() bool) {
	t.t.Helper()
	late := time.NewTimer(t.timeout)
	defer late.Stop()
	for {
		// Taken before ok is asked, so that no change between the two is missed.
		t.mu.Lock()
		changed, failure, over := t.changed, t.failure, t.exited && t.drained
		t.mu.Unlock()
		switch {
		case failure != "":
			t.fail("waited for " + what + ": " + failure)
		case ok():
			return
		case over:
			t.fail("waited for " + what + ": the program has ended")
		}
		select {
		case <-changed:
		case <-late.C:
			t.fail(fmt.Sprintf("waited %v for %s", t.timeout, what))
		}
	}
}

func (t *Terminal) fail(why string) {
	t.t.Helper()
	t.mu.Lock()
	state := "running"
	if t.exited && t.status.Signaled() {
		state = "killed by " + t.status.Signal().String()
	} else if t.exited {
		state = fmt.Sprintf("exit code %d", t.status.ExitStatus())
	}
	t.mu.Unlock()
	cols, rows := t.Size()
	rule := strings.Repeat("-", cols)
	t.t.Fatalf("termtest: %s\nprogram: %s; screen %dx%d:\n%s\n%s\n%s", why, state, cols, rows, rule, t.Screen(), rule)
}
