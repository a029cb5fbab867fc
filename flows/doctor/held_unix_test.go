//go:build unix

package doctor

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

const nobody = 65534

// heldBack reports whether file modes hold this process back. Where they do
// not, since it is root, the test is run again by a child that they do hold
// back, and false is returned.
func heldBack(t *testing.T) bool {
	t.Helper()
	if os.Getuid() != 0 {
		return true
	}
	if runtime.GOOS != "linux" {
		t.Skip("needs a user whom file modes hold back")
	}
	child := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.count=1")
	child.Dir, child.Env = os.TempDir(), append(os.Environ(), "GOCOVERDIR="+os.TempDir())
	child.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := child.CombinedOutput()
	switch {
	case errors.Is(err, fs.ErrPermission) && os.Getenv("CI") != "true":
		t.Skip("needs the right to become another user")
	case err != nil, bytes.Contains(out, []byte("no tests to run")):
		t.Errorf("as another user: %v\n%s", err, out)
	}
	return false
}

// Where the system keeps a person out, it is said what of, and from what.
func TestHeldBack(t *testing.T) {
	if !heldBack(t) {
		return
	}
	for _, s := range []setup{
		{"a home that may not be written", "home.read_only", Problem, "mode 0500", func(w *ward) { chmod(w, w.home, 0o500) }},
		{"a home that may not be read", "home.unreadable", Problem, "mode 0300", func(w *ward) { chmod(w, w.home, 0o300) }},
		{"a home behind a closed folder", "home.unreachable", Problem, "permission denied", func(w *ward) { chmod(w, filepath.Dir(w.home), 0o600) }},
		{"a home that cannot be made", "home.cannot_be_made", Problem, "cannot be written", func(w *ward) {
			delete(w.env, "CODEX_HOME")
			must(w, os.RemoveAll(w.home))
			chmod(w, filepath.Dir(w.home), 0o500)
		}},
		{"a login that may not be read", "login.unreadable", Problem, "permission denied", func(w *ward) { chmod(w, w.path("auth.json"), 0) }},
		{"settings that may not be read", "configuration.broken", Problem, "permission denied", func(w *ward) { w.write("config.toml", "", 0) }},
		{"a lock that may not be taken", "locks.foreign", Problem, "permission denied", func(w *ward) { w.write("auth.lock", "", 0o400) }},
		{"a bundle that may not be read", "certificates.broken", Problem, "permission denied", func(w *ward) {
			w.env["CODEX_CA_CERTIFICATE"] = w.write("bundle.pem", "", 0)
		}},
		{"a book that may not be read", "book.unreadable", Problem, "permission denied", func(w *ward) {
			must(w, os.MkdirAll(w.path("codex-login/accounts"), 0o700))
			chmod(w, w.path("codex-login/accounts"), 0)
		}},
	} {
		t.Run(s.name, func(t *testing.T) {
			w := newWard(t)
			s.arrange(w)
			r := w.examine()
			f, ok := findings(r)[s.code]
			if !ok || f.Severity != s.severity || !strings.Contains(f.Explain(words).Measured, s.measured) {
				t.Errorf("no %s with %q:\n%s", s.code, s.measured, text(r))
			}
		})
	}
}

// A folder that may not be entered is one finding: nothing is said of files
// that nobody can have seen.
func TestClosedHomeIsOneFinding(t *testing.T) {
	if !heldBack(t) {
		return
	}
	w := newWard(t)
	w.config("x = 1")
	chmod(w, w.home, 0)
	r := w.examine()
	if r.Problems != 1 || r.Warnings != 0 || strings.Contains(text(r), "auth.lock") || strings.Contains(text(r), "config.toml") {
		t.Errorf("%d problems:\n%s", r.Problems, text(r))
	}
	for _, id := range []string{"locks", "configuration"} {
		if f, ok := findings(r)[id+".no_entry"]; !ok || f.Severity != Skipped {
			t.Errorf("%s:\n%s", id, text(r))
		}
	}
}

func chmod(w *ward, path string, mode os.FileMode) {
	w.t.Helper()
	must(w, os.Chmod(path, mode))
	w.t.Cleanup(func() { _ = os.Chmod(path, 0o700) })
}

// A file that another user owns is told by that user's number.
func TestOwner(t *testing.T) {
	if os.Getuid() != 0 {
		missing(t, "the right to give files away")
	}
	w := newWard(t)
	must(w, os.Chown(w.path("auth.json"), nobody, nobody))
	f, ok := findings(w.examine())["permissions.owner"]
	if !ok || !strings.Contains(f.Explain(words).Measured, "user 65534") || f.Fix != nil {
		t.Errorf("%v %v", ok, f.Explain(words))
	}
}

// Who holds a lock is named, when it is held for longer than a write.
func TestHeldLock(t *testing.T) {
	if _, err := exec.LookPath("flock"); err != nil {
		missing(t, "flock of util-linux")
	}
	w := newWard(t)
	holder := exec.Command("flock", w.path("auth.lock"), "sh", "-c", "echo held; read line")
	out, err := holder.StdoutPipe()
	must(w, err)
	in, err := holder.StdinPipe()
	must(w, err)
	must(w, holder.Start())
	t.Cleanup(func() {
		_ = in.Close()
		_ = holder.Wait()
	})
	if _, err := out.Read(make([]byte, 8)); err != nil {
		t.Fatal(err)
	}
	f, ok := findings(w.examine())["locks.held"]
	measured := f.Explain(words).Measured
	if !ok || f.Severity != Warning || runtime.GOOS == "linux" && !strings.Contains(measured, "flock (process ") {
		t.Errorf("%v %q", ok, measured)
	}
}
