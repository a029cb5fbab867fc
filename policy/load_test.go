package policy

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestPrecedence(t *testing.T) {
	set := func(s string) string { return "cli_auth_credentials_store = '" + s + "'" }
	all := configuration{
		system: "# system\n" + set("keyring"), user: "\n\n" + set("auto"),
		overrides: []string{StoreKey + "=ephemeral"}, managed: set("keyring"), requirements: "\r\n" + set("file"),
	}
	for _, test := range []struct {
		change func(*configuration)
		value  string
		layer  Layer
		line   int
	}{
		{func(*configuration) {}, "file", LayerRequirements, 2},
		{func(c *configuration) { c.requirements = "" }, "keyring", LayerManaged, 1},
		{func(c *configuration) { c.managed = "" }, "ephemeral", LayerCommandLine, 0},
		{func(c *configuration) { c.overrides = nil }, "auto", LayerUser, 3},
		{func(c *configuration) { c.user = "" }, "keyring", LayerSystem, 2},
		{func(c *configuration) { c.system = "" }, "file", LayerDefault, 0},
	} {
		test.change(&all)
		r := all.load(t)
		s := r.Store.Source
		if r.Store.Value != test.value || s.Layer != test.layer || s.Line != test.line {
			t.Errorf("got %q from %+v, want %q from %s:%d", r.Store.Value, s, test.value, test.layer, test.line)
		}
		if r.StorePinned != (test.layer == LayerRequirements) {
			t.Errorf("%s: pinned is %t", test.layer, r.StorePinned)
		}
	}
}

