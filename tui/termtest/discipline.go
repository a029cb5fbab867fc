//go:build !windows

package termtest

import (
	"os"

	"github.com/charmbracelet/x/termios"
	"golang.org/x/sys/unix"
)

// LineDiscipline is how the terminal treats lines (termios).
type LineDiscipline struct {
	Echo      bool // what is typed is shown
	Canonical bool // input comes line by line, editable
	Signals   bool // ctrl+c interrupts
	Newline   bool // the enter key arrives as a newline
	Output    bool // a newline goes back to the first column
}

// Cooked tells whether the modes are those in which a shell expects to get the terminal back.
func (l LineDiscipline) Cooked() bool {
	return l == LineDiscipline{Echo: true, Canonical: true, Signals: true, Newline: true, Output: true}
}

func lineDiscipline(tty *os.File) (LineDiscipline, error) {
	m, err := termios.GetTermios(int(tty.Fd()))
	if err != nil {
		return LineDiscipline{}, err
	}
	return LineDiscipline{
		Echo:      m.Lflag&unix.ECHO != 0,
		Canonical: m.Lflag&unix.ICANON != 0,
		Signals:   m.Lflag&unix.ISIG != 0,
		Newline:   m.Iflag&unix.ICRNL != 0,
		Output:    m.Oflag&unix.OPOST != 0,
	}, nil
}

// LineDiscipline returns the modes of the terminal now, or as the program left them if it has ended.
func (t *Terminal) LineDiscipline() LineDiscipline {
	t.t.Helper()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.exited {
		return t.atExit
	}
	l, err := lineDiscipline(t.slave)
	if err != nil {
		t.t.Errorf("termtest: read the terminal's modes: %v", err)
	}
	return l
}

// Restored tells what of the terminal a program that ended has not put back: nothing is the empty string.
// After Hangup there is no terminal left to put back.
func (t *Terminal) Restored() string {
	switch {
	case t.LineDiscipline() != t.atStart:
		return "line discipline"
	case t.AltScreen():
		return "alternate screen"
	case !t.CursorVisible():
		return "hidden cursor"
	case t.BracketedPaste():
		return "bracketed paste"
	}
	return ""
}
