package credstore

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// The same folder under another name is known for what it is, another folder
// is not, and nothing stays.
func TestRemoteKnowsItsHomeIsThisOne(t *testing.T) {
	root, home, other, ctx := engines(t, "sh"), testHome(t), testHome(t), testContext(t)
	same := reach(t, container(t, root, home, MachineDocker))
	if same.Facts().Home == home.Path {
		t.Fatal("nothing to tell apart")
	}
	tmp := filepath.Join(home.Path, "codex-login", "tmp")
	old, fresh := filepath.Join(tmp, "here-OLD"), filepath.Join(tmp, "here-FRESH")
	if err := ownDir(home, "tmp"); err != nil {
		t.Fatal(err)
	}
	write(t, old, "left by a killed run")
	write(t, fresh, "somebody else's")
	if err := os.Chtimes(old, time.Time{}, time.Now().Add(-2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if is, err := same.SameHome(ctx, home); err != nil || !is {
		t.Error(is, err)
	}
	if is, err := same.SameHome(ctx, other); err != nil || is {
		t.Error(is, err)
	}
	if got := names(t, tmp); len(got) != 1 || got[0] != "here-FRESH" {
		t.Error(got)
	}

	for name, h := range map[string]Home{
		"absent": {Path: filepath.Join(t.TempDir(), "none"), byDefault: true},
		"closed": closedHome(t),
	} {
		before := exists(h.Path)
		if is, err := same.SameHome(ctx, h); err != nil || is {
			t.Error(name, is, err)
		}
		if exists(h.Path) != before {
			t.Error(name, "was made")
		}
	}
}

// A name alone, or a folder of that name, is no answer.
func TestRemoteHereComparesTheWord(t *testing.T) {
	root, home, ctx := engines(t, "sh"), testHome(t), testContext(t)
	r := reach(t, container(t, root, home, MachineDocker))
	if err := ownDir(home, "tmp"); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(home.Path, "codex-login", "tmp", "here-N"), "W")
	for word, want := range map[string]string{"W": "ok", "V": "none", "": "none"} {
		if _, code, err := r.call(ctx, nil, "here", "N", word); err != nil || code != want {
			t.Error(word, code, err)
		}
	}
}

// closedHome is one that nothing can be put into, not even by root.
func closedHome(t *testing.T) Home {
	t.Helper()
	home := testHome(t)
	write(t, filepath.Join(home.Path, "codex-login"), "")
	return home
}
