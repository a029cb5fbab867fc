package flows

import (
	"slices"
	"strings"

	"codex-login/assets"
	"codex-login/assets/display"
)

// ExplainHolder says in one sentence each what h is and how it is started
// again, so that it uses the login of now.
func ExplainHolder(say *assets.Catalogue, h Holder) (what, restart string) {
	id := string(h.Kind)
	if h.Kind == HolderOther {
		id = "unlisted" // the catalogue's format keeps the word "other" to itself
	}
	name, _, _ := strings.Cut(strings.ToLower(h.Program), " ")
	values := []any{
		"PID", h.PID, "Program", display.Line(h.Program, 60), "Since", h.Since.Local().Format("2006-01-02 15:04"),
		"Socket", display.Line(h.Socket, 300), "Unsure", h.Unsure,
		"Known", h.Program != "" && h.Program != "codex",
		"JetBrains", slices.Contains(jetBrains, strings.TrimSuffix(name, "64")),
	}
	return say.Say("holders.kind."+id, values...), say.Say("holders.restart."+id, values...)
}

// ExplainUnseen says in one sentence what an id of Holders.Unseen means.
func ExplainUnseen(say *assets.Catalogue, id string) string { return say.Say("holders.unseen." + id) }
