package plain

import "codex-login/flows"

// provider says whom Codex asks for answers here, and which credential that
// takes.
func (l *Lines) provider(p flows.ProviderStanding) {
	x := flows.ExplainProvider(l.Say, p)
	l.data(l.Say.Say("provider.line", "Title", x.Title))
	for _, sentence := range x.Text {
		l.say(sentence)
	}
	for _, step := range x.Next {
		l.talk("next", "Step", step)
	}
}

// provider is the active model provider in JSON. Set is null where it takes no
// key from the environment.
type provider struct {
	ID         string  `json:"id"`
	Name       string  `json:"name"`
	Kind       string  `json:"kind"`
	Variable   *string `json:"variable"`
	Set        *bool   `json:"set"`
	NeedsLogin bool    `json:"needs_login"`
	Source     string  `json:"source"`
}

func providerOf(p *flows.ProviderStanding) *provider {
	if p == nil {
		return nil
	}
	out := provider{
		ID: p.ID, Name: p.Name, Kind: string(p.Kind), Variable: known(p.Variable), NeedsLogin: p.NeedsLogin, Source: p.Source.String(),
	}
	if p.Variable != "" {
		out.Set = &p.Set
	}
	return &out
}

// provider ends a start that asks for no sign-in.
func (e *Events) provider(p flows.ProviderStanding) {
	x := flows.ExplainProvider(e.Say, p)
	e.write(struct {
		head
		provider
		Message string `json:"message"`
	}{event("provider"), *providerOf(&p), x.Title})
}
