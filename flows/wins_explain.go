package flows

import (
	"runtime"

	"codex-login/assets"
)

// ExplainWinner says in one sentence which credential a client uses and why.
func ExplainWinner(say *assets.Catalogue, w Winner) string {
	id := string(w.Source)
	switch {
	case w.Refused != nil:
		id = "refused"
	case w.Unknown:
		id = "unknown"
	case w.Source == FromProvider && w.Variable == "":
		id = "provider_own"
	case w.Source == FromNowhere && w.Variable != "":
		id = "missing_variable"
	}
	client := map[Client]string{ClientTUI: "tui", ClientExec: "exec", ClientAppServer: "app_server"}[w.Client]
	return say.Say("wins.source."+id, winnerValues(w, "Client", say.Say("wins.client."+client))...)
}

// WinnerWarning says that a variable silently beats the stored login, and how
// to clear it; "" when there is nothing to warn of. It is the same text for all
// clients that the same variable affects.
func WinnerWarning(say *assets.Catalogue, w Winner) string {
	switch {
	case w.Refused != nil:
		return say.Say("wins.warning.refused", winnerValues(w)...)
	case !w.BeatsLogin:
		return ""
	case w.Source == FromProvider:
		return say.Say("wins.warning.provider_key", winnerValues(w)...)
	case w.Billed:
		return say.Say("wins.warning.key", winnerValues(w)...)
	}
	return say.Say("wins.warning.token", winnerValues(w)...)
}

func winnerValues(w Winner, more ...any) []any {
	clear := "unset " + w.Variable
	if runtime.GOOS == "windows" {
		clear = "Remove-Item Env:" + w.Variable
	}
	if w.Refused != nil {
		more = append(more, "Rule", w.Refused.Rule, "RuleSource", w.Refused.Source.String())
	}
	return append(more,
		"Variable", w.Variable, "Clear", clear, "Key", w.KeyHint, "Provider", w.Provider, "Where", w.Place.String())
}
