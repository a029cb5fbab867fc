package flows

import "codex-login/credstore"

// Receipt is the proof of a stored login, safe to print.
type Receipt struct {
	Account Account
	// ID is the account's in the book.
	ID string
	// Back is the id of the account that was active before, to switch back
	// to; "" when there was none or it is the same account.
	Back string
	// Previous is the ChatGPT session that this login replaced. It was put
	// into the account book and still works; nil when there was none.
	Previous *Account
	// Notes is what should be said besides: where the store fell back to, what
	// was written to config.toml.
	Notes []Note
	// Known: the very key or access token was here before this sign-in.
	Known bool

	// stored is the new login.
	stored *credstore.Auth
	// replaced is the login that was active before, of whatever kind; nil when
	// there was none.
	replaced *credstore.Auth
	// previous is every session that was replaced: a keyring and a file may
	// have held one each.
	previous []*credstore.Auth
	// unkept is what could not be read, and so is not in the book.
	unkept []credstore.Copy
}

// Replaced is the account that was active before, nil when there was none or
// nobody could read it.
func (r Receipt) Replaced() *Account {
	switch {
	case r.replaced != nil:
		a := describe(r.replaced)
		return &a
	case r.Previous != nil:
		return r.Previous
	}
	return nil
}
