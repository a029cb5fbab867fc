package credstore

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"codex-login/assets/display"
)

// Claims is what an OpenAI token says about its holder. Every string is free
// of control characters and may be shown.
type Claims struct {
	Subject   string
	Email     string
	UserID    string // chatgpt_user_id, else user_id
	AccountID string // chatgpt_account_id: the workspace
	Plan      string // chatgpt_plan_type
	FedRAMP   bool   // the account lives in the government cloud
	// ExpiresAt is zero when the token does not say.
	ExpiresAt time.Time
	// AMR lists how the person proved who they are; AuthProvider is where.
	AMR          []string
	AuthProvider string
}

const (
	claimEmail   = "email"
	claimProfile = "https://api.openai.com/profile"
	claimAuth    = "https://api.openai.com/auth"
)

// ParseClaims reads the payload of a JWT under the conditions that Codex sets
// for an id token: three parts, none empty, and the claims that it uses of the
// right type. The error says which condition fails and holds no value.
//
// The signature is not checked, by Codex neither: the token came from the
// issuer over TLS or out of the person's own store, nothing here grants a
// right on its word, and the servers that do check it.
func ParseClaims(jwt string) (Claims, error) {
	payload, err := jwtPayload(jwt)
	if err != nil {
		return Claims{}, err
	}
	f, _, err := fields(member{value: payload}, "its payload", claimEmail, claimProfile, claimAuth)
	if err != nil {
		return Claims{}, err
	}
	c := looseClaims(payload)
	if c.Email, err = claimText(f, claimEmail); err != nil {
		return Claims{}, err
	}
	profile, err := claimObject(f, claimProfile, claimEmail)
	if err != nil {
		return Claims{}, err
	}
	email, err := claimText(profile, claimEmail)
	if err != nil {
		return Claims{}, err
	}
	if c.Email == "" {
		c.Email = email
	}
	return c, c.readAuth(f)
}

// readAuth reads OpenAI's own object of claims.
func (c *Claims) readAuth(f map[string]member) error {
	const plan, user, otherUser, account = "chatgpt_plan_type", "chatgpt_user_id", "user_id", "chatgpt_account_id"
	auth, err := claimObject(f, claimAuth, plan, user, otherUser, account, keyAgentFedRAMP)
	if err != nil {
		return err
	}
	var fallback string
	for _, to := range []struct {
		name string
		text *string
	}{{plan, &c.Plan}, {user, &c.UserID}, {otherUser, &fallback}, {account, &c.AccountID}} {
		if *to.text, err = claimText(auth, to.name); err != nil {
			return err
		}
	}
	if c.UserID == "" {
		c.UserID = fallback
	}
	if m, ok := auth[keyAgentFedRAMP]; ok {
		if json.Unmarshal(m.value, &c.FedRAMP) != nil || isNull(m.value) {
			return fmt.Errorf("the claim %q is not true or false", keyAgentFedRAMP)
		}
	}
	return nil
}

// looseClaims reads the claims that Codex does not look at; one of another
// type than expected counts as absent.
func looseClaims(payload []byte) Claims {
	var c Claims
	for _, m := range members(payload, 0) {
		switch m.name {
		case "sub":
			_ = json.Unmarshal(m.value, &c.Subject)
		case "exp":
			c.ExpiresAt = numericDate(m.value)
		case "amr":
			if json.Unmarshal(m.value, &c.AMR) != nil {
				c.AMR = nil
			}
		case "auth_provider":
			_ = json.Unmarshal(m.value, &c.AuthProvider)
		}
	}
	c.Subject, c.AuthProvider = display.Clean(c.Subject), display.Clean(c.AuthProvider)
	for i, text := range c.AMR {
		c.AMR[i] = display.Clean(text)
	}
	return c
}

// expiry is the claim exp of a token that may be no JWT at all.
func expiry(token string) time.Time {
	payload, err := jwtPayload(token)
	if err != nil {
		return time.Time{}
	}
	return looseClaims(payload).ExpiresAt
}

// numericDate reads seconds since 1970 (RFC 7519, section 2).
func numericDate(raw []byte) time.Time {
	var seconds float64
	if json.Unmarshal(raw, &seconds) != nil || seconds <= 0 || seconds > 253402300799 {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0).UTC()
}

// jwtPayload decodes the middle part. More than three parts are let through,
// as Codex does.
func jwtPayload(jwt string) ([]byte, error) {
	parts := strings.Split(jwt, ".")
	if len(parts) < 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
		return nil, errors.New("it is not a JWT of three parts")
	}
	// The decoder would skip line breaks; Codex's does not.
	payload, err := base64.RawURLEncoding.Strict().DecodeString(parts[1])
	if err != nil || strings.ContainsAny(parts[1], "\r\n") {
		return nil, errors.New("its payload is not base64url")
	}
	if err := checkJSON(payload); err != nil {
		return nil, errors.New("its payload is not JSON")
	}
	return []byte(strings.TrimSpace(string(payload))), nil
}

func claimText(f map[string]member, name string) (string, error) {
	text, err := optionalText(f[name], name)
	if err != nil {
		return "", fmt.Errorf("the claim %w", err)
	}
	if text == nil {
		return "", nil
	}
	return display.Clean(*text), nil
}

func claimObject(f map[string]member, name string, known ...string) (map[string]member, error) {
	if isNull(f[name].value) {
		return nil, nil
	}
	in, _, err := fields(f[name], "the claim "+name, known...)
	return in, err
}
