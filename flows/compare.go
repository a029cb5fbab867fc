package flows

import "codex-login/assets"

// Aspect is one respect in which the two kinds of login differ.
type Aspect struct{ ID, Name, ChatGPT, Key string }

// Compare sets the ChatGPT sign-in and the API key side by side.
func Compare(say *assets.Catalogue) []Aspect {
	var out []Aspect
	for _, id := range []string{"use", "billing", "data", "features", "interfaces", "advice"} {
		at := "compare." + id
		out = append(out, Aspect{id, say.Say(at + ".name"), say.Say(at + ".chatgpt"), say.Say(at + ".key")})
	}
	return out
}
