package loginlog

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestLogModes(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0))
	folder := filepath.Join(t.TempDir(), "log")
	trace := NewTrace(folder)
	mode := func(path string) os.FileMode {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Mode().Perm()
	}
	trace.add(httpLine("x"))
	if mode(folder) != 0o700 || mode(trace.Path()) != 0o600 {
		t.Errorf("folder %o, file %o", mode(folder), mode(trace.Path()))
	}
	// Codex leaves one that others may read as it is.
	if err := os.Chmod(trace.Path(), 0o666); err != nil {
		t.Fatal(err)
	}
	trace.add(httpLine("x"))
	if mode(trace.Path()) != 0o600 || trace.Err() != nil {
		t.Errorf("file %o, %v", mode(trace.Path()), trace.Err())
	}
}

// Only an ordinary file of the person's own is written to. Codex would wait at
// a pipe for ever.
func TestLogGoesNowhereElse(t *testing.T) {
	inFolder := func(spoil func(path string) error) (*Trace, string) {
		folder := t.TempDir()
		path := filepath.Join(folder, fileName)
		if err := spoil(path); err != nil {
			t.Fatal(err)
		}
		trace := NewTrace(folder)
		trace.add(httpLine("a line"))
		return trace, folder
	}
	for name, c := range map[string]struct {
		spoil func(path string) error
		want  error
	}{
		"pipe":                {func(path string) error { return syscall.Mkfifo(path, 0o600) }, errNotAFile},
		"folder":              {func(path string) error { return os.Mkdir(path, 0o700) }, errNotAFile},
		"link to a device":    {func(path string) error { return os.Symlink("/dev/null", path) }, errLink},
		"links in a ring":     {func(path string) error { return os.Symlink(path, path) }, errLink},
		"link to nothing":     {func(path string) error { return os.Symlink("nothing", path) }, errLink},
		"too large":           {tooLarge, errTooLarge},
		"link below a device": {func(path string) error { return os.Symlink("/dev/null/x", path) }, errLink},
	} {
		if trace, _ := inFolder(c.spoil); !errors.Is(trace.Err(), c.want) {
			t.Errorf("%s: %v", name, trace.Err())
		}
	}
	if os.Getuid() != 0 {
		return
	}
	for name, spoil := range map[string]func(path string) error{
		"another's file": func(path string) error {
			return errors.Join(os.WriteFile(path, nil, 0o600), os.Chown(path, 65534, 65534))
		},
	} {
		trace, folder := inFolder(spoil)
		text, _ := os.ReadFile(filepath.Join(folder, fileName))
		if !errors.Is(trace.Err(), errForeign) || len(text) > 0 {
			t.Errorf("%s: %v, %q", name, trace.Err(), text)
		}
	}
}

// A repository may say where the log is, and put links there: what they lead to
// is left as it is, in its mode too, and nothing is made in its place.
func TestLogTouchesNoOtherFile(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(home, folder string) (string, error)
		want  error
	}{
		"a link": {func(home, folder string) (string, error) {
			return folder, os.Symlink("../.codex/auth.json", filepath.Join(folder, fileName))
		}, errLink},
		"a second name": {func(home, folder string) (string, error) {
			return folder, os.Link(filepath.Join(home, "auth.json"), filepath.Join(folder, fileName))
		}, errLink},
		"a folder in a document's place": {func(home, _ string) (string, error) {
			return filepath.Join(home, "Config.TOML"), nil
		}, errReserved},
		"the same through a link": {func(home, folder string) (string, error) {
			return filepath.Join(folder, "x", "auth.lock", "log"), os.Symlink(home, filepath.Join(folder, "x"))
		}, errReserved},
		"a document as the folder": {func(home, folder string) (string, error) {
			return filepath.Join(folder, "x"), os.Symlink(filepath.Join(home, "auth.json"), filepath.Join(folder, "x"))
		}, errReserved},
	} {
		t.Run(name, func(t *testing.T) {
			above := t.TempDir()
			home, folder := filepath.Join(above, ".codex"), filepath.Join(above, "logs")
			auth := filepath.Join(home, "auth.json")
			if err := errors.Join(os.Mkdir(home, 0o700), os.Mkdir(folder, 0o700), os.WriteFile(auth, []byte("{}"), 0o640)); err != nil {
				t.Fatal(err)
			}
			at, err := c.spoil(home, folder)
			if err != nil {
				t.Fatal(err)
			}
			trace := NewTrace(at)
			trace.add(httpLine("a line"))
			text, _ := os.ReadFile(auth)
			info, err := os.Stat(auth)
			if err != nil || string(text) != "{}" || info.Mode().Perm() != 0o640 {
				t.Errorf("%q, %v, %v", text, info, err)
			}
			if found, _ := os.ReadDir(home); len(found) != 1 || !errors.Is(trace.Err(), c.want) {
				t.Errorf("%v: %v", trace.Err(), found)
			}
		})
	}
}

// The person's own link to a folder is followed.
func TestLogInALinkedFolder(t *testing.T) {
	folder, link := t.TempDir(), filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(folder, link); err != nil {
		t.Fatal(err)
	}
	trace := NewTrace(filepath.Join(link, "log"))
	trace.add(httpLine("a line"))
	if text, err := os.ReadFile(filepath.Join(folder, "log", fileName)); err != nil || trace.Err() != nil || !strings.HasSuffix(string(text), "a line\n") {
		t.Errorf("%q, %v, %v", text, err, trace.Err())
	}
}

// A full log takes the place of an older one, and of nothing else.
func TestLogReplacesOnlyALog(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, fileName)
	if err := errors.Join(
		os.WriteFile(path, nil, 0o600), os.Truncate(path, limit), os.Symlink("elsewhere", path+".old"),
	); err != nil {
		t.Fatal(err)
	}
	trace := NewTrace(folder)
	trace.add(httpLine("a line"))
	to, err := os.Readlink(path + ".old")
	if info, _ := os.Stat(path); err != nil || to != "elsewhere" || trace.Err() != nil || info.Size() <= limit {
		t.Errorf("%q, %v, %v", to, err, trace.Err())
	}
}

// tooLarge is a log that has grown and cannot be renamed: a folder has the
// other name.
func tooLarge(path string) error {
	return errors.Join(os.WriteFile(path, nil, 0o600), os.Truncate(path, hardLimit+1), os.MkdirAll(path+".old/x", 0o700))
}
