package flows

import (
	"codex-login/assets/display"
	"codex-login/credstore"
	"codex-login/policy"
)

// ProviderStanding is the active model provider and how it stands with its
// credential, safe to print.
type ProviderStanding struct {
	ID, Name string
	Kind     policy.ProviderKind
	// Unreadable: the configuration cannot be read, and nobody can tell.
	Unreadable bool
	// Source names the provider; Place says how it gets its credential.
	Source, Place policy.Source
	// Variable is the environment variable that its key is in, "" for none; Set
	// says whether there is one, and Key is it as Codex shows keys.
	Variable string
	Set      bool
	// Nameless: what stands there is no name, and may be the key itself. Variable
	// does not repeat it.
	Nameless bool
	Key      string
	// Instructions say where to get that key, Command prints a token. "" for
	// nothing.
	Instructions, Command string
	// Others are the ids that there are, for a provider that is none of them.
	Others []string
	// NeedsLogin: Codex starts with a sign-in under this provider.
	NeedsLogin bool
}

// Provider says whom Codex asks for answers here, and whether that takes the
// OpenAI login.
func (l *Login) Provider() ProviderStanding {
	p := l.Rules.Provider
	out := ProviderStanding{
		ID: display.Line(p.ID.Value, 80), Name: display.Line(p.Name, 80), Kind: p.Kind(), Source: p.ID.Source, Place: p.ID.Source,
		Instructions: display.Line(p.EnvKeyInstructions, 300), Command: display.Line(p.Command, 200), NeedsLogin: p.NeedsLogin,
		Unreadable: l.Rules.Unreadable(),
	}
	if out.Kind == policy.ProviderUnknown {
		out.Others = l.Rules.ProviderIDs()
	}
	switch {
	case p.EnvKey != nil:
		out.Variable, out.Place, out.Nameless = l.shownVariable(), p.EnvKey.Source, p.Shown == ""
		if key := l.variable(p.EnvKey.Value); key != "" {
			out.Set, out.Key = true, credstore.NewSecret(key).Hint()
		}
	case p.OwnToken != nil:
		out.Place = p.OwnToken.Source
	}
	return out
}

// Problem is why nothing comes of this provider as it stands: a
// *ProviderError, or nil.
func (p ProviderStanding) Problem() error {
	if p.Kind == policy.ProviderUnknown || p.Kind == policy.ProviderEnvKey && !p.Set {
		return &ProviderError{p}
	}
	return nil
}

// ProviderError is a model provider that Codex cannot use: nothing describes
// it, or its key is missing.
type ProviderError struct{ Provider ProviderStanding }

func (e *ProviderError) Error() string {
	if e.Provider.Kind == policy.ProviderUnknown {
		return e.Provider.Source.String() + ": the model provider " + e.Provider.ID + " does not exist"
	}
	return e.Provider.Variable + " is not set, which the model provider " + e.Provider.ID + " asks for"
}
