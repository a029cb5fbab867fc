package flows

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-login/assets"
	"codex-login/flows/sandbox"
	"codex-login/policy"
)

// TestEverySettingMeansSomething: each key has a sentence for each value that
// changes what happens, and no two of those are the same.
func TestEverySettingMeansSomething(t *testing.T) {
	say := assets.Speak("en")
	for key, values := range map[string][]string{
		policy.ForcedMethod:                      {"", "chatgpt", "api"},
		policy.ForcedWorkspace:                   {"", "ws-1", "ws-1, ws-2"},
		policy.AllowedMethods:                    {"chatgpt", "api", "", "chatgpt, api"},
		policy.AllowedWorkspaces:                 {"", "ws-1", "ws-1, ws-2"},
		policy.StoreKey:                          {"file", "keyring", "auto", "ephemeral"},
		"features.secret_auth_storage":           {"false", "true"},
		policy.ChatGPTBaseURLKey:                 {"", "https://x.test"},
		policy.OpenAIBaseURLKey:                  {"", "https://x.test"},
		policy.ProviderKey:                       {"openai", "acme"},
		policy.LogDirKey:                         {"/x"},
		"profile":                                {"x"},
		"model_providers.x.requires_openai_auth": {"false", "true"},
	} {
		seen := map[string]string{}
		for _, value := range values {
			s := policy.Setting{Key: key, Said: []policy.Said{{Value: value}}}
			text := Meaning(say, s)
			if text == "" || strings.HasPrefix(text, "rules.") || strings.Contains(text, "<no value>") {
				t.Errorf("%s = %q: %q", key, value, text)
			}
			if before, twice := seen[text]; twice {
				t.Errorf("%s = %q means the same as %q", key, value, before)
			}
			seen[text] = value
		}
	}
	if a, b := Meaning(say, policy.Setting{Key: policy.AllowedMethods}), Meaning(say, policy.Setting{Key: policy.AllowedMethods, Said: []policy.Said{{}}}); a == b {
		t.Errorf("no list and an empty list mean the same: %s", a)
	}
}

// TestEveryListedSettingMeansSomething: a key that the rules list has a
// sentence.
func TestEveryListedSettingMeansSomething(t *testing.T) {
	home := t.TempDir()
	config := "model_provider = \"a\"\nprofile = \"p\"\n[model_providers.a]\nname = \"A\"\nbase_url = \"http://127.0.0.1\"\nrequires_openai_auth = true\n" +
		"env_key = \"X\"\nenv_key_instructions = \"y\"\nexperimental_bearer_token = \"z\"\nhttp_headers = { a = \"b\" }\nauth = { command = \"c\", args = [\"d\"] }\n"
	if err := os.WriteFile(filepath.Join(home, "config.toml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	rules, _ := policy.Load(policy.Options{Home: home, System: t.TempDir()})
	all := rules.Settings()
	if len(all) < 15 {
		t.Errorf("%d settings are listed", len(all))
	}
	say := assets.Speak("en")
	for _, s := range all {
		if Meaning(say, s) == "" {
			t.Errorf("%s has no meaning", s.Key)
		}
	}
	for _, l := range []policy.Layer{
		policy.LayerDefault, policy.LayerSystem, policy.LayerUser, policy.LayerProject, policy.LayerCommandLine, policy.LayerManaged, policy.LayerRequirements,
	} {
		at := policy.Source{Layer: l, File: "/x"}
		for _, text := range []string{SourceText(say, at), say.Say("refused.ask."+layerID(l), "Where", "/x"), LayerText(say, policy.LayerReport{Layer: l, State: policy.LayerRead})} {
			if strings.Contains(text, "refused.") || strings.Contains(text, "rules.") {
				t.Errorf("%s: %s", l, text)
			}
		}
	}
}

// TestCloudPlans: those for which the real Codex 0.169 asked for policies of
// the workspace first.
func TestCloudPlans(t *testing.T) {
	for plan, want := range map[string]bool{"business": true, "enterprise": true, "edu": true, "team": false, "plus": false, "free": false, "": false} {
		l := newLogin(t, startSandbox(t, sandbox.Options{}))
		claims := base64.RawURLEncoding.EncodeToString([]byte(`{"email":"a@example.test","https://api.openai.com/auth":{"chatgpt_plan_type":"` + plan + `"}}`))
		token := "eyJhbGciOiJub25lIn0." + claims + ".c2ln"
		login := `{"auth_mode":"chatgpt","tokens":{"id_token":"` + token + `","access_token":"` + token + `","refresh_token":"r"}}`
		if err := os.WriteFile(l.Home.AuthFile(), []byte(login), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := l.Ruling(t.Context()).Cloud; got != want {
			t.Errorf("%q: %v", plan, got)
		}
	}
}
