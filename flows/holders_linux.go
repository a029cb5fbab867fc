package flows

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	gopsnet "github.com/shirou/gopsutil/v4/net"
	"github.com/shirou/gopsutil/v4/process"
	"golang.org/x/sys/unix"
)

// hostPIDs is the name of the first PID namespace, the host's: its inode is
// fixed in the kernel (PROC_PID_INIT_INO).
const hostPIDs = "pid:[4026531836]"

// inContainer reports whether programs may run that have no number here.
func inContainer() bool {
	name, err := os.Readlink("/proc/self/ns/pid")
	return err != nil || name != hostPIDs
}

// sameFolder compares theirs as that process sees it with ours as we do: it
// may live in a container or behind a link.
func sameFolder(pid int, theirs, ours string) bool {
	a, err := os.Stat(filepath.Join("/proc", strconv.Itoa(pid), "root") + theirs)
	if err != nil {
		return filepath.Clean(theirs) == filepath.Clean(ours)
	}
	b, err := os.Stat(ours)
	return err == nil && os.SameFile(a, b)
}

// startOf counts from the kernel's ticks since boot. The time that gopsutil
// makes of them is up to a second early, and a Codex that is started right
// after a switch would count as one from before it.
func startOf(_ context.Context, p *process.Process) (time.Time, error) {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(int(p.Pid)), "stat"))
	if err != nil {
		return time.Time{}, err
	}
	// Field 22 of proc_pid_stat(5), counted behind the name, which may hold
	// anything. A tick is 10 ms in everything that /proc says (USER_HZ).
	text := string(stat)
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 20 {
		return time.Time{}, errors.New("/proc/pid/stat is too short")
	}
	ticks, err := strconv.ParseInt(fields[19], 10, 64)
	if err != nil {
		return time.Time{}, err
	}
	var up unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &up); err != nil {
		return time.Time{}, err
	}
	age := time.Duration(up.Nano()) - time.Duration(ticks)*10*time.Millisecond
	return time.Now().Add(-age).Round(0), nil
}

// served is the socket that a process listens on, under the name that it has
// in CODEX_HOME where it is the control socket.
func served(ctx context.Context, pid int, home string) string {
	sockets, err := gopsnet.ConnectionsPidWithContext(ctx, "unix", int32(pid))
	if err != nil {
		return ""
	}
	control, err := filepath.EvalSymlinks(controlSocket(home))
	for _, s := range sockets {
		switch path := s.Laddr.IP; {
		case path == "":
			continue
		case err == nil && path == control:
			return controlSocket(home)
		default:
			return path
		}
	}
	return ""
}

// servesItself reports whether a process is an app-server for itself. Codex
// then has a chat open for writing, with a lock on
// thread-writer-locks/<id>.lock, or, before that, watches files for changes.
func servesItself(p *process.Process) bool {
	fds := filepath.Join("/proc", strconv.Itoa(int(p.Pid)), "fd")
	entries, err := os.ReadDir(fds)
	if err != nil {
		return true
	}
	for _, e := range entries {
		target, err := os.Readlink(filepath.Join(fds, e.Name()))
		if err == nil && (target == "anon_inode:inotify" || filepath.Base(filepath.Dir(target)) == "thread-writer-locks") {
			return true
		}
	}
	return false
}
