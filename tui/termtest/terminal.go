//go:build !windows

package termtest

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// Options of a terminal. The zero value is a silent 80x24 terminal.
type Options struct {
	Cols, Rows int // 80 and 24 when zero

	// Env is the program's whole environment, apart from PATH, TERM=xterm-256color, LANG=C.UTF-8 and a HOME in a
	// temporary directory, which are added where they are not given. A test binary that runs itself under the race
	// detector wants GORACE=atexit_sleep_ms=0 here: without it every exit takes a second.
	Env []string
	Dir string // working directory, the test's own when empty

	Answer  bool          // answer queries (DA, CPR, OSC 10/11, …), as a dark terminal
	Timeout time.Duration // longest wait of each Wait function, 30 s when zero
}

// Terminal is a pseudo-terminal with a program in it. Its screen is that of the embedded [Emulator].
type Terminal struct {
	*Emulator

	t       testing.TB
	timeout time.Duration
	master  *os.File
	slave   *os.File // kept open so that the modes can be read after the program's exit
	orders  *os.File
	leader  *exec.Cmd
	atStart LineDiscipline

	mu      sync.Mutex
	changed chan struct{} // closed and replaced at each event
	raw     []byte
	pid     int
	exited  bool // the program is gone
	drained bool // and all it wrote has been read
	status  syscall.WaitStatus
	atExit  LineDiscipline
	failure string // the program could not be started, or its leader was lost
}

// Start runs a program in a new terminal and ends it with the test. A name without a slash is looked up in the test's
// own PATH. The test fails when the program cannot be started.
func Start(t testing.TB, o Options, name string, args ...string) *Terminal {
	t.Helper()
	if o.Cols == 0 {
		o.Cols = 80
	}
	if o.Rows == 0 {
		o.Rows = 24
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	path, err := exec.LookPath(name)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		t.Fatalf("termtest: %v", err)
	}
	term := &Terminal{t: t, timeout: o.Timeout, changed: make(chan struct{})}
	if err := term.open(o); err != nil {
		t.Fatalf("termtest: %v", err)
	}
	t.Cleanup(term.close)
	if err := term.launch(job{Path: path, Args: args, Env: environment(t, o.Env), Dir: o.Dir}); err != nil {
		t.Fatalf("termtest: start %s: %v", name, err)
	}
	go term.read()
	term.await("start of "+name, func() bool { return term.Pid() != 0 })
	return term
}

func environment(t testing.TB, given []string) []string {
	env := append([]string(nil), given...)
	set := func(name string, value func() string) {
		for _, v := range given {
			if strings.HasPrefix(v, name+"=") {
				return
			}
		}
		env = append(env, name+"="+value())
	}
	set("PATH", func() string { return "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin" })
	set("TERM", func() string { return "xterm-256color" })
	set("LANG", func() string { return "C.UTF-8" })
	set("HOME", t.TempDir)
	return env
}

// open makes the pseudo-terminal and the emulator behind it.
func (t *Terminal) open(o Options) error {
	master, slave, err := pty.Open()
	if err != nil {
		return fmt.Errorf("open a pseudo-terminal: %w", err)
	}
	defer master.Close()
	t.slave = slave
	// A copy that Go can poll: only then does closing it end a read that is under way.
	fd, err := unix.FcntlInt(master.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("copy the pseudo-terminal: %w", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return fmt.Errorf("poll the pseudo-terminal: %w", err)
	}
	t.master = os.NewFile(uintptr(fd), "terminal")
	if o.Answer {
		t.Emulator = NewEmulator(o.Cols, o.Rows, t.master)
	} else {
		t.Emulator = NewEmulator(o.Cols, o.Rows, nil)
	}
	if err := t.setSize(o.Cols, o.Rows); err != nil {
		return fmt.Errorf("size the pseudo-terminal: %w", err)
	}
	t.atStart, err = lineDiscipline(slave)
	return err
}

// launch starts the session leader and gives it its job.
func (t *Terminal) launch(j job) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	reports, reportsW, err := os.Pipe()
	if err != nil {
		return err
	}
	defer reportsW.Close()
	ordersR, orders, err := os.Pipe()
	if err != nil {
		return err
	}
	defer ordersR.Close()
	t.orders = orders

	t.leader = exec.Command(self)
	t.leader.Env = []string{leaderEnv + "=1", "GORACE=atexit_sleep_ms=0"} // else a race-detecting binary exits a second late
	t.leader.ExtraFiles = []*os.File{t.slave, reportsW, ordersR}          // from descriptor 3 on
	t.leader.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: leaderTTY}
	if err := t.leader.Start(); err != nil {
		t.leader = nil
		return err
	}
	if err := json.NewEncoder(orders).Encode(j); err != nil {
		return err
	}
	go t.follow(reports)
	return nil
}

// follow takes the leader's reports until the program is gone and its last output read.
func (t *Terminal) follow(reports *os.File) {
	defer reports.Close()
	in := json.NewDecoder(reports)
	for {
		var r leaderReport
		if err := in.Decode(&r); err != nil {
			r = leaderReport{Done: true, Err: "the session leader ended before the program"}
		}
		if !r.Done {
			t.event(func() { t.pid = r.Pid })
			continue
		}
		modes, _ := lineDiscipline(t.slave)
		t.event(func() { t.exited, t.status, t.failure, t.atExit = true, r.Status, r.Err, modes })
		break
	}
	_ = t.slave.Close()
	_ = t.orders.Close()
	_ = t.leader.Wait()
	// With the leader gone the read ends by itself, unless something that the program left behind keeps the terminal.
	_ = t.master.SetReadDeadline(time.Now().Add(time.Second))
}

// read feeds the emulator until the terminal is closed.
func (t *Terminal) read() {
	buf := make([]byte, 32<<10)
	for {
		n, err := t.master.Read(buf)
		if n > 0 {
			t.event(func() {
				t.raw = append(t.raw, buf[:n]...)
				_, _ = t.Emulator.Write(buf[:n])
			})
		}
		if err != nil {
			t.event(func() { t.drained = true })
			return
		}
	}
}

// event changes the state and wakes whoever waits for a change.
func (t *Terminal) event(change func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change()
	close(t.changed)
	t.changed = make(chan struct{})
}

func (t *Terminal) close() {
	if t.leader == nil {
		_ = t.slave.Close()
	} else {
		t.mu.Lock()
		exited := t.exited
		t.mu.Unlock()
		if !exited {
			_ = syscall.Kill(-t.leader.Process.Pid, syscall.SIGKILL) // the whole session's foreground group
		}
	}
	_ = t.master.Close()
	_ = t.Emulator.Close()
}

// Raw returns all bytes that the program has written so far.
func (t *Terminal) Raw() []byte { return t.BytesSince(0) }

// Mark returns a place in the output, for BytesSince.
func (t *Terminal) Mark() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.raw)
}

// BytesSince returns what the program has written since mark.
func (t *Terminal) BytesSince(mark int) []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]byte(nil), t.raw[mark:]...)
}
