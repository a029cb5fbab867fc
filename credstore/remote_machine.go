package credstore

import (
	"fmt"
	"regexp"

	"codex-login/assets/display"
)

// MachineKind is how another machine is reached.
type MachineKind string

// The kinds of machine, by the program that reaches them.
const (
	MachineSSH    MachineKind = "ssh"
	MachineDocker MachineKind = "docker"
	MachinePodman MachineKind = "podman"
)

// Machine is another machine, or a container, that can keep a login.
type Machine struct {
	Kind MachineKind `json:"kind"`
	// Name is a host as ssh takes one (an alias of its configuration, user@host,
	// ssh://user@host:port) or a container's name or id.
	Name string `json:"name"`
}

// String is the machine as a person would name it: "buildbox", "docker:web".
func (m Machine) String() string {
	if m.Kind == MachineSSH {
		return display.Clean(m.Name)
	}
	return string(m.Kind) + ":" + display.Clean(m.Name)
}

// A name is handed to a program as one word, never to a shell. But ssh puts it
// into commands of its configuration, and a leading dash would be an option.
var (
	hostName      = regexp.MustCompile(`^[A-Za-z0-9_\[][A-Za-z0-9_.:@%+/\[\]-]{0,254}$`)
	containerName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,254}$`)
)

// Check returns a *MachineError for a name that cannot be one.
func (m Machine) Check() error {
	name := containerName
	if m.Kind == MachineSSH {
		name = hostName
	}
	if !name.MatchString(m.Name) {
		return &MachineError{Problem: MachineBadName, Machine: m}
	}
	return nil
}

// command is the program and its arguments for running a script of that many
// bytes there; the script comes on standard input. The words for the other side
// are plain enough for any login shell there, csh and fish too.
//
// What the person's own ssh configuration says stays in force; the options
// switch off what has nothing to do with this, and let a dead connection be
// noticed. Unless ask is set, ssh asks nobody anything.
func (m Machine) command(script int, ask bool) []string {
	run := fmt.Sprintf(`eval "$(dd bs=1 count=%d 2>/dev/null)"`, script)
	if m.Kind != MachineSSH {
		return []string{string(m.Kind), "exec", "-i", m.Name, "sh", "-c", run}
	}
	argv := []string{
		"ssh", "-T", "-a", "-x", "-o", "ClearAllForwardings=yes", "-o", "RemoteCommand=none", "-o", "LogLevel=ERROR",
		"-o", "ConnectTimeout=20", "-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=4",
	}
	if !ask {
		argv = append(argv, "-o", "BatchMode=yes")
	}
	return append(argv, "--", m.Name, "sh -c '"+run+"'")
}
