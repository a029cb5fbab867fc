//go:build !windows

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

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
