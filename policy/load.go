package policy

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// maxLayer is the greatest size of a layer in bytes. Codex has no limit; a
// configuration is a few kilobytes.
const maxLayer = 1 << 20

// Options says where the layers are.
type Options struct {
	Home   string // CODEX_HOME
	System string // the folder of the system layers; /etc/codex when empty
	// Dir is the working directory, from which Codex looks for a project; "" is
	// in none.
	Dir       string
	Overrides []string // -c key=value, in order
	// ReadFile reads a layer, fs.ErrNotExist when there is none: of another
	// machine, whose paths are above. Nil reads the files of this one.
	ReadFile func(path string) ([]byte, error)
}

// layers are the configuration layers, lowest precedence first. A new layer is
// one more row.
var layers = []struct {
	layer Layer
	read  func(Options) (table, *ConfigError)
}{
	{LayerSystem, func(o Options) (table, *ConfigError) { return o.readLayer(LayerSystem, o.System, "config.toml") }},
	{LayerUser, func(o Options) (table, *ConfigError) { return o.readLayer(LayerUser, o.Home, "config.toml") }},
	{LayerCommandLine, func(o Options) (table, *ConfigError) { return readOverrides(o.Overrides) }},
	{LayerManaged, func(o Options) (table, *ConfigError) {
		return o.readLayer(LayerManaged, o.System, "managed_config.toml")
	}},
}

// Load reads every layer. The Rules are never nil: with a *ConfigError they
// hold nothing but what LogoutStores needs and allow no sign-in; with a
// *ConflictError they are whole, and no way to sign in passes them.
func Load(o Options) (*Rules, error) {
	r, err := load(o)
	r.options = o
	return r, err
}

func load(o Options) (*Rules, error) {
	o.System = cmp.Or(o.System, "/etc/codex")
	var bad []*ConfigError
	config, above := table{}, table{} // above holds the layers over the last broken one
	for _, l := range layers {
		t, err := l.read(o)
		if err != nil {
			bad = append(bad, err)
			above = table{}
			continue
		}
		config.merge(t)
		above.merge(t)
	}
	requirements, err := o.readLayer(LayerRequirements, o.System, "requirements.toml")
	if err != nil {
		return brokenRules(err, nil, nil), err
	}
	if len(bad) > 0 {
		return brokenRules(bad[0], above, requirements), bad[0]
	}
	r, err := interpret(config, requirements)
	if err != nil {
		return &Rules{Store: r.Store, StorePinned: r.StorePinned, invalid: err}, err
	}
	if c := r.conflict(); c != nil {
		return r, c
	}
	return r, nil
}

// interpret takes the settings out of the merged layers.
func interpret(config, requirements table) (*Rules, *ConfigError) {
	r := &Rules{}
	reader := reader{}
	r.Store, r.StorePinned = reader.store(config, requirements)
	r.ChatGPTBaseURL = reader.chatGPTBaseURL(config, requirements)
	r.OpenAIBaseURL = reader.openAIBaseURL(config)
	r.Provider = reader.provider(config)
	if v, ok := reader.choice(config, ForcedMethod, methods); ok {
		r.forcedMethod = &Demand{ForcedMethod, []string{v.Value}, v.Source}
	}
	r.forcedWorkspaces = reader.forcedWorkspaces(config)
	r.allowedMethods = reader.list(requirements, AllowedMethods)
	if r.allowedMethods != nil {
		for _, m := range r.allowedMethods.Values {
			if !slices.Contains(methods, m) {
				reader.fail(requirements, AllowedMethods, "must hold only "+oneOf(methods))
			}
		}
	}
	if d := reader.list(requirements, AllowedWorkspaces); d != nil {
		d.Values = trimmed(d.Values)
		r.allowedWorkspaces = d
	}
	return r, reader.err
}

// brokenRules are the rules of a configuration with an unreadable layer: the
// store where no such layer could overrule it, and nothing else. above holds
// the layers for which that is so.
func brokenRules(err *ConfigError, above, requirements table) *Rules {
	r := &Rules{invalid: err}
	_, pinned := requirements[StoreKey]
	_, configured := above[StoreKey]
	if pinned || configured {
		r.Store, r.StorePinned = (&reader{}).store(above, requirements)
	}
	return r
}

func readOverrides(overrides []string) (table, *ConfigError) {
	t := table{}
	for _, o := range overrides {
		if err := t.override(o); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// readLayer reads one file; a missing one, and a folder that is not named, is
// an empty layer.
func (o Options) readLayer(layer Layer, folder, name string) (table, *ConfigError) {
	if folder == "" {
		return table{}, nil
	}
	at, read := Source{Layer: layer, File: filepath.Join(folder, name)}, readFile
	if o.ReadFile != nil { // another machine's, and all of those have slashes
		at.File, read = path.Join(folder, name), o.ReadFile
	}
	text, err := read(at.File)
	var problem *ConfigError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return table{}, nil
	case errors.As(err, &problem):
		problem.Layer, problem.File = layer, at.File
		return nil, problem
	case err != nil:
		return nil, readError(at, err)
	}
	return parseDocument(text, at)
}

// readFile reads a regular file of at most maxLayer bytes. The kind is looked
// at first, for opening a pipe would wait for its writer.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &ConfigError{Problem: "is not a file"}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(io.LimitReader(f, maxLayer+1))
	if err == nil && len(text) > maxLayer {
		return nil, &ConfigError{Problem: fmt.Sprintf("is larger than %d MiB", maxLayer>>20)}
	}
	return text, err
}

func oneOf(values []string) string {
	return `"` + strings.Join(values, `" or "`) + `"`
}

func trimmed(values []string) []string {
	kept := []string{}
	for _, v := range values {
		if v = strings.TrimSpace(v); v != "" {
			kept = append(kept, v)
		}
	}
	return kept
}
