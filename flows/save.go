package flows

import (
	"context"
	"errors"

	"codex-login/credstore"
	"codex-login/policy"
)

// save stores the login. The order keeps every login alive whatever kills the
// process: the one that is about to be replaced goes to the account book, then
// the new one is written, then config.toml says where it is, and only then the
// former place is cleared.
func (l *Login) save(ctx context.Context, mode credstore.Mode, found identified) (Receipt, error) {
	target := l.store(mode)
	receipt := Receipt{Account: found.account}
	for _, s := range l.replaced(target) {
		if err := l.keep(ctx, s, found.auth, &receipt); err != nil {
			return Receipt{}, err
		}
	}
	place, err := target.Save(ctx, found.auth)
	if err != nil {
		return Receipt{}, err
	}
	receipt.Account.Place, receipt.Account.StoreMode = place, mode
	receipt.Account.LastRefresh = found.auth.LastRefresh
	if place.Fallback != nil {
		receipt.add(Note{Code: NoteKeyringUnusable, Err: place.Fallback})
	}
	if mode != l.Mode() && mode != credstore.ModeEphemeral {
		l.moveConfiguration(ctx, mode, &receipt)
	}
	return receipt, nil
}

// replaced lists the stores whose logins a save to target takes the place of:
// its own, and the configured one, which is then left. Memory replaces nothing.
func (l *Login) replaced(target credstore.Store) []credstore.Store {
	switch {
	case target.Mode() == credstore.ModeEphemeral:
		return nil
	case target.Mode() == l.Mode():
		return []credstore.Store{target}
	}
	return []credstore.Store{l.store(l.Mode()), target}
}

// keep puts what a store holds into the account book.
func (l *Login) keep(ctx context.Context, s credstore.Store, replacement *credstore.Auth, receipt *Receipt) error {
	old, _, err := s.Load(ctx)
	switch {
	case errors.Is(err, credstore.ErrNotFound):
		return nil
	case credstore.IsProblem(err, credstore.ProblemCorrupt):
		kept, keepErr := credstore.KeepUnreadable(ctx, l.Home)
		if keepErr != nil {
			receipt.add(Note{Code: NotePreviousNotKept, Err: err})
			return nil
		}
		receipt.add(Note{Code: NoteUnreadableKept, Where: kept})
		return nil
	case err != nil:
		// A keyring that does not answer keeps what it has; what counts is
		// whether the new login can be written.
		return nil
	}
	if old.Empty() || old.SameSecret(replacement) {
		return nil
	}
	if err := credstore.OpenBook(l.Home, s.Mode()).Keep(ctx, old); err != nil {
		return err
	}
	if old.Kind() == credstore.AuthChatGPT && receipt.Previous == nil {
		previous := describe(old)
		previous.StoreMode = s.Mode()
		receipt.Previous, receipt.previous = &previous, old
	}
	return nil
}

// moveConfiguration makes Codex look where the login now is, and clears the
// place where it looked before.
func (l *Login) moveConfiguration(ctx context.Context, mode credstore.Mode, receipt *Receipt) {
	err := policy.SetUserValue(l.Home.Path, policy.StoreKey, string(mode))
	if err != nil {
		receipt.add(Note{Code: NoteStoreNotConfigured, Err: err})
		return
	}
	receipt.add(Note{Code: NoteStoreConfigured})
	// Saving to the keyring or automatically has cleared auth.json already.
	if mode != credstore.ModeFile {
		return
	}
	if err := l.store(credstore.ModeKeyring).Delete(ctx); err != nil && !errors.Is(err, credstore.ErrNotFound) {
		receipt.add(Note{Code: NoteOldCopyLeft, Err: err})
	}
}

func (l *Login) store(mode credstore.Mode) credstore.Store { return credstore.Open(l.Home, mode) }

func (r *Receipt) add(n Note) { r.Notes = append(r.Notes, n) }
