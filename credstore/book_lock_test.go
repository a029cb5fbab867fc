package credstore

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"
)

func TestLockAccount(t *testing.T) {
	patience := accountLockPatience
	t.Cleanup(func() { accountLockPatience = patience })
	for _, mode := range []Mode{ModeFile, ModeEphemeral} {
		t.Run(string(mode), func(t *testing.T) {
			ctx, home := testContext(t), testHome(t)
			book, one, two := OpenBook(home, mode), ID(apiKey("sk-1")), ID(apiKey("sk-2"))
			unlock, err := book.LockAccount(ctx, one)
			if err != nil {
				t.Fatal(err)
			}
			// Another account's lock is another lock.
			other, err := book.LockAccount(ctx, two)
			if err != nil {
				t.Fatal(err)
			}
			other()
			if _, err := book.LockAccount(cancelled(t), one); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			if mode == ModeFile {
				accountLockPatience = time.Millisecond
				if _, err := OpenBook(home, mode).LockAccount(ctx, one); !IsProblem(err, ProblemBusy) {
					t.Error(err)
				}
				accountLockPatience = patience
				// A held lock is no leftover, not for Repair and not for Forget.
				if _, err := book.Repair(ctx, nil); err != nil || !exists(book.accountLock(one)) {
					t.Error("the lock was taken away:", err)
				}
				if err := book.Forget(ctx, one); err != ErrNotFound || !exists(book.accountLock(one)) {
					t.Error("the lock was taken away:", err)
				}
			}
			got := make(chan func())
			go func() {
				unlock, err := OpenBook(home, mode).LockAccount(ctx, one)
				if err != nil {
					t.Error(err)
				}
				got <- unlock
			}()
			select {
			case <-got:
				t.Fatal("two hold it")
			case <-time.After(3 * lockRetry):
			}
			unlock()
			(<-got)()
			if mode == ModeFile && exists(book.accountLock(one)) {
				t.Error("the file stayed behind")
			}
			if _, err := book.LockAccount(ctx, "../auth"); err != ErrNotFound {
				t.Error(err)
			}
		})
	}
}

// Whoever has locked a file that has been taken away meanwhile holds nothing.
func TestLockOfAFileThatIsGone(t *testing.T) {
	ctx, book := testContext(t), OpenBook(testHome(t), ModeFile)
	id := ID(apiKey("sk-1"))
	if err := os.MkdirAll(book.dir(), 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := lock(ctx, book.accountLock(id), 0o600, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if !current(l) {
		t.Error("it is the one")
	}
	if err := os.Remove(book.accountLock(id)); err != nil {
		_ = l.Unlock()
		missing(t, "a system that removes an open file")
	}
	unlock, err := book.LockAccount(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if current(l) {
		t.Error("two locks on one account")
	}
	_ = l.Unlock()
}
