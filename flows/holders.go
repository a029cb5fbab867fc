package flows

import (
	"context"
	"slices"
	"time"
)

// HolderKind is the kind of a running program that has read the login.
type HolderKind string

// The kinds, each with its own way to be started again.
const (
	HolderTUI       HolderKind = "tui"        // codex in a terminal
	HolderExec      HolderKind = "exec"       // codex exec, ends by itself
	HolderDaemon    HolderKind = "daemon"     // the background server that all terminals share
	HolderAppServer HolderKind = "app_server" // codex app-server, started by somebody
	HolderIDE       HolderKind = "ide"        // codex app-server of an editor's extension
	HolderDesktop   HolderKind = "desktop"    // the desktop app
	HolderMCP       HolderKind = "mcp"        // codex as an MCP server of another program; not in 0.169, in others
	HolderOther     HolderKind = "other"
)

// Holder is a running program that read the login of this CODEX_HOME before a
// point in time and keeps it until it is started again.
type Holder struct {
	Kind HolderKind
	PID  int
	// Program is the name of what runs it: code, codex, …
	Program string
	// Since is when it was started.
	Since time.Time
	// Socket is the control socket that it serves, "" without one.
	Socket string
	// Unsure: its CODEX_HOME could not be read, so it may be another one's.
	Unsure bool
}

// Holders is what still holds a login that was replaced.
type Holders struct {
	Programs []Holder
	// Unseen is what cannot be seen on this system, as catalogue ids below
	// holders.unseen; empty on Linux when everything could be looked at.
	Unseen []string
}

// The ids of what cannot be seen.
const (
	unseenUsers       = "other_users" // a codex whose environment this user may not read
	unseenEnvironment = "environment" // the system keeps a program's environment to itself
	unseenOutside     = "outside"     // this is a container: what runs outside of it
	unseenServer      = "server"      // somebody serves the control socket who is not in the list
	unseenUnfinished  = "unfinished"  // the list of programs could not be read to its end
)

// None reports whether no program holds a login of before, as far as it lies
// with this system: somebody who is known to be there and cannot be looked at
// may hold one. What runs outside of a container belongs to another system, and
// where CODEX_HOME cannot be read, every Codex is among the programs.
func (h Holders) None() bool {
	return len(h.Programs) == 0 && !slices.ContainsFunc(h.Unseen, func(id string) bool {
		return id == unseenUsers || id == unseenServer || id == unseenUnfinished
	})
}

// Holders finds the programs that run with this CODEX_HOME since before that
// time. No running Codex 0.169 looks at auth.json again by itself, neither for
// a new chat nor when it is asked for account/read: the login of its start is
// used until it ends. Only a refresh, or a token that was refused, makes it
// read the file, and then it takes nothing but newer tokens of the same
// account (holders_codex_test.go).
func (l *Login) Holders(ctx context.Context, before time.Time) Holders {
	programs, unseen := runningCodex(ctx, l.Home.Path)
	out := Holders{Programs: holdersAmong(programs, before), Unseen: unseen}
	if len(programs) == 0 && serverAnswers(ctx, l.Home.Path) {
		out.Unseen = append(out.Unseen, unseenServer)
	}
	return out
}
