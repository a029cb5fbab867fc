package tui

import "codex-login/flows"

const accessTokensPage = "https://chatgpt.com/admin/access-tokens"

// newAccessToken is where a personal access token is pasted. Whose it is has to
// be asked anyway, so there is nothing to choose.
func newAccessToken(e *env, r flows.Request) secret {
	s := newSecret(e, r, "token")
	s.parse, s.page = flows.ParseAccessToken, accessTokensPage
	return s
}
