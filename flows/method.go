package flows

import "codex-login/policy"

// Method is a way to sign in.
type Method string

// The ways to sign in.
const (
	Browser     Method = "browser"      // RFC 8252: browser and loopback redirect
	Device      Method = "device"       // OpenAI's device-code flow, close to RFC 8628
	APIKey      Method = "api-key"      // a key of the OpenAI platform
	AccessToken Method = "access-token" // a personal access token, at-…
)

// Methods lists the ways to sign in, in the order in which a picker shows them.
func Methods() []Method { return []Method{Browser, Device, APIKey, AccessToken} }

// credential is the class under which the admin rules know a method.
func (m Method) credential() policy.Credential {
	switch m {
	case APIKey:
		return policy.API
	case AccessToken:
		return policy.AccessToken
	case Browser, Device:
	}
	return policy.ChatGPT
}

// Choice is a row of a method picker.
type Choice struct {
	Method Method
	// Refused is the rule that forbids the method; nil when it may be used.
	Refused *policy.Violation
}

// Choices lists all methods with what the admin rules say about each.
func (l *Login) Choices() []Choice {
	var out []Choice
	for _, m := range Methods() {
		out = append(out, Choice{Method: m, Refused: l.Rules.Allows(m.credential())})
	}
	return out
}
