package policy

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// said finds a setting by its key.
func said(t testing.TB, r *Rules, key string) Setting {
	t.Helper()
	all := r.Settings()
	i := slices.IndexFunc(all, func(s Setting) bool { return s.Key == key })
	if i < 0 {
		return Setting{}
	}
	return all[i]
}

func TestSettingsOfAllLayers(t *testing.T) {
	c := configuration{
		requirements: "chatgpt_base_url = 'https://r'\nforced_login_method = 'api'",
		managed:      "chatgpt_base_url = 'https://m'\nallowed_login_methods = ['api']",
		overrides:    []string{"x=1", "chatgpt_base_url=https://c"},
		user:         trusted + "[features]\nsecret_auth_storage = true",
		system:       "\nchatgpt_base_url = 'https://s'",
		files:        tree{"repo/.git/HEAD": "", "repo/.codex/config.toml": "forced_chatgpt_workspace_id = ['a', 'b']\nchatgpt_base_url = 'https://p'"},
		dir:          "repo",
	}
	r := c.load(t)
	s := said(t, r, ChatGPTBaseURLKey)
	var got []string
	for _, one := range s.Said {
		got = append(got, one.Value+" "+string(one.Source.Layer))
	}
	want := []string{"https://r requirements", "https://m managed", "https://c command-line", "https://s system"}
	if !slices.Equal(got, want) || !s.Fixed || s.Default != defaultChatGPTBaseURL {
		t.Errorf("%q, want %q; fixed %t", got, want, s.Fixed)
	}
	if at := s.Said[2].Source.String(); at != "-c number 2 on the command line" {
		t.Error(at)
	}
	if s := said(t, r, ForcedMethod); len(s.Said) != 0 || s.Source().Layer != LayerDefault {
		t.Errorf("requirements.toml has no say in %+v", s)
	}
	if s := said(t, r, AllowedMethods); len(s.Said) != 0 {
		t.Errorf("only requirements.toml has a say in %+v", s)
	}
	if s := said(t, r, "features.secret_auth_storage"); s.Value() != "true" || s.Source().Line != 4 {
		t.Errorf("%+v", s)
	}
	points := r.FromProject()
	if len(points) != 1 || points[0].Key != ForcedWorkspace || points[0].Value() != "a, b" {
		t.Errorf("pointed out: %+v", points)
	}
	for _, l := range r.Layers() {
		if l.Layer == LayerProject && !slices.Equal(l.Ignored, []string{ChatGPTBaseURLKey}) {
			t.Errorf("%+v", l)
		}
	}
}

func TestSettingsHideSecrets(t *testing.T) {
	const hush = "s3cr3t"
	c := configuration{user: strings.ReplaceAll(`model_provider = "x"
openai_base_url = "https://me:HUSH@host/v1?key=HUSH"
chatgpt_base_url = "me:HUSH@host"
log_dir = "a\u001b[2Jb"
[model_providers.x]
name = "X"
base_url = "http://HUSH@h:1/v1/"
env_key = "sk-HUSH"
experimental_bearer_token = "HUSH"
http_headers = { Authorization = "HUSH" }
auth = { command = "pass", args = ["HUSH"] }
`, "HUSH", hush)}
	r := c.load(t)
	hidden := 0
	for _, s := range r.Settings() {
		for _, one := range s.Said {
			if strings.Contains(one.Value, hush) || strings.ContainsRune(one.Value, '\x1b') {
				t.Errorf("%s shows %q", s.Key, one.Value)
			}
			if one.Hidden {
				hidden++
			}
		}
	}
	if hidden != 4 {
		t.Errorf("%d are hidden, want env_key, token, headers and arguments", hidden)
	}
	if strings.Contains(r.Provider.BaseURL.Value, hush) || r.Provider.BaseURL.Value != "http://h:1/v1" {
		t.Error(r.Provider.BaseURL)
	}
	if s := said(t, r, OpenAIBaseURLKey); s.Value() != "https://host/v1?…" {
		t.Error(s.Value())
	}
}

// A configuration that cannot be loaded still shows what can be read, and where
// the fault is.
func TestSettingsOfABrokenConfiguration(t *testing.T) {
	for name, c := range map[string]configuration{
		"syntax": {user: "a = ", managed: "forced_login_method = 'api'"},
		"value":  {user: "openai_base_url = 1", managed: "forced_login_method = 'api'"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Load(c.options(t))
			if err == nil || said(t, r, ForcedMethod).Value() != "api" {
				t.Error(r.Settings(), err)
			}
			var states []string
			for _, l := range r.Layers() {
				states = append(states, string(l.Layer)+" "+string(l.State))
				if (l.Err != nil) != (l.State == LayerBroken) || l.Err != nil && l.Err.Error() != err.Error() {
					t.Errorf("%+v", l)
				}
			}
			want := []string{"requirements absent", "managed read", "command-line absent", "user broken", "system absent"}
			if !slices.Equal(states, want) {
				t.Errorf("%q", states)
			}
		})
	}
}

