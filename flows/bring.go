package flows

import (
	"context"
	"errors"

	"codex-login/credstore"
)

// bring fetches the login that the store in force does not read, because it or
// Codex's feature secret_auth_storage was changed by hand: Codex leaves it where
// it was. Where the store has a login, and where there is none to be found,
// nothing happens.
func (l *Login) bring(ctx context.Context, out *Moved) error {
	mode := l.Mode()
	if mode == credstore.ModeEphemeral {
		return nil
	}
	left, err := l.behind(ctx)
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
// is none, or one is where Codex looks.
func (l *Login) behind(ctx context.Context) (credstore.Copy, error) {
	a, _, err := l.store(l.Mode()).Load(ctx)
	switch {
	case err == nil && !a.Empty():
		return credstore.Copy{}, credstore.ErrNotFound
	case err != nil && !errors.Is(err, credstore.ErrNotFound):
		return credstore.Copy{}, err
	}
	for _, c := range l.Unread(ctx) {
		return c, nil
	}
	return credstore.Copy{}, credstore.ErrNotFound
}

// add notes what a place says of itself.
func (m *Moved) add(place credstore.Place) {
	if left := place.Leftover; left != nil && !errors.Is(left, credstore.ErrNotFound) && !credstore.IsProblem(left, credstore.ProblemUnavailable) {
		m.Notes = append(m.Notes, Note{Code: NoteOldCopyLeft, Err: left})
	}
	if place.Fallback != nil {
		m.Notes = append(m.Notes, Note{Code: NoteKeyringUnusable, Err: place.Fallback})
	}
}
