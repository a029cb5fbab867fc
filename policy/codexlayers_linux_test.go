package policy

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// effective is what the app server says of one configuration: the value and
// origin of each key.
type effective struct {
	Config  map[string]any
	Origins map[string]struct {
		Name struct{ Type, File, DotCodexFolder string }
	}
}

// layerCase is a configuration of which both sides say what is in force.
type layerCase struct {
	configuration
	differs string
}

func layerCases() map[string]layerCase {
	all := map[string]layerCase{}
	for name, c := range settingLadders() {
		all[name] = layerCase{configuration: c}
	}
	for name, c := range projectCases() {
		all["project: "+name] = layerCase{configuration: c.configuration}
	}
	for name, c := range projectFaults() {
		all["project, fault: "+name] = layerCase{configuration: c.configuration}
	}
	for name, c := range providerKinds {
		all["provider: "+name] = layerCase{configuration: c.configuration}
	}
	maps.Copy(all, map[string]layerCase{
		"profile":               {configuration: configuration{user: "profile = 'x'\n[profiles.x]\nforced_login_method = 'api'"}},
		"profile by -c":         {configuration: configuration{overrides: []string{"profile=x"}}},
		"profile by managed":    {configuration: configuration{managed: "profile = 'x'"}},
		"profiles, none chosen": {configuration: configuration{user: "[profiles.x]\nforced_login_method = 'api'"}},
		"log folder, wrong":     {configuration: configuration{user: "log_dir = 1"}},
		"log folder, pinned":    {configuration: configuration{requirements: "log_dir = 1"}},
		"feature, wrong":        {configuration: configuration{user: "features.secret_auth_storage = 1"}},
	})
	for name, why := range layerDifferences {
		c, ok := all[name]
		if !ok {
			panic("no case is called " + name)
		}
		c.differs = why
		all[name] = c
	}
	return all
}

// layerDifferences are cases in which we deliberately answer otherwise.
var layerDifferences = map[string]string{
	"project, fault: untrusted":     "what a project has not been trusted with cannot stop a sign-in",
	"provider: unknown":             "we read only what signing in needs, so another setting's fault stops no sign-in",
	"provider: empty":               "the same",
	"provider: given up":            "the same",
	"provider: openai has no table": "the same",
	"feature, wrong":                "the same",
}

// TestLayersAgainstCodex compares each effective value and its origin. One app
// server reads all configurations but those of which it is told at its start.
func TestLayersAgainstCodex(t *testing.T) {
	binary, err := codexBinary()
	need(t, "the real Codex (CODEX_BIN, .deps or PATH)", err)
	if !apart(t) {
		return
	}
	home := t.TempDir()
	t.Setenv("HOME", t.TempDir())
	shared := codexRun{t: t, binary: binary, home: home}
	server := shared.serve()
	for name, c := range layerCases() {
		t.Run(name, func(t *testing.T) {
			r := codexRun{t: t, binary: binary, home: home, codexCase: codexCase{configuration: c.configuration}}
			r.layOut()
			rules, err := Load(r.options())
			asked := server
			if len(c.overrides) > 0 || c.requirements != "" {
				asked = r.serve()
			}
			theirs, refused := asked.effective(t, r.cwd)
			if (err != nil) != (refused != "") != (c.differs != "") {
				t.Fatalf("we say %v; Codex says %q; difference: %q", err, refused, c.differs)
			}
			r.samePreferences(rules, err)
			if err == nil && refused == "" {
				theirs.compare(t, rules)
				if needs := asked.needsLogin(t); needs != rules.Provider.NeedsLogin {
					t.Errorf("Codex needs the login: %t, we: %t", needs, rules.Provider.NeedsLogin)
				}
			}
		})
	}
}

// effective reads the configuration for a folder. refused is why Codex does
// not, if so.
func (s *appServer) effective(t *testing.T, cwd string) (e effective, refused string) {
	params := map[string]any{}
	if real, err := filepath.EvalSymlinks(cwd); err == nil {
		params["cwd"] = real // as a program gets it from the system
	}
	return e, s.call("config/read", params, &e)
}

