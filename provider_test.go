//go:build !windows

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
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

// effective is what the policy command says in JSON.
type effective struct {
	Schema   int
	Settings []struct {
		Key            string
		Value, Meaning *string
		Fixed          bool
		Source         struct {
			Layer string
			File  *string
			Line  *int
		}
		Overrode []struct{ Value *string }
	}
	Layers []struct {
		Layer, State string
		File, Error  *string
	}
	Conflict, Error *struct{ Code, Message string }
	Login           *struct{ Rule, Effect string }
	FromProject     []string `json:"from_project"`
	CloudPolicies   bool     `json:"cloud_policies"`
}

func effectiveOf(t *testing.T, r ran) (e effective) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.out), &e); err != nil || e.Schema != 1 {
		t.Fatalf("%v: %+v", err, r)
	}
	return e
}

// TestPolicy: each value, who set it, what it overrules and what it means.
func TestPolicy(t *testing.T) {
	p := newPerson(t, nil)
	repository := t.TempDir()
	if err := os.MkdirAll(filepath.Join(repository, ".codex"), 0o755); err != nil {
		t.Fatal(err)
	}
	project := filepath.Join(repository, ".codex", "config.toml")
	if err := os.WriteFile(project, []byte("\nforced_login_method = \"api\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	own := "forced_login_method = \"chatgpt\"\nmodel_provider = \"acme\"\n" + strings.TrimPrefix(acme, "model_provider = \"acme\"\n") +
		"experimental_bearer_token = \"sk-acme-0123456789abcdef\"\n"
	there := func(begin []string, args ...string) ran {
		cmd := inside(t, begin, p.command(args...))
		cmd.Dir = repository
		var out, talk strings.Builder
		cmd.Stdout, cmd.Stderr = &out, &talk
		_ = cmd.Run()
		return ran{out.String(), talk.String(), cmd.ProcessState.ExitCode()}
	}
	find := func(e effective, key string) (value, layer string, line, overrules int) {
		for _, s := range e.Settings {
			if s.Key == key {
				if s.Meaning == nil || *s.Meaning == "" || strings.HasPrefix(*s.Meaning, "rules.") {
					t.Errorf("%s has no meaning", key)
				}
				if s.Value != nil {
					value = *s.Value
				}
				if s.Source.Line != nil {
					line = *s.Source.Line
				}
				return value, s.Source.Layer, line, len(s.Overrode)
			}
		}
		t.Errorf("%s is not listed", key)
		return value, layer, line, overrules
	}
	p.writeAuth(storedAs("api", ""))
	writeConfig(t, p, own)
	r := there(nil, "policy", "--json")
	e := effectiveOf(t, r)
	if value, layer, line, _ := find(e, "forced_login_method"); r.code != 0 || value != "chatgpt" || layer != "user" || line != 1 {
		t.Errorf("untrusted: %s", r.out)
	}
	if e.Login == nil || e.Login.Rule != "forced_login_method" || e.Login.Effect != "sign-out" || len(e.FromProject) != 0 || p.authJSON() == "" {
		t.Errorf("the login: %s", r.out)
	}
	if text := there(nil, "policy"); !strings.Contains(text.out, "ignored because the repository is not trusted") || !strings.Contains(text.out, "say that you trust it") {
		t.Errorf("%+v", text)
	}
	writeConfig(t, p, own+"[projects.\""+repository+"\"]\ntrust_level = \"trusted\"\n")
	r = there(nil, "policy", "--json")
	e = effectiveOf(t, r)
	if value, layer, line, overrules := find(e, "forced_login_method"); value != "api" || layer != "project" || line != 2 || overrules != 1 {
		t.Errorf("trusted: %s", r.out)
	}
	if !slices.Equal(e.FromProject, []string{"forced_login_method"}) || e.Login != nil {
		t.Errorf("trusted: %s", r.out)
	}
	text := there(nil, "policy")
	for _, part := range []string{"This repository decides forced_login_method = api", "Overrules chatgpt", "Only API keys are accepted", "(not shown)"} {
		if !strings.Contains(text.out, part) {
			t.Errorf("no %q in %s", part, text.out)
		}
	}
	if strings.Contains(text.out+r.out, "0123456789") {
		t.Error("a token is shown")
	}
	if status := there(nil, "status"); !strings.Contains(status.out, "This repository decides forced_login_method") {
		t.Errorf("status: %+v", status)
	}
	if start := there(nil, "--json"); !strings.Contains(start.out, `"from_project"`) {
		t.Errorf("JSON start: %+v", start)
	}

	admin := systemFile(t, "requirements.toml", "allowed_login_methods = [\"chatgpt\"]\n")
	r = there(admin, "policy", "--json")
	e = effectiveOf(t, r)
	if r.code != exitRefused || e.Conflict == nil || e.Conflict.Code != "policy" || len(e.Settings) == 0 {
		t.Errorf("a conflict: %+v", r)
	}
	if text := there(admin, "policy"); text.code != exitRefused || !strings.HasPrefix(text.err, "Error loading configuration: authentication requirements do not permit any usable login method\n") ||
		!strings.Contains(text.out, "allowed_login_methods = chatgpt") {
		t.Errorf("a conflict: %+v", text)
	}
	r = there(systemFile(t, "managed_config.toml", "forced_login_method = \"web\"\n"), "policy", "--json")
	e = effectiveOf(t, r)
	broken := 0
	for _, l := range e.Layers {
		if l.State == "broken" && l.Layer == "managed" && l.Error != nil {
			broken++
		}
	}
	if r.code != exitFailed || e.Error == nil || e.Error.Code != "config" || broken != 1 {
		t.Errorf("a broken layer: %+v", r)
	}
}

// TestCompareInLines has every row of the comparison in both forms.
func TestCompareInLines(t *testing.T) {
	p := newPerson(t, nil)
	lines, object := p.run("", "compare"), p.run("", "compare", "--json")
	var e struct{ Aspects []map[string]string }
	if err := json.Unmarshal([]byte(object.out), &e); err != nil || len(e.Aspects) != 6 || lines.code != 0 || object.code != 0 {
		t.Fatalf("%v: %+v", err, object)
	}
	for _, a := range e.Aspects {
		for _, part := range []string{"name", "chatgpt", "api_key"} {
			if a[part] == "" || !strings.Contains(lines.out, a[part]) {
				t.Errorf("%s of %s is missing", part, a["id"])
			}
		}
	}
	for _, word := range []string{"RBAC", "residency", "fast mode", "multi-factor", "API rates", "credits", "cloud"} {
		if !strings.Contains(strings.ReplaceAll(lines.out, "API's standard rates", "API rates"), word) {
			t.Errorf("nothing is said of %s", word)
		}
	}
}
