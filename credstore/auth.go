package credstore

import (
	"fmt"
	"log/slog"
	"time"
)

// AuthMode is a value of auth_mode in auth.json.
type AuthMode string

// The modes that Codex knows; it refuses a document with any other.
const (
	AuthAPIKey              AuthMode = "apikey"
	AuthChatGPT             AuthMode = "chatgpt"
	AuthChatGPTTokens       AuthMode = "chatgptAuthTokens" // tokens that another program looks after
	AuthHeaders             AuthMode = "headers"           // never read from a store
	AuthAgentIdentity       AuthMode = "agentIdentity"
	AuthPersonalAccessToken AuthMode = "personalAccessToken"
	AuthBedrockAPIKey       AuthMode = "bedrockApiKey"
	AuthBedrockAccessKeys   AuthMode = "bedrockAccessKeys"
)

func authModes() []AuthMode {
	return []AuthMode{
		AuthAPIKey, AuthChatGPT, AuthChatGPTTokens, AuthHeaders, AuthAgentIdentity,
		AuthPersonalAccessToken, AuthBedrockAPIKey, AuthBedrockAccessKeys,
	}
}

// Auth is the document of auth.json. A copy shares nothing that is ever
// changed in place, so `b := *a` followed by assignments is a safe edit that
// keeps the members this program does not know.
type Auth struct {
	// Mode is auth_mode as written; "" when the document has none. Kind is the
	// mode that counts.
	Mode AuthMode
	// APIKey is OPENAI_API_KEY; nil is null. An empty key is a key to Codex.
	APIKey *Secret
	// Tokens is the ChatGPT session, or nil.
	Tokens *Tokens
	// LastRefresh is when Tokens were last renewed; zero when absent.
	LastRefresh time.Time
	// PersonalAccessToken is the access token of `--with-access-token`.
	PersonalAccessToken Secret

	// The members below are checked as Codex checks them and kept as raw JSON.
	agentIdentity, bedrockAPIKey, bedrockAccessKeys []byte

	extra []member // members that Codex does not know
	odd   oddities
}

// Tokens is the member tokens of auth.json.
type Tokens struct {
	IDToken, AccessToken, RefreshToken Secret
	// Provenance says who issued the tokens; nil when the document does not.
	Provenance *Provenance
	// LoginOwnerID names the session: new at each login, kept by refreshes.
	LoginOwnerID string
	// AccountID is the ChatGPT account (workspace); "" is written as null.
	AccountID string

	extra []member
	odd   oddities
}

// Provenance is oauth_provenance: where a refresh of the tokens goes.
type Provenance struct{ Issuer, ClientID string }

// oddities remembers, by member name, text that means the same as what this
// program would write but is spelled otherwise ("" for null, another time
// format). It is written back for as long as the value has not changed.
type oddities map[string]oddity

type oddity struct{ value, raw string }

// NewAPIKey is the document of a sign-in with an API key.
func NewAPIKey(key Secret) *Auth { return &Auth{Mode: AuthAPIKey, APIKey: &key} }

// NewAccessToken is the document of a sign-in with a personal access token.
// Codex writes no auth_mode into it.
func NewAccessToken(pat Secret) *Auth { return &Auth{PersonalAccessToken: pat} }

// NewChatGPT is the document of a sign-in with ChatGPT. apiKey is the key that
// the browser flow may have got in exchange, or nil.
func NewChatGPT(tokens Tokens, apiKey *Secret, now time.Time) *Auth {
	return &Auth{Mode: AuthChatGPT, APIKey: apiKey, Tokens: &tokens, LastRefresh: now.UTC()}
}

// Kind is the mode that Codex takes the document for: auth_mode, or without
// one what the document holds, in the order below.
func (a *Auth) Kind() AuthMode {
	switch {
	case a.Mode != "":
		return a.Mode
	case a.hasAccessToken():
		return AuthPersonalAccessToken
	case a.bedrockAPIKey != nil:
		return AuthBedrockAPIKey
	case a.bedrockAccessKeys != nil:
		return AuthBedrockAccessKeys
	case a.APIKey != nil:
		return AuthAPIKey
	}
	return AuthChatGPT
}

// hasAccessToken counts an empty token too, as Codex does.
func (a *Auth) hasAccessToken() bool {
	return !a.PersonalAccessToken.Empty() || a.odd[keyPAT] == oddity{raw: `""`}
}

// Empty reports that nothing in the document can sign anybody in: `{}`, a
// ChatGPT document without tokens, a key document without a key. Codex itself
// calls some of these "logged in".
func (a *Auth) Empty() bool {
	switch a.Kind() {
	case AuthAPIKey:
		return a.APIKey == nil || a.APIKey.Empty()
	case AuthChatGPT, AuthChatGPTTokens:
		return a.Tokens == nil || a.Tokens.AccessToken.Empty() && a.Tokens.RefreshToken.Empty()
	case AuthPersonalAccessToken:
		return a.PersonalAccessToken.Empty()
	case AuthAgentIdentity:
		return a.agentIdentity == nil
	case AuthBedrockAPIKey:
		return a.bedrockAPIKey == nil
	case AuthBedrockAccessKeys:
		return a.bedrockAccessKeys == nil
	}
	return true
}

// Claims are the id token's claims; zero without one.
func (a *Auth) Claims() Claims {
	if a.Tokens == nil {
		return Claims{}
	}
	c, _ := ParseClaims(a.Tokens.IDToken.Reveal())
	return c
}

// ExpiresAt is the end of the access token; zero when it does not say.
func (a *Auth) ExpiresAt() time.Time {
	if a.Tokens == nil {
		return time.Time{}
	}
	return expiry(a.Tokens.AccessToken.Reveal())
}

// Every way of printing a document says only what kind it is: its unknown
// members may hold anything.

func (a Auth) String() string             { return "auth.json document (" + string(a.Kind()) + ")" }
func (a Auth) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(a.String())) }
func (a Auth) LogValue() slog.Value       { return slog.StringValue(a.String()) }

func (Tokens) String() string             { return redacted }
func (Tokens) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }
func (Tokens) LogValue() slog.Value       { return slog.StringValue(redacted) }