// needsLogin asks whether a request needs the OpenAI login. Only for a home
// without one: with one Codex asks its server first.
func (s *appServer) needsLogin(t *testing.T) bool {
	var account struct{ RequiresOpenaiAuth bool }
	if refused := s.call("account/read", map[string]any{}, &account); refused != "" {
		t.Error("account/read:", refused)
	}
	return account.RequiresOpenaiAuth
}

// compare holds each setting against what Codex has in force.
func (e effective) compare(t *testing.T, rules *Rules) {
	t.Helper()
	for _, s := range rules.Settings() {
		value, ok := e.value(s.Key)
		if s.Key == LogDirKey && ok && value != rules.LogDir.Value {
			t.Errorf("Codex logs to %q, we to %q", value, rules.LogDir.Value)
		}
		if s.Fixed && strings.HasPrefix(s.Key, "features.") {
			continue // a pin is told elsewhere
		}
		if hidden := len(s.Said) > 0 && s.Said[0].Hidden; ok && !hidden && s.Key != LogDirKey && trimSlash(value) != trimSlash(s.Value()) {
			t.Errorf("%s: Codex has %q, we %q", s.Key, value, s.Value())
		}
		if s.Fixed || s.Value() == "" && len(s.Said) > 0 || s.Key == AllowedMethods || s.Key == AllowedWorkspaces || strings.HasSuffix(s.Key, ".args") {
			continue // no origin is told
		}
		if theirs, ours := e.origin(s.Key), originOf(s.Source()); theirs != ours {
			t.Errorf("%s: Codex has it from %q, we from %q", s.Key, theirs, ours)
		}
	}
}

// value looks up a dotted key and writes it as we do.
func (e effective) value(key string) (string, bool) {
	var at any = e.Config
	for _, part := range strings.Split(key, ".") {
		t, _ := at.(map[string]any)
		at = t[part]
	}
	if at == nil {
		return "", false
	}
	return words(at)
}

// origin is the layer and file of a key, or of the first part of a list.
func (e effective) origin(key string) string {
	o, ok := e.Origins[key+".0"]
	if _, isList := e.Config[key].([]any); !isList {
		o, ok = e.Origins[key]
	}
	if !ok {
		return ""
	}
	file := o.Name.File
	if o.Name.DotCodexFolder != "" {
		file = filepath.Join(o.Name.DotCodexFolder, "config.toml")
	}
	return o.Name.Type + " " + file
}

// originOf is a Source as the app server words it.
func originOf(s Source) string {
	name := map[Layer]string{
		LayerSystem: "system", LayerUser: "user", LayerProject: "project",
		LayerCommandLine: "sessionFlags", LayerManaged: "legacyManagedConfigTomlFromFile",
	}[s.Layer]
	if name == "" {
		return ""
	}
	return name + " " + s.File
}

// samePreferences gives the administrator's two files as managed preferences,
// which have to come to the same verdict.
func (r *codexRun) samePreferences(want *Rules, wantErr error) {
	r.t.Helper()
	o := r.options()
	o.System = r.t.TempDir()
	if r.system != "" {
		if err := os.WriteFile(filepath.Join(o.System, "config.toml"), []byte(r.system), 0o600); err != nil {
			r.t.Fatal(err)
		}
	}
	values := map[string]string{}
	for key, text := range map[string]string{configPreference: r.managed, requirementsPreference: r.requirements} {
		if text != "" {
			values[key] = encoded(text)
		}
	}
	o.Preference = preferencesOf(values)
	got, err := Load(o)
	if (err != nil) != (wantErr != nil) {
		r.t.Fatalf("as managed preferences: %v, as files: %v", err, wantErr)
	}
	ours, theirs := got.Settings(), want.Settings()
	for i := range min(len(ours), len(theirs)) {
		if ours[i].Key != theirs[i].Key || ours[i].Value() != theirs[i].Value() || ours[i].Source().Layer != theirs[i].Source().Layer {
			r.t.Errorf("as managed preferences: %+v, as files: %+v", ours[i], theirs[i])
		}
	}
}
