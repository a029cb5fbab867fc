package tui

import "codex-login/flows"

// apiKeysPage is where keys are made and revoked.
const apiKeysPage = "https://platform.openai.com/api-keys"

// newAPIKey is where an API key is pasted. It can be tried out before it is
// stored, and taken from the environment without being shown.
func newAPIKey(e *env, r flows.Request) secret {
	s := newSecret(e, r, "key")
	s.page = apiKeysPage
	s.parse, s.canTest, s.offered = flows.ParseAPIKey, true, e.login.EnvironmentKey()
	return s
}
