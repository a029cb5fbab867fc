package credstore

import (
	"errors"
	"io/fs"
	"os/exec"
	"strings"

	"codex-login/assets/display"
)

// MachineProblem is the kind of trouble on the way to another machine.
type MachineProblem string

// The problems on the way. What goes wrong with a file there is an *Error whose
// place is of KindMachine.
const (
	MachineBadName        MachineProblem = "bad-name"         // no host or container can be called that
	MachineNoProgram      MachineProblem = "no-program"       // ssh, docker or podman is not installed here
	MachineUnreachable    MachineProblem = "unreachable"      // unknown name, no route, refused, no answer
	MachineHostKey        MachineProblem = "host-key"         // ssh does not know the host's key, and nobody accepted it
	MachineHostKeyChanged MachineProblem = "host-key-changed" // the host has another key than before
	MachineDenied         MachineProblem = "denied"           // ssh's sign-in there was refused
	MachineDropped        MachineProblem = "dropped"          // the connection broke off
	MachineNoShell        MachineProblem = "no-shell"         // no sh runs there
	MachineNoHome         MachineProblem = "no-home"          // neither HOME nor a usable CODEX_HOME is set there
	MachineNotRunning     MachineProblem = "not-running"      // the container is stopped
	MachineUnknown        MachineProblem = "unknown"          // there is no such container
	MachineEngine         MachineProblem = "engine"           // docker or podman has no engine to talk to
	MachineEngineDenied   MachineProblem = "engine-denied"    // the engine does not let this user in
	MachineTimeout        MachineProblem = "timeout"          // no answer in time
	MachineFailed         MachineProblem = "failed"           // anything else that ssh, docker or podman reported
)

// MachineError says why another machine could not be used. A login that was
// there is untouched, unless Unsure is set.
type MachineError struct {
	Problem MachineProblem
	Machine Machine
	// Detail is what the program said, one line, or empty.
	Detail string
	// Unsure: after the request to put the login in its place, the connection
	// broke off, or something went wrong.
	Unsure bool
	Err    error // the cause, or nil
}

func (e *MachineError) Error() string {
	s := e.Machine.String() + ": " + string(e.Problem)
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	return display.Clean(s)
}

func (e *MachineError) Unwrap() error { return e.Err }

// AskHelps reports whether err may go away when ssh can ask the person: for a
// password, or whether a new host key is the right one.
func AskHelps(err error) bool {
	var e *MachineError
	return errors.As(err, &e) && e.Machine.Kind == MachineSSH && (e.Problem == MachineDenied || e.Problem == MachineHostKey)
}

// IsMachineProblem reports whether err is a *MachineError of that problem.
func IsMachineProblem(err error, p MachineProblem) bool {
	var e *MachineError
	return errors.As(err, &e) && e.Problem == p
}

// words tell a cause by what a program says of it; the first row that fits
// counts. Neither OpenSSH nor docker nor podman translates its messages.
type words []struct {
	said    string // lower case
	problem MachineProblem
}

func (w words) problem(said string, otherwise MachineProblem) MachineProblem {
	said = strings.ToLower(said)
	for _, row := range w {
		if strings.Contains(said, row.said) {
			return row.problem
		}
	}
	return otherwise
}

var sshWords = words{
	{"host identification has changed", MachineHostKeyChanged},
	{"revoked host key", MachineHostKeyChanged},
	{"host key verification failed", MachineHostKey},
	{"permission denied (", MachineDenied},
	{"too many authentication failures", MachineDenied},
	{"could not resolve hostname", MachineUnreachable},
	{"connect to host", MachineUnreachable},
	{"no route to host", MachineUnreachable},
	{"connection refused", MachineUnreachable},
	{"connection timed out", MachineUnreachable},
	{"kex_exchange_identification", MachineUnreachable},
	{"banner exchange", MachineUnreachable},
	{"connection closed", MachineDropped},
	{"connection reset", MachineDropped},
	{"closed by remote host", MachineDropped},
	{"broken pipe", MachineDropped},
	{"not responding", MachineDropped},
}

var engineWords = words{
	{"is not running", MachineNotRunning},
	{"on running containers", MachineNotRunning},
	{"is paused", MachineNotRunning},
	{"no such container", MachineUnknown},
	{"no container with", MachineUnknown},
	{"permission denied while trying to connect", MachineEngineDenied},
	{"cannot connect to", MachineEngine},
	{"error during connect", MachineEngine},
	{"unable to connect to podman", MachineEngine},
	{"executable file not found", MachineNoShell},
	{"no such file or directory", MachineNoShell},
}

// sshFailed is the exit code of ssh itself; any other is the remote command's.
const sshFailed = 255

// ended says why a conversation is over: by the program's exit code and what it
// wrote to standard error. begun: the script there had begun.
func (m Machine) ended(begun bool, code int, said string, cause error) error {
	e := &MachineError{Machine: m, Detail: lastLine(said), Err: cause}
	switch {
	case errors.Is(cause, exec.ErrNotFound), errors.Is(cause, fs.ErrNotExist):
		e.Problem, e.Detail = MachineNoProgram, ""
	case begun:
		e.Problem = MachineDropped
	case m.Kind != MachineSSH:
		e.Problem = engineWords.problem(said, MachineFailed)
	case code == sshFailed:
		e.Problem = sshWords.problem(said, MachineFailed)
	default:
		e.Problem = MachineNoShell
	}
	return e
}

// lastLine is the last line that says something, safe to print.
func lastLine(text string) string {
	lines := strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' })
	for i := len(lines) - 1; i >= 0; i-- {
		if line := strings.TrimSpace(display.Clean(lines[i])); line != "" {
			return display.Cut(line, 300)
		}
	}
	return ""
}

// systemWords tell a problem of a file by what cat, dd, mkdir or a shell says of
// it in the C locale.
var systemWords = []struct {
	said    string
	problem Problem
}{
	{"no space left", ProblemFull},
	{"quota exceeded", ProblemFull},
	{"read-only file", ProblemReadOnly},
	{"permission denied", ProblemPermission},
	{"operation not permitted", ProblemPermission},
}

// fileThere is what a machine said about a file of its own.
func fileThere(op string, place Place, said string) error {
	e := &Error{Problem: ProblemIO, Op: op, Place: place, Detail: lastLine(said)}
	for line := range strings.Lines(said) {
		for _, row := range systemWords {
			if strings.Contains(strings.ToLower(line), row.said) {
				e.Problem, e.Detail = row.problem, lastLine(line)
				return e
			}
		}
	}
	return e
}
