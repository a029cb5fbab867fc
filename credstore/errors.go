package credstore

import (
	"errors"
	"fmt"

	"codex-login/assets/display"
)

// ErrNotFound says that a store holds no login.
var ErrNotFound = errors.New("no login is stored")

// Problem is the kind of trouble that a store met.
type Problem string

// The problems that a person can do something about.
const (
	ProblemCorrupt     Problem = "corrupt"     // the document cannot be read as Codex's auth.json
	ProblemTooBig      Problem = "too-big"     // the document is larger than this program reads, or than the place can hold
	ProblemPermission  Problem = "permission"  // the system denies access
	ProblemReadOnly    Problem = "read-only"   // file or file system cannot be written
	ProblemFull        Problem = "full"        // no space left
	ProblemBusy        Problem = "busy"        // another program holds the lock
	ProblemUnavailable Problem = "unavailable" // there is no keyring here
	ProblemLocked      Problem = "locked"      // the keyring is locked and could not be unlocked
	ProblemTimeout     Problem = "timeout"     // the keyring did not answer in time
	ProblemIO          Problem = "io"          // anything else the system reported

	// Of the encrypted file alone.
	ProblemNoKey     Problem = "no-key"     // its passphrase is not in the keyring
	ProblemWrongKey  Problem = "wrong-key"  // it does not open with the passphrase in the keyring
	ProblemDamaged   Problem = "damaged"    // it is not what Codex writes
	ProblemTooCostly Problem = "too-costly" // opening it would take more memory than is sound
	ProblemNewer     Problem = "newer"      // a newer Codex has written it
)

// OpTry is the Op of a place that was only tried: no login was to go there yet.
const OpTry = "try"

// Error is a failure of a store. It names the place and never holds a value
// out of the document.
type Error struct {
	Problem Problem
	Op      string // "read", "save", "delete", "lock" or OpTry
	Place   Place
	// Line and Column point into a corrupt document, from 1; 0 is unknown.
	Line, Column int
	// Detail says more in plain words, or is empty.
	Detail string
	Err    error // the cause, or nil
}

func (e *Error) Error() string {
	s := fmt.Sprintf("%s %s: %s", e.Op, e.Place.Where, e.Problem)
	if e.Line > 0 {
		s = fmt.Sprintf("%s %s:%d:%d: %s", e.Op, e.Place.Where, e.Line, e.Column, e.Problem)
	}
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return display.Clean(s)
}

func (e *Error) Unwrap() error { return e.Err }

// IsProblem reports whether err is an *Error of that problem.
func IsProblem(err error, p Problem) bool {
	var e *Error
	return errors.As(err, &e) && e.Problem == p
}
