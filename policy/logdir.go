package policy

import (
	"os"
	"path"
	"path/filepath"
	"strings"
)

// logDir reads where Codex logs, as it is written.
func (r *reader) logDir(config, required table) Value[string] {
	for _, t := range []table{required, config} {
		if v, ok := r.text(t, LogDirKey); ok {
			return v
		}
	}
	return byDefault("")
}

// logFolder makes a whole path of it, as Codex does: ~ is the person's home,
// and what is relative begins at the folder of the file that says it, that of
// -c at the working directory.
func (o Options) logFolder(v Value[string]) Value[string] {
	join, isAbs := filepath.Join, filepath.IsAbs
	if o.ReadFile != nil {
		join, isAbs = path.Join, path.IsAbs
	}
	if v.Source.Layer == "" || v.Source.Layer == LayerDefault {
		return byDefault(join(o.Home, "log"))
	}
	rest, inHome := strings.CutPrefix(v.Value, "~")
	home, err := os.UserHomeDir()
	switch {
	case inHome && (rest == "" || rest[0] == '/') && err == nil && o.ReadFile == nil:
		v.Value = join(home, rest)
	case isAbs(v.Value):
		v.Value = join(v.Value)
	case v.Source.File != "":
		v.Value = join(v.Source.File, "..", v.Value)
	case v.Source.Layer == LayerCommandLine && o.Dir != "":
		v.Value = join(o.Dir, v.Value)
	default:
		v.Value = join(o.Home, v.Value)
	}
	return v
}
