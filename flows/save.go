package flows

import (
	"context"
	"errors"

	"codex-login/credstore"
	"codex-login/policy"
)

// save stores the login. The order keeps every login alive whatever kills the
// process: under the store's locks, what is about to be replaced goes to the
// account book, the new login is written, config.toml says where it is, and
// only then the former places are cleared. An error means that nothing of the
// kind has happened.
//
// The mode "" is the configured one, as it is by then.
func (l *Login) save(ctx context.Context, mode credstore.Mode, found identified) (Receipt, error) {
	l.follow()
	for try := 1; ; try++ {
		to := mode
		if to == "" {
			to = l.Mode()
		}
		receipt, err := l.saveIn(ctx, to, found)
		if !errors.Is(err, errStoreMoved) || try == followTries {
			return receipt, err
		}
	}
}

func (l *Login) saveIn(ctx context.Context, mode credstore.Mode, found identified) (Receipt, error) {
	receipt := Receipt{Account: found.account}
	moving := mode != l.Mode() && mode != credstore.ModeEphemeral
	configured := false
	var entry error // what became of the entry that Codex would find again, should the mode be set back one day
	place, err := l.store(mode).Save(ctx, found.auth, credstore.Steps{
		Before: func(ctx context.Context) error {
			if mode != credstore.ModeEphemeral && l.Rules.Reread() {
				return errStoreMoved
			}
			return l.keepReplaced(ctx, mode, found.auth, &receipt)
		},
		Spare: receipt.spare,
		Written: func() bool {
			configured = !moving || l.configure(mode, &receipt)
			if moving && configured && mode == credstore.ModeFile {
				entry = l.dropKeyring(ctx, receipt.unkept)
			}
			return configured
		},
	})
	if err != nil {
		return Receipt{}, err
	}
	receipt.Account.Place, receipt.Account.StoreMode = place, mode
	receipt.Account.LastRefresh = found.auth.LastRefresh
	l.enter(ctx, mode, found.auth, &receipt)
	if place.Fallback != nil {
		receipt.add(Note{Code: NoteKeyringUnusable, Err: place.Fallback})
	}
	if moving && configured {
		if entry != nil {
			place.Leftover = entry
		}
		// A store has all logins or none.
		if _, err := credstore.OpenBook(l.Home, mode).MovePages(ctx, mode); err != nil {
			receipt.add(Note{Code: NotePagesLeft, Err: err})
		}
	}
	if left := place.Leftover; stays(left) {
		receipt.add(Note{Code: NoteOldCopyLeft, Err: left})
	}
	return receipt, nil
}

// enter notes the new login in the account book: who it is, and what stands
// there about the same account and is over now.
func (l *Login) enter(ctx context.Context, mode credstore.Mode, a *credstore.Auth, receipt *Receipt) {
	book := credstore.OpenBook(l.Home, mode)
	receipt.ID, receipt.stored, receipt.Known = credstore.ID(a), a, knows(ctx, book, a)
	if receipt.replaced != nil && credstore.ID(receipt.replaced) != receipt.ID {
		receipt.Back = credstore.ID(receipt.replaced)
	}
	err := l.used(ctx, book, receipt.replaced, a)
	if err == nil && a.Kind() == credstore.AuthPersonalAccessToken {
		// Its server has just said whose it is.
		who := receipt.Account
		err = book.Note(ctx, a, func(c *credstore.Card) { c.Email, c.UserID, c.WorkspaceID = who.Email, who.UserID, who.WorkspaceID })
	}
	if err == nil {
		// A page of the very same key or session is none any more.
		_, err = book.Repair(ctx, a)
	}
	if err != nil {
		receipt.add(Note{Code: NoteCardFailed, Err: err})
	}
}

// used writes down when the logins were last in use: now.
func (l *Login) used(ctx context.Context, book *credstore.Book, logins ...*credstore.Auth) error {
	now := l.Clock.now().UTC()
	var failed error
	for _, a := range logins {
		if a != nil && !a.Empty() {
			failed = errors.Join(failed, book.Note(ctx, a, func(c *credstore.Card) { c.LastUsed = now }))
		}
	}
	return failed
}

