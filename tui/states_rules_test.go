package tui

import (
	"errors"

	"codex-login/assets/display"
	"codex-login/flows"
	"codex-login/policy"
)

// ruleStates are the rejections, and what there is to look at.
func ruleStates(e *env, x texts) []state {
	forced, _ := policy.Load(policy.Options{System: "/nonexistent", Overrides: []string{"forced_login_method=api"}})
	method := forced.Allows(policy.ChatGPT)
	method.Source = policy.Source{Layer: policy.LayerManaged, File: x.source, Line: 1}
	closed := &flows.RefusedError{Violation: method, At: policy.AtSignIn, Allowed: []flows.Method{flows.APIKey}}
	nameless := ruleOf(x)
	nameless.Workspace, nameless.Source = "", policy.Source{Layer: policy.LayerProject, File: "/home/mina/harbour/.codex/config.toml", Line: 7}
	own := ruleOf(x)
	own.Source = policy.Source{Layer: policy.LayerUser, File: "/home/mina/.codex/config.toml", Line: 2}
	kept := &flows.RefusedError{Violation: ruleOf(x), At: policy.AtStart, Allowed: flows.Methods(), Kept: broken(x)}
	none := &flows.RefusedError{Violation: own, At: policy.AtSignIn}
	conflict := &policy.ConflictError{Demands: []policy.Demand{
		{Rule: policy.ForcedMethod, Values: []string{"chatgpt"}, Source: policy.Source{Layer: policy.LayerManaged, File: x.source, Line: 3}},
		{Rule: policy.AllowedMethods, Source: policy.Source{Layer: policy.LayerRequirements, File: "/etc/codex/requirements.toml", Line: 1}},
	}}
	unreadable := &policy.ConfigError{Layer: policy.LayerUser, File: "/home/mina/.codex/config.toml", Line: 3, Column: 9, Problem: "a text must stand in quotes"}
	bar := &flows.BarredError{
		Code: "codex_cli_workspace_disabled", Detail: x.detail, Host: "auth.openai.com", RequestID: "fe788ae2-dfb3-4fb3-a8c0-3f51c1a3d427",
	}
	checked := newChecks(e, flows.Entry{})
	checked.menu.row = 3
	noted := newPicker(e, "file")
	noted.notes = []string{
		display.Clean(e.say("rules.from_project", "Setting", "forced_login_method = api", "Where", x.source+":3")),
		display.Clean(flows.WinnerWarning(e.words, flows.Winner{Variable: "CODEX_API_KEY", Refused: method})),
	}
	out := append(settingStates(e, x), providerStates(e, x)...)
	return append(out, []state{
		{name: "picker-noted", screen: noted},
		{name: "refused-method", screen: newRefused(e, method, closed, false)},
		{name: "refused-no-claim", screen: newRefused(e, nameless, nameless, false)},
		{name: "refused-kept", screen: newRefused(e, kept.Violation, kept, true)},
		{name: "refused-no-way", screen: newRefused(e, own, none, false)},
		{name: "blocked-conflict", screen: blocked{e, conflict}},
		{name: "blocked-broken", screen: blocked{e, errors.Join(unreadable)}},
		{name: "barred", screen: newBarred(e, bar, flows.Browser)},
		{name: "barred-bare", screen: newBarred(e, &flows.BarredError{Code: "missing_codex_entitlement", Host: "auth.openai.com"}, flows.Device)},
		{name: "checks", screen: newChecks(e, flows.Entry{})},
		{name: "checks-moved", screen: checked},
	}...)
}

