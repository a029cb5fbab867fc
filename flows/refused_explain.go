package flows

import (
	"slices"
	"strings"

	"codex-login/assets"
	"codex-login/assets/display"
	"codex-login/policy"
)

// FoundText is what a rule was held against: the kind of login, or its
// workspace.
func FoundText(say *assets.Catalogue, v *policy.Violation) string {
	if v.AboutMethod() {
		return say.Say("explain.credential." + strings.ReplaceAll(string(v.Credential), "-", "_"))
	}
	return first(display.Line(v.Workspace, 200), say.Say("explain.no_workspace"))
}

// UncheckedText says that nobody has asked whether a rule permits a login.
func UncheckedText(say *assets.Catalogue, v *policy.Violation) string {
	return say.Say("refused.unchecked", "Rule", v.Rule, "Source", v.Source.String())
}

// SourceText is the place of a rule, and whose it is.
func SourceText(say *assets.Catalogue, s policy.Source) string {
	return say.Say("refused.whose."+layerID(s.Layer), "Where", s.String())
}

// layerID is a layer as the catalogue calls it.
func layerID(l policy.Layer) string {
	if l == policy.LayerCommandLine {
		return "command_line"
	}
	return string(l)
}

// RefusalSteps are what can be done about a rule: sign in in a way that passes
// it, and whom to ask.
func RefusalSteps(say *assets.Catalogue, r *RefusedError) []string {
	v := r.Violation
	var out []string
	switch {
	case v.Rule == "": // a broken file, which the explanation speaks of
		return strings.Split(Explain(say, v).Next, "\n")
	case len(r.Allowed) == 0:
		out = append(out, say.Say("refused.no_way"))
	case v.AboutMethod():
		out = append(out, say.Say("refused.allowed", "Ways", WaysText(say, r.Allowed)))
	case slices.Contains(r.Allowed, Browser):
		out = append(out, say.Say("refused.workspace", "Workspaces", strings.Join(v.Demanded, ", ")))
	}
	return append(out, say.Say("refused.ask."+layerID(v.Source.Layer), "Where", v.Source.String()))
}

// WaysText names ways to sign in.
func WaysText(say *assets.Catalogue, ways []Method) string {
	var out []string
	for _, m := range ways {
		out = append(out, say.Say("refused.way."+strings.ReplaceAll(string(m), "-", "_")))
	}
	return strings.Join(out, ", ")
}
