package policy

import (
	"errors"
	"testing"
)

func TestProvider(t *testing.T) {
	custom := xProvider
	for name, c := range map[string]struct {
		configuration
		id, envKey, ownToken string
		needsLogin           bool
		envKeyAt             int
	}{
		"nothing said":    {id: "openai", needsLogin: true},
		"local":           {configuration: configuration{user: `model_provider = "ollama"`}, id: "ollama"},
		"Bedrock":         {configuration: configuration{user: `model_provider = "amazon-bedrock"`}, id: "amazon-bedrock", ownToken: "amazon-bedrock"},
		"nothing needed":  {configuration: configuration{user: custom("")}, id: "x"},
		"key":             {configuration: configuration{user: custom(`env_key = "X_KEY"`)}, id: "x", envKey: "X_KEY", envKeyAt: 4},
		"key and login":   {configuration: configuration{user: custom("requires_openai_auth = true\nenv_key = \"X_KEY\"")}, id: "x", envKey: "X_KEY", needsLogin: true, envKeyAt: 5},
		"token":           {configuration: configuration{user: custom(`experimental_bearer_token = "secret"`)}, id: "x", ownToken: "experimental_bearer_token"},
		"command":         {configuration: configuration{user: custom("[model_providers.x.auth]\ncommand = \"pass\"")}, id: "x", ownToken: "auth"},
		"chosen by -c":    {configuration: configuration{user: custom(`env_key = "X_KEY"`), overrides: []string{"model_provider=openai"}}, id: "openai", needsLogin: true},
		"key by a layer":  {configuration: configuration{user: custom(""), managed: "[model_providers.x]\nenv_key = \"M\""}, id: "x", envKey: "M", envKeyAt: 2},
		"unknown of name": {configuration: configuration{user: `model_provider = "nosuch"`}, id: "nosuch"},
	} {
		t.Run(name, func(t *testing.T) {
			p := c.load(t).Provider
			envKey, at, ownToken := "", 0, ""
			if p.EnvKey != nil {
				envKey, at = p.EnvKey.Value, p.EnvKey.Source.Line
			}
			if p.OwnToken != nil {
				ownToken = p.OwnToken.Value
			}
			if p.ID.Value != c.id || envKey != c.envKey || at != c.envKeyAt || ownToken != c.ownToken || p.NeedsLogin != c.needsLogin {
				t.Errorf("%+v, env_key %q in line %d, token by %q", p, envKey, at, ownToken)
			}
		})
	}
	_, err := Load(configuration{user: custom("env_key = 1")}.options(t))
	var config *ConfigError
	if !errors.As(err, &config) || config.Line != 4 || config.Key != "env_key" {
		t.Errorf("a number as env_key: %v", err)
	}
}

// providerKind is a configuration and what there is to say of its provider.
type providerKind struct {
	configuration
	kind                   ProviderKind
	name, baseURL, command string
}

// providerKinds are asked of the real Codex too.
var providerKinds = map[string]providerKind{
	"nothing said":          {configuration{}, ProviderOpenAI, "OpenAI", "", ""},
	"login":                 {configuration{user: xProvider("requires_openai_auth = true\nbase_url = 'http://h/v1'")}, ProviderOpenAI, "X", "http://h/v1", ""},
	"login, variable":       {configuration{user: xProvider("requires_openai_auth = true\nenv_key = 'K'")}, ProviderOpenAI, "X", "", ""},
	"variable":              {configuration{user: xProvider("env_key = 'K'")}, ProviderEnvKey, "X", "", ""},
	"variable, token":       {configuration{user: xProvider("env_key = 'K'\nexperimental_bearer_token = 't'")}, ProviderEnvKey, "X", "", ""},
	"token":                 {configuration{user: xProvider("experimental_bearer_token = 't'")}, ProviderToken, "X", "", ""},
	"command":               {configuration{user: xProvider("auth = {command = 'pass', args = ['x']}")}, ProviderCommand, "X", "", "pass"},
	"nothing":               {configuration{user: xProvider("")}, ProviderNone, "X", "", ""},
	"unknown":               {configuration{user: "model_provider = 'x'"}, ProviderUnknown, "x", "", ""},
	"empty":                 {configuration{user: "model_provider = ''"}, ProviderUnknown, "", "", ""},
	"given up":              {configuration{user: "model_provider = 'ollama-chat'"}, ProviderUnknown, "ollama-chat", "", ""},
	"ollama":                {configuration{user: "model_provider = 'ollama'"}, ProviderLocal, "Ollama", "http://localhost:11434/v1", ""},
	"lmstudio":              {configuration{user: "model_provider = 'lmstudio'"}, ProviderLocal, "LM Studio", "http://localhost:1234/v1", ""},
	"Bedrock":               {configuration{user: "model_provider = 'amazon-bedrock'"}, ProviderBedrock, "Amazon Bedrock", "", ""},
	"Bedrock, settings":     {configuration{user: "model_provider = 'amazon-bedrock'\n[model_providers.amazon-bedrock.aws]\nregion = 'x'"}, ProviderBedrock, "Amazon Bedrock", "", ""},
	"Bedrock, command":      {configuration{user: "model_provider = 'amazon-bedrock-runtime'\n[model_providers.amazon-bedrock-runtime.auth]\ncommand = 'c'"}, ProviderCommand, "Amazon Bedrock", "", "c"},
	"Google":                {configuration{user: "model_provider = 'gcp'"}, ProviderGoogleCloud, "Google Cloud", "", ""},
	"openai has no table":   {configuration{user: "[model_providers.openai]\nbase_url = 'http://x'\nenv_key = 'K'"}, ProviderOpenAI, "OpenAI", "", ""},
	"fixed":                 {configuration{requirements: "model_provider = 'ollama'", overrides: []string{"model_provider=lmstudio"}}, ProviderLocal, "Ollama", "http://localhost:11434/v1", ""},
	"described by an admin": {configuration{requirements: "[model_providers.x]\nname = 'R'", user: xProvider("env_key = 'K'")}, ProviderNone, "R", "", ""},
}

func TestProviderKind(t *testing.T) {
	for name, test := range providerKinds {
		t.Run(name, func(t *testing.T) {
			r := test.load(t)
			p := r.Provider
			if p.Kind() != test.kind || p.Name != test.name || p.BaseURL.Value != test.baseURL || p.Command != test.command {
				t.Errorf("%s: %+v", p.Kind(), p)
			}
			key := said(t, r, "model_providers.x.env_key")
			if (p.EnvKey != nil) != (len(key.Said) > 0) {
				t.Errorf("the settings say of the variable %+v", key)
			}
		})
	}
}

func xProvider(lines string) string {
	return "model_provider = \"x\"\n[model_providers.x]\nname = \"X\"\n" + lines
}