// Nothing that is merged into a layer changes it.
func TestLayersStayApart(t *testing.T) {
	r := configuration{
		system:  "[model_providers.x]\nname = 'S'\n[model_providers.x.auth]\ncommand = 'a'",
		user:    "model_provider = 'x'\n[model_providers.x]\nname = 'U'",
		managed: "[model_providers.x.auth]\ncommand = 'm'",
	}.load(t)
	name, command := said(t, r, "model_providers.x.name"), said(t, r, "model_providers.x.auth.command")
	if len(name.Said) != 2 || name.Said[1].Value != "S" || len(command.Said) != 2 || command.Said[1].Value != "a" || r.Provider.Command != "m" {
		t.Errorf("%+v %+v", name, command)
	}
}

func TestLogDir(t *testing.T) {
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		configuration
		want func(Options) string
	}{
		"default":      {configuration{}, func(o Options) string { return filepath.Join(o.Home, "log") }},
		"user":         {configuration{user: "log_dir = 'x/../y/'"}, func(o Options) string { return filepath.Join(o.Home, "y") }},
		"empty":        {configuration{user: "log_dir = ''"}, func(o Options) string { return o.Home }},
		"whole":        {configuration{user: "log_dir = '/x/../y'"}, func(Options) string { return filepath.FromSlash("/y") }},
		"home":         {configuration{user: "log_dir = '~'"}, func(Options) string { return home }},
		"in the home":  {configuration{system: "log_dir = '~/x'"}, func(Options) string { return filepath.Join(home, "x") }},
		"managed":      {configuration{managed: "log_dir = 'x'"}, func(o Options) string { return filepath.Join(o.System, "x") }},
		"requirements": {configuration{requirements: "log_dir = 'r'", managed: "log_dir = 'm'"}, func(o Options) string { return filepath.Join(o.System, "r") }},
		"-c":           {configuration{overrides: []string{"log_dir=x"}, files: tree{"repo/": ""}, dir: "repo"}, func(o Options) string { return filepath.Join(o.Dir, "x") }},
		"project":      {configuration{user: trusted, files: tree{"repo/.git/HEAD": "", "repo/.codex/config.toml": "log_dir = 'x'"}, dir: "repo"}, func(o Options) string { return filepath.Join(o.Dir, ".codex", "x") }},
		"broken":       {configuration{user: "log_dir = 1"}, func(o Options) string { return filepath.Join(o.Home, "log") }},
	} {
		t.Run(name, func(t *testing.T) {
			o := test.options(t)
			r, err := Load(o)
			if (err != nil) != (name == "broken") {
				t.Fatal(err)
			}
			if want := test.want(o); r.LogDir.Value != want {
				t.Errorf("%q, want %q", r.LogDir.Value, want)
			}
		})
	}
}

func TestSecretAuthStorage(t *testing.T) {
	on := "[features]\nsecret_auth_storage = true\n"
	for name, c := range map[string]struct {
		configuration
		want bool
	}{
		"by default":            {configuration{}, runtime.GOOS == "windows"},
		"on":                    {configuration{user: on}, true},
		"off":                   {configuration{user: "features.secret_auth_storage = false"}, false},
		"pinned off":            {configuration{user: on, requirements: "[features]\nsecret_auth_storage = false"}, false},
		"pinned on":             {configuration{requirements: on}, true},
		"pinned, another name":  {configuration{requirements: "[feature_requirements]\nsecret_auth_storage = true"}, true},
		"another name, no pin":  {configuration{user: "[feature_requirements]\nsecret_auth_storage = true"}, runtime.GOOS == "windows"},
		"beside a broken layer": {configuration{user: "x", managed: on}, true},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := Load(c.options(t))
			if got := r.SecretAuthStorage(); got != c.want {
				t.Errorf("%t, want %t", got, c.want)
			}
		})
	}
}

// A layer that cannot be read may say anything: what weaker ones say, or nobody,
// is not given out as what is in force.
func TestSettingsBelowAnUnreadLayer(t *testing.T) {
	for name, c := range map[string]struct {
		configuration
		unread map[string]bool
	}{
		"requirements": {configuration{requirements: "[", managed: "forced_login_method = 'api'"}, map[string]bool{AllowedMethods: true, ForcedMethod: false, StoreKey: true}},
		"managed":      {configuration{managed: "[", user: "forced_login_method = 'api'"}, map[string]bool{AllowedMethods: false, ForcedMethod: true, StoreKey: true}},
		"user":         {configuration{managed: "forced_login_method = 'api'", user: "["}, map[string]bool{AllowedMethods: false, ForcedMethod: false, StoreKey: true}},
		"a wrong kind": {configuration{user: "forced_login_method = 1"}, map[string]bool{AllowedMethods: false, ForcedMethod: false, StoreKey: false}},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := Load(c.options(t))
			for key, unread := range c.unread {
				if s := said(t, r, key); (s.Unread != nil) != unread {
					t.Errorf("%s: %+v", key, s)
				}
			}
		})
	}
}