// keepReplaced puts every document that a save in that mode will take away
// into the account book. What is there and cannot be kept ends the save.
func (l *Login) keepReplaced(ctx context.Context, mode credstore.Mode, replacement *credstore.Auth, receipt *Receipt) error {
	if mode == credstore.ModeEphemeral {
		return nil
	}
	book := credstore.OpenBook(l.Home, mode)
	copies := credstore.Copies(ctx, l.Home, mode, l.Mode())
	if ctx.Err() != nil {
		return context.Cause(ctx) // what was not read for that reason has not been kept
	}
	for _, c := range copies {
		switch {
		case c.Err == nil:
			if err := l.keep(ctx, book, c, replacement, receipt); err != nil {
				return err
			}
		case credstore.IsProblem(c.Err, credstore.ProblemCorrupt):
			kept, err := credstore.KeepUnreadable(l.Home, c.Raw)
			if err != nil {
				return err
			}
			receipt.add(Note{Code: NoteUnreadableKept, Where: kept})
		case c.Place.Kind != credstore.KindFile && mode != credstore.ModeKeyring:
			// The way out of a keyring that does not answer must stay open: to
			// the file, or to automatic choice, which then takes the file too.
			receipt.unkept = append(receipt.unkept, c)
		default:
			return c.Err
		}
	}
	return nil
}

// spare is why a keyring must not be written to: it gave no answer when its
// logins were to be kept, and may give one now.
func (r *Receipt) spare() error {
	if len(r.unkept) == 0 {
		return nil
	}
	return r.unkept[0].Err
}

// dropKeyring removes what the keyring modes hold, but for what is not in the
// book: a keyring that gave no answer then may give one now.
func (l *Login) dropKeyring(ctx context.Context, unkept []credstore.Copy) error {
	var kinds []credstore.Kind
	var failed error
	for _, c := range unkept {
		kinds, failed = append(kinds, c.Place.Kind), errors.Join(failed, c.Err)
	}
	err := credstore.DropKeyring(ctx, l.Home, kinds...)
	if failed == nil {
		return err
	}
	if errors.Is(err, credstore.ErrNotFound) {
		err = nil
	}
	return errors.Join(failed, err)
}

// stays reports whether a copy that a store could not clear may still be there.
// Without a keyring there is none, but in an encrypted file.
func stays(left error) bool {
	var e *credstore.Error
	if left == nil || errors.Is(left, credstore.ErrNotFound) {
		return false
	}
	return !errors.As(left, &e) || e.Problem != credstore.ProblemUnavailable || e.Place.Kind == credstore.KindEncrypted
}

func (l *Login) keep(ctx context.Context, book *credstore.Book, c credstore.Copy, replacement *credstore.Auth, receipt *Receipt) error {
	if c.Auth.Empty() || c.Auth.SameSecret(replacement) {
		return nil
	}
	if err := book.Keep(ctx, c.Auth); err != nil {
		return err
	}
	if receipt.replaced == nil {
		receipt.replaced = c.Auth
	}
	if c.Auth.Kind() != credstore.AuthChatGPT {
		return nil
	}
	receipt.previous = append(receipt.previous, c.Auth)
	if receipt.Previous == nil {
		previous := describe(c.Auth)
		previous.Place, previous.StoreMode = c.Place, book.Mode()
		receipt.Previous = &previous
	}
	return nil
}

// configure makes Codex look where the login now is. It is said if that cannot
// be; then the former place stays as it is.
func (l *Login) configure(mode credstore.Mode, receipt *Receipt) bool {
	if err := policy.SetUserValue(l.Home.Path, policy.StoreKey, string(mode)); err != nil {
		receipt.add(Note{Code: NoteStoreNotConfigured, Err: err, Where: string(mode)})
		return false
	}
	l.Rules.StoreMoved(string(mode))
	receipt.add(Note{Code: NoteStoreConfigured})
	return true
}

func (l *Login) store(mode credstore.Mode) credstore.Store { return credstore.Open(l.Home, mode) }

func (r *Receipt) add(n Note) { r.Notes = append(r.Notes, n) }
