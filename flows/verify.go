package flows

import "context"

// Checked is what came of looking whether a login still works, safe to print.
type Checked struct {
	ID string
	// Account is the login as it is now.
	Account Account
	// Renewed: the tokens were due and have been renewed, by us or meanwhile
	// by somebody else.
	Renewed bool
	// Asked: a server was asked. Tokens that are not due are not.
	Asked bool
	// Err is a *SessionEndedError, or what kept the question from being
	// answered; nil when the login works as far as that can be told.
	Err error
}

// Verify looks whether the account with that id still works, "" for the
// active one: tokens that are due by Codex's own rules are renewed, a key or
// access token is shown to its server. The error is a *NoAccountError or a
// store's; what the server said stands in Checked.
func (l *Login) Verify(ctx context.Context, id string) (Checked, error) {
	return Checked{}, errUnbuilt
}

// VerifyDue renews the accounts among entries that are due, some at a time,
// and calls done for each, from one goroutine at a time. It asks nobody about
// the others.
func (l *Login) VerifyDue(ctx context.Context, entries []Entry, done func(Checked)) {}
