package loginlog

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/gofrs/flock"
)

// fileName is that of Codex's own log, which `codex login` appends to as well
// (0.169: a few lines a sign-in, without an end).
const fileName = "codex-login.log"

// limit is when the log becomes codex-login.log.old, in the place of the former
// one: two files of that size are the most that there is. Codex's lines go with
// ours and stay readable there; a Codex that has the file open goes on in the
// old one.
const limit = 1 << 20

// hardLimit is for a log that cannot be renamed.
const hardLimit = 8 << 20

// Error says that the login log cannot be written. Nothing fails for it.
type Error struct {
	Path string
	Err  error
}

func (e *Error) Error() string {
	return "the login log " + e.Path + " cannot be written: " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// Why a file is not written to.
var (
	errNotAFile  = errors.New("it is not an ordinary file")
	errLink      = errors.New("it is a link to another file")
	errReserved  = errors.New("its folder has the name of a document")
	errForeign   = errors.New("it belongs to another user")
	errTooLarge  = errors.New("it has grown too large and cannot be renamed")
	errNotFolder = errors.New("what should be its folder is a file")
)

// file is the log. Codex follows any link, waits at a pipe for ever, and
// leaves a file that others may read as it is. Here a line is appended to an
// ordinary file of the person's own, with one name and mode 0600, or not at
// all: a repository may say where the log is, and a link in it may lead to
// auth.json. The folder may be reached by links.
type file struct{ folder string }

func (l *file) path() string { return filepath.Join(l.folder, fileName) }

// append writes one whole line, so that those of several programs do not mix.
// The file is opened for each: another program may have renamed it.
func (l *file) append(line string) error {
	err := l.write(line)
	if err == nil {
		return nil
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return &Error{Path: l.path(), Err: err}
}

func (l *file) write(line string) error {
	if err := l.ensureFolder(); err != nil {
		return err
	}
	path := l.path()
	if info, err := os.Lstat(path); err == nil {
		if err := fitting(info); err != nil {
			return err // opening a device may do something
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if rotateDue(path) {
		rotate(path)
	}
	f, err := open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := fitting(info); err != nil {
		return err
	}
	switch one, err := onlyName(f); {
	case err != nil:
		return err
	case !one:
		return errLink
	case info.Size() > hardLimit:
		return errTooLarge
	}
	if info.Mode().Perm()&0o077 != 0 {
		_ = f.Chmod(0o600) // of a file system without modes it cannot be had
	}
	_, err = f.WriteString(line)
	return err
}

// fitting is why a file of that kind is no log; nil for one that can be.
func fitting(info fs.FileInfo) error {
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		return errLink
	case !info.Mode().IsRegular():
		return errNotAFile
	case !mine(info):
		return errForeign
	}
	return nil
}

// ensureFolder makes the folder, for the person alone, where Codex makes one
// that others may look into.
func (l *file) ensureFolder() error {
	if err := l.reserved(); err != nil {
		return err
	}
	info, err := os.Stat(l.folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return os.MkdirAll(l.folder, 0o700)
	case err != nil:
		return err
	case !info.IsDir():
		return errNotFolder
	}
	if link, err := os.Lstat(l.folder); err != nil || link.Mode()&fs.ModeSymlink != 0 && !mine(link) {
		return errForeign
	}
	return nil
}

// documents are the endings of what Codex and this program keep in CODEX_HOME.
var documents = []string{".json", ".jsonl", ".toml", ".lock", ".env", ".sqlite"}

// reserved refuses a folder that has, or is in one that has, the name of a
// document: made in the place of auth.json, it would keep every login from
// being stored.
func (l *file) reserved() error {
	there, missing := l.folder, ""
	for {
		if real, err := filepath.EvalSymlinks(there); err == nil {
			there = real
			break
		}
		above := filepath.Dir(there)
		if above == there {
			break
		}
		there, missing = above, filepath.Join(filepath.Base(there), missing)
	}
	for _, part := range strings.Split(filepath.Join(there, missing), string(filepath.Separator)) {
		if slices.Contains(documents, strings.ToLower(filepath.Ext(part))) {
			return errReserved
		}
	}
	return nil
}

func rotateDue(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode().IsRegular() && info.Size() >= limit
}

// rotate renames a log that is full. The lock is on the file itself and not on
// its name: of two programs that come at once, the second finds the lock held,
// or a new file under the name that is not full. It is no misfortune if it
// cannot be done now. What has the other name is replaced only if it can be a
// log.
func rotate(path string) {
	lock := flock.New(path)
	if ok, err := lock.TryLock(); !ok || err != nil {
		return
	}
	defer func() { _ = lock.Unlock() }()
	if !rotateDue(path) {
		return
	}
	old := path + ".old"
	if info, err := os.Lstat(old); err == nil && fitting(info) != nil || err != nil && !errors.Is(err, fs.ErrNotExist) {
		return
	}
	if runtime.GOOS == "windows" {
		_ = lock.Unlock() // what is open has no other name there
	}
	_ = os.Rename(path, old)
}
