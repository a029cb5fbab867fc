package flows

import (
	"context"
	"errors"

	"codex-login/credstore"
)

// bring fetches the login that the store in force does not read, because it or
// Codex's feature secret_auth_storage was changed by hand: Codex leaves it where
// it was. Where the store has a login, and where there is none to be found,
// nothing happens; an encrypted file that does not open is noted.
func (l *Login) bring(ctx context.Context, out *Moved) error {
	mode := l.Mode()
	if mode == credstore.ModeEphemeral {
		return nil
	}
	left, err := l.behind(ctx)
	if left.Err != nil {
		out.Notes = append(out.Notes, Note{Code: NoteNotFetched, Err: left.Err, Where: left.Place.Where})
	}
	if err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	var receipt Receipt
	place, err := l.store(mode).Save(ctx, nil, credstore.Steps{
		Choose: func(ctx context.Context) (*credstore.Auth, error) {
			if l.Rules.Reread() {
				return nil, errStoreMoved
			}
			var err error
			if left, err = l.behind(ctx); err != nil {
				return nil, err
			}
			return left.Auth, l.keepReplaced(ctx, mode, left.Auth, &receipt)
		},
		Spare: receipt.spare,
	})
	if err != nil {
		return err
	}
	if err := l.clear(ctx, left); err != nil && !errors.Is(err, credstore.ErrNotFound) {
		place.Leftover = err
	}
	out.Notes = append(out.Notes, receipt.Notes...)
	out.add(place)
	account := describe(left.Auth)
	account.Place, account.StoreMode = place, mode
	out.Account = &account
	out.Accounts++
	return nil
}

// behind is the login that was left behind; credstore.ErrNotFound where there
// is none, or one is where Codex looks. Of a place that may hold one and does
// not open, it returns that with its error too.
func (l *Login) behind(ctx context.Context) (credstore.Copy, error) {
	a, _, err := l.store(l.Mode()).Load(ctx)
	switch {
	case err == nil && !a.Empty():
		return credstore.Copy{}, credstore.ErrNotFound
	case err != nil && !errors.Is(err, credstore.ErrNotFound):
		return credstore.Copy{}, err
	}
	var shut credstore.Copy
	for _, c := range l.Unread(ctx) {
		if c.Err == nil {
			return c, nil
		}
		shut = c
	}
	return shut, credstore.ErrNotFound
}

// add notes what a place says of itself.
func (m *Moved) add(place credstore.Place) {
	if left := place.Leftover; stays(left) {
		m.Notes = append(m.Notes, Note{Code: NoteOldCopyLeft, Err: left})
	}
	if place.Fallback != nil {
		m.Notes = append(m.Notes, Note{Code: NoteKeyringUnusable, Err: place.Fallback})
	}
}
