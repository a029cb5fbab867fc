package policy

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// insideNamespace is set in the copy of the test binary that runs apart.
const insideNamespace = "POLICY_TEST_NAMESPACE"

// need skips a test by the name of what it lacks; in CI lacking it is a fault.
func need(t *testing.T, what string, err error) {
	t.Helper()
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatalf("needs %s: %v", what, err)
	default:
		t.Skipf("needs %s: %v", what, err)
	}
}

// apart runs the calling test once more in mount and network namespaces of its
// own, where it sees an empty /etc/codex and no network but loopback. It
// returns true in that run; nothing on the machine changes.
func apart(t *testing.T) bool {
	t.Helper()
	const what = "mount and network namespaces"
	if os.Getenv(insideNamespace) != "" {
		need(t, what, coverEtc(t.TempDir()))
		need(t, what, raiseLoopback())
		return true
	}
	run := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	run.Env = append(os.Environ(), insideNamespace+"=1")
	// A process namespace too, and the death signal, so that nothing outlives
	// the test. The signal comes when the thread ends that started the run.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	run.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWNET | unix.CLONE_NEWPID,
		Pdeathsig:  syscall.SIGKILL,
	}
	if os.Getuid() != 0 {
		run.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
		run.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		run.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	var out bytes.Buffer
	run.Stdout = io.MultiWriter(&out, t.Output())
	run.Stderr = run.Stdout
	err := run.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		need(t, what, err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "--- SKIP: "+t.Name()+" ") {
		t.Skip("skipped in the namespace")
	}
	return false
}

// coverEtc lays a file system in memory over /etc, with the few files that a
// program needs and an empty /etc/codex. It prepares it in a folder of its own
// and moves it there.
func coverEtc(folder string) error {
	if err := unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, ""); err != nil {
		return err
	}
	if err := unix.Mount("tmpfs", folder, "tmpfs", 0, "size=4m"); err != nil {
		return err
	}
	for _, name := range []string{"hosts", "passwd", "group", "nsswitch.conf", "os-release"} {
		text, err := os.ReadFile(filepath.Join("/etc", name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := errors.Join(err, os.WriteFile(filepath.Join(folder, name), text, 0o644)); err != nil {
			return err
		}
	}
	if _, err := os.Stat("/etc/ssl"); err == nil {
		ssl := filepath.Join(folder, "ssl")
		if err := errors.Join(os.Mkdir(ssl, 0o755), unix.Mount("/etc/ssl", ssl, "", unix.MS_BIND|unix.MS_REC, "")); err != nil {
			return err
		}
	}
	return errors.Join(
		os.Mkdir(filepath.Join(folder, "codex"), 0o755),
		unix.Mount(folder, "/etc", "", unix.MS_MOVE, ""),
	)
}

// raiseLoopback brings up the only interface of a new network namespace.
func raiseLoopback() error {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(socket) //nolint:errcheck // nothing was written
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, request)
}
