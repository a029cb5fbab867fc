package plain

import (
	"codex-login/flows"
)

// Protected is an account and how it is protected; the zero Entry stands for
// every account.
type Protected struct {
	Entry    flows.Entry
	Security flows.Security
}

// Security says how an account is protected, and what to do.
func (l *Lines) Security(p Protected) {
	x := flows.ExplainSecurity(l.Say, p.Security)
	if p.Entry.ID == "" {
		l.data(l.Say.Say("security.general"))
	} else {
		l.data(brief(l.Say, p.Entry))
	}
	for _, text := range append(x.Found, x.Advice...) {
		l.data("- " + text)
	}
	for _, page := range x.Links {
		l.data(page.Name + ": " + page.URL)
	}
}

// secured is flows.Security in JSON.
type secured struct {
	Kind         *string  `json:"kind"`
	Kinds        []string `json:"kinds"`
	SecondFactor *string  `json:"second_factor"`
	// CloudRequiresMFA is null where that depends on what tokens do not tell.
	CloudRequiresMFA *bool  `json:"cloud_requires_mfa"`
	Links            []page `json:"links"`
}

type page struct {
	ID  string `json:"id"`
	URL string `json:"url"`
}

func securedOf(s flows.Security) *secured {
	out := &secured{Kind: known(string(s.Kind())), Kinds: []string{}, SecondFactor: known(string(s.SecondFactor)), Links: []page{}}
	for _, k := range s.Kinds {
		out.Kinds = append(out.Kinds, string(k))
	}
	if required, known := s.CloudRequiresMFA(); known {
		out.CloudRequiresMFA = &required
	}
	for _, link := range s.Links {
		out.Links = append(out.Links, page{link.ID, link.URL})
	}
	return out
}

// Security writes it as one object without an event name.
func (e *Events) Security(p Protected) {
	x := flows.ExplainSecurity(e.Say, p.Security)
	e.write(struct {
		head
		ID       *string  `json:"id"`
		Method   *string  `json:"method"`
		Email    *string  `json:"email"`
		Security *secured `json:"security"`
		Advice   []string `json:"advice"`
	}{head{Schema: Schema}, known(p.Entry.ID), known(p.Security.Method), known(p.Entry.Email), securedOf(p.Security), x.Advice})
}
