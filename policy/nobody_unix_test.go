//go:build unix

package policy

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
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
