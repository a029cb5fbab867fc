package flows

import (
	"net/url"
	"strings"
)

// What the real Codex 0.169 sends; observed, not documented.
const (
	defaultIssuer   = "https://auth.openai.com"
	defaultClientID = "app_EMoamEEZ73f0CkXaXp7hrann"
	originator      = "codex_cli_rs"
	scope           = "openid profile email offline_access api.connectors.read api.connectors.invoke"
)

// Issuer is the OpenID provider and the addresses that Codex lets the
// environment override.
type Issuer struct {
	// Name is the issuer as given; it is stored with the login
	// (tokens.oauth_provenance.issuer).
	Name     string
	ClientID string
	// UserAgent goes with the requests that Codex identifies itself on:
	// refresh, revoke and whoami.
	UserAgent string

	refresh, revoke, authAPI string
}

// NewIssuer returns the issuer with that name and client id, OpenAI's own for
// empty ones, as the environment modifies it (CODEX_REFRESH_TOKEN_URL_OVERRIDE,
// CODEX_REVOKE_TOKEN_URL_OVERRIDE, CODEX_AUTHAPI_BASE_URL).
func NewIssuer(name, clientID, userAgent string, getenv func(string) string) Issuer {
	if name == "" {
		name = defaultIssuer
	}
	if clientID == "" {
		clientID = defaultClientID
	}
	return Issuer{
		Name: name, ClientID: clientID, UserAgent: userAgent,
		refresh: getenv("CODEX_REFRESH_TOKEN_URL_OVERRIDE"),
		revoke:  getenv("CODEX_REVOKE_TOKEN_URL_OVERRIDE"),
		authAPI: getenv("CODEX_AUTHAPI_BASE_URL"),
	}
}

func (i Issuer) base() string { return strings.TrimRight(i.Name, "/") }

func (i Issuer) authorizeURL() string   { return i.base() + "/oauth/authorize" }
func (i Issuer) tokenURL() string       { return i.base() + "/oauth/token" }
func (i Issuer) userCodeURL() string    { return i.base() + "/api/accounts/deviceauth/usercode" }
func (i Issuer) deviceTokenURL() string { return i.base() + "/api/accounts/deviceauth/token" }
func (i Issuer) devicePage() string     { return i.base() + "/codex/device" }

// deviceRedirect is the redirect_uri that the device flow's code is bound to.
func (i Issuer) deviceRedirect() string { return i.base() + "/deviceauth/callback" }

func (i Issuer) whoamiURL() string {
	base := i.base() + "/api/accounts"
	if i.authAPI != "" {
		base = strings.TrimRight(i.authAPI, "/")
	}
	return base + "/v1/user-auth-credential/whoami"
}

// refreshURL is where the tokens of the named issuer are renewed; "" stands for
// this one.
func (i Issuer) refreshURL(issuedBy string) string {
	switch {
	case i.refresh != "":
		return i.refresh
	case issuedBy != "":
		return strings.TrimRight(issuedBy, "/") + "/oauth/token"
	}
	return i.tokenURL()
}

// revokeURL is where a token issued by the named issuer is revoked. As in
// Codex, an overridden refresh address moves revocation to its origin.
func (i Issuer) revokeURL(issuedBy string) string {
	if i.revoke != "" {
		return i.revoke
	}
	if u, err := url.Parse(i.refresh); err == nil && u.Host != "" {
		return u.Scheme + "://" + u.Host + "/oauth/revoke"
	}
	if issuedBy == "" {
		issuedBy = i.Name
	}
	return strings.TrimRight(issuedBy, "/") + "/oauth/revoke"
}
