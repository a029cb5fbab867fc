package credstore

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"codex-login/assets/display"
)

// Card says whose account it is and how it stands, without any secret: what a
// list shows. Every text may be shown as it is; unknown is the zero value.
type Card struct {
	// ID is the account's, kind and 16 hex digits. Mode is that kind.
	ID   string   `json:"-"`
	Mode AuthMode `json:"-"`
	// Label is the person's own name for the account.
	Label  string `json:"label,omitempty"`
	Email  string `json:"email,omitempty"`
	UserID string `json:"user_id,omitempty"`
	// WorkspaceID is the id token's claim chatgpt_account_id, AccountID is
	// tokens.account_id.
	WorkspaceID string `json:"workspace_id,omitempty"`
	AccountID   string `json:"account_id,omitempty"`
	Plan        string `json:"plan,omitempty"`
	// KeyHint is the key or access token as Codex shows one.
	KeyHint     string    `json:"key_hint,omitempty"`
	LastRefresh time.Time `json:"last_refresh,omitzero"`
	// ExpiresAt is the end of the access token.
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	AddedAt   time.Time `json:"added_at,omitzero"`
	LastUsed  time.Time `json:"last_used,omitzero"`
	// Ended is why the session works no longer; nil while it may.
	Ended *Ended `json:"ended,omitempty"`

	// Pages counts the pages of the account, those of earlier sessions
	// included; the active login is none. It is not stored, nor is Place,
	// where the first of them is.
	Pages int   `json:"-"`
	Place Place `json:"-"`
}

// Ended is the end of a session.
type Ended struct {
	// Reason is the finder's word for it.
	Reason string `json:"reason"`
	// At is when it was found out.
	At time.Time `json:"at,omitzero"`
	// Session is the Fingerprint of the login that it was found out of.
	Session string `json:"session"`
}

// CardOf reads the card out of a login: who it is, and how long its tokens
// last.
func CardOf(a *Auth) Card {
	c := Card{ID: ID(a), Mode: a.Kind(), LastRefresh: a.LastRefresh, ExpiresAt: a.ExpiresAt()}
	switch a.Kind() {
	case AuthAPIKey:
		if a.APIKey != nil {
			c.KeyHint = a.APIKey.Hint()
		}
	case AuthPersonalAccessToken:
		if hint := a.PersonalAccessToken.Hint(); hint != "***" { // it would name nobody
			c.KeyHint = hint
		}
	default:
		claims := a.Claims()
		c.Email, c.UserID, c.WorkspaceID, c.Plan = claims.Email, claims.UserID, claims.AccountID, claims.Plan
	}
	if a.Tokens != nil {
		c.AccountID = display.Clean(a.Tokens.AccountID)
	}
	if y := c.LastRefresh.Year(); y < 1 || y > 9999 { // JSON has no such time, chrono has
		c.LastRefresh = time.Time{}
	}
	return c
}

// update returns the card of the login a that keeps what c says and a login
// does not.
func (c Card) update(a *Auth) Card {
	fresh := CardOf(a)
	fresh.Label, fresh.AddedAt, fresh.LastUsed = c.Label, c.AddedAt, c.LastUsed
	if fresh.Mode == AuthPersonalAccessToken { // it does not say whose it is; its server did, once
		fresh.Email, fresh.UserID, fresh.WorkspaceID = c.Email, c.UserID, c.WorkspaceID
	}
	if c.Ended != nil && c.Ended.Session == a.Fingerprint() {
		fresh.Ended = c.Ended
	}
	return fresh
}

// name is what an error calls the account.
func (c Card) name() string {
	for _, name := range []string{c.Label, c.Email, c.KeyHint} {
		if name != "" {
			return name
		}
	}
	return c.ID
}

const cardSchema = 1

// storedCard is a card as accounts/<id>.card holds it.
type storedCard struct {
	Schema int `json:"schema"`
	Card
}

func (c Card) encode() ([]byte, error) {
	b, err := json.MarshalIndent(storedCard{cardSchema, c}, "", "  ")
	return append(b, '\n'), err
}

// parseCard reads a card of that id. It tolerates members that it does not
// know. The error holds no value.
func parseCard(id string, text []byte) (Card, error) {
	var s storedCard
	if err := json.Unmarshal(text, &s); err != nil || s.Schema < 1 {
		return Card{}, errors.New("it is no card")
	}
	c := s.Card
	c.ID, c.Mode = id, kindOfID(id)
	for _, text := range []*string{&c.Label, &c.Email, &c.UserID, &c.WorkspaceID, &c.AccountID, &c.Plan, &c.KeyHint} {
		*text = display.Clean(*text)
	}
	if c.Ended != nil {
		c.Ended.Reason, c.Ended.Session = display.Clean(c.Ended.Reason), display.Clean(c.Ended.Session)
	}
	return c, nil
}

// kindOfID is the mode that an id begins with, "" for one that nobody knows.
func kindOfID(id string) AuthMode {
	kind, _, _ := strings.Cut(id, "-")
	for _, m := range authModes() {
		if strings.ToLower(string(m)) == kind {
			return m
		}
	}
	return ""
}
