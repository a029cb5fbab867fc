package flows

import (
	"time"

	"codex-login/credstore"
)

// Account says whose login it is. Nothing in it is secret, everything in it is
// safe to print. Unknown is the zero value.
type Account struct {
	// Method is chatgpt, api-key, access-token, or Codex's own name for a
	// login that this program can show but not make.
	Method string
	// Mode is the auth_mode by Codex's reading.
	Mode        credstore.AuthMode
	Email       string
	UserID      string
	WorkspaceID string
	Plan        string
	// KeyHint is the key as Codex shows it: first eight and last five.
	KeyHint     string
	Place       credstore.Place
	StoreMode   credstore.Mode
	ExpiresAt   time.Time
	LastRefresh time.Time
}

// The methods of an Account.
const (
	AccountChatGPT     = "chatgpt"
	AccountAPIKey      = "api-key"
	AccountAccessToken = "access-token"
)

// describe reads the account out of a login.
func describe(a *credstore.Auth) Account {
	out := Account{Mode: a.Kind(), Method: methodOf(a.Kind()), LastRefresh: a.LastRefresh}
	switch a.Kind() {
	case credstore.AuthAPIKey:
		if a.APIKey != nil {
			out.KeyHint = a.APIKey.Hint()
		}
	case credstore.AuthPersonalAccessToken:
		out.KeyHint = credstore.CardOf(a).KeyHint
	case credstore.AuthChatGPT, credstore.AuthChatGPTTokens:
		claims := a.Claims()
		out.Email, out.UserID, out.WorkspaceID, out.Plan = claims.Email, claims.UserID, claims.AccountID, claims.Plan
		out.ExpiresAt = a.ExpiresAt()
	default:
	}
	return out
}

// accountOf reads the account off a card.
func accountOf(c credstore.Card) Account {
	out := Account{
		Mode: c.Mode, Method: methodOf(c.Mode), Email: c.Email, UserID: c.UserID, WorkspaceID: c.WorkspaceID, Plan: c.Plan,
		KeyHint: c.KeyHint, ExpiresAt: c.ExpiresAt, LastRefresh: c.LastRefresh,
	}
	return out
}

func methodOf(m credstore.AuthMode) string {
	switch m {
	case credstore.AuthAPIKey:
		return AccountAPIKey
	case credstore.AuthPersonalAccessToken:
		return AccountAccessToken
	case credstore.AuthChatGPT, credstore.AuthChatGPTTokens:
		return AccountChatGPT
	default:
		return string(m)
	}
}
