package flows

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
	trace.add(traceLine("x"))
	if mode(folder) != 0o700 || mode(trace.Path()) != 0o600 {
		t.Errorf("folder %o, file %o", mode(folder), mode(trace.Path()))
	}
	// Codex leaves one that others may read as it is.
	if err := os.Chmod(trace.Path(), 0o666); err != nil {
		t.Fatal(err)
	}
	trace.add(traceLine("x"))
	if mode(trace.Path()) != 0o600 || trace.Err() != nil {
		t.Errorf("file %o, %v", mode(trace.Path()), trace.Err())
	}
}

// Only an ordinary file of the person's own is written to. Codex would wait at
// a pipe for ever.
func TestLogGoesNowhereElse(t *testing.T) {
	inFolder := func(spoil func(path string) error) (*Trace, string) {
		folder := t.TempDir()
		path := filepath.Join(folder, loginLogName)
		if err := spoil(path); err != nil {
			t.Fatal(err)
		}
		trace := NewTrace(folder)
		trace.add(traceLine("a line"))
		return trace, folder
	}
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	if err := os.WriteFile(elsewhere, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	trace, _ := inFolder(func(path string) error { return os.Symlink(elsewhere, path) })
	if text, _ := os.ReadFile(elsewhere); !strings.HasSuffix(string(text), "a line\n") || trace.Err() != nil {
		t.Errorf("the person's own link: %q, %v", text, trace.Err())
	}
	for name, c := range map[string]struct {
		spoil func(path string) error
		want  error
	}{
		"pipe":             {func(path string) error { return syscall.Mkfifo(path, 0o600) }, errLogNotAFile},
		"device":           {func(path string) error { return os.Symlink("/dev/null", path) }, errLogNotAFile},
		"links in a ring":  {func(path string) error { return os.Symlink(path, path) }, errLogNotAFile},
		"too large":        {tooLarge, errLogTooLarge},
		"folder, a device": {func(path string) error { return os.Symlink("/dev/null/x", path) }, syscall.ENOTDIR},
	} {
		if trace, _ := inFolder(c.spoil); !errors.Is(trace.Err(), c.want) {
			t.Errorf("%s: %v", name, trace.Err())
		}
	}
	if os.Getuid() != 0 {
		return
	}
	target := filepath.Join(t.TempDir(), "target")
	for name, spoil := range map[string]func(path string) error{
		"another's link": func(path string) error {
			return errors.Join(os.WriteFile(target, nil, 0o600), os.Symlink(target, path), os.Lchown(path, 65534, 65534))
		},
		"another's file": func(path string) error {
			return errors.Join(os.WriteFile(path, nil, 0o600), os.Chown(path, 65534, 65534))
		},
	} {
		trace, folder := inFolder(spoil)
		text, _ := os.ReadFile(filepath.Join(folder, loginLogName))
		if !errors.Is(trace.Err(), errLogForeign) || len(text) > 0 {
			t.Errorf("%s: %v, %q", name, trace.Err(), text)
		}
	}
}

// tooLarge is a log that has grown and cannot be renamed: a folder has the
// other name.
func tooLarge(path string) error {
	return errors.Join(os.WriteFile(path, nil, 0o600), os.Truncate(path, loginLogMost+1), os.MkdirAll(path+".old/x", 0o700))
}
