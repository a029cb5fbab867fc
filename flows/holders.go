package flows

import (
	"context"
	"time"
)

// HolderKind is the kind of a running program that has read the login.
type HolderKind string

// The kinds, each with its own way to be started again.
const (
	HolderTUI       HolderKind = "tui"        // codex in a terminal
	HolderExec      HolderKind = "exec"       // codex exec, ends by itself
	HolderAppServer HolderKind = "app_server" // codex app-server, started by somebody
	HolderIDE       HolderKind = "ide"        // codex app-server of an editor's extension
	HolderDesktop   HolderKind = "desktop"    // the desktop app
	HolderMCP       HolderKind = "mcp"        // codex as an MCP server of another program
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
}

// Holders is what still holds a login that was replaced.
type Holders struct {
	Programs []Holder
	// Unseen is what cannot be seen on this system, as catalogue ids below
	// holders.unseen; empty on Linux when everything could be looked at.
	Unseen []string
}

// Holders finds the programs that run with this CODEX_HOME since before that
// time.
func (l *Login) Holders(ctx context.Context, before time.Time) Holders { return Holders{} }
