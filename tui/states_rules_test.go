package tui

import (
	"errors"

	"codex-login/flows"
	"codex-login/policy"
)

// ruleStates are the rejections, and what there is to look at.
func ruleStates(e *env, x texts) []state {
	forced, _ := policy.Load(policy.Options{System: "/nonexistent", Overrides: []string{"forced_login_method=api"}})
	method := forced.Allows(policy.ChatGPT)
	method.Source = policy.Source{Layer: policy.LayerRequirements, File: x.source, Line: 1}
	nameless := ruleOf(x)
	nameless.Workspace, nameless.Source = "", policy.Source{Layer: policy.LayerProject, File: x.source, Line: 7}
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
	checked := newChecks(e)
	checked.menu.row = 3
	return []state{
		{name: "refused-method", screen: newRefused(e, method, method, false)},
		{name: "refused-no-claim", screen: newRefused(e, nameless, nameless, false)},
		{name: "refused-kept", screen: newRefused(e, kept.Violation, kept, true)},
		{name: "refused-no-way", screen: newRefused(e, own, none, false)},
		{name: "blocked-conflict", screen: blocked{e, conflict}},
		{name: "blocked-broken", screen: blocked{e, errors.Join(unreadable)}},
		{name: "barred", screen: newBarred(e, bar, flows.Browser)},
		{name: "barred-bare", screen: newBarred(e, &flows.BarredError{Code: "missing_codex_entitlement", Host: "auth.openai.com"}, flows.Device)},
		{name: "checks", screen: newChecks(e)},
		{name: "checks-moved", screen: checked},
	}
}
