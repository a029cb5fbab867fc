//go:build !windows

package termtest

import (
	"encoding/json"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

// leaderEnv marks the copy of the test binary that leads the session.
//
// Between the terminal and the program stands a session leader, as a shell does for a person. It is needed: the kernel
// resets the terminal's modes when the session leader dies, so a program that leads its own session could never be
// asked whether it left the terminal as it found it. The leader is the test binary itself, caught in this package's
// init, so that a test needs neither a shell nor a TestMain.
const leaderEnv = "TERMTEST_SESSION_LEADER"

// File descriptors of the leader.
const (
	leaderTTY     = 3 // the terminal, controlling the session
	leaderReports = 4 // leaderReport values, JSON
	leaderOrders  = 5 // one job, JSON; its end of file ends the leader
)

type job struct {
	Path string
	Args []string // without the name
	Env  []string
	Dir  string
}

type leaderReport struct {
	Pid    int
	Done   bool
	Status syscall.WaitStatus
	Err    string
}

func init() {
	if os.Getenv(leaderEnv) != "" {
		lead()
		os.Exit(0)
	}
}

func lead() {
	tty := os.NewFile(leaderTTY, "tty")
	reports := json.NewEncoder(os.NewFile(leaderReports, "reports"))
	orders := os.NewFile(leaderOrders, "orders")

	// Caught, not ignored: what is ignored would be ignored by the program too.
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGTSTP)

	var j job
	if err := json.NewDecoder(orders).Decode(&j); err != nil {
		return
	}
	for _, fd := range []int{leaderTTY, leaderReports, leaderOrders} {
		syscall.CloseOnExec(fd)
	}
	cmd := exec.Command(j.Path, j.Args...)
	cmd.Env, cmd.Dir = j.Env, j.Dir
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	if err := cmd.Start(); err != nil {
		_ = reports.Encode(leaderReport{Done: true, Err: err.Error()})
		return
	}
	_ = reports.Encode(leaderReport{Pid: cmd.Process.Pid})

	go func() {
		for sig := range signals {
			// The kernel tells only the leader of a hang-up; like a shell, it passes it on.
			if sig == syscall.SIGHUP {
				_ = cmd.Process.Signal(sig)
			}
		}
	}()
	_ = cmd.Wait()
	status, _ := cmd.ProcessState.Sys().(syscall.WaitStatus)
	_ = reports.Encode(leaderReport{Done: true, Status: status})

	// Stay until the modes of the terminal have been read.
	_, _ = orders.Read(make([]byte, 1))
}
