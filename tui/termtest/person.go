//go:build !windows

package termtest

import (
	"syscall"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/sys/unix"
)

// Type sends text as it stands. A program may get several characters in one read; wait for something between keys where
// that matters.
func (t *Terminal) Type(text string) {
	t.t.Helper()
	if _, err := t.master.WriteString(text); err != nil {
		t.fail("type: " + err.Error())
	}
}

// Key presses one key: a character, or a name as Bubble Tea gives it ("enter", "esc", "up", "ctrl+c", "alt+x", …). After
// "esc", wait for its effect: what follows at once makes it an alt chord.
func (t *Terminal) Key(name string) {
	t.t.Helper()
	seq, ok := keyBytes(name, t.mode(ansi.ModeCursorKeys))
	if !ok {
		t.t.Fatalf("termtest: no key is called %q", name)
	}
	t.Type(seq)
}

// Paste pastes text as a terminal does: marked as a paste if the program asked for that, line ends as carriage returns.
func (t *Terminal) Paste(text string) {
	t.t.Helper()
	t.Type(pasteBytes(text, t.BracketedPaste()))
}

// Resize changes the size of the window, in cells; the program gets SIGWINCH.
func (t *Terminal) Resize(cols, rows int) {
	t.t.Helper()
	// The emulator first, so that nothing drawn for the new size meets the old one.
	t.Emulator.Resize(cols, rows)
	if err := t.setSize(cols, rows); err != nil {
		t.fail("resize: " + err.Error())
	}
}

func (t *Terminal) setSize(cols, rows int) error {
	conn, err := t.master.SyscallConn()
	if err != nil {
		return err
	}
	size := &unix.Winsize{Col: uint16(cols), Row: uint16(rows)}
	var ioctlErr error
	err = conn.Control(func(fd uintptr) { ioctlErr = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, size) })
	if err != nil {
		return err
	}
	return ioctlErr
}

// Signal sends a signal to the program.
func (t *Terminal) Signal(sig syscall.Signal) {
	t.t.Helper()
	t.mu.Lock()
	pid, exited := t.pid, t.exited
	t.mu.Unlock()
	if exited {
		t.fail("signal: the program has ended")
	}
	if err := syscall.Kill(pid, sig); err != nil {
		t.fail("signal: " + err.Error())
	}
}

// Hangup closes the window: the program gets SIGHUP, and its terminal is gone.
func (t *Terminal) Hangup() { _ = t.master.Close() }

// Pid is the program's process id.
func (t *Terminal) Pid() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.pid
}
