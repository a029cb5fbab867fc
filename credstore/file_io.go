package credstore

import (
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"time"

	"github.com/rogpeppe/go-internal/robustio"
)

func filePlace(path string) Place { return Place{Kind: KindFile, Where: path} }

// problemOf sorts an error of the file system.
func problemOf(err error) Problem {
	switch {
	case diskFull(err):
		return ProblemFull
	case readOnlyDisk(err):
		return ProblemReadOnly
	case heldOpen(err):
		return ProblemBusy
	case errors.Is(err, fs.ErrPermission):
		return ProblemPermission
	}
	return ProblemIO
}

// fileError wraps an error of the file system that concerns the login at path.
func fileError(op, path string, err error) error {
	e := &Error{Problem: problemOf(err), Op: op, Place: filePlace(path), Err: err}
	if e.Problem == ProblemBusy {
		e.Detail = "another program, which has it open"
	}
	return e
}

// notAFile is what stands where a file should be.
func notAFile(op, path string, mode fs.FileMode) error {
	what := "it is not a plain file"
	if mode.IsDir() {
		what = "it is a folder"
	}
	return &Error{Problem: ProblemIO, Op: op, Place: filePlace(path), Detail: what}
}

// followLinks returns the path that a write to path should replace: symbolic
// links are followed, also to something that does not exist yet.
func followLinks(path string) (string, error) {
	for range 40 {
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) || err == nil && info.Mode()&fs.ModeSymlink == 0 {
			return path, nil
		}
		if err != nil {
			return "", fileError("read", path, err)
		}
		to, err := os.Readlink(path)
		if err != nil {
			return "", fileError("read", path, err)
		}
		if !filepath.IsAbs(to) {
			// Not Join alone: ".." counts from the folder's real place.
			dir, err := filepath.EvalSymlinks(filepath.Dir(path))
			if err != nil {
				return "", fileError("read", path, err)
			}
			to = filepath.Join(dir, to)
		}
		path = to
	}
	return "", &Error{Problem: ProblemIO, Op: "read", Place: filePlace(path), Detail: "too many symbolic links"}
}

// ensureDir creates a folder for its owner only; one that exists is left alone.
func ensureDir(dir string) error { return os.MkdirAll(dir, 0o700) }

// ownDir makes the folder of that name in the codex-login of a home, "" for the
// latter itself, for its owner only. One that is there with a looser mode is
// tightened, where the system lets us; a link to somewhere else is left alone.
func ownDir(home Home, name string) error {
	own := filepath.Join(home.Path, "codex-login")
	dir := filepath.Join(own, name)
	if err := ensureDir(dir); err != nil {
		return err
	}
	tighten(own, 0o700)
	tighten(dir, 0o700)
	return nil
}

// tighten takes the rights of others away from a file or folder of ours.
func tighten(path string, mode fs.FileMode) {
	info, err := os.Lstat(path)
	if err == nil && runtime.GOOS != "windows" && info.Mode()&fs.ModeSymlink == 0 && info.Mode().Perm()&0o077 != 0 {
		_ = os.Chmod(path, mode)
	}
}

// readLimited reads a document from a plain file; fs.ErrNotExist as it is.
func readLimited(path string) ([]byte, error) {
	// A pipe or a device would block or never end.
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err != nil {
		return nil, fileError("read", path, err)
	}
	if !info.Mode().IsRegular() {
		return nil, notAFile("read", path, info.Mode())
	}
	f, err := openShared(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err != nil {
		return nil, fileError("read", path, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxDocument+1))
	if err != nil {
		return nil, fileError("read", path, err)
	}
	return b, nil
}

// replaceFile writes a file whole or not at all: a temporary file of the name
// that Codex uses, written and flushed, takes its place, and the folder is
// flushed too. The caller holds the lock. A path that exists must be writable.
func replaceFile(path string, content []byte) error {
	if err := checkReplaceable(path); err != nil {
		return err
	}
	if err := replaceVia(filepath.Dir(path), path, content); err != nil {
		return fileError("save", path, err)
	}
	return nil
}

// replaceVia makes the temporary file in the folder dir of the same file system.
func replaceVia(dir, path string, content []byte) error {
	temp, err := createTemp(dir)
	if err != nil {
		return err
	}
	err = writeAndClose(temp, content)
	if err == nil {
		// It waits a little where somebody has the file open (Windows).
		err = robustio.Rename(temp.Name(), path)
	}
	if err != nil {
		_ = os.Remove(temp.Name())
		return err
	}
	if to := filepath.Dir(path); to != dir {
		if err := syncDir(to); err != nil {
			return err
		}
	}
	return syncDir(dir)
}

// checkReplaceable refuses what a rename would silently override: a file that
// its owner has made read-only, or something that is no file.
func checkReplaceable(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fileError("save", path, err)
	}
	if !info.Mode().IsRegular() {
		return notAFile("save", path, info.Mode())
	}
	readOnly := &Error{Problem: ProblemReadOnly, Op: "save", Place: filePlace(path), Detail: "the file is marked read-only"}
	if info.Mode().Perm()&0o200 == 0 {
		return readOnly
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrPermission) {
		readOnly.Detail, readOnly.Err = "the file cannot be written", err
		return readOnly
	}
	if err != nil {
		return fileError("save", path, err)
	}
	return f.Close()
}

func createTemp(dir string) (*os.File, error) {
	for {
		path := filepath.Join(dir, ".auth-"+rand.Text()[:6])
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

func writeAndClose(f *os.File, content []byte) error {
	// A umask may have taken the owner's own bits away.
	err := f.Chmod(0o600)
	if err == nil {
		_, err = f.Write(content)
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

var tempName = regexp.MustCompile(`^\.auth-[0-9A-Za-z]{6}$`)

// removeTemps removes temporary files that a killed writer left in dir: they
// hold a login. The caller holds the lock of every writer there, or passes an
// age that no living writer's file reaches. It returns how many went.
func removeTemps(dir string, olderThan time.Duration) (removed int) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if !tempName.MatchString(e.Name()) || !e.Type().IsRegular() {
			continue
		}
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) >= olderThan {
			if os.Remove(filepath.Join(dir, e.Name())) == nil {
				removed++
			}
		}
	}
	return removed
}
