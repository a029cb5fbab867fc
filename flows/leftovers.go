package flows

import (
	"context"
	"errors"

	"codex-login/credstore"
)

// Leftovers are the documents in places of this machine that the configured
// store does not read its login from, while it has one. It changes nothing. An
// encrypted file among them may take seconds.
func (l *Login) Leftovers(ctx context.Context) (active *credstore.Auth, left []credstore.Copy, err error) {
	active, place, err := l.store(l.Mode()).Load(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, c := range credstore.Everywhere(ctx, l.Home) {
		if c.Place.Kind != place.Kind && !(c.Place.Kind == credstore.KindKeyring && credstore.IsProblem(c.Err, credstore.ProblemUnavailable)) {
			left = append(left, c)
		}
	}
	return active, left, nil
}

// Unread are the logins in places of this machine that the configured store
// does not read at all: after a change of the store or of Codex's feature
// secret_auth_storage it may be the only one. An encrypted file that does not
// open may hold one, and is among them with its error. It changes nothing.
func (l *Login) Unread(ctx context.Context) []credstore.Copy {
	var out []credstore.Copy
	for _, c := range credstore.Everywhere(ctx, l.Home) {
		if c.Err != nil && c.Place.Kind != credstore.KindEncrypted || l.reads(c.Place.Kind) {
			continue
		}
		if c.Err != nil || !c.Auth.Empty() {
			out = append(out, c)
		}
	}
	return out
}

// reads reports whether the configured store looks for a login there.
func (l *Login) reads(k credstore.Kind) bool {
	switch l.Mode() {
	case credstore.ModeKeyring:
		return k == l.Home.KeyringPlace().Kind
	case credstore.ModeAuto:
		return k == l.Home.KeyringPlace().Kind || k == credstore.KindFile
	case credstore.ModeFile, credstore.ModeEphemeral:
	}
	return l.Mode() == credstore.ModeFile && k == credstore.KindFile
}

// ClearLeftovers removes what Leftovers finds, after the login in force has
// been read. A copy that is another login is kept in the account book first,
// and one that cannot be read stays. Done again, it does nothing.
func (l *Login) ClearLeftovers(ctx context.Context) error {
	active, left, err := l.Leftovers(ctx)
	if err != nil {
		return err
	}
	if active.Empty() {
		return credstore.ErrNotFound
	}
	for _, c := range left {
		if c.Err != nil && c.Place.Kind == credstore.KindEncrypted {
			continue // and what else is in it nobody knows
		}
		if c.Err != nil {
			return c.Err
		}
		if !c.Auth.SameSecret(active) {
			if err := l.book().Keep(ctx, c.Auth); err != nil {
				return err
			}
		}
		if err := l.clear(ctx, c); err != nil && !errors.Is(err, credstore.ErrNotFound) {
			return err
		}
	}
	return nil
}

// HalfDone reports whether a move of all logins was begun and not ended, and by
// nobody who is still at it.
func (l *Login) HalfDone(ctx context.Context) (from, to credstore.Mode, half bool) {
	book := l.book()
	from, to, moving := book.Moving()
	if !moving {
		return from, to, false
	}
	unlock, err := book.LockMove(ctx)
	if err != nil {
		return from, to, false
	}
	unlock()
	return from, to, true
}

// Mend finishes what a killed run has left half done in the account book, and
// says so. Each list of the accounts begins with it.
func (l *Login) Mend(ctx context.Context) []Note {
	l.follow()
	active, _, err := l.store(l.Mode()).Load(ctx)
	return l.mend(ctx, active, err)
}

// ClearTemps removes what killed writers of the login have left in the home. A
// whole login among it that is not the one in force is kept in the account book
// first: it may have the later tokens.
func (l *Login) ClearTemps(ctx context.Context) error {
	active, _, err := l.store(l.Mode()).Load(ctx)
	if err != nil && !errors.Is(err, credstore.ErrNotFound) {
		return err // nobody can tell what belongs to a login that cannot be read
	}
	return credstore.ClearTemps(ctx, l.Home, func(a *credstore.Auth) error {
		if active != nil && a.SameSecret(active) {
			return nil
		}
		return l.book().Keep(ctx, a)
	})
}
