package policy

import (
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"codex-login/assets/display"
)

// Setting is one key that signing in depends on, with everything that the
// layers say of it.
type Setting struct {
	Key string // dotted: "model_providers.x.env_key"
	// Said are the values, the one in force first, then what it overrules, the
	// nearest layer first. Empty: no layer says anything, and Default holds.
	Said []Said
	// Default is what Codex takes then; "" is none.
	Default string
	// Fixed: requirements.toml (or its like of the system) says so, and nothing
	// else can.
	Fixed bool
	// Unusable: the value in force is none that Codex knows.
	Unusable bool
	// Unread is a layer that cannot be read, and would overrule what is Said;
	// nil for none.
	Unread *Source
}

// Said is what one layer says. Value is as a person writes it down, free of
// control characters and of secrets.
type Said struct {
	Value  string
	Source Source
	// Hidden says that Value is empty because the setting is a secret, or may
	// well be one.
	Hidden bool
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
	LayerBroken    LayerState = "broken"    // it cannot be read, or a value of it cannot be used: LayerReport.Err
)

// LayerReport is a layer as Load found it.
type LayerReport struct {
	Layer Layer
	// File is empty for -c and for what the system itself keeps.
	File  string
	State LayerState
	Err   *ConfigError
	// Preference is the key of macOS's managed preferences, in place of a file.
	Preference string
	// Ignored are the keys of a project that Codex does not take from one.
	Ignored []string
}

// Layers reports every layer, the strongest first, also of a configuration that
// could not be loaded. A folder of a project that has no layer is left out, and
// so are managed preferences that say nothing.
func (r *Rules) Layers() []LayerReport {
	var all []LayerReport
	for _, d := range r.stack.all() {
		// No project, and Windows has no managed_config.toml.
		nameless := (d.at.Layer == LayerProject || d.at.Layer == LayerManaged) && d.at.File == "" && d.at.Preference == ""
		if nameless || d.state == LayerAbsent && d.at.Preference != "" {
			continue
		}
		all = append(all, LayerReport{
			Layer: d.at.Layer, File: display.Clean(d.at.File), State: d.state, Err: d.err,
			Preference: d.at.Preference, Ignored: d.ignored,
		})
	}
	return all
}

// all lists every document, the strongest first.
func (s stack) all() []document {
	all := slices.Concat(s.config, s.required)
	slices.Reverse(all)
	return all
}

// FromProject lists the settings that a project decides: its repository says
// so, and not the person.
func (r *Rules) FromProject() []Setting {
	return slices.DeleteFunc(r.Settings(), func(s Setting) bool { return s.Source().Layer != LayerProject })
}

// setting is one row of Settings.
type setting struct {
	path         []string
	layers       int // which of them may say it
	byDefault    string
	show         func(value any) (text string, ok bool) // not ok hides it
	onlyWhenSaid bool
}

// Where a key is taken from.
const (
	inConfig = 1 << iota
	inRequirements
	anywhere = inConfig | inRequirements
)

// settings are the keys that signing in depends on. A new one is one more row.
func (r *Rules) settings() []setting {
	rows := []setting{
		{path: []string{ForcedMethod}, layers: inConfig, show: oneWord},
		{path: []string{ForcedWorkspace}, layers: inConfig, show: words},
		{path: []string{AllowedMethods}, layers: inRequirements, show: words},
		{path: []string{AllowedWorkspaces}, layers: inRequirements, show: words},
		{path: []string{StoreKey}, layers: anywhere, byDefault: defaultStore, show: oneWord},
		{path: []string{featuresKey, SecretAuthStorageKey}, layers: anywhere, byDefault: strconv.FormatBool(runtime.GOOS == "windows"), show: oneWord},
		{path: []string{ChatGPTBaseURLKey}, layers: anywhere, byDefault: defaultChatGPTBaseURL, show: address},
		{path: []string{OpenAIBaseURLKey}, layers: inConfig, byDefault: defaultOpenAIBaseURL, show: address},
		{path: []string{ProviderKey}, layers: anywhere, byDefault: defaultProvider, show: oneWord},
	}
	id := r.activeProvider()
	for _, m := range []struct {
		path []string
		show func(any) (string, bool)
	}{
		{[]string{nameKey}, words},
		{[]string{baseURLKey}, address},
		{[]string{needsLoginKey}, oneWord},
		{[]string{envKeyKey}, variable},
		{[]string{instructionsKey}, words},
		{[]string{bearerTokenKey}, secret},
		{[]string{"http_headers"}, secret},
		{[]string{authKey, commandKey}, program},
		{[]string{authKey, "args"}, secret},
	} {
		rows = append(rows, setting{
			path:   append([]string{providersKey, id}, m.path...),
			layers: anywhere, show: m.show, onlyWhenSaid: true,
		})
	}
	return append(
		rows,
		setting{path: []string{LogDirKey}, layers: anywhere, byDefault: r.options.logFolder(Value[string]{}).Value, show: words},
		setting{path: []string{ProfileKey}, layers: inConfig, show: oneWord, onlyWhenSaid: true},
	)
}

