package tui

import (
	"codex-login/credstore"
	"codex-login/flows"
)

// adviceOf is what is known of an account that signs in by these kinds.
func adviceOf(method string, factor flows.SecondFactor, kinds ...flows.SignInKind) flows.Security {
	return flows.Security{Method: method, Kinds: kinds, SecondFactor: factor, InFile: true}.WithLinks()
}

func securityStates(e *env, x texts) []state {
	of := func(s flows.Security) screen {
		return security{env: e, try: e.work.attempt(), entry: entriesOf(x)[0], known: &s}
	}
	general, _ := newSecurity(e, flows.Entry{})
	chatgpt := flows.AccountChatGPT
	return []state{
		{name: "security", screen: general},
		{name: "security-reading", screen: security{env: e, try: e.work.attempt(), entry: entriesOf(x)[0]}},
		{name: "security-password", screen: of(adviceOf(chatgpt, flows.FactorNotUsed, flows.KindPassword))},
		{name: "security-google", screen: after(of(adviceOf(chatgpt, flows.FactorUnknown, flows.KindGoogle)), "tab")},
		{name: "security-several", screen: of(adviceOf(chatgpt, flows.FactorUsed, flows.KindGoogle, flows.KindPassword))},
		{name: "security-unknown", screen: of(adviceOf(chatgpt, flows.FactorUnknown))},
		{name: "security-key", screen: of(adviceOf(flows.AccountAPIKey, flows.FactorUnknown))},
		{name: "security-failed", screen: security{env: e, try: e.work.attempt(), entry: entriesOf(x)[0], known: &flows.Security{}, err: &credstore.Error{
			Problem: credstore.ProblemLocked, Op: "read", Place: credstore.Place{Kind: credstore.KindKeyring, Where: "Codex Auth"},
		}}},
	}
}
