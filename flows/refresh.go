package flows

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"codex-login/credstore"
	"codex-login/flows/network"
)

// refreshReason is why tokens are renewed, as the issuer is told.
type refreshReason string

// The reasons of the real Codex for which nobody has to ask. (It knows two
// more: unauthorized_recovery after a 401 of its back end, forced on demand.)
const (
	proactiveExpiry refreshReason = "proactive_expiry"
	scheduled       refreshReason = "scheduled"
)

// When Codex 0.169 renews; measured.
const (
	expiryMargin = 5 * time.Minute
	longestRest  = 8 * 24 * time.Hour // of tokens that do not say when they end
)

// due says why the real Codex would renew a login now; "" if it would not.
func due(a *credstore.Auth, now time.Time) refreshReason {
	if a.Kind() != credstore.AuthChatGPT || a.Tokens == nil || a.Tokens.AccountID == "" {
		return ""
	}
	return dueBy(accessExpiry(a.Tokens.AccessToken.Reveal()), a.LastRefresh, now)
}

// dueBy is due for what a list says of a login: the end of the access token
// and the last refresh, zero where they are unknown.
func dueBy(expires, refreshed, now time.Time) refreshReason {
	switch {
	case !expires.IsZero() && !expires.After(now.Add(expiryMargin)):
		return proactiveExpiry
	case expires.IsZero() && !refreshed.IsZero() && now.Sub(refreshed) > longestRest:
		return scheduled
	}
	return ""
}

// accessExpiry is the claim exp as Codex reads it for this purpose, zero if it
// reads none: of a JWT, and a whole number. 0 and less are in the past.
func accessExpiry(token string) time.Time {
	parts := strings.Split(token, ".")
	if len(parts) < 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
		return time.Time{}
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return time.Time{}
	}
	var claims map[string]json.RawMessage
	if json.Unmarshal(payload, &claims) != nil {
		return time.Time{}
	}
	var exp *int64
	if json.Unmarshal(claims["exp"], &exp) != nil || exp == nil || *exp > lastSecond {
		return time.Time{}
	}
	return time.Unix(*exp, 0).UTC()
}

// lastSecond is the end of the time that Codex's date library can tell.
const lastSecond = 8_210_266_876_799

// renewal is what a refresh brought. An empty token is one that stays.
type renewal struct {
	id, access, refresh credstore.Secret
	at                  time.Time
}

// of is the document a with the renewed tokens. As in Codex, whose login it is
// and where it came from stay what they were.
func (r renewal) of(a *credstore.Auth) *credstore.Auth {
	out, tokens := *a, *a.Tokens
	for _, t := range []struct {
		now *credstore.Secret
		new credstore.Secret
	}{{&tokens.IDToken, r.id}, {&tokens.AccessToken, r.access}, {&tokens.RefreshToken, r.refresh}} {
		if !t.new.Empty() {
			*t.now = t.new
		}
	}
	out.Tokens, out.LastRefresh = &tokens, r.at.UTC()
	if !out.LastRefresh.After(a.LastRefresh) {
		// The clock was put back. Of two documents the later one counts, and
		// this one is.
		out.LastRefresh = a.LastRefresh.Add(time.Microsecond)
	}
	return &out
}

// refresh spends the refresh token of a. It returns a *SessionEndedError if the
// issuer says in Codex's terms that there is no use in asking again, and
// otherwise a *ServerError or a *network.Error. ctx must not end before it has
// returned: an answer that nobody waits for still has the only token that works.
func (l *Login) refresh(ctx context.Context, a *credstore.Auth, why refreshReason) (renewal, error) {
	ctx, cancel := context.WithTimeout(ctx, network.RequestLimit)
	defer cancel()
	issuedBy, clientID := "", l.Issuer.ClientID
	if p := a.Tokens.Provenance; p != nil {
		issuedBy, clientID = p.Issuer, p.ClientID
	}
	target := l.Issuer.refreshURL(issuedBy)
	answer, err := l.postJSON(ctx, target, true, struct {
		ClientID     string        `json:"client_id"`
		GrantType    string        `json:"grant_type"`
		Reason       refreshReason `json:"refresh_reason"`
		RefreshToken string        `json:"refresh_token"`
	}{clientID, "refresh_token", why, a.Tokens.RefreshToken.Reveal()})
	if errors.Is(err, context.DeadlineExceeded) {
		err = &network.Error{Problem: network.Offline, Host: network.HostOf(target), Err: errors.New("no answer in time")}
	}
	if err != nil {
		return renewal{}, err
	}
	if !answer.ok() {
		if reason := endReason(answer.status, answer.body); reason != "" {
			return renewal{}, &SessionEndedError{Reason: reason, At: l.Clock.now()}
		}
		return renewal{}, answer.failure()
	}
	var members map[string]any
	if err := answer.decode(&members); err != nil {
		return renewal{}, err
	}
	return l.renewalFrom(members), nil
}

// renewalFrom takes every token that can be used: the one that was spent is
// gone, so that an answer refused for one bad member would cost the session.
// (It costs Codex the session.)
func (l *Login) renewalFrom(members map[string]any) renewal {
	token := func(name string) credstore.Secret {
		text, _ := members[name].(string)
		return credstore.NewSecret(text)
	}
	r := renewal{id: token("id_token"), access: token("access_token"), refresh: token("refresh_token"), at: l.Clock.now()}
	if _, err := credstore.ParseClaims(r.id.Reveal()); err != nil {
		// Codex would not load a document with it.
		r.id = credstore.Secret{}
	}
	return r
}

// endReason tells the refusals that Codex takes for final from those after
// which it asks again; "" for the latter.
func endReason(status int, body []byte) EndReason {
	code := refusalCode(body)
	switch {
	case code == "refresh_token_expired":
		return EndExpired
	case code == "refresh_token_reused":
		return EndUsed
	case code == "refresh_token_invalidated":
		return EndRevoked
	case status == http.StatusUnauthorized, status == http.StatusBadRequest && code == "invalid_grant":
		return EndRejected
	}
	return ""
}

// refusalCode finds the code where Codex looks for one: error.code, error, or
// code. A member of another type is passed over.
func refusalCode(body []byte) string {
	var members map[string]any
	if json.Unmarshal(body, &members) != nil {
		return ""
	}
	nested, _ := members["error"].(map[string]any)
	for _, found := range []any{nested["code"], members["error"], members["code"]} {
		if text, _ := found.(string); text != "" {
			return strings.ToLower(text)
		}
	}
	return ""
}