func TestSourceString(t *testing.T) {
	for want, s := range map[string]Source{
		"/etc/codex/requirements.toml:3": {Layer: LayerRequirements, File: "/etc/codex/requirements.toml", Line: 3},
		"/etc/codex/config.toml":         {Layer: LayerSystem, File: "/etc/codex/config.toml"},
		"-c on the command line":         {Layer: LayerCommandLine},
		"the default":                    {Layer: LayerDefault},
	} {
		if got := s.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestBaseURLs(t *testing.T) {
	for name, test := range map[string]struct {
		configuration
		openAI, chatGPT string
	}{
		"defaults":             {configuration{}, "https://api.openai.com/v1", "https://chatgpt.com/backend-api"},
		"set":                  {configuration{user: "openai_base_url = 'http://h/v1/'\nchatgpt_base_url = 'http://c/'"}, "http://h/v1", "http://c"},
		"blank":                {configuration{user: "openai_base_url = ' '\nchatgpt_base_url = ''"}, "https://api.openai.com/v1", "https://chatgpt.com/backend-api"},
		"pinned":               {configuration{requirements: "openai_base_url = 'http://no'\nchatgpt_base_url = 'http://yes/'", user: "chatgpt_base_url = 'http://c'"}, "https://api.openai.com/v1", "http://yes"},
		"provider":             {configuration{user: "model_provider = 'p'\nopenai_base_url = 'http://h'\n[model_providers.p]\nbase_url = 'http://p/v1/'\nrequires_openai_auth = true"}, "http://p/v1", "https://chatgpt.com/backend-api"},
		"provider, no auth":    {configuration{user: "model_provider = 'p'\n[model_providers.p]\nbase_url = 'http://p/v1/'"}, "https://api.openai.com/v1", "https://chatgpt.com/backend-api"},
		"provider, two layers": {configuration{system: "[model_providers.p]\nbase_url = 'http://s/v1'\nrequires_openai_auth = true", overrides: []string{"model_provider=p", "model_providers.p.base_url=http://c/v1"}}, "http://c/v1", "https://chatgpt.com/backend-api"},
	} {
		t.Run(name, func(t *testing.T) {
			r := test.load(t)
			if r.OpenAIBaseURL.Value != test.openAI || r.ChatGPTBaseURL.Value != test.chatGPT {
				t.Errorf("got %q and %q", r.OpenAIBaseURL.Value, r.ChatGPTBaseURL.Value)
			}
		})
	}
}

func TestOverrides(t *testing.T) {
	for _, test := range []struct {
		override string
		want     string // the verdict on an API key, or "error"
	}{
		{`forced_login_method="chatgpt"`, "forced_login_method sign-out"},
		{`forced_login_method=chatgpt`, "forced_login_method sign-out"},
		{` forced_login_method = chatgpt `, "forced_login_method sign-out"},
		{`forced_login_method='chatgpt'`, "forced_login_method sign-out"},
		{`forced_login_method="chatgpt`, "forced_login_method sign-out"},
		{`forced_login_method="chatgpt" # why`, "forced_login_method sign-out"},
		{"forced_login_method=\"chatgpt\"\nx=1", "forced_login_method sign-out"},
		{"forced_login_method=chatgpt\nx=1", "error"},
		{`forced_login_method='"chatgpt"'`, "error"},
		{`forced_login_method==chatgpt`, "error"},
		{`forced_login_method=`, "error"},
		{`forced_login_method=1`, "error"},
		{`forced_login_method=[]`, "error"},
		{`forced_login_method.x=1`, "error"},
		{`forced_login_method`, "error"},
		{`=chatgpt`, "error"},
		{`"forced_login_method"=chatgpt`, "ok"},
		{`.forced_login_method=chatgpt`, "ok"},
		{`a..b=1`, "ok"},
	} {
		r, err := Load(configuration{overrides: []string{test.override}}.options(t))
		got := verdict(r.Allows(API))
		if err != nil {
			got = "error"
		}
		if got != test.want {
			t.Errorf("%q: %s (%v), want %s", test.override, got, err, test.want)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	const secret = "s3cr3t"
	for name, test := range map[string]struct {
		configuration
		file         string
		line, column int
		key          string
	}{
		"unknown method":             {configuration{user: "# first\r\n\r\nforced_login_method = '" + secret + "'"}, "config.toml", 3, 1, ForcedMethod},
		"method of wrong type":       {configuration{managed: "a = 1\n  forced_login_method = true"}, "managed_config.toml", 2, 3, ForcedMethod},
		"comma in workspace":         {configuration{user: `forced_chatgpt_workspace_id = "` + secret + `,b"`}, "config.toml", 1, 1, ForcedWorkspace},
		"number as workspace":        {configuration{user: "forced_chatgpt_workspace_id = [\"a\", 1]"}, "config.toml", 1, 1, ForcedWorkspace},
		"unknown store":              {configuration{user: "cli_auth_credentials_store = '" + secret + "'"}, "config.toml", 1, 1, StoreKey},
		"unknown pinned store":       {configuration{requirements: "cli_auth_credentials_store = '" + secret + "'"}, "requirements.toml", 1, 1, StoreKey},
		"allowed method as text":     {configuration{requirements: "allowed_login_methods = '" + secret + "'"}, "requirements.toml", 1, 1, AllowedMethods},
		"unknown allowed method":     {configuration{requirements: "\nallowed_login_methods = ['api', '" + secret + "']"}, "requirements.toml", 2, 1, AllowedMethods},
		"allowed workspaces":         {configuration{requirements: "allowed_chatgpt_workspaces = '" + secret + "'"}, "requirements.toml", 1, 1, AllowedWorkspaces},
		"base URL of wrong type":     {configuration{user: "openai_base_url = 1"}, "config.toml", 1, 1, OpenAIBaseURLKey},
		"provider URL of wrong type": {configuration{user: "model_provider = 'p'\nmodel_providers.p = { requires_openai_auth = true,\nbase_url = 1 }"}, "config.toml", 3, 1, "base_url"},
		"text without quotes":        {configuration{user: "a = 1\nb = " + secret}, "config.toml", 2, 5, ""},
		"text not closed":            {configuration{managed: `b = "` + secret}, "managed_config.toml", 1, 0, ""},
		"stands twice":               {configuration{requirements: secret + " = 1\n" + secret + " = 2"}, "requirements.toml", 2, 1, ""},
		"no equals sign":             {configuration{system: "a\n"}, "config.toml", 1, 2, ""},
		"not UTF-8":                  {configuration{user: "a = '\xff'"}, "config.toml", 1, 6, ""},
		"larger than 1 MiB":          {configuration{user: "#" + strings.Repeat("x", maxLayer)}, "config.toml", 0, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Load(test.options(t))
			var config *ConfigError
			if !errors.As(err, &config) {
				t.Fatalf("error %v, want a *ConfigError", err)
			}
			if filepath.Base(config.File) != test.file || config.Line != test.line || config.Key != test.key ||
				(test.column > 0 && config.Column != test.column) {
				t.Errorf("%+v, want %s:%d:%d %s", config, test.file, test.line, test.column, test.key)
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%q holds a value", err)
			}
			if strings.Contains(config.Problem, "not valid TOML") {
				t.Errorf("%q says nothing", err)
			}
			if v := r.Check(ChatGPT, "a"); v == nil || v.Effect != Hide || !errors.Is(v, config) {
				t.Errorf("rules that nobody read answer %v", v)
			}
		})
	}
}

// A bad value that another layer overrules is none, as in Codex.
func TestOnlyEffectiveValuesAreJudged(t *testing.T) {
	c := configuration{system: `forced_login_method = 1`, user: `forced_login_method = "bogus"`, managed: `forced_login_method = "api"`}
	if got := verdict(c.load(t).Allows(ChatGPT)); got != "forced_login_method sign-out" {
		t.Error(got)
	}
}

func TestByteOrderMarkKeepsPositions(t *testing.T) {
	r := configuration{user: "\ufeffforced_login_method = 'api'\r\nx = 1\r\n"}.load(t)
	if s := r.Allows(ChatGPT).Source; s.Line != 1 || s.Layer != LayerUser {
		t.Errorf("%+v", s)
	}
}

func TestLogoutStores(t *testing.T) {
	both := []string{"keyring", "file"}
	for name, test := range map[string]struct {
		configuration
		want []string
	}{
		"default":                         {configuration{}, []string{"file"}},
		"configured":                      {configuration{user: `cli_auth_credentials_store = "keyring"`}, []string{"keyring"}},
		"broken user layer":               {configuration{user: "cli_auth_credentials_store = 'file'\nbroken"}, both},
		"broken, a lower layer speaks":    {configuration{system: `cli_auth_credentials_store = "file"`, user: "broken"}, both},
		"broken, a higher layer speaks":   {configuration{user: "broken", managed: `cli_auth_credentials_store = "auto"`}, []string{"auto"}},
		"broken, pinned":                  {configuration{user: "broken", requirements: `cli_auth_credentials_store = "file"`}, []string{"file"}},
		"broken requirements":             {configuration{user: `cli_auth_credentials_store = "file"`, requirements: "broken"}, both},
		"bad store":                       {configuration{user: `cli_auth_credentials_store = "disk"`}, both},
		"another bad value":               {configuration{user: "cli_auth_credentials_store = 'auto'\nforced_login_method = 1"}, []string{"auto"}},
		"another bad value, store unsaid": {configuration{user: "forced_login_method = 1"}, []string{"file"}},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := Load(test.options(t))
			if got := r.LogoutStores(); !slices.Equal(got, test.want) {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func TestUnreadableLayersFailClosed(t *testing.T) {
	t.Run("folder", func(t *testing.T) {
		o := configuration{}.options(t)
		if err := os.Mkdir(filepath.Join(o.System, "requirements.toml"), 0o700); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(o); err == nil || !strings.Contains(err.Error(), "is not a file") {
			t.Error(err)
		}
	})
	t.Run("no permission", func(t *testing.T) {
		if !heldBack(t) {
			return
		}
		c := configuration{
			requirements: "a = 1", managed: "a = 1", system: "a = 1", user: "a = 1", dir: "repo",
			overrides: []string{`projects={"$WORK/repo"={trust_level="trusted"}}`},
			files:     tree{"repo/.git/HEAD": "", "repo/.codex/config.toml": "a = 1"},
		}
		o := c.options(t)
		for _, path := range []string{
			filepath.Join(o.System, "requirements.toml"), filepath.Join(o.System, "managed_config.toml"), filepath.Join(o.System, "config.toml"),
			filepath.Join(o.Home, "config.toml"), filepath.Join(o.Dir, ".codex", "config.toml"),
		} {
			if err := os.Chmod(path, 0); err != nil {
				t.Fatal(err)
			}
			_, err := Load(o)
			var config *ConfigError
			if !errors.Is(err, os.ErrPermission) || !errors.As(err, &config) || config.File != path {
				t.Errorf("%s: %v", path, err)
			}
			if err := os.Chmod(path, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		project := filepath.Join(o.Dir, ".codex", "config.toml")
		o.Overrides = nil
		if err := os.Chmod(project, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(o); err != nil {
			t.Error("nobody trusts the project:", err)
		}
	})
}

// The layers of another machine are judged here, with their paths there.
func TestLoadReadsThroughTheCaller(t *testing.T) {
	texts := map[string]string{
		"/h/config.toml":                 "cli_auth_credentials_store = \"keyring\"\n",
		"/etc/codex/requirements.toml":   "\nallowed_login_methods = [\"api\"]\n",
		"/etc/codex/managed_config.toml": "denied",
	}
	r, err := Load(Options{Home: "/h", ReadFile: func(path string) ([]byte, error) {
		text, ok := texts[path]
		if !ok {
			return nil, fs.ErrNotExist
		}
		if text == "denied" {
			return nil, fs.ErrPermission
		}
		return []byte(text), nil
	}})
	var config *ConfigError
	if !errors.As(err, &config) || config.File != "/etc/codex/managed_config.toml" || r.Allows(API) == nil {
		t.Error(err)
	}
	delete(texts, "/etc/codex/managed_config.toml")
	r, err = Load(Options{Home: "/h", ReadFile: func(path string) ([]byte, error) {
		if text, ok := texts[path]; ok {
			return []byte(text), nil
		}
		return nil, fs.ErrNotExist
	}})
	if err != nil || r.StoreMode() != "keyring" || r.Store.Source.String() != "/h/config.toml:1" {
		t.Error(r.Store, err)
	}
	if v := r.Allows(ChatGPT); v == nil || v.Source.String() != "/etc/codex/requirements.toml:2" {
		t.Error(v)
	}
	text, err := WithUserValue([]byte(texts["/h/config.toml"]+"# kept"), "/h/config.toml", StoreKey, "file")
	if err != nil || string(text) != "cli_auth_credentials_store = \"file\"\n# kept" {
		t.Errorf("%q, %v", text, err)
	}
}

// Which -c is meant is said where there are several.
func TestOverrideFaults(t *testing.T) {
	for want, overrides := range map[string][]string{
		"-c on the command line: an equals sign is missing: write key=value":                                               {"a"},
		"-c number 2 on the command line: the key is missing: write key=value":                                             {"a=1", " =1", "b"},
		`-c number 2 on the command line: forced_login_method must be "chatgpt" or "api"`:                                  {"a=1", "forced_login_method=zebra"},
		"-c number 1 on the command line: env_key must be a text in quotes":                                                {"model_providers.x.env_key=1", "model_provider=x"},
		`-c number 3 on the command line: cli_auth_credentials_store must be "file" or "keyring" or "auto" or "ephemeral"`: {"a=1", "cli_auth_credentials_store=file", "cli_auth_credentials_store=disk"},
	} {
		_, err := Load(configuration{overrides: overrides}.options(t))
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", overrides, err, want)
		}
	}
}
