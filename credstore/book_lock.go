package credstore

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/gofrs/flock"
)

// accountLockPatience outlasts another process's request to the issuer.
var accountLockPatience = 40 * time.Second

func (b *Book) accountLock(id string) string { return filepath.Join(b.dir(), id+".lock") }

// LockAccount makes refreshing an account this process's until unlock is
// called; it may be held through a request. The other locks are taken after
// it, never before. The error is ctx's, or an *Error that names the holder.
//
// The file is there while the lock is held and goes with it: whoever has locked
// a file that is no longer the one at the path locks again.
func (b *Book) LockAccount(ctx context.Context, id string) (unlock func(), err error) {
	if !validAccount.MatchString(id) {
		return nil, ErrNotFound
	}
	if b.memory != nil {
		mu := b.memory.account(id)
		return mu.Unlock, lockMutex(ctx, mu)
	}
	if err := b.home.ensure(); err != nil {
		return nil, err
	}
	if err := ownDir(b.home, "accounts"); err != nil {
		return nil, fileError("lock", b.dir(), err)
	}
	path := b.accountLock(id)
	until := time.Now().Add(accountLockPatience)
	for {
		l, err := lock(ctx, path, 0o600, max(time.Until(until), lockRetry))
		if err != nil {
			return nil, err
		}
		if current(l) {
			return func() { releaseGone(l) }, nil
		}
		_ = l.Unlock()
	}
}

// current reports whether the locked file is the one at its path.
func current(l *flock.Flock) bool {
	held, err := l.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(l.Path())
	return err == nil && os.SameFile(held, there)
}

// releaseGone unlocks a file and takes it away. Windows keeps a file that
// anybody has open; there it goes afterwards, unless somebody waits for it.
func releaseGone(l *flock.Flock) {
	if runtime.GOOS != "windows" {
		_ = os.Remove(l.Path())
	}
	_ = l.Unlock()
	if runtime.GOOS == "windows" {
		_ = os.Remove(l.Path())
	}
}

// sweepLock removes the lock file that a killed process left, unless somebody
// holds it.
func sweepLock(path string) {
	if _, err := os.Lstat(path); err != nil {
		return
	}
	l := flock.New(path, flock.SetPermissions(0o600), flock.SetFlag(lockFlags))
	if ok, err := l.TryLock(); err != nil || !ok {
		return
	}
	if current(l) {
		releaseGone(l)
		return
	}
	_ = l.Unlock()
}
