package doctor

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"codex-login/credstore"
)

// errLate stands in Surroundings.Trouble for a CODEX_HOME that did not answer.
var errLate = errors.New("no answer in time")

// Late is what opening CODEX_HOME ends with when its file system does not
// answer.
func Late() error { return errLate }

// leastFree is less than any login takes.
const leastFree = 64 << 10

// checkHome looks at the folder itself.
func checkHome(_ context.Context, p *patient) []Finding {
	var bad *credstore.HomeError
	switch {
	case errors.Is(p.Trouble, errLate):
		return []Finding{problem("silent", with{"Path": p.path(p.getenv("CODEX_HOME"))})}
	case errors.As(p.Trouble, &bad):
		return []Finding{p.noHome(bad)}
	case p.login == nil:
		return []Finding{problem("unknown", nil)}
	}
	path := p.login.Home.Path
	at := with{"Path": p.path(path)}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && p.getenv("CODEX_HOME") == "" && credstore.Dangling(path) == "":
		return p.parentOf(path)
	case err != nil:
		return []Finding{p.noHome(&credstore.HomeError{Path: path, Target: credstore.Dangling(path), Err: err})}
	case !info.IsDir():
		return []Finding{p.noHome(&credstore.HomeError{Path: path, NotFolder: true})}
	}
	var found []Finding
	if _, err := os.ReadDir(path); err != nil {
		found = append(found, problem("unreadable", with{"Path": p.path(path), "Mode": mode(info.Mode()), "Cause": cause(err)}))
	} else if err := writable(path); err != nil {
		found = append(found, problem("read_only", with{
			"Path": p.path(path), "Mode": mode(info.Mode()), "Cause": cause(err), "Mount": yes(errors.Is(err, syscall.EROFS)),
		}))
	}
	if len(found) == 0 { // what cannot be written at all is not full as well
		found = p.fileSystem(path)
	}
	if real, err := filepath.EvalSymlinks(path); err == nil && !samePath(real, filepath.Clean(path)) {
		found = append(found, note("link", with{"Path": p.path(path), "Real": p.path(real)}))
	}
	return or(found, at)
}

// noHome says why there is no folder to look into.
func (p *patient) noHome(e *credstore.HomeError) Finding {
	at := with{"Path": p.path(e.Path), "Cause": cause(e.Err)}
	switch {
	case e.Path == "":
		return problem("unknown", nil)
	case e.NotFolder:
		return problem("not_folder", at)
	case e.Target != "":
		at["To"] = p.path(e.Target)
		return problem("dangling", at)
	case errors.Is(e.Err, fs.ErrNotExist):
		return problem("missing", at)
	}
	return problem("unreachable", at)
}

// parentOf looks whether a folder that is not there yet can be made.
func (p *patient) parentOf(path string) []Finding {
	parent := filepath.Dir(path)
	for { // the first sign-in makes all that is not there
		if _, err := os.Stat(parent); !errors.Is(err, fs.ErrNotExist) || parent == filepath.Dir(parent) {
			break
		}
		parent = filepath.Dir(parent)
	}
	at := with{"Path": p.path(path), "Parent": p.path(parent)}
	if err := writable(parent); err != nil {
		at["Cause"] = cause(err)
		return []Finding{problem("cannot_be_made", at)}
	}
	return []Finding{note("not_yet", at)}
}

// barred reports whether this user may not even look at what is in CODEX_HOME.
// Then no check of a file there has anything to say that the folder's own has
// not said.
func (p *patient) barred() bool {
	if p.login == nil {
		return false
	}
	_, err := os.Lstat(p.login.Home.AuthFile())
	return errors.Is(err, fs.ErrPermission)
}

// fileSystem says what the place of the folder means for a login.
func (p *patient) fileSystem(path string) []Finding {
	kind, free, ok := fileSystemOf(path)
	if !ok {
		return nil
	}
	var found []Finding
	at := with{"Path": p.path(path), "Kind": name(kind)}
	if free < leastFree {
		found = append(found, problem("full", with{"Path": p.path(path), "Free": count(int(free))}))
	}
	switch kind {
	case "nfs", "smb", "ceph", "afs":
		found = append(found, note("shared", at))
	case "vfat", "exfat", "ntfs", "9p":
		found = append(found, warning("no_modes", at))
	}
	return found
}

// samePath reports whether two paths are spelt alike, as far as the system
// tells spellings apart.
func samePath(a, b string) bool {
	return a == b || runtime.GOOS == "windows" && strings.EqualFold(a, b)
}
