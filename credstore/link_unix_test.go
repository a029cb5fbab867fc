//go:build !windows

package credstore

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A link may lead to anything. Signing out through it removes a login that is
// there, whole or not, and nothing else but the link.
func TestSigningOutThroughALink(t *testing.T) {
	document := string(apiKey("sk-test").Encode())
	for name, c := range map[string]struct {
		make func(path string) error
		gone bool
	}{
		"a login":           {func(path string) error { return os.WriteFile(path, []byte(document), 0o600) }, true},
		"a login, cut off":  {func(path string) error { return os.WriteFile(path, []byte(document[:len(document)-4]), 0o600) }, true},
		"another text":      {func(path string) error { return os.WriteFile(path, []byte("127.0.0.1 localhost\n"), 0o600) }, false},
		"a like word":       {func(path string) error { return os.WriteFile(path, []byte(`{"tokens": 12}`), 0o600) }, false},
		"an empty file":     {func(path string) error { return os.WriteFile(path, nil, 0o600) }, false},
		"a pipe or device":  {func(path string) error { return syscall.Mkfifo(path, 0o600) }, false},
		"a folder":          {func(path string) error { return os.Mkdir(path, 0o700) }, false},
		"a file of 100 MiB": {func(path string) error { return sparse(path, 100<<20) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			home := testHome(t)
			target := filepath.Join(testHome(t).Path, "target")
			if err := c.make(target); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(target, home.AuthFile()); err != nil {
				t.Fatal(err)
			}
			if err := Open(home, ModeFile).Delete(testContext(t)); err != nil {
				t.Fatal(err)
			}
			if exists(home.AuthFile()) || exists(target) == c.gone {
				t.Errorf("the link is there: %v, what it leads to: %v", exists(home.AuthFile()), exists(target))
			}
		})
	}
}

func sparse(path string, size int64) error {
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		return err
	}
	return os.Truncate(path, size)
}
