package flows

import (
	"codex-login/credstore"
	"codex-login/policy"
)

// SignedOut says what a sign-out did, safe to print.
type SignedOut struct {
	// Account is who was signed in; the zero value when the stored login
	// could not be read.
	Account Account
	// Revoked says that the issuer confirmed the end of the session.
	Revoked bool
	// RevokeErr is why the session may still be alive at the issuer; nil when
	// it was revoked or when there was nothing to revoke.
	RevokeErr error
	// Forgotten counts the accounts that are gone from this machine, and
	// Ended the sessions that the issuer confirmed to have ended.
	Forgotten, Ended int
	// All: every account of the book was meant.
	All bool
	// Lent is what was lent of them: the machines have it until it ends, and it
	// is not renewed any more.
	Lent []credstore.Loan
}

// StoreChoice is a place that can keep a login, as it stands on this machine.
type StoreChoice struct {
	Mode credstore.Mode
	// Where is the path or the keyring entry.
	Where string
	// Encrypted: the keyring keeps only the key of a file.
	Encrypted bool
	// Problem is why the mode cannot be used here; nil when it can.
	Problem error
	// Configured marks the mode that Codex reads now.
	Configured bool
	// Pinned is the rule that fixes another mode; nil when the choice is free.
	Pinned *policy.Source
}
