package policy

// Setting is one key that signing in depends on, with everything that the
// layers say of it.
type Setting struct {
	Key string
	// Said are the values, the one in force first, then what it overrules, the
	// nearest layer first. Empty: no layer says anything, and Default holds.
	Said []Said
	// Default is what Codex takes then; "" is none.
	Default string
	// Fixed: requirements.toml (or its like of the system) says so, and nothing
	// else can.
	Fixed bool
}

// Said is what one layer says. Value is as a person writes it down, free of
// control characters and of secrets.
type Said struct {
	Value  string
	Source Source
}

// Value is the one in force.
func (s Setting) Value() string {
	if len(s.Said) == 0 {
		return s.Default
	}
	return s.Said[0].Value
}

// Source is who set the value in force.
func (s Setting) Source() Source {
	if len(s.Said) == 0 {
		return Source{Layer: LayerDefault}
	}
	return s.Said[0].Source
}

// LayerState is how a layer was found.
type LayerState string

// The states of a layer.
const (
	LayerAbsent    LayerState = "absent"    // there is no such file
	LayerRead      LayerState = "read"      //
	LayerUntrusted LayerState = "untrusted" // a project's, which Codex ignores until the project is trusted
	LayerBroken    LayerState = "broken"    // it cannot be read: LayerReport.Err
)

// LayerReport is a layer as Load found it.
type LayerReport struct {
	Layer Layer
	// File is empty for -c and for what the system itself keeps.
	File  string
	State LayerState
	Err   *ConfigError
}
