package policy

import (
	"errors"
	"testing"
)

func TestProvider(t *testing.T) {
	custom := func(lines string) string {
		return "model_provider = \"x\"\n[model_providers.x]\nname = \"X\"\n" + lines
	}
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
