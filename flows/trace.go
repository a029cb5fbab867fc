package flows

import (
	"log/slog"
	"slices"
	"sync"
	"time"
)

// traced is how many lines are kept to be looked at.
const traced = 500

// Trace is what the workers of a Login do, as it happens: the last lines in
// memory, and every line in the login log. A nil Trace takes nothing down. Its
// methods may be called from several goroutines.
type Trace struct {
	log *loginLog // nil: in memory only

	mu     sync.Mutex
	lines  []TraceLine
	added  int
	heard  func(TraceLine)
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
		t.log = &loginLog{folder: folder}
	}
	return t
}

// TraceLine is one thing that a worker has done, without a secret and safe to
// print on one line.
type TraceLine struct {
	At    time.Time
	Level slog.Level
	// Target is the part of the program: http, sign-in, device, …
	Target string
	Text   string
}

// String is the line as the login log has it, in the form of Codex's own:
//
//	2026-11-22T10:34:39.026586Z  INFO codex-login::http: answered status=200
func (l TraceLine) String() string {
	level := l.Level.String()
	return l.At.UTC().Format("2006-01-02T15:04:05.000000Z") + "     "[min(len(level), 5):] + " " + level + " codex-login::" + l.Target + ": " + l.Text
}

// Lines are the last ones, oldest first; from is how many are passed over,
// counted from the first line of all. So who has seen n asks for Lines(n).
func (t *Trace) Lines(from int) []TraceLine {
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
func (t *Trace) Follow(heard func(TraceLine)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.heard = heard
}

// add takes a line down. A log that cannot be written is not tried again: what
// it would show has a hole already, and each try may take its time.
func (t *Trace) add(l TraceLine) {
	if t == nil {
		return
	}
	t.mu.Lock()
	if len(t.lines) == traced {
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
