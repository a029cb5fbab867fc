//go:build !windows

package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"codex-login/tui/termtest"
)

const acme = "model_provider = \"acme\"\n[model_providers.acme]\nname = \"Acme\"\nbase_url = \"https://acme.example.test/v1\"\n"

// TestProviderAtTheStart: no sign-in is asked for where the provider takes
// none, in every skin; what is missing is named, and no key is shown.
func TestProviderAtTheStart(t *testing.T) {
	for _, c := range []struct {
		name, config string
		env          []string
		kind, says   string
		code         int
	}{
		{
			"key", acme + "env_key = \"ACME_KEY\"\nenv_key_instructions = \"See https://acme.example.test\"\n",
			[]string{"ACME_KEY=sk-acme-0123456789abcdef"},
			"env-key", "ACME_KEY is set", 0,
		},
		{"no key", acme + "env_key = \"ACME_KEY\"\nenv_key_instructions = \"See https://acme.example.test\"\n", nil, "env-key", "ACME_KEY is not set", exitFailed},
		{"key as a name", acme + "env_key = \"sk-acme-0123456789abcdef\"\n", nil, "env-key", "holds no name of an environment variable", exitFailed},
		{"empty", "model_provider = \"\"\n", nil, "unknown", "model_provider is empty", exitFailed},
		{"token", acme + "experimental_bearer_token = \"sk-acme-0123456789abcdef\"\n", nil, "token", "a token of its own", 0},
		{"command", acme + "[model_providers.acme.auth]\ncommand = \"/opt/acme/token\"\n", nil, "command", "/opt/acme/token", 0},
		{"nothing", acme, nil, "none", "asks for none", 0},
		{"local", "model_provider = \"ollama\"\n", nil, "local", "on this machine", 0},
		{"bedrock", "model_provider = \"amazon-bedrock\"\n", nil, "bedrock", "AWS", 0},
		{"unknown", "model_provider = \"acne\"\n" + strings.TrimPrefix(acme, "model_provider = \"acme\"\n"), nil, "unknown", "There are: acme, amazon-bedrock", exitFailed},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPerson(t, nil)
			p.env = append(p.env, c.env...)
			writeConfig(t, p, c.config)
			r := p.run("", "--plain")
			if r.code != c.code || !strings.Contains(r.out+r.err, c.says) || strings.Contains(r.out+r.err, "How do you want to sign in") {
				t.Errorf("lines: %+v", r)
			}
			json1 := p.run("", "--json")
			var e struct {
				Event, Kind string
				NeedsLogin  bool `json:"needs_login"`
			}
			first, rest, _ := strings.Cut(json1.out, "\n")
			if err := json.Unmarshal([]byte(first), &e); err != nil || e.Event != "provider" || e.Kind != c.kind || e.NeedsLogin || json1.code != c.code {
				t.Errorf("JSON: %+v", json1)
			}
			if failed := strings.Contains(rest, `"code":"provider"`); failed != (c.code != 0) {
				t.Errorf("JSON: %+v", json1)
			}
			var status struct {
				Provider struct {
					ID, Kind, Source string
					Set              *bool
				}
			}
			for _, args := range [][]string{{"status"}, {"policy"}, {"policy", "--json"}} {
				if r := p.run("", args...); strings.Contains(r.out+r.err, "0123456789") || strings.Contains(r.out+r.err, "export (not shown)") {
					t.Errorf("%v shows the key: %+v", args, r)
				}
			}
			s := p.run("", "status", "--json")
			if err := json.Unmarshal([]byte(s.out), &status); err != nil || status.Provider.Kind != c.kind ||
				status.Provider.Source != filepath.Join(p.home, "config.toml")+":1" || (status.Provider.Set != nil) != (c.kind == "env-key") {
				t.Errorf("status: %+v", s)
			}
			term := p.sit(termtest.Options{Rows: 30})
			waitFlat(t, term, c.says)
			screen := flat(term)
			term.Key("q")
			if code := term.WaitExit(); code != c.code || term.Restored() != "" {
				t.Errorf("wizard: exit %d, %s", code, term.Restored())
			}
			for _, said := range []string{r.out, r.err, json1.out, s.out, screen, term.Screen()} {
				if strings.Contains(said, "0123456789") {
					t.Errorf("the key is shown: %s", said)
				}
			}
			if len(p.issuer.Requests()) != 0 || p.authJSON() != "" {
				t.Error("a sign-in was begun")
			}
			if r := p.run("", "doctor", "--json"); strings.Contains(r.out+r.err, "0123456789") {
				t.Errorf("the doctor shows the key: %+v", r)
			}
		})
	}
}

// TestSignInUnderAnotherProvider: whoever asks for it signs in, and is told.
func TestSignInUnderAnotherProvider(t *testing.T) {
	p := newPerson(t, nil)
	writeConfig(t, p, "model_provider = \"ollama\"\n")
	r := p.run("sk-proj-0123456789abcdef\n", "--with-api-key")
	if r.code != 0 || !strings.Contains(r.err, "Ollama") || p.authJSON() == "" {
		t.Errorf("%+v", r)
	}
	term := p.sit(termtest.Options{})
	term.WaitFor("Ollama")
	term.Key("n")
	term.WaitFor(atPicker)
	term.Key("ctrl+c")
	if code := term.WaitExit(); code != 0 {
		t.Errorf("exit %d", code)
	}
	if r := p.run("", "status"); r.code != 0 || !strings.HasPrefix(r.out, "API key configured") || !strings.Contains(r.out, "Model provider: ") {
		t.Errorf("%+v", r)
	}
	writeConfig(t, p, acme+"requires_openai_auth = true\nenv_key = \"ACME_KEY\"\n")
	term = p.sit(termtest.Options{})
	term.WaitFor(atLogin)
	term.Key("ctrl+c")
	term.WaitExit()
}

// TestReservedProvider: Codex does not start with it, and a sign-in goes on.
func TestReservedProvider(t *testing.T) {
	p := newPerson(t, nil)
	writeConfig(t, p, "[model_providers.ollama]\nname = \"Mine\"\n")
	if r := p.run("sk-proj-0123456789abcdef\n", "--with-api-key"); r.code != 0 {
		t.Errorf("%+v", r)
	}
	for _, args := range [][]string{{"status"}, {"policy"}, {"policy", "--json"}, {"doctor"}} {
		if r := p.run("", args...); !strings.Contains(r.out+r.err, "[model_providers.ollama]") {
			t.Errorf("%v: %+v", args, r)
		}
	}
}
