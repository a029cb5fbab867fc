//go:build !linux

package flows

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/shirou/gopsutil/v4/process"
)

// inContainer is false: containers of these systems are machines of their own.
func inContainer() bool { return false }

func sameFolder(_ int, theirs, ours string) bool {
	a, err1 := os.Stat(theirs)
	b, err2 := os.Stat(ours)
	if err1 != nil || err2 != nil {
		return filepath.Clean(theirs) == filepath.Clean(ours)
	}
	return os.SameFile(a, b)
}

// startOf is exact to the millisecond on these systems.
func startOf(ctx context.Context, p *process.Process) (time.Time, error) {
	ms, err := p.CreateTimeWithContext(ctx)
	return time.UnixMilli(ms), err
}

// served names the control socket for the background server. Whose a socket is
// could only be learned from other programs.
func served(ctx context.Context, pid int, home string) string {
	args, err := (&process.Process{Pid: int32(pid)}).CmdlineSliceWithContext(ctx)
	if err != nil || !slices.Contains(args, "--managed-daemon") {
		return ""
	}
	return controlSocket(home)
}

// servesItself is not known here, so that a terminal is rather named once too
// often.
func servesItself(*process.Process) bool { return true }
