package flows

import (
	"context"
	"errors"
	"time"

	"codex-login/policy"
)

var errUnbuilt = errors.New("not built yet")

// Entry is one account of this CODEX_HOME, safe to print: the active one or
// one of the account book.
type Entry struct {
	// Account says who it is. Place is where its secret is kept.
	Account
	// ID names the account for good: its kind and 16 hex digits.
	ID string
	// Label is the person's own name for it; "" without one.
	Label  string
	Active bool
	// LastUsed is when it was last switched to or away from, zero if never.
	LastUsed time.Time
	// Sessions counts the sign-ins of this account that are kept, the active
	// one included.
	Sessions int
	// Ended is why its session no longer works; nil while it may.
	Ended *SessionEndedError
	// Refused is the rule that this account breaks; nil when it may be used.
	Refused *policy.Violation
}

// Accounts is the account book as a list: the active account first, then by
// last use.
type Accounts struct {
	Entries []Entry
	// Notes is what was found half done, and what was done about it.
	Notes []Note
}

// Accounts lists every account of this CODEX_HOME. It mends what a killed run
// left half done and says so. It asks nobody on the network and reads no
// secret but the active login's.
func (l *Login) Accounts(ctx context.Context) (Accounts, error) { return Accounts{}, errUnbuilt }

// Find returns the one account that name means: "-" is the one before the
// active one; then the whole label, e-mail address or id; then the unique
// beginning of one of them, upper and lower case alike. It returns a
// *NoAccountError or an *AmbiguousError.
func (a Accounts) Find(name string) (Entry, error) { return Entry{}, errUnbuilt }

// NoAccountError says that no account goes by that name; "-" when there is
// none before the active one.
type NoAccountError struct{ Name string }

func (e *NoAccountError) Error() string { return "no account is called " + printable(e.Name, 80) }

// AmbiguousError says that a name means several accounts.
type AmbiguousError struct {
	Name    string
	Matches []Entry
}

func (e *AmbiguousError) Error() string {
	return printable(e.Name, 80) + " could be several accounts"
}

// Switched says what a switch did, safe to print.
type Switched struct {
	// Account is in use now.
	Account Entry
	// Left is the account before; nil when nobody was signed in.
	Left *Account
	// Changed is false when the account was the active one already.
	Changed bool
	// Holders are the running programs that still hold another account.
	Holders Holders
	Notes   []Note
}

// Switch makes the account with that id the active one. The one that is left
// goes to the book as it is then; nothing is revoked. It returns a
// *NoAccountError, a *policy.Violation (then nothing has changed), a
// *SessionEndedError for a session that is known to be dead, or a store's
// error.
func (l *Login) Switch(ctx context.Context, id string) (Switched, error) {
	return Switched{}, errUnbuilt
}

// Label gives an account a name of the person's own; "" takes it away. Another
// account's label is refused with an *InputError.
func (l *Login) Label(ctx context.Context, id, label string) error { return errUnbuilt }

// Forget removes an account from the book, its earlier sessions too; revoke
// ends them at the issuer first. The active account is signed out.
func (l *Login) Forget(ctx context.Context, id string, revoke bool) (SignedOut, error) {
	return SignedOut{}, errUnbuilt
}
