package flows

import (
	"net/url"
	"strings"

	"codex-login/policy"
)

// Purpose says what an address is needed for.
type Purpose string

// The purposes.
const (
	ForSignIn  Purpose = "sign_in" // the issuer
	ForAPI     Purpose = "api"     // requests with an API key
	ForChatGPT Purpose = "chatgpt" // the ChatGPT back end
	ForSocket  Purpose = "socket"  // its secure websocket
)

// Endpoint is an address that Codex needs, as it is asked for here: without a
// query or a user. Any answer to it will do.
type Endpoint struct {
	Purpose Purpose
	URL     string
}

// Endpoints are the addresses that Codex needs, in the order of their use.
func (l *Login) Endpoints() []Endpoint {
	chatGPT, api := l.Rules.ChatGPTBaseURL.Value, l.Rules.OpenAIBaseURL.Value
	// As Codex: an address of one's own is asked by every kind of login.
	socket := chatGPT + "/codex/responses"
	if l.Rules.OpenAIBaseURL.Source.Layer != policy.LayerDefault {
		socket = api + "/responses"
	}
	return []Endpoint{
		{ForSignIn, bare(l.Issuer.base() + "/.well-known/openid-configuration")},
		{ForAPI, bare(api + "/models")},
		{ForChatGPT, bare(chatGPT + "/codex/responses")},
		{ForSocket, bare(strings.Replace(socket, "http", "ws", 1))},
	}
}

// bare takes user, password and query out of an address.
func bare(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}
