package flows

import (
	"context"

	"codex-login/credstore"
)

// Moved says what moving the logins to another store did, safe to print.
type Moved struct {
	From, To credstore.Mode
	// Account is the active one, with its new place; nil when nobody is signed in.
	Account *Account
	// Accounts counts the logins that were moved, the active one included.
	Accounts int
	Notes    []Note
}

// MoveStore moves every login of this CODEX_HOME to another store: each is
// written there, read back and compared before its old copy goes, and
// cli_auth_credentials_store in config.toml is changed in between. It returns
// a *StorePinnedError, or the error of a store or of config.toml; then the
// logins are where they were, or in both places.
func (l *Login) MoveStore(ctx context.Context, to credstore.Mode) (Moved, error) {
	return Moved{}, errUnbuilt
}
