package sandbox

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	isolatedEnv = "CODEX_LOGIN_ISOLATED"
	// isolateFailed is an exit code that no test binary uses.
	isolateFailed = 197
)

// Isolate runs this program again in a network namespace of its own, where
// nothing but the loopback interface exists, so that neither the real Codex nor
// a mistake of ours can reach another machine. Call it first in TestMain:
//
//	if code, done := sandbox.Isolate(); done {
//		os.Exit(code)
//	}
//	os.Exit(m.Run())
//
// Done is true in the outer process once the inner one has ended with code.
// Where the system allows no new namespace the program goes on in this one, and
// Isolated reports false.
func Isolate() (code int, done bool) {
	if os.Getenv(isolatedEnv) != "" {
		if err := raiseLoopback(); err != nil {
			return isolateFailed, true
		}
		return 0, false
	}
	if Isolated() {
		return 0, false
	}
	for _, attributes := range []*syscall.SysProcAttr{asRoot(), asUser()} {
		if code, ran := rerun(attributes); ran {
			return code, true
		}
	}
	return 0, false
}

func asRoot() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
}

// asUser needs no rights: a user namespace in which the user stays the same but
// may bring up the loopback interface.
func asUser() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}},
		AmbientCaps: []uintptr{unix.CAP_NET_ADMIN},
		Pdeathsig:   syscall.SIGKILL,
	}
}

func rerun(attributes *syscall.SysProcAttr) (code int, ran bool) {
	// The kernel sends Pdeathsig when the thread ends that started the child.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	self, err := os.Executable()
	if err != nil {
		return 0, false
	}
	cmd := exec.Command(self, os.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), isolatedEnv+"=1")
	cmd.SysProcAttr = attributes
	if cmd.Start() != nil {
		return 0, false
	}
	// "go test" asks for goroutine traces with SIGQUIT when time is up.
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT)
	defer signal.Stop(signals)
	go func() {
		for s := range signals {
			_ = cmd.Process.Signal(s)
		}
	}()
	err = cmd.Wait()
	close(signals)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		fmt.Fprintln(os.Stderr, "sandbox: the isolated tests did not run:", err)
		return 1, true
	}
	switch code := cmd.ProcessState.ExitCode(); code {
	case isolateFailed:
		return 0, false
	case -1: // ended by a signal
		return 1, true
	default:
		return code, true
	}
}

// raiseLoopback does what "ip link set lo up" does.
func raiseLoopback() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }()
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, request); err != nil {
		return err
	}
	if request.Uint16()&unix.IFF_UP != 0 {
		return nil
	}
	request.SetUint16(request.Uint16() | unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request)
}
