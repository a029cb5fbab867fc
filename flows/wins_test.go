package flows

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-login/assets"
	"codex-login/credstore"
	"codex-login/policy"
)

// winning is a Login with these rules and variables.
func winning(t *testing.T, config, requirements string, env map[string]string) *Login {
	t.Helper()
	home, system := t.TempDir(), t.TempDir()
	for path, text := range map[string]string{
		filepath.Join(home, "config.toml"): config, filepath.Join(system, "requirements.toml"): requirements,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rules, err := policy.Load(policy.Options{Home: home, System: system})
	if err != nil {
		t.Fatal(err)
	}
	return &Login{Home: credstore.Home{Path: home}, Rules: rules, Environment: func(name string) string { return env[name] }}
}

// A variable that requirements.toml forbids is passed over; the real Codex
// reads that file only below /etc.
func TestWinsPassOverWhatRequirementsForbid(t *testing.T) {
	env := map[string]string{"CODEX_API_KEY": "sk-codex-0123456789", "CODEX_ACCESS_TOKEN": "at-1"}
	for requirements, want := range map[string]string{
		`allowed_login_methods = ["chatgpt"]`: "CODEX_ACCESS_TOKEN CODEX_ACCESS_TOKEN CODEX_ACCESS_TOKEN",
		`allowed_login_methods = ["api"]`:     "login CODEX_API_KEY login",
	} {
		var got []string
		for _, w := range winning(t, "", requirements, env).Wins(Account{Method: AccountChatGPT}) {
			got = append(got, inCodexWords(w))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %v", requirements, got)
		}
	}
}

func TestExplainWinner(t *testing.T) {
	say := assets.Speak("en")
	const secret = "sk-codex-do-not-show-this-0123456789"
	own := "model_provider = \"x\"\n[model_providers.x]\nname = \"X\"\n"
	type lines struct{ exec, warning string }
	for name, c := range map[string]struct {
		config string
		env    map[string]string
		nobody bool
		want   lines
	}{
		"login":       {want: lines{"codex exec uses the stored login.", ""}},
		"nobody":      {nobody: true, want: lines{"nobody is signed in", ""}},
		"key":         {env: map[string]string{"CODEX_API_KEY": secret}, want: lines{"uses CODEX_API_KEY from the environment (sk-codex***56789)", "unset CODEX_API_KEY"}},
		"key, nobody": {env: map[string]string{"CODEX_API_KEY": secret}, nobody: true, want: lines{"uses CODEX_API_KEY", ""}},
		"token":       {env: map[string]string{"CODEX_ACCESS_TOKEN": secret}, want: lines{"uses CODEX_ACCESS_TOKEN from the environment.", "unset CODEX_ACCESS_TOKEN"}},
		"OpenAI key":  {env: map[string]string{"OPENAI_API_KEY": secret}, want: lines{"uses the stored login", ""}},
		"provider":    {own + "requires_openai_auth = true\nenv_key = \"OPENAI_API_KEY\"", map[string]string{"OPENAI_API_KEY": secret}, false, lines{"uses the key in OPENAI_API_KEY", "billed at API rates"}},
		"stranger":    {own + "env_key = \"X_KEY\"", map[string]string{"X_KEY": secret}, false, lines{"config.toml:4", ""}},
		"not set":     {own + "env_key = \"X_KEY\"", nil, false, lines{"asks for X_KEY", ""}},
		"own token":   {own + "experimental_bearer_token = \"" + secret + "\"", nil, false, lines{"a credential of its own", ""}},
		"none needed": {own, nil, false, lines{"needs none", ""}},
		"refused":     {"forced_login_method = \"chatgpt\"", map[string]string{"CODEX_API_KEY": secret}, false, lines{"deletes the stored login", "unset CODEX_API_KEY"}},
	} {
		t.Run(name, func(t *testing.T) {
			account := Account{Method: AccountChatGPT}
			if c.nobody {
				account = Account{}
			}
			for _, w := range winning(t, c.config, "", c.env).Wins(account) {
				text, warning := ExplainWinner(say, w), WinnerWarning(say, w)
				all := text + warning
				if strings.Contains(all, "wins.") || strings.Contains(all, "<no value>") || strings.Contains(all, "do-not-show") {
					t.Errorf("%q %q", text, warning)
				}
				if w.Client != ClientExec {
					continue
				}
				if !strings.Contains(text, c.want.exec) || !strings.Contains(warning, c.want.warning) || (warning == "") != (c.want.warning == "") {
					t.Errorf("%q, warning %q", text, warning)
				}
			}
		})
	}
}
