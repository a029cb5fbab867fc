package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"codex-login/credstore"
)

// Mending that is killed half way loses nothing, and done again it ends well.
func TestKillDoctorFix(t *testing.T) {
	if err := exec.Command("strace", "-o", "/dev/null", "true").Run(); err != nil {
		missing(t, "strace with the right to trace")
	}
	f := newFamily(t, credstore.ModeFile)
	const stray = `{"auth_mode":"apikey","OPENAI_API_KEY":"sk-proj-stray0123456789abcdef"}`
	args := []string{"doctor", "--fix", "--yes", "--offline"}
	killed := 0
	for _, call := range []string{"fchmod", "unlinkat", "renameat"} {
		for nth := 1; ; nth++ {
			f.settle()
			temp := filepath.Join(f.home, ".auth-abc123")
			if err := os.WriteFile(temp, []byte(stray), 0o600); err != nil {
				t.Fatal(err)
			}
			old := time.Now().Add(-time.Hour)
			if err := os.Chtimes(temp, old, old); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(filepath.Join(f.home, "auth.json"), 0o644); err != nil {
				t.Fatal(err)
			}
			if !f.killed(call, nth, "", args...) {
				break
			}
			killed++
			if r := f.run("", args...); r.code != 0 {
				t.Errorf("%s %d: then exit %d\n%s%s", call, nth, r.code, r.out, r.err)
			}
			logins, _ := f.kept()
			strays := 0
			for _, a := range logins {
				if a.Kind() == credstore.AuthAPIKey {
					strays++
				}
			}
			for id := range f.logins {
				if logins[id] == nil {
					t.Errorf("%s %d: %s is lost", call, nth, id)
				}
			}
			if strays != 2 { // the family has a key of its own
				t.Errorf("%s %d: the login of the killed writer is lost", call, nth)
			}
			if info, err := os.Stat(filepath.Join(f.home, "auth.json")); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s %d: auth.json: %v", call, nth, err)
			}
		}
	}
	if killed < 3 {
		t.Errorf("killed %d times", killed)
	}
	t.Logf("%d kills", killed)
}
