package flows

import "codex-login/assets"

// SecurityText is Security in words.
type SecurityText struct {
	// Line says it in one.
	Line string
	// Found is what the tokens tell, Advice what to do, each a paragraph.
	Found, Advice []string
	Links         []SecurityPage
}

// SecurityPage is a page with its name.
type SecurityPage struct{ Name, URL string }

// ExplainSecurity is s in words.
func ExplainSecurity(say *assets.Catalogue, s Security) SecurityText {
	var x SecurityText
	told := func(id string) string { return say.Say("security." + id) }
	switch s.Method {
	case AccountAPIKey:
		x.Line, x.Advice = told("key.line"), []string{told("key.rotate"), told("key.project"), told("key.leaked")}
	case AccountAccessToken:
		x.Line, x.Advice = told("token.line"), []string{told("token.rotate"), told("token.scope")}
	case AccountChatGPT:
		kind := s.Kind()
		x.Line = say.Say("security.line."+name(kind), "Factor", told("short."+factorName(s.SecondFactor)))
		x.Found = []string{told("kind." + name(kind)), told("factor." + factorName(s.SecondFactor))}
		x.Advice = s.advice(told)
	default:
		x.Line, x.Advice = told("line.unknown"), s.advice(told)
	}
	if s.InFile {
		x.Advice = append(x.Advice, told("file"))
	}
	for _, link := range s.Links {
		x.Links = append(x.Links, SecurityPage{told("link." + link.ID), link.URL})
	}
	return x
}

// advice is OpenAI's for each kind; for an unknown one, for all of them.
func (s Security) advice(told func(string) string) []string {
	kinds := s.Kinds
	if len(kinds) == 0 {
		kinds = []SignInKind{KindPassword, KindGoogle, KindSSO}
	}
	var out []string
	seen := map[string]bool{}
	for _, k := range kinds {
		id := "advice." + string(k)
		if k == KindGoogle || k == KindMicrosoft || k == KindApple {
			id = "advice.social"
		}
		if !seen[id] {
			seen[id] = true
			out = append(out, told(id))
		}
	}
	if required, _ := s.CloudRequiresMFA(); !required {
		out = append(out, told("advice.several"))
	}
	return out
}

func name(k SignInKind) string { return first(string(k), "unknown") }

func factorName(f SecondFactor) string { return first(string(f), "unknown") }
