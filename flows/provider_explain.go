package flows

import (
	"runtime"
	"strings"

	"codex-login/assets"
	"codex-login/assets/display"
	"codex-login/policy"
)

// ProviderText is a provider in words: what it means for signing in, and what
// can be done.
type ProviderText struct {
	Title string
	Text  []string // sentences
	Next  []string // steps
}

// providerIDs are the kinds as the catalogue calls them.
var providerIDs = map[policy.ProviderKind]string{
	policy.ProviderOpenAI: "openai", policy.ProviderEnvKey: "env_key", policy.ProviderToken: "token",
	policy.ProviderCommand: "command", policy.ProviderBedrock: "bedrock", policy.ProviderGoogleCloud: "google_cloud",
	policy.ProviderLocal: "local", policy.ProviderNone: "no_credential", policy.ProviderUnknown: "unknown",
}

// ExplainProvider says in words how a provider stands.
func ExplainProvider(say *assets.Catalogue, p ProviderStanding) ProviderText {
	if p.Unreadable {
		return ProviderText{Title: say.Say("provider.title.unreadable"), Text: []string{say.Say("provider.text.unreadable")}}
	}
	id := providerIDs[p.Kind]
	title := id
	values := providerValues(p)
	if p.Kind == policy.ProviderEnvKey && !p.Set {
		title = "env_key_missing"
	}
	if p.Kind == policy.ProviderEnvKey && p.Nameless {
		title, id = "env_key_nameless", "env_key_nameless"
	}
	out := ProviderText{Title: say.Say("provider.title."+title, values...), Text: []string{say.Say("provider.text."+id, values...)}}
	switch {
	case p.Variable != "" && p.Set:
		out.Text = append(out.Text, say.Say("provider.set", values...))
	case p.Nameless:
		out.Text = append(out.Text, say.Say("provider.nameless", values...))
		out.Next = append(out.Next, say.Say("provider.next.name", values...))
	case p.Variable != "":
		out.Text = append(out.Text, say.Say("provider.not_set", values...))
		out.Next = append(out.Next, say.Say("provider.next.set", values...))
	}
	if p.Variable != "" && p.Instructions != "" {
		out.Text = append(out.Text, say.Say("provider.instructions", values...))
	}
	if p.Kind == policy.ProviderUnknown {
		out.Next = append(out.Next, say.Say("provider.next.describe", values...))
	}
	if p.Source.Layer != policy.LayerDefault {
		out.Next = append(out.Next, say.Say("provider.next.openai", values...))
	}
	return out
}

// explanation is the catalogue's id of the trouble.
func (e *ProviderError) explanation() string {
	if e.Provider.Kind == policy.ProviderUnknown {
		return "provider_unknown"
	}
	if e.Provider.Nameless {
		return "provider_nameless"
	}
	return "provider_no_key"
}

// ProviderNote is a line for who signs in although the provider asks for no
// login; "" where it does.
func ProviderNote(say *assets.Catalogue, p ProviderStanding) string {
	if p.NeedsLogin {
		return ""
	}
	if p.Kind == policy.ProviderUnknown {
		return say.Say("provider.note_unknown", providerValues(p)...)
	}
	return say.Say("provider.note", providerValues(p)...)
}

func providerValues(p ProviderStanding) []any {
	set := "export " + p.Variable + "=…"
	if runtime.GOOS == "windows" {
		set = "$Env:" + p.Variable + " = '…'"
	}
	return []any{
		"ID", p.ID, "Name", p.Name, "Where", p.Source.String(), "Place", p.Place.String(), "Variable", p.Variable, "Key", p.Key,
		"Instructions", p.Instructions, "Command", p.Command, "Set", set, "IDs", display.Line(strings.Join(p.Others, ", "), 300),
	}
}
