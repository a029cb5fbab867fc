package credstore

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

func TestFileIsCodexsFile(t *testing.T) {
	home, ctx := testHome(t), testContext(t)
	// One that everybody may read becomes private.
	if err := os.WriteFile(home.AuthFile(), []byte("junk"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(home, ModeFile).Save(ctx, apiKey("sk-1"), Steps{}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(home.AuthFile())
	if err != nil || !hasMode(info, 0o600) {
		t.Error(info.Mode(), err)
	}
	if got := names(t, home.Path); !slices.Equal(got, []string{"auth.json", "auth.json.lock", "auth.lock"}) {
		t.Error(got)
	}
	info, err = os.Stat(home.AuthFile() + ".lock")
	if err != nil || !hasMode(info, 0o600) {
		t.Error(info.Mode(), err)
	}
}

func TestFileBehindLinks(t *testing.T) {
	ctx := testContext(t)
	for name, c := range map[string]struct{ link, target string }{
		"relative":                {"real/login.json", "real/login.json"},
		"to a folder not there":   {"not/yet/login.json", "not/yet/login.json"},
		"upwards":                 {"../outside.json", "../outside.json"},
		"by way of another link":  {"hop", "real/login.json"},
		"through a linked folder": {"folder/login.json", "real/login.json"},
	} {
		t.Run(name, func(t *testing.T) {
			home := Home{Path: filepath.Join(testHome(t).Path, "home")}
			at := func(name string) string { return filepath.Join(home.Path, name) }
			for _, err := range []error{
				os.MkdirAll(at("real"), 0o755), os.Symlink("real/login.json", at("hop")),
				os.Symlink("real", at("folder")), os.Symlink(c.link, home.AuthFile()),
			} {
				if err != nil {
					t.Fatal(err)
				}
			}
			store := Open(home, ModeFile)
			for _, key := range []string{"sk-1", "sk-2"} {
				if _, err := store.Save(ctx, apiKey(key), Steps{}); err != nil {
					t.Fatal(err)
				}
				a, _, err := store.Load(ctx)
				if err != nil {
					t.Fatal(err)
				}
				same(t, a, apiKey(key))
			}
			if info, err := os.Lstat(home.AuthFile()); err != nil || info.Mode()&os.ModeSymlink == 0 {
				t.Error("the link was replaced", err)
			}
			if info, err := os.Lstat(at(c.target)); err != nil || !hasMode(info, 0o600) {
				t.Error(info, err)
			}
			if !exists(at(c.target) + ".lock") {
				t.Error("the lock is not beside the real file")
			}
			if err := store.Delete(ctx); err != nil {
				t.Fatal(err)
			}
			if exists(at(c.target)) || exists(home.AuthFile()) {
				t.Error("the secret or the link stayed")
			}
		})
	}
}

func TestFileRefusesToOverride(t *testing.T) {
	ctx := testContext(t)
	t.Run("read-only file", func(t *testing.T) {
		home := testHome(t)
		write(t, home.AuthFile(), string(apiKey("sk-old").Encode()))
		if err := os.Chmod(home.AuthFile(), 0o400); err != nil {
			t.Fatal(err)
		}
		_, err := Open(home, ModeFile).Save(ctx, apiKey("sk-new"), Steps{})
		if !IsProblem(err, ProblemReadOnly) || !strings.Contains(err.Error(), home.AuthFile()) {
			t.Error(err)
		}
		unchanged(t, home, "sk-old")
	})
	t.Run("a folder", func(t *testing.T) {
		home := testHome(t)
		if err := os.MkdirAll(home.AuthFile()+"/inside", 0o700); err != nil {
			t.Fatal(err)
		}
		store := Open(home, ModeFile)
		_, saved := store.Save(ctx, apiKey("sk"), Steps{})
		_, _, loaded := store.Load(ctx)
		for _, err := range []error{saved, loaded, store.Delete(ctx)} {
			if !IsProblem(err, ProblemIO) || !strings.Contains(err.Error(), "folder") {
				t.Error(err)
			}
		}
	})
	t.Run("links in a circle", func(t *testing.T) {
		home := testHome(t)
		if err := os.Symlink("auth.json", home.AuthFile()); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(home, ModeFile).Save(ctx, apiKey("sk"), Steps{}); !IsProblem(err, ProblemIO) {
			t.Error(err)
		}
	})
	t.Run("too large to read", func(t *testing.T) {
		home := testHome(t)
		write(t, home.AuthFile(), strings.Repeat(" ", maxDocument+1))
		if _, _, err := Open(home, ModeFile).Load(ctx); !IsProblem(err, ProblemTooBig) {
			t.Error(err)
		}
	})
}

// unchanged fails unless the home still holds that key and no leftovers.
func unchanged(t *testing.T, home Home, key string) {
	t.Helper()
	a, _, err := Open(home, ModeFile).Load(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	same(t, a, apiKey(key))
	for _, name := range names(t, home.Path) {
		if strings.HasPrefix(name, ".auth-") {
			t.Errorf("%s was left behind", name)
		}
	}
}

func TestLeftoversOfKilledWritersGo(t *testing.T) {
	home, ctx := testHome(t), testContext(t)
	elsewhere := testHome(t).Path
	old, fresh, other := filepath.Join(elsewhere, ".auth-OLD123"), filepath.Join(elsewhere, ".auth-NEW123"), filepath.Join(home.Path, ".auth-abc")
	for _, path := range []string{filepath.Join(home.Path, ".auth-aZ0123"), old, fresh, other} {
		write(t, path, "secret")
	}
	if err := os.Chtimes(old, time.Time{}, time.Now().Add(-2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(elsewhere, "a.json"), home.AuthFile()); err != nil {
		t.Fatal(err)
	}
	store := Open(home, ModeFile)
	if _, err := store.Save(ctx, apiKey("sk"), Steps{}); err != nil {
		t.Fatal(err)
	}
	if exists(filepath.Join(home.Path, ".auth-aZ0123")) || exists(old) {
		t.Error("a leftover stayed")
	}
	if !exists(fresh) || !exists(other) {
		t.Error("a file went that may be somebody's")
	}
	// Deleting takes a leftover along even when there is no login.
	if err := store.Delete(ctx); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(home.Path, ".auth-aZ0123"), "secret")
	if err := store.Delete(ctx); err != ErrNotFound || exists(filepath.Join(home.Path, ".auth-aZ0123")) {
		t.Error(err)
	}
}

func TestBusyLockIsNamed(t *testing.T) {
	defer func(a, b time.Duration) { homeLockPatience, fileLockPatience = a, b }(homeLockPatience, fileLockPatience)
	homeLockPatience, fileLockPatience = time.Millisecond, time.Millisecond
	ctx, ring := testContext(t), mockKeyring(t)
	for _, name := range []string{"auth.lock", "auth.json.lock"} {
		home := testHome(t)
		write(t, home.AuthFile(), string(apiKey("sk-old").Encode()))
		held := flock.New(filepath.Join(home.Path, name))
		if err := held.Lock(); err != nil {
			t.Fatal(err)
		}
		for _, store := range []Store{Open(home, ModeFile), &keyringStore{home, ring}, &autoStore{keyringStore{home, ring}}} {
			_, saved := store.Save(ctx, apiKey("sk-new"), Steps{})
			for _, err := range []error{saved, store.Delete(ctx)} {
				var e *Error
				if !errors.As(err, &e) || e.Problem != ProblemBusy || e.Place.Where != held.Path() {
					t.Errorf("%s: %v", store.Mode(), err)
				} else if lockHolder(held.Path()) != "" && !strings.HasPrefix(e.Detail, "credstore.test (process ") {
					t.Errorf("the holder is not named: %s", e.Detail) // the texts say "by" before it
				}
			}
		}
		unchanged(t, home, "sk-old") // reading needs no lock
		if err := held.Unlock(); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(home, ModeFile).Save(ctx, apiKey("sk-new"), Steps{}); err != nil {
			t.Error(err)
		}
	}
}
