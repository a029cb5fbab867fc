//go:build unix

package credstore

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// What a backup or a umask has opened to others is closed when something is
// written, the person's own folders are not touched.
func TestOwnFoldersAreTightened(t *testing.T) {
	home := testHome(t)
	book, a := OpenBook(home, ModeFile), apiKey("sk-1")
	ctx := testContext(t)
	unreadable := func() string {
		t.Helper()
		path, err := KeepUnreadable(home, NewSecret("{"))
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	if err := book.Keep(ctx, a); err != nil {
		t.Fatal(err)
	}
	aside := unreadable()
	open := map[string]fs.FileMode{
		book.own(): 0o755, book.dir(): 0o777, book.tmp(): 0o750, filepath.Dir(aside): 0o755,
		book.page(ID(a)): 0o644, book.cardFile(ID(a)): 0o640, aside: 0o644, home.Path: 0o755,
	}
	for path, mode := range open {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := book.Keep(ctx, a); err != nil {
		t.Fatal(err)
	}
	unreadable()
	for path := range open {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		want := fs.FileMode(0o600)
		switch {
		case path == home.Path:
			want = 0o755
		case info.IsDir():
			want = 0o700
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has %o, want %o", path, got, want)
		}
	}
	// Somebody keeps it on another disk.
	elsewhere := t.TempDir()
	if err := os.Chmod(elsewhere, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(book.tmp()); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, book.tmp()); err != nil {
		t.Fatal(err)
	}
	if err := book.Keep(ctx, a); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(elsewhere); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("the folder behind a link was changed: %v, %v", info.Mode(), err)
	}
}