// activeProvider is the id, also when the configuration could not be loaded.
func (r *Rules) activeProvider() string {
	for _, d := range r.stack.all() {
		if id, ok := d.values[ProviderKey].value.(string); ok {
			return id
		}
	}
	return defaultProvider
}

// SecretAuthStorage reports whether Codex's feature of that name is on, as far
// as the layers can be read: where the store is keyring or auto, the login is
// in an encrypted file then, and not in the keyring itself.
func (r *Rules) SecretAuthStorage() bool {
	return slices.ContainsFunc(r.Settings(), func(s Setting) bool {
		return s.Key == featuresKey+"."+SecretAuthStorageKey && s.Value() == "true"
	})
}

// Settings lists the keys that signing in depends on, also of a configuration
// that could not be loaded: then what the readable layers say.
func (r *Rules) Settings() []Setting {
	var all []Setting
	for _, row := range r.settings() {
		s := Setting{Key: display.Clean(strings.Join(row.path, ".")), Default: display.Clean(row.byDefault)}
		for _, d := range r.stack.sayers(row) {
			if d.state == LayerBroken && d.values == nil && s.Unread == nil && len(s.Said) == 0 {
				s.Unread = &d.at
			}
			required := d.at.Layer == LayerRequirements
			e, ok := d.values.find(row.path)
			if !ok && required && row.path[0] == featuresKey { // another name of the table there
				e, ok = d.values.find(append([]string{"feature_requirements"}, row.path[1:]...))
			}
			if !ok {
				continue
			}
			said := Said{Source: e.source}
			if text, shown := row.show(e.value); shown {
				said.Value = display.Clean(text)
			} else {
				said.Hidden = true
			}
			s.Said = append(s.Said, said)
			s.Fixed = s.Fixed || required
		}
		s.Unusable = r.invalid != nil && len(s.Said) > 0 && r.invalid.Key == s.Key
		if len(s.Said) > 0 || !row.onlyWhenSaid {
			all = append(all, s)
		}
	}
	return all
}

// sayers are the documents that may say a key, the strongest first. A provider
// that requirements.toml describes is described there as a whole.
func (s stack) sayers(row setting) []document {
	from := row.layers
	for _, d := range s.required {
		if _, ok := d.values.find(row.path[:min(2, len(row.path))]); ok && row.path[0] == providersKey {
			from = inRequirements
		}
	}
	return slices.DeleteFunc(s.all(), func(d document) bool {
		if d.at.Layer == LayerRequirements {
			return from&inRequirements == 0
		}
		return from&inConfig == 0
	})
}

// find looks up a value by its keys.
func (t table) find(path []string) (entry, bool) {
	for _, key := range path[:len(path)-1] {
		t, _ = t[key].value.(table)
	}
	e, ok := t[path[len(path)-1]]
	return e, ok
}

// words shows texts and lists of them as they are.
func words(value any) (string, bool) {
	switch v := value.(type) {
	case []any:
		var all []string
		for _, one := range v {
			text, ok := oneWord(one)
			if !ok {
				return "", false
			}
			all = append(all, text)
		}
		return strings.Join(all, ", "), true
	}
	return oneWord(value)
}

// oneWord shows what is no table and no list, and nothing that looks like a key.
func oneWord(value any) (string, bool) {
	switch v := value.(type) {
	case table, map[string]any, []any:
		return "", false
	case string:
		return v, !keyLike.MatchString(v)
	}
	return fmt.Sprint(value), true
}

// keyLike finds an API key, also in the middle of a text.
var keyLike = regexp.MustCompile(`(^|[^A-Za-z0-9])sk-`)

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// variable shows the name of an environment variable. What is none may be the
// key itself, put in the wrong place.
func variable(value any) (string, bool) {
	v, _ := value.(string)
	if !variableName.MatchString(v) {
		return "", false
	}
	return v, true
}

func secret(any) (string, bool) { return "", false }

func address(value any) (string, bool) {
	v, ok := value.(string)
	if !ok {
		return "", false
	}
	return bareURL(v)
}

// bareURL cuts out what may be secret in an address: user and password, the
// query and the fragment. An "@" that is left says that a password with a slash,
// a question mark or a number sign may have been cut in two: then nothing is ok
// to show.
func bareURL(s string) (bare string, ok bool) {
	scheme, rest, found := strings.Cut(s, "://")
	if !found {
		scheme, rest = "", s
	} else {
		scheme += "://"
	}
	host, path, slash := strings.Cut(rest, "/")
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		host = host[i+1:]
	}
	if slash {
		host += "/"
	}
	bare = host + path
	if strings.Contains(bare, "@") || keyLike.MatchString(bare) {
		return "", false
	}
	bare, _, _ = strings.Cut(bare, "#")
	bare, query, asks := strings.Cut(bare, "?")
	if asks && query != "" {
		bare += "?…"
	}
	return scheme + bare, true
}

// program shows the program of a command without what stands after it.
func program(value any) (string, bool) {
	v, _ := value.(string)
	fields := strings.Fields(v)
	if len(fields) == 0 || keyLike.MatchString(fields[0]) {
		return "", len(fields) == 0
	}
	if len(fields) > 1 {
		return fields[0] + " …", true
	}
	return fields[0], true
}
