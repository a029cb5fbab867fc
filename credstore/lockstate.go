package credstore

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/gofrs/flock"
)

// LockState is how a lock file stands at this moment.
type LockState struct {
	Path string
	Held bool
	// Holder names the program that holds it, "" where that cannot be told.
	Holder string
	// Err is why the file cannot be opened as a writer of the login has to.
	Err error
}

// CodexLocks looks at Codex's two locks on the login of a home, those of them
// whose files are there. It holds nobody up for longer than the look takes.
func CodexLocks(home Home) []LockState {
	paths := []string{filepath.Join(home.Path, "auth.lock")}
	if target, err := followLinks(home.AuthFile()); err == nil {
		paths = append(paths, target+".lock")
	}
	return lockStates(paths)
}

// OwnLocks looks at the lock files of this program that are there.
func OwnLocks(home Home) []LockState {
	own := filepath.Join(home.Path, "codex-login")
	accounts, _ := filepath.Glob(filepath.Join(own, "accounts", "*.lock"))
	return lockStates(append([]string{filepath.Join(own, "accounts.lock"), filepath.Join(own, "moving.lock")}, accounts...))
}

func lockStates(paths []string) []LockState {
	var out []LockState
	for _, path := range paths {
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
			continue
		}
		s := LockState{Path: path}
		l := flock.New(path, flock.SetFlag(os.O_RDWR))
		ok, err := l.TryLock()
		switch {
		case err != nil:
			s.Err = fileError("lock", path, err)
		case ok:
			_ = l.Unlock()
		default:
			s.Held, s.Holder = true, lockHolder(path)
		}
		out = append(out, s)
	}
	return out
}

// StaleLocks are the account locks that a killed run has left: nobody holds
// them. Codex's own two and those of the book stay for good.
func StaleLocks(home Home) []string {
	var out []string
	for _, s := range OwnLocks(home) {
		if !s.Held && s.Err == nil && filepath.Base(filepath.Dir(s.Path)) == "accounts" {
			out = append(out, s.Path)
		}
	}
	return out
}

// RemoveStaleLock removes a lock file that StaleLocks has named. One that
// somebody holds by now stays, which is ErrChanged; one that is gone is none.
func RemoveStaleLock(home Home, path string) error {
	if slices.Contains(StaleLocks(home), path) {
		sweepLock(path)
	}
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return ErrChanged
}

// Temps are the files in a home that writers of a login have not brought to
// their place: of killed ones, or for a moment of one that is at work. Each may
// hold a login.
func Temps(home Home) []string {
	var out []string
	entries, _ := os.ReadDir(home.Path)
	for _, e := range entries {
		if tempName.MatchString(e.Name()) && e.Type().IsRegular() {
			out = append(out, filepath.Join(home.Path, e.Name()))
		}
	}
	return out
}

// ClearTemps removes the Temps while nobody can be writing. keep is called with
// each login among them that is whole, before it goes; its error ends it all.
func ClearTemps(ctx context.Context, home Home, keep func(*Auth) error) error {
	l, err := lockLogin(ctx, home)
	if err != nil {
		return err
	}
	defer l.unlock()
	for _, path := range Temps(home) {
		text, err := readLimited(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if a, err := Parse(text, filePlace(path)); err == nil && !a.Empty() {
			if err := keep(a); err != nil {
				return err
			}
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fileError("delete", path, err)
		}
	}
	return nil
}

// Backups are files beside auth.json that are named like copies of it, and
// hold what may be a login.
func Backups(home Home) []string {
	var out []string
	entries, _ := os.ReadDir(home.Path)
	for _, e := range entries {
		name := e.Name()
		switch {
		case name == "auth.json" || name == "auth.json.lock" || !e.Type().IsRegular() || tempName.MatchString(name):
		case strings.HasPrefix(name, "auth.json"), strings.HasPrefix(name, "auth-") && strings.HasSuffix(name, ".json"),
			strings.HasPrefix(name, "auth.") && strings.Contains(name, "json"), strings.HasPrefix(name, ".auth.json"),
			strings.HasPrefix(name, "#auth.json"), name == "Copy of auth.json":
			out = append(out, filepath.Join(home.Path, name))
		}
	}
	return out
}

// Unreadable are the documents that KeepUnreadable has kept.
func Unreadable(home Home) []string {
	kept, _ := filepath.Glob(filepath.Join(unreadableDir(home), "*.json"))
	return kept
}
