package policy

import "fmt"

// Layer is one of the places that configuration comes from.
type Layer string

// The layers, lowest precedence first; requirements stand above all.
const (
	LayerDefault      Layer = "default"
	LayerSystem       Layer = "system"       // /etc/codex/config.toml
	LayerUser         Layer = "user"         // $CODEX_HOME/config.toml
	LayerProject      Layer = "project"      // .codex/config.toml of a trusted project
	LayerCommandLine  Layer = "command-line" // -c key=value
	LayerManaged      Layer = "managed"      // /etc/codex/managed_config.toml, and macOS's managed preferences
	LayerRequirements Layer = "requirements" // /etc/codex/requirements.toml
)

// Source says who set a value.
type Source struct {
	Layer Layer
	File  string // path; empty for defaults and command line
	Line  int    // from 1; 0 when there is none
}

// String is the place as a person looks it up: "/etc/codex/requirements.toml:3",
// "-c on the command line", "the default".
func (s Source) String() string {
	switch {
	case s.File != "" && s.Line > 0:
		return fmt.Sprintf("%s:%d", clean(s.File), s.Line)
	case s.File != "":
		return clean(s.File)
	case s.Layer == LayerCommandLine:
		return "-c on the command line"
	}
	return "the default"
}