func settingStates(e *env, x texts) []state {
	user := policy.Source{Layer: policy.LayerUser, File: "/home/mina/.codex/config.toml", Line: 2}
	project := policy.Source{Layer: policy.LayerProject, File: "/home/mina/harbour/.codex/config.toml", Line: 3}
	admin := policy.Source{Layer: policy.LayerManaged, File: x.source, Line: 3}
	required := policy.Source{Layer: policy.LayerRequirements, File: "/etc/codex/requirements.toml", Line: 1}
	s, _ := newRules(e)
	s.ruling.Settings = []policy.Setting{
		{Key: policy.ForcedMethod, Said: []policy.Said{{Value: "chatgpt", Source: admin}, {Value: "api", Source: project}, {Value: x.plan, Source: user}}},
		{Key: policy.ForcedWorkspace, Said: []policy.Said{{Value: x.workspace + ", d81f40a6-7be3-4a95-b0c8-3f5e2a9c7d33", Source: project}}},
		{Key: policy.AllowedMethods, Fixed: true, Said: []policy.Said{{Value: "chatgpt", Source: required}}},
		{Key: policy.AllowedWorkspaces},
		{Key: policy.StoreKey, Default: "file", Said: []policy.Said{{Value: "keyring", Source: user}}},
		{Key: policy.ChatGPTBaseURLKey, Default: "https://chatgpt.com/backend-api"},
		{Key: policy.ProviderKey, Default: "openai", Said: []policy.Said{{Value: x.program, Source: user}}},
		{Key: "model_providers." + display.Clean(x.program) + ".experimental_bearer_token", Said: []policy.Said{{Hidden: true, Source: user}}},
		{Key: policy.LogDirKey, Default: "/home/mina/.codex/log"},
	}
	s.ruling.Layers = []policy.LayerReport{
		{Layer: policy.LayerRequirements, File: required.File, State: policy.LayerRead},
		{Layer: policy.LayerManaged, File: x.source, State: policy.LayerBroken, Err: &policy.ConfigError{Layer: policy.LayerManaged, File: x.source, Line: 3, Column: 7, Problem: "a text must stand in quotes"}},
		{Layer: policy.LayerCommandLine, State: policy.LayerAbsent},
		{Layer: policy.LayerProject, File: project.File, State: policy.LayerUntrusted},
		{Layer: policy.LayerProject, File: "/home/mina/.codex-work/config.toml", State: policy.LayerRead, Ignored: []string{policy.ProviderKey}},
		{Layer: policy.LayerUser, File: user.File, State: policy.LayerRead},
		{Layer: policy.LayerSystem, File: "/etc/codex/config.toml", State: policy.LayerAbsent},
	}
	told := s
	told.ruling.FromProject = s.ruling.Settings[1:2]
	told.ruling.Refused = &flows.RefusedError{Violation: ruleOf(x)}
	told.ruling.Cloud = true
	told.row = 1
	layers := s
	layers.layers = true
	return []state{{name: "rules", screen: s}, {name: "rules-told", screen: told}, {name: "rules-layers", screen: layers}}
}

func providerStates(e *env, x texts) []state {
	at := policy.Source{Layer: policy.LayerUser, File: "/home/mina/.codex/config.toml", Line: 4}
	show := func(start bool, p flows.ProviderStanding) provider {
		p.Source, p.Place = at, at
		p.Place.Line = 9
		if p.ID == "" {
			p.ID, p.Name = "acme", display.Clean(x.label)
		}
		return provider{env: e, standing: p, atStart: start}
	}
	set := show(true, flows.ProviderStanding{Kind: policy.ProviderEnvKey, Variable: "ACME_KEY", Set: true, Key: "sk-acme1***90abc", Instructions: x.detail})
	set.accounts = 2
	set.warnings = []string{"CODEX_API_KEY is set, which a rule forbids."}
	return []state{
		{name: "provider-openai", screen: newProvider(e)},
		{name: "provider-key", screen: set},
		{name: "provider-key-missing", screen: show(true, flows.ProviderStanding{Kind: policy.ProviderEnvKey, Variable: "ACME_KEY", Instructions: x.detail})},
		{name: "provider-token", screen: show(true, flows.ProviderStanding{Kind: policy.ProviderToken})},
		{name: "provider-command", screen: show(true, flows.ProviderStanding{Kind: policy.ProviderCommand, Command: x.program})},
		{name: "provider-bedrock", screen: show(true, flows.ProviderStanding{Kind: policy.ProviderBedrock, ID: "amazon-bedrock", Name: "Amazon Bedrock"})},
		{name: "provider-cloud", screen: show(true, flows.ProviderStanding{Kind: policy.ProviderGoogleCloud, ID: "gcp", Name: "Google Cloud"})},
		{name: "provider-local", screen: show(false, flows.ProviderStanding{Kind: policy.ProviderLocal, ID: "ollama", Name: "Ollama"})},
		{name: "provider-none", screen: show(true, flows.ProviderStanding{Kind: policy.ProviderNone})},
		{name: "provider-unreadable", screen: provider{env: e, standing: flows.ProviderStanding{Kind: policy.ProviderUnknown, Unreadable: true}}},
		{name: "provider-unknown", screen: show(true, flows.ProviderStanding{Kind: policy.ProviderUnknown, ID: x.program, Name: x.program, Others: []string{"acme", "ollama", "openai"}})},
	}
}
