package flows

import "time"

// EndReason is why a ChatGPT session works no longer. The classes are Codex's.
type EndReason string

// The reasons.
const (
	EndExpired  EndReason = "expired"        // the refresh token has expired
	EndUsed     EndReason = "used_elsewhere" // the refresh token was used before: another copy of this login renewed itself
	EndRevoked  EndReason = "revoked"        // signed out elsewhere, or by an admin
	EndRejected EndReason = "rejected"       // the issuer says no more than that
)

// Known is the reason, or EndRejected for a word that a later version has
// written on a card: every text is looked up by it.
func (r EndReason) Known() EndReason {
	switch r {
	case EndExpired, EndUsed, EndRevoked:
		return r
	default:
		return EndRejected
	}
}

// SessionEndedError says that a login can no longer be renewed, or that its key
// or access token is not accepted: only signing in again helps.
type SessionEndedError struct {
	Reason EndReason
	// At is when that was found out.
	At time.Time
}

func (e *SessionEndedError) Error() string { return "the session has ended: " + string(e.Reason) }
