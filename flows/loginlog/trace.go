package loginlog

import (
	"log/slog"
	"slices"
	"sync"
	"time"
)

// kept is how many lines are kept to be looked at.
const kept = 500

// Trace is what the workers do, as it happens: the last lines in memory, and
// every line in the login log. A nil Trace takes nothing down. Its methods may
// be called from several goroutines.
type Trace struct {
	log *file // nil: in memory only

	mu     sync.Mutex
	lines  []Line
	added  int
	heard  func(Line)
	failed error

	// writing is held while a line goes out. A disk that hangs must not keep
	// anybody from looking at the lines.
	writing sync.Mutex
}

// NewTrace writes to codex-login.log in that folder, which is made with the
// first line; "" keeps the lines in memory only.
func NewTrace(folder string) *Trace {
	t := &Trace{}
	if folder != "" {
		t.log = &file{folder: folder}
	}
	return t
}

// Line is one thing that a worker has done, without a secret and safe to
// print on one line.
type Line struct {
	At    time.Time
	Level slog.Level
	// Target is the part of the program: http, sign-in, device, …
	Target string
	Text   string
}

// String is the line as the login log has it, in the form of Codex's own:
//
//	2026-11-22T10:34:39.026586Z  INFO codex-login::http: answered status=200
func (l Line) String() string {
	level := l.Level.String()
	return l.At.UTC().Format("2006-01-02T15:04:05.000000Z") + "     "[min(len(level), 5):] + " " + level + " codex-login::" + l.Target + ": " + l.Text
}

// Lines are the last ones, oldest first; from is how many are passed over,
// counted from the first line of all. So who has seen n asks for Lines(n).
func (t *Trace) Lines(from int) []Line {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	gone := t.added - len(t.lines)
	return slices.Clone(t.lines[min(max(from-gone, 0), len(t.lines)):])
}

// Len is how many lines there have been.
func (t *Trace) Len() int {
	if t == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.added
}

// Path is the login log; "" without one.
func (t *Trace) Path() string {
	if t == nil || t.log == nil {
		return ""
	}
	return t.log.path()
}

// Err is why a line could not be written to the login log; nil while all were.
func (t *Trace) Err() error {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failed
}

// Follow has every further line told as it comes, one at a time.
func (t *Trace) Follow(heard func(Line)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.heard = heard
}

// Add takes down what happened, and when.
func (t *Trace) Add(at time.Time, level slog.Level, e Event, facts ...Fact) {
	if t != nil {
		t.add(Line{At: at, Level: level, Target: e.target, Text: line(e, facts)})
	}
}

// add takes a line down. A log that cannot be written is not tried again: what
// it would show has a hole already, and each try may take its time.
func (t *Trace) add(l Line) {
	t.mu.Lock()
	if len(t.lines) == kept {
		t.lines = slices.Delete(t.lines, 0, 1)
	}
	t.lines = append(t.lines, l)
	t.added++
	heard, failed := t.heard, t.failed
	t.mu.Unlock()
	t.writing.Lock()
	defer t.writing.Unlock()
	if t.log != nil && failed == nil {
		if err := t.log.append(l.String() + "\n"); err != nil {
			t.mu.Lock()
			t.failed = err
			t.mu.Unlock()
		}
	}
	if heard != nil {
		heard(l)
	}
}
