package policy

import (
	"cmp"
	"slices"
	"strings"
)

// Options says where the layers are.
type Options struct {
	Home   string // CODEX_HOME
	System string // the folder of the system layers; that of this system when empty
	// Dir is the working directory, from which Codex looks for a project; "" is
	// in none.
	Dir       string
	Overrides []string // -c key=value, in order
	// ReadFile reads a layer, fs.ErrNotExist when there is none: of another
	// machine, whose paths are above. Nil reads the files of this one.
	ReadFile func(path string) ([]byte, error)
	// Preference reads a key of macOS's managed preferences. Nil reads those of
	// this machine, unless System or ReadFile says that the layers are not its.
	Preference func(key string) (value string, ok bool, err error)
}

// layers are the configuration layers, lowest precedence first. A new layer is
// one more row. A project's is read when all others are known, which say whether
// it is trusted.
var layers = []struct {
	read    func(Options) document
	project func(Options, table) []document
}{
	{read: func(o Options) document { return o.readFile(LayerSystem, o.systemFolder(), "config.toml") }},
	{read: func(o Options) document { return o.readFile(LayerUser, o.Home, "config.toml") }},
	{project: Options.readProject},
	{read: func(o Options) document { return readOverrides(o.Overrides) }},
	{read: func(o Options) document { return o.readFile(LayerManaged, o.managedFolder(), "managed_config.toml") }},
	{read: func(o Options) document { return o.readPreference(LayerManaged, configPreference) }},
}

// requirements stand above the layers, in the same order.
var requirements = []func(Options) document{
	func(o Options) document {
		return o.readFile(LayerRequirements, o.systemFolder(), "requirements.toml")
	},
	func(o Options) document { return o.readPreference(LayerRequirements, requirementsPreference) },
}

// Load reads every layer. The Rules are never nil: with a *ConfigError they
// hold nothing but what LogoutStores needs and allow no sign-in; with a
// *ConflictError they are whole, and no way to sign in passes them. Layers and
// Settings answer in any case.
func Load(o Options) (*Rules, error) {
	s := readStack(o)
	r, err := s.rules()
	r.options, r.stack = o, s
	r.LogDir = o.logFolder(r.LogDir)
	return r, err
}

// A stack is every layer as it was found, lowest precedence first.
type stack struct {
	config, required []document
}

func readStack(o Options) stack {
	var s stack
	found := make([][]document, len(layers))
	others := table{}
	for i, l := range layers {
		if l.read != nil {
			d := l.read(o)
			found[i] = []document{d}
			others.merge(d.values)
		}
	}
	for i, l := range layers {
		if l.project != nil {
			found[i] = l.project(o, others)
		}
		s.config = append(s.config, found[i]...)
	}
	for _, read := range requirements {
		s.required = append(s.required, read(o))
	}
	return s
}

// merged lays documents over each other. above holds those over the last
// broken one.
func merged(documents []document) (all, above table, bad *ConfigError) {
	all, above = table{}, table{}
	for _, d := range documents {
		if d.err != nil {
			bad, above = cmp.Or(bad, d.err), table{}
			continue
		}
		all.merge(d.values)
		above.merge(d.values)
	}
	return all, above, bad
}

// rules makes Rules of the layers. The fault of a value is noted in its layer.
func (s *stack) rules() (*Rules, error) {
	config, above, bad := merged(s.config)
	required, certain, worse := merged(s.required)
	switch {
	case worse != nil:
		return brokenRules(worse, nil, certain), worse
	case bad != nil:
		s.blame(bad)
		return brokenRules(bad, above, required), bad
	}
	r, err := interpret(config, required)
	if err != nil {
		s.blame(err)
		return &Rules{Store: r.Store, StorePinned: r.StorePinned, invalid: err}, err
	}
	if c := r.conflict(); c != nil {
		return r, c
	}
	return r, nil
}

// blame notes a fault in the layer that it is about. What else the layer says
// stays.
func (s *stack) blame(err *ConfigError) {
	at := err.Source()
	for _, documents := range [][]document{s.config, s.required} {
		for i, d := range documents {
			if d.at.Layer == at.Layer && d.at.File == at.File && d.at.Preference == at.Preference {
				documents[i].err, documents[i].state = err, LayerBroken
			}
		}
	}
}

// interpret takes the settings out of the merged layers.
func interpret(config, required table) (*Rules, *ConfigError) {
	r := &Rules{}
	reader := reader{}
	r.Store, r.StorePinned = reader.store(config, required)
	reader.noProfile(config)
	r.ChatGPTBaseURL = reader.chatGPTBaseURL(config, required)
	r.Provider = reader.provider(config, required)
	r.ProviderFaults = providerFaults(config, required)
	r.OpenAIBaseURL = reader.openAIBaseURL(config, r.Provider)
	r.LogDir = reader.logDir(config, required)
	if v, ok := reader.choice(config, ForcedMethod, methods); ok {
		r.forcedMethod = &Demand{ForcedMethod, []string{v.Value}, v.Source}
	}
	r.forcedWorkspaces = reader.forcedWorkspaces(config)
	r.allowedMethods = reader.list(required, AllowedMethods)
	if r.allowedMethods != nil {
		for _, m := range r.allowedMethods.Values {
			if !slices.Contains(methods, m) {
				reader.fail(required, AllowedMethods, "must hold only "+oneOf(methods))
			}
		}
	}
	if d := reader.list(required, AllowedWorkspaces); d != nil {
		d.Values = trimmed(d.Values)
		r.allowedWorkspaces = d
	}
	return r, reader.err
}

// brokenRules are the rules of a configuration with an unreadable layer: the
// store where no such layer could overrule it, and nothing else. above and
// required hold the layers for which that is so.
func brokenRules(err *ConfigError, above, required table) *Rules {
	r := &Rules{invalid: err}
	_, pinned := required[StoreKey]
	_, configured := above[StoreKey]
	if pinned || configured {
		r.Store, r.StorePinned = (&reader{}).store(above, required)
	}
	return r
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
