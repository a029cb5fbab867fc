package doctor

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"codex-login/credstore"
)

// mendAll examines, mends all that can be mended, and examines again.
func (w *ward) mendAll() (mended []Mended, after Report) {
	w.t.Helper()
	mended = Mend(context.Background(), w.examine().Fixes())
	for _, m := range mended {
		if m.Err != nil {
			w.t.Errorf("%s: %v", m.Explain(words), m.Err)
		}
	}
	return mended, w.examine()
}

// What can be mended is mended, nothing else is found afterwards, and mending
// it once more changes nothing.
func TestMend(t *testing.T) {
	for name, s := range map[string]struct {
		code    string
		kind    FixKind
		arrange func(w *ward)
	}{
		"a login that others may read": {"permissions.loose", FixPermissions, func(w *ward) { must(w, os.Chmod(w.path("auth.json"), 0o644)) }},
		"a home that all may write":    {"permissions.writable", FixPermissions, func(w *ward) { must(w, os.Chmod(w.home, 0o777)) }},
		"a lock of a killed run":       {"locks.stale", FixLock, func(w *ward) { w.write("codex-login/accounts/chatgpt-0000000000000000.lock", "", 0o600) }},
		"a file of a killed writer": {"locks.temporary", FixTemporary, func(w *ward) {
			path := w.write(".auth-abc123", "{", 0o600)
			must(w, os.Chtimes(path, noon.Add(-time.Hour), noon.Add(-time.Hour)))
		}},
		"a move that was cut off": {"book.moving", FixHalfDone, func(w *ward) { w.write("codex-login/moving", `{"from":"keyring","to":"file"}`, 0o600) }},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWard(t)
			s.arrange(w)
			before := w.examine()
			if f := findings(before)[s.code]; f.Fix == nil || f.Fix.Kind != s.kind {
				t.Fatalf("no fix for %s:\n%s", s.code, text(before))
			}
			again := before.Fixes()
			_, after := w.mendAll()
			if after.Problems+after.Warnings+after.Notes > 0 {
				t.Errorf("afterwards:\n%s", text(after))
			}
			for _, m := range Mend(t.Context(), again) { // a run that was killed before it said so
				if m.Err != nil {
					t.Errorf("once more: %v", m.Err)
				}
			}
			if after = w.examine(); after.Problems+after.Warnings+after.Notes > 0 {
				t.Errorf("after once more:\n%s", text(after))
			}
			if a, _, err := credstore.Open(w.login.Home, credstore.ModeFile).Load(t.Context()); err != nil || a.Empty() {
				t.Errorf("the login: %v", err)
			}
		})
	}
}

// A login among what killed writers have left may be the only one with the
// later tokens: it goes to the account book.
func TestMendKeepsALogin(t *testing.T) {
	w := newWard(t)
	path := w.write(".auth-abc123", apiKey, 0o600)
	must(w, os.Chtimes(path, noon.Add(-time.Hour), noon.Add(-time.Hour)))
	w.mendAll()
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is still there: %v", err)
	}
	cards, err := credstore.OpenBook(w.login.Home, credstore.ModeFile).Cards(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cards {
		if c.Mode == credstore.AuthAPIKey {
			return
		}
	}
	t.Errorf("the login is lost: %v", cards)
}

// A writer that is at work keeps its file.
func TestMendLeavesAWriterAlone(t *testing.T) {
	w := newWard(t)
	path := w.write(".auth-abc123", apiKey, 0o600)
	must(w, os.Chtimes(path, noon, noon))
	if fixes := w.examine().Fixes(); len(fixes) > 0 {
		t.Errorf("%v", fixes[0].Explain(words))
	}
}

// What has become something else since it was looked at is left alone.
func TestMendLeavesWhatHasChanged(t *testing.T) {
	w := newWard(t)
	must(w, os.Chmod(w.path("auth.json"), 0o644))
	fixes := w.examine().Fixes()
	must(w, os.Remove(w.path("auth.json")))
	outside := filepath.Join(w.dir, "outside")
	must(w, os.MkdirAll(outside, 0o755))
	must(w, os.Symlink(filepath.Join(outside, "gone"), w.path("auth.json")))
	if out := Mend(t.Context(), fixes); len(out) != 1 || out[0].Err == nil {
		t.Errorf("%v", out)
	}
	if info, err := os.Stat(outside); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

// Codex's own lock files and a backup of the person's stay as they are.
func TestMendTouchesNothingElse(t *testing.T) {
	w := newWard(t)
	var kept []string
	for _, name := range []string{"auth.lock", "auth.json.lock", "auth.json.bak", "codex-login/accounts.lock", "codex-login/moving.lock"} {
		kept = append(kept, w.write(name, apiKey, 0o600))
	}
	must(w, os.Chmod(w.path("auth.json"), 0o644))
	w.mendAll()
	for _, path := range kept {
		if _, err := os.Lstat(path); err != nil {
			t.Errorf("%v", err)
		}
	}
}
