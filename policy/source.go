package policy

import (
	"fmt"

	"codex-login/assets/display"
)

// Layer is one of the places that configuration comes from.
type Layer string

// The layers, lowest precedence first; requirements stand above all.
const (
	LayerDefault      Layer = "default"
	LayerSystem       Layer = "system"       // /etc/codex/config.toml
	LayerUser         Layer = "user"         // $CODEX_HOME/config.toml
	LayerProject      Layer = "project"      // .codex/config.toml of a trusted project, that of the nearest folder above the others
	LayerCommandLine  Layer = "command-line" // -c key=value
	LayerManaged      Layer = "managed"      // /etc/codex/managed_config.toml, and above it macOS's managed preferences; nothing on Windows
	LayerRequirements Layer = "requirements" // /etc/codex/requirements.toml, and above it macOS's managed preferences
)

// Source says who set a value.
type Source struct {
	Layer Layer
	File  string // path; empty for defaults, command line and managed preferences
	Line  int    // from 1; 0 when there is none. Of -c: which one, where there are several
	// Preference is the key of macOS's managed preferences that holds the
	// layer, in place of a file.
	Preference string
}

// String is the place as a person looks it up: "/etc/codex/requirements.toml:3",
// "-c on the command line", "the default".
func (s Source) String() string {
	place := display.Clean(s.File)
	if s.Preference != "" {
		place = "managed preferences, " + preferenceDomain + " " + s.Preference
	}
	switch {
	case place != "" && s.Line > 0:
		return fmt.Sprintf("%s:%d", place, s.Line)
	case place != "":
		return place
	case s.Layer == LayerCommandLine && s.Line > 0:
		return fmt.Sprintf("-c number %d on the command line", s.Line)
	case s.Layer == LayerCommandLine:
		return "-c on the command line"
	}
	return "the default"
}
