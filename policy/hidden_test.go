package policy

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNoSecretIsShown: whatever a person puts in the wrong place.
func TestNoSecretIsShown(t *testing.T) {
	for _, line := range []string{
		`openai_base_url = "https://user:pa/SECRET@host.example.test/v1"`,
		`openai_base_url = "https://user:pa?SECRET@host.example.test/v1"`,
		`openai_base_url = "https://SECRET:pa#ss@host.example.test/v1"`,
		`chatgpt_base_url = "https://host.example.test/v1#tok=SECRET"`,
		`chatgpt_base_url = "https://host.example.test/v1?tok=SECRET#x"`,
		`forced_chatgpt_workspace_id = ["ws-1", "sk-SECRET"]`,
		`forced_chatgpt_workspace_id = "sk-SECRET"`,
		`model_providers.x.base_url = "user:SECRET@host/v1"`,
		`model_providers.x.name = "sk-SECRET"`,
		`model_providers.x.env_key = "sk-proj-SECRET"`,
		`model_providers.x.env_key_instructions = "take sk-SECRET"`,
		`model_providers.x.auth.command = "/bin/sh -c 'echo SECRET'"`,
	} {
		home := t.TempDir()
		if err := os.WriteFile(filepath.Join(home, "config.toml"), []byte("model_provider = \"x\"\n"+line+"\nmodel_providers.x.wire_api = \"responses\"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		r, _ := Load(Options{Home: home, System: t.TempDir()})
		p := r.Provider
		said := fmt.Sprint(r.Settings(), p.Name, p.BaseURL, p.Shown, p.EnvKeyInstructions, p.Command)
		if strings.Contains(said, "SECRET") {
			t.Errorf("%s: %s", line, said)
		}
	}
}

// A default is made of CODEX_HOME, which may hold what a terminal obeys.
func TestDefaultsAreClean(t *testing.T) {
	r, _ := Load(Options{Home: t.TempDir() + "/a\x1b[31m\nb", System: t.TempDir()})
	for _, s := range r.Settings() {
		if strings.ContainsAny(s.Default+s.Value(), "\x1b\n") {
			t.Errorf("%s: %q", s.Key, s.Default)
		}
	}
}
