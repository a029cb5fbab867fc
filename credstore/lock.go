package credstore

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

// How long a lock that somebody else holds is waited for. Codex waits for the
// first without end and for the second 5 s; it holds both for one write only.
var (
	homeLockPatience = 10 * time.Second
	fileLockPatience = 5 * time.Second
)

const lockRetry = 20 * time.Millisecond

// lockFlags open a lock file. A pipe in its place would have whoever opens it
// wait for a writer without end; Codex does not wait there either.
const lockFlags = os.O_CREATE | os.O_RDONLY | syscall.O_NONBLOCK

// lock takes an advisory lock (flock, on Windows LockFileEx) on the file path,
// which is created and stays behind: removing it would let two holders in.
func lock(ctx context.Context, path string, mode fs.FileMode, patience time.Duration) (*flock.Flock, error) {
	fail := func(p Problem, detail string, err error) error {
		return &Error{Problem: p, Op: "lock", Place: Place{Kind: KindFile, Where: path}, Detail: detail, Err: err}
	}
	l := flock.New(path, flock.SetPermissions(mode), flock.SetFlag(lockFlags))
	wait, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ok, err := l.TryLockContext(wait, lockRetry)
	switch {
	case ok:
		return l, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.Is(err, context.DeadlineExceeded):
		if holder := lockHolder(path); holder != "" {
			return nil, fail(ProblemBusy, holder, nil)
		}
		return nil, fail(ProblemBusy, "another program", nil)
	}
	return nil, fail(problemOf(err), "", err)
}

// locks are Codex's two locks on a login, taken for every save and delete in
// whatever store, in Codex's order.
type locks struct {
	home, file *flock.Flock
	// target is auth.json with symbolic links followed; nothing needs to be
	// there.
	target string
}

// lockLogin takes auth.lock in the home folder, then <auth.json>.lock beside
// the file that auth.json really is.
func lockLogin(ctx context.Context, home Home) (*locks, error) {
	if err := home.ensure(); err != nil {
		var h *HomeError
		if errors.As(err, &h) {
			return nil, err
		}
		return nil, fileError("save", home.Path, err)
	}
	first, err := lock(ctx, filepath.Join(home.Path, "auth.lock"), 0o666, homeLockPatience)
	if err != nil {
		return nil, err
	}
	l := &locks{home: first}
	for range 3 {
		if l.target, err = followLinks(home.AuthFile()); err != nil {
			break
		}
		if err = ensureDir(filepath.Dir(l.target)); err != nil {
			err = fileError("save", filepath.Dir(l.target), err)
			break
		}
		if l.file, err = lock(ctx, l.target+".lock", 0o600, fileLockPatience); err != nil {
			break
		}
		// The link may have been turned elsewhere while the lock was awaited.
		again, err := followLinks(home.AuthFile())
		if err == nil && again == l.target {
			return l, nil
		}
		_ = l.file.Unlock()
		l.file = nil
	}
	if err == nil {
		err = &Error{Problem: ProblemBusy, Op: "lock", Place: filePlace(home.AuthFile()), Detail: "the link keeps changing"}
	}
	l.unlock()
	return nil, err
}

func (l *locks) unlock() {
	if l.file != nil {
		_ = l.file.Unlock()
	}
	_ = l.home.Unlock()
}
