package credstore

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"

	"codex-login/assets/display"
)

// Identity names whose login this is, the same after a refresh and after a new
// sign-in: the mode with user and ChatGPT account, or a short hash of the
// secret where that is all there is. Never an e-mail address: one address may
// have several accounts. It is "" for an empty document.
func (a *Auth) Identity() string {
	if a.Empty() {
		return ""
	}
	kind := string(a.Kind())
	switch a.Kind() {
	case AuthAPIKey:
		return kind + "/" + shortHash(a.APIKey.Reveal())
	case AuthPersonalAccessToken:
		return kind + "/" + shortHash(a.PersonalAccessToken.Reveal())
	case AuthChatGPT, AuthChatGPTTokens:
		c := a.Claims()
		user, account := c.UserID, c.AccountID
		if user == "" {
			user = c.Subject
		}
		if account == "" {
			account = display.Clean(a.Tokens.AccountID)
		}
		if user == "" { // a token that names nobody: the session is the identity
			user = a.session()
		}
		return kind + "/" + user + "/" + account
	}
	return kind + "/" + shortHash(string(a.agentIdentity)+string(a.bedrockAPIKey)+string(a.bedrockAccessKeys))
}

// SameSecret reports whether both documents sign in with the very same key,
// token or tokens.
func (a *Auth) SameSecret(b *Auth) bool {
	if a.Kind() != b.Kind() || a.Empty() || b.Empty() {
		return false
	}
	switch a.Kind() {
	case AuthAPIKey:
		return *a.APIKey == *b.APIKey
	case AuthPersonalAccessToken:
		return a.PersonalAccessToken == b.PersonalAccessToken
	case AuthChatGPT, AuthChatGPTTokens:
		return a.Tokens.AccessToken == b.Tokens.AccessToken && a.Tokens.RefreshToken == b.Tokens.RefreshToken
	}
	return a.Identity() == b.Identity()
}

// session names one ChatGPT sign-in of an identity, without giving its secrets
// away: a refresh stays in it, another sign-in opens another. "" for the modes
// that know no sessions.
func (a *Auth) session() string {
	switch {
	case a.Tokens == nil:
		return ""
	case a.Tokens.LoginOwnerID != "":
		return shortHash("owner " + a.Tokens.LoginOwnerID)
	}
	return shortHash("refresh " + a.Tokens.RefreshToken.Reveal())
}

// Fingerprint names the very tokens, key or access token that a document signs
// in with, 16 hex digits that do not give them away: a refresh changes it.
func (a *Auth) Fingerprint() string {
	switch {
	case a.Kind() == AuthPersonalAccessToken:
		return shortHash("token " + a.PersonalAccessToken.Reveal())
	case a.Kind() == AuthAPIKey && a.APIKey != nil:
		return shortHash("key " + a.APIKey.Reveal())
	case a.Tokens != nil && !a.Tokens.RefreshToken.Empty():
		return shortHash("refresh " + a.Tokens.RefreshToken.Reveal())
	case a.Tokens != nil:
		return shortHash("access " + a.Tokens.AccessToken.Reveal())
	}
	return shortHash(a.Identity())
}

// shortHash is the first 16 hex digits of the SHA-256.
func shortHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

// ID names an account for good, its kind and 16 hex digits of its identity: fit
// for a file name, and without the e-mail address or the secret that an
// identity could be guessed from. "" for an empty document.
func ID(a *Auth) string {
	if a.Empty() {
		return ""
	}
	return strings.ToLower(string(a.Kind())) + "-" + shortHash(a.Identity())
}

// SessionID is the id of the page of one session of an account beside another.
func SessionID(a *Auth) string { return ID(a) + "." + shortHash(a.session()) }

var (
	validID      = regexp.MustCompile(`^[a-z]+-[0-9a-f]{16}(\.[0-9a-f]{16})?$`)
	validAccount = regexp.MustCompile(`^[a-z]+-[0-9a-f]{16}$`)
)

// accountOf is the id of the account that a page belongs to.
func accountOf(page string) string {
	id, _, _ := strings.Cut(page, ".")
	return id
}
