package flows

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gofrs/flock"
)

// loginLogName is that of Codex's own log, which `codex login` appends to as
// well (0.169: a few lines a sign-in, without an end).
const loginLogName = "codex-login.log"

// loginLogLimit is when the log becomes codex-login.log.old, in the place of
// the former one: two files of that size are the most that there is. Codex's
// lines go with ours and stay readable there; a Codex that has the file open
// goes on in the old one.
const loginLogLimit = 1 << 20

// loginLogMost is for a log that cannot be renamed.
const loginLogMost = 8 << 20

// LogError says that the login log cannot be written. Nothing fails for it.
type LogError struct {
	Path string
	Err  error
}

func (e *LogError) Error() string {
	return "the login log " + e.Path + " cannot be written: " + e.Err.Error()
}

func (e *LogError) Unwrap() error { return e.Err }

// Why a file is not written to.
var (
	errLogNotAFile  = errors.New("it is not an ordinary file")
	errLogForeign   = errors.New("it belongs to another user")
	errLogTooLarge  = errors.New("it has grown too large and cannot be renamed")
	errLogNotFolder = errors.New("its folder is none")
)

// loginLog is the file. Codex follows any link, waits at a pipe for ever, and
// leaves a file that others may read as it is. Here a line is appended to an
// ordinary file of the person's own, mode 0600, or not at all: a link is
// followed only if it is their own too, so that nobody can have root write into
// a file of their choice.
type loginLog struct{ folder string }

func (l *loginLog) path() string { return filepath.Join(l.folder, loginLogName) }

// append writes one whole line, so that those of several programs do not mix.
// The file is opened for each: another program may have renamed it.
func (l *loginLog) append(line string) error {
	err := l.write(line)
	if err == nil {
		return nil
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return &LogError{Path: l.path(), Err: err}
}

func (l *loginLog) write(line string) error {
	if err := l.ensureFolder(); err != nil {
		return err
	}
	path, err := l.followed()
	if err != nil {
		return err
	}
	if rotateDue(path) {
		rotate(path)
	}
	f, err := openLog(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return errLogNotAFile
	case !mine(info):
		return errLogForeign
	case info.Size() > loginLogMost:
		return errLogTooLarge
	}
	if info.Mode().Perm()&0o077 != 0 {
		_ = f.Chmod(0o600) // of a file system without modes it cannot be had
	}
	_, err = f.WriteString(line)
	return err
}

// ensureFolder makes the folder, for the person alone, where Codex makes one
// that others may look into.
func (l *loginLog) ensureFolder() error {
	info, err := os.Stat(l.folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return os.MkdirAll(l.folder, 0o700)
	case err != nil:
		return err
	case !info.IsDir():
		return errLogNotFolder
	}
	if link, err := os.Lstat(l.folder); err != nil || link.Mode()&fs.ModeSymlink != 0 && !mine(link) {
		return errLogForeign
	}
	return nil
}

// followed is where the log really is. Nothing needs to be there.
func (l *loginLog) followed() (string, error) {
	path := l.path()
	for range 8 {
		info, err := os.Lstat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return path, nil
		case err != nil:
			return "", err
		case info.Mode().IsRegular():
			return path, nil
		case info.Mode()&fs.ModeSymlink == 0:
			return "", errLogNotAFile // opening a device may do something
		case !mine(info):
			return "", errLogForeign
		}
		to, err := os.Readlink(path)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return "", errLogNotAFile
}

func rotateDue(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode().IsRegular() && info.Size() >= loginLogLimit
}

// rotate renames a log that is full. The lock is on the file itself and not on
// its name: of two programs that come at once, the second finds the lock held,
// or a new file under the name that is not full. It is no misfortune if it
// cannot be done now.
func rotate(path string) {
	lock := flock.New(path)
	if ok, err := lock.TryLock(); !ok || err != nil {
		return
	}
	defer func() { _ = lock.Unlock() }()
	if !rotateDue(path) {
		return
	}
	if runtime.GOOS == "windows" {
		_ = lock.Unlock() // what is open has no other name there
	}
	_ = os.Rename(path, path+".old")
}
