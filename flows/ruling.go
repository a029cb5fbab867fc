package flows

import (
	"context"
	"errors"
	"slices"

	"codex-login/assets"
	"codex-login/assets/display"
	"codex-login/policy"
)

// Ruling is everything that the layers say about signing in, and how the login
// that is there stands to it. Safe to print.
type Ruling struct {
	Settings []policy.Setting
	Layers   []policy.LayerReport
	// FromProject are the settings that the repository around the working
	// directory decides.
	FromProject []policy.Setting
	// Refused is the rule that the stored login breaks; nil for none.
	Refused *RefusedError
	// Notes say what else keeps Codex from starting.
	Notes []string
	// Unchecked is the rule that only the stored login's server can hold it to.
	Unchecked *policy.Violation
	// Cloud: Codex fetches policies of the workspace at its own start, which
	// nobody can see from here.
	Cloud bool
}

// Ruling reads the rules as they are in force. It changes nothing, and asks
// nobody.
func (l *Login) Ruling(ctx context.Context) Ruling {
	out := Ruling{Settings: l.Rules.Settings(), Layers: l.Rules.Layers(), FromProject: l.Rules.FromProject()}
	if l.Say != nil {
		out.Notes = l.ProviderFaultNotes(l.Say)
	}
	e, err := l.Current(ctx)
	errors.As(err, &out.Refused)
	if err == nil {
		out.Unchecked = e.Unchecked
	}
	out.Cloud = e.Method == AccountChatGPT && slices.Contains(cloudPlans, e.Plan)
	return out
}

// Breaks reports whether the login that is there breaks a rule that could be
// read.
func (r Ruling) Breaks() bool { return r.Refused != nil && r.Refused.Violation.Rule != "" }

// inhabited are the settings over which a repository decides whose login is
// used, where it is, and where the login log is written.
var inhabited = []string{policy.ForcedMethod, policy.ForcedWorkspace, policy.StoreKey, policy.LogDirKey}

// ProjectNotes say what the repository around the working directory has changed
// about the login, a line each.
func (l *Login) ProjectNotes(say *assets.Catalogue) []string {
	var out []string
	for _, s := range l.Rules.FromProject() {
		if slices.Contains(inhabited, s.Key) {
			out = append(out, display.Line(ProjectNote(say, s), 400))
		}
	}
	return out
}

// ProviderFaultNotes name the tables that keep Codex from starting, a line each.
func (l *Login) ProviderFaultNotes(say *assets.Catalogue) []string {
	var out []string
	for _, f := range l.Rules.ProviderFaults {
		out = append(out, say.Say("provider.fault", "ID", display.Line(f.ID.Value, 80), "Where", f.ID.Source.String(), "Why", ExplainProviderFault(say, f)))
	}
	return out
}

// ExplainProviderFault says what is wrong with a provider's table, and what to
// do, as the rest of a sentence that has named it.
func ExplainProviderFault(say *assets.Catalogue, f policy.ProviderFault) string {
	return say.Say("provider.fault_"+string(f.Why), "Key", f.Key)
}

// ProjectNote says that a repository decides a setting.
func ProjectNote(say *assets.Catalogue, s policy.Setting) string {
	return say.Say("rules.from_project", "Setting", s.Key+" = "+ValueText(say, s.Said[0]), "Where", s.Source().String())
}

// cloudPlans are the plans for which the real Codex asked for policies of the
// workspace before it did anything else.
var cloudPlans = []string{"business", "enterprise", "edu", "education", "hc", "enterprise_cbp_usage_based"}
