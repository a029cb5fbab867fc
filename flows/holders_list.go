package flows

import (
	"cmp"
	"context"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v4/process"
)

// runningCodex lists the running Codex programs of a CODEX_HOME, and what
// could not be looked at. The names of all programs are read, and of those
// that are Codex the rest.
func runningCodex(ctx context.Context, home string) (programs []codexProgram, unseen []string) {
	see := func(id string) {
		if !slices.Contains(unseen, id) {
			unseen = append(unseen, id)
		}
	}
	if inContainer() {
		see(unseenOutside)
	}
	pids, err := process.PidsWithContext(ctx)
	if err != nil {
		see(unseenUnfinished)
	}
	for _, pid := range pids {
		if ctx.Err() != nil {
			see(unseenUnfinished)
			break
		}
		p := &process.Process{Pid: pid} // not NewProcess, which asks for more than the name
		name, err := p.NameWithContext(ctx)
		if err != nil || !isCodex(name) {
			continue // it has ended, or is none
		}
		found, where := look(ctx, p, name, home)
		switch {
		case where == elsewhere:
			continue
		case where == forbidden:
			see(unseenUsers)
			continue
		case where == unknown:
			see(unseenEnvironment)
		}
		programs = append(programs, found)
	}
	return programs, unseen
}

// whereabouts says which CODEX_HOME a program runs with.
type whereabouts int

const (
	elsewhere whereabouts = iota // another one, or the program has ended
	here
	forbidden // another user's program
	unknown   // the system does not say
)

// look reads what there is to know about a Codex of this home.
func look(ctx context.Context, p *process.Process, name, home string) (codexProgram, whereabouts) {
	where := belongs(ctx, p, home)
	if where == elsewhere || where == forbidden {
		return codexProgram{}, where
	}
	args, err := p.CmdlineSliceWithContext(ctx)
	if err != nil || len(args) == 0 {
		return codexProgram{}, elsewhere // it has ended
	}
	started, err := startOf(ctx, p)
	if err != nil {
		return codexProgram{}, elsewhere
	}
	found := codexProgram{
		pid: int(p.Pid), name: name, args: args, started: started, unsure: where == unknown,
		ancestors: ancestors(ctx, p), socket: served(ctx, int(p.Pid), home), serves: servesItself(p),
	}
	if found.exe, err = p.ExeWithContext(ctx); err != nil {
		found.exe = args[0]
	}
	return found, where
}

// belongs compares the CODEX_HOME of a program with home. Codex takes
// ~/.codex for an empty or missing variable.
func belongs(ctx context.Context, p *process.Process, home string) whereabouts {
	environ, err := p.EnvironWithContext(ctx)
	switch {
	case os.IsPermission(err) && !sameUser(ctx, p):
		return forbidden
	case os.IsPermission(err):
		return unknown // hardened, as CODEX_SECURE_MODE=1 makes it
	case err != nil && ctx.Err() == nil && runtime.GOOS == "linux":
		return elsewhere // it has ended
	case err != nil || len(environ) == 0:
		return unknown
	}
	theirs := variableIn(environ, "CODEX_HOME")
	if theirs == "" {
		theirs = filepath.Join(cmp.Or(variableIn(environ, "HOME"), variableIn(environ, "USERPROFILE")), ".codex")
	}
	if !filepath.IsAbs(theirs) {
		dir, err := p.CwdWithContext(ctx)
		if err != nil {
			return unknown
		}
		theirs = filepath.Join(dir, theirs)
	}
	if sameFolder(int(p.Pid), theirs, home) {
		return here
	}
	return elsewhere
}

func sameUser(ctx context.Context, p *process.Process) bool {
	users, err := p.UidsWithContext(ctx)
	return err == nil && len(users) > 0 && int(users[0]) == os.Getuid()
}

func variableIn(environ []string, name string) string {
	for _, e := range environ {
		key, value, _ := strings.Cut(e, "=")
		if key == name || runtime.GOOS == "windows" && strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}

// maxAncestors ends the way up should it go in a circle, as it can while
// processes come and go.
const maxAncestors = 32

// ancestors are the names of the programs above p, the nearest first.
func ancestors(ctx context.Context, p *process.Process) []string {
	var names []string
	for len(names) < maxAncestors {
		parent, err := p.PpidWithContext(ctx)
		if err != nil || parent <= 1 || parent == p.Pid {
			break // the first process has taken in whose parent has ended
		}
		p = &process.Process{Pid: parent}
		name, err := p.NameWithContext(ctx)
		if err != nil {
			break
		}
		names = append(names, name)
	}
	return names
}

// controlSocket is where the background server of a CODEX_HOME listens. Codex
// 0.169 makes it a symbolic link, since the path of a socket must be short.
func controlSocket(home string) string {
	return filepath.Join(home, "app-server-control", "app-server-control.sock")
}

// serverAnswers reports whether somebody listens on the control socket.
func serverAnswers(ctx context.Context, home string) bool {
	limited, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
	defer cancel()
	path, err := filepath.EvalSymlinks(controlSocket(home))
	if err != nil {
		return false
	}
	var d net.Dialer
	conn, err := d.DialContext(limited, "unix", path)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}
