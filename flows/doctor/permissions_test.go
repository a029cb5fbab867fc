//go:build !windows

package doctor

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// What is no plain file is not ours to close: chmod on /dev/null would break
// the machine.
func TestPermissionsOfNoFile(t *testing.T) {
	for name, arrange := range map[string]func(w *ward){
		"settings on /dev/null": func(w *ward) { must(w, os.Symlink("/dev/null", w.path("config.toml"))) },
		"a login on /dev/zero": func(w *ward) {
			must(w, os.Remove(w.path("auth.json")))
			must(w, os.Symlink("/dev/zero", w.path("auth.json")))
		},
		"a pipe for a login": func(w *ward) {
			must(w, os.Remove(w.path("auth.json")))
			must(w, unix.Mkfifo(w.path("auth.json"), 0o666))
			must(w, os.Chmod(w.path("auth.json"), 0o666))
		},
		"a folder for a login": func(w *ward) {
			must(w, os.Remove(w.path("auth.json")))
			must(w, os.Mkdir(w.path("auth.json"), 0o755))
		},
		"a file for the book": func(w *ward) { w.write("codex-login", "", 0o666) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWard(t)
			arrange(w)
			w.open()
			for _, f := range checkPermissions(t.Context(), newPatient(w.login, w.s)) {
				if f.Severity != Sound || f.Fix != nil {
					f.Check = "permissions"
					t.Errorf("%s: %+v", f.Cause, f.Explain(words))
				}
			}
		})
	}
}

// A fix names the very file that it changes.
func TestPermissionsBehindALink(t *testing.T) {
	w := newWard(t)
	real := filepath.Join(w.dir, "real.json")
	must(w, os.Rename(w.path("auth.json"), real))
	must(w, os.Chmod(real, 0o644))
	must(w, os.Symlink(real, w.path("auth.json")))
	fixes := w.examine().Fixes()
	if len(fixes) != 1 {
		t.Fatalf("%d fixes", len(fixes))
	}
	said := fixes[0].Explain(words)
	for _, want := range []string{"chmod 0600 ~/here/real.json", "outside of CODEX_HOME", "~/.codex/auth.json"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q lacks %q", said, want)
		}
	}
}

// Root does not take a user's login away from that user, and nobody takes what
// is elsewhere.
func TestForeign(t *testing.T) {
	w := newWard(t)
	w.open()
	p := newPatient(w.login, w.s)
	mine := os.Geteuid()
	if f := p.foreign(w.path("auth.json"), mine, 0); f.Cause != "other_home" {
		t.Errorf("root in a user's home: %s", f.Cause)
	}
	if f := p.foreign(w.path("auth.json"), mine+1, mine+2); f.Cause != "owner" {
		t.Errorf("a file of another user: %s", f.Cause)
	}
	must(w, os.Symlink("/etc/passwd", w.path("config.toml")))
	f := p.foreign(w.path("config.toml"), 0, 1000)
	if f.Check = "permissions"; f.Cause != "owner_outside" || strings.Contains(f.Explain(words).Do, "chown") {
		t.Errorf("%s: %s", f.Cause, f.Explain(words).Do)
	}
}

// Who may look into a folder or the log has no login yet.
func TestPrivateIsNoLogin(t *testing.T) {
	w := newWard(t)
	w.write("log/codex-login.log", "", 0o644)
	must(w, os.MkdirAll(w.path("codex-login/accounts"), 0o700))
	must(w, os.Chmod(w.path("codex-login/accounts"), 0o755))
	r := w.examine()
	if said := text(r); strings.Contains(said, "has the login") || strings.Count(said, "permissions.open") != 2 || len(r.Fixes()) != 2 {
		t.Error(said)
	}
}

// A link may lead to a file of the system, which --fix must not close: --yes
// asks nobody, and root may do anything.
func TestFilesOfTheSystemAreNotMended(t *testing.T) {
	w := newWard(t)
	hosts := filepath.Join(w.dir, "hosts")
	must(w, os.WriteFile(hosts, []byte("127.0.0.1 localhost\n"), 0o644))
	must(w, os.Chmod(hosts, 0o644))
	must(w, os.Remove(w.path("auth.json")))
	must(w, os.Symlink(hosts, w.path("auth.json")))
	must(w, os.Mkdir(w.path("log"), 0o700))
	must(w, os.Symlink(hosts, w.path("log/codex-login.log")))
	r := w.examine()
	if n := len(r.Fixes()); n != 0 {
		t.Errorf("%d fixes:\n%s", n, text(r))
	}
}
