package credstore

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func getenv(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestFindHome(t *testing.T) {
	dir := testHome(t).Path
	file := filepath.Join(dir, "file")
	write(t, file, "")
	h, err := FindHome(getenv("CODEX_HOME", dir))
	if err != nil || h.Path != dir || h.AuthFile() != filepath.Join(dir, "auth.json") {
		t.Fatal(h, err)
	}
	h, err = FindHome(getenv("CODEX_HOME", "", "HOME", dir, "USERPROFILE", dir))
	if err != nil || h.Path != filepath.Join(dir, ".codex") {
		t.Fatal(h, err)
	}
	if exists(h.Path) {
		t.Error("finding the home created it")
	}
	var e *HomeError
	_, err = FindHome(getenv("CODEX_HOME", dir+"/none"))
	if !errors.As(err, &e) || e.NotFolder || !strings.Contains(err.Error(), "does not exist") {
		t.Error(err)
	}
	_, err = FindHome(getenv("CODEX_HOME", file))
	if !errors.As(err, &e) || !e.NotFolder {
		t.Error(err)
	}
	if err := os.Symlink("nowhere", filepath.Join(dir, "link")); err != nil {
		missing(t, "symbolic links")
	}
	_, err = FindHome(getenv("CODEX_HOME", dir+"/link"))
	if !errors.As(err, &e) || e.Target != filepath.Join(dir, "nowhere") || !strings.Contains(err.Error(), "mkdir -p '"+e.Target+"'") {
		t.Error(err)
	}
	if h, err := FindHome(getenv("HOME", dir)); err != nil || os.Symlink("nowhere", h.Path) != nil {
		t.Error(err)
	} else if _, err := Open(h, ModeFile).Save(testContext(t), apiKey("sk"), Steps{}); !errors.As(err, &e) || e.Target != filepath.Join(dir, "nowhere") {
		t.Error(err)
	}
	t.Chdir(dir)
	if err := os.Mkdir("relative", 0o755); err != nil {
		t.Fatal(err)
	}
	if h, err := FindHome(getenv("CODEX_HOME", "relative")); err != nil || h.Path != filepath.Join(dir, "relative") {
		t.Error(h, err)
	}
}

func TestDefaultHomeIsCreatedBySaving(t *testing.T) {
	dir := testHome(t).Path
	h, err := FindHome(getenv("HOME", dir, "USERPROFILE", dir))
	if err != nil {
		t.Fatal(err)
	}
	before := h.KeyringEntry()
	if _, err := Open(h, ModeFile).Save(testContext(t), apiKey("sk"), Steps{}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(h.Path)
	if err != nil || !hasMode(info, 0o700) {
		t.Fatal(info, err)
	}
	if h.KeyringEntry() != before {
		t.Error("the keyring entry changed when the folder came to be")
	}
	// One that was named is not ours to create.
	gone := Home{Path: filepath.Join(dir, "gone")}
	var e *HomeError
	if _, err := Open(gone, ModeFile).Save(testContext(t), apiKey("sk"), Steps{}); !errors.As(err, &e) || exists(gone.Path) {
		t.Error(err)
	}
}

func TestKeyringAccountIsOfTheRealPath(t *testing.T) {
	dir := testHome(t).Path
	link := filepath.Join(dir, "link")
	if err := os.Symlink(dir, link); err != nil {
		missing(t, "symbolic links")
	}
	if a, b := (Home{Path: dir}).keyringAccount(), (Home{Path: link}).keyringAccount(); a != b {
		t.Error(a, b)
	}
	// The first 16 hex digits of printf %s / | sha256sum.
	if got := (Home{Path: "/"}).KeyringEntry(); got != "Codex Auth / cli|8a5edab282632443" && os.PathSeparator == '/' {
		t.Error(got)
	}
}
