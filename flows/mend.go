package flows

import (
	"context"
	"errors"
	"slices"

	"codex-login/credstore"
)

// mend finishes what a killed run left half done, and says so. active is the
// login as it was found, with its error. What cannot be mended now is said and
// tried again at the next start; every login is still somewhere.
func (l *Login) mend(ctx context.Context, active *credstore.Auth, found error) []Note {
	if found != nil && !errors.Is(found, credstore.ErrNotFound) {
		return nil // nobody can tell what belongs to a login that cannot be read
	}
	notes := l.mendMove(ctx, active)
	done, err := l.book().Repair(ctx, active)
	if err != nil {
		return append(notes, Note{Code: NoteNotMended, Err: err})
	}
	// Cards come and go with what Codex does; that needs no words.
	if done.Temps+done.Leftovers+done.Doubles+done.Markers+done.Promoted > 0 {
		notes = append(notes, Note{Code: NoteMended})
	}
	if active != nil && len(done.Newer) > 0 {
		notes = append(notes, l.takeNewer(ctx, active)...)
	}
	return notes
}

// takeNewer puts tokens of the active session that are later than the active
// ones in their place: a renewal that could not be stored there left them.
func (l *Login) takeNewer(ctx context.Context, old *credstore.Auth) []Note {
	var pages []string
	_, err := l.saveActive(ctx, credstore.Steps{
		Choose: func(ctx context.Context) (*credstore.Auth, error) {
			latest, _, err := l.store(l.Mode()).Load(ctx)
			if err != nil || !latest.SameSecret(old) {
				return nil, errSettled // somebody else was faster
			}
			for _, page := range []string{credstore.ID(old), credstore.SessionID(old)} {
				a, err := l.book().Load(ctx, page)
				if err != nil || !sameSession(a, old) {
					continue
				}
				pages = append(pages, page)
				if a.LastRefresh.After(latest.LastRefresh) {
					latest = a
				}
			}
			if latest.SameSecret(old) {
				return nil, errSettled
			}
			return latest, nil
		},
		Written: func() bool {
			for _, page := range pages {
				_ = l.book().Remove(ctx, page) // what stays is a leftover of the active session
			}
			return true
		},
	})
	switch {
	case errors.Is(err, errSettled):
		return nil
	case err != nil:
		return []Note{{Code: NoteNotMended, Err: err}}
	}
	return []Note{{Code: NoteNewerTaken}}
}

// mendMove finishes a move between stores that was cut off: everything goes to
// where config.toml says by now.
func (l *Login) mendMove(ctx context.Context, active *credstore.Auth) []Note {
	book := l.book()
	if _, _, moving := book.Moving(); !moving {
		return nil
	}
	unlock, err := book.LockMove(ctx)
	if credstore.IsProblem(err, credstore.ProblemBusy) {
		return nil // it is still under way
	}
	if err != nil {
		return []Note{{Code: NoteNotMended, Err: err}}
	}
	defer unlock()
	_, err = book.MovePages(ctx, l.Mode())
	if err == nil {
		err = l.clearCopies(ctx, active)
	}
	if err == nil {
		err = book.EndMove(ctx)
	}
	if err != nil {
		return []Note{{Code: NoteNotMended, Err: err}}
	}
	return []Note{{Code: NoteMoveMended, Where: string(l.Mode())}}
}

// clearCopies removes what a move has left of the active login in the store
// that is not in use. Another login there is kept first.
func (l *Login) clearCopies(ctx context.Context, active *credstore.Auth) error {
	for _, other := range l.otherStores() {
		for _, c := range credstore.Copies(ctx, l.Home, other) {
			if (c.Place.Kind == credstore.KindFile) != (other == credstore.ModeFile) {
				continue
			}
			switch {
			case credstore.IsProblem(c.Err, credstore.ProblemUnavailable):
				continue // no keyring here, so nothing is in it
			case shut(c.Err):
				continue // nobody can open it, and Codex does not look there
			case c.Err != nil:
				return c.Err
			case active == nil, !c.Auth.SameSecret(active):
				if err := l.book().Keep(ctx, c.Auth); err != nil {
					return err
				}
			}
			if err := l.clear(ctx, c); err != nil && !errors.Is(err, credstore.ErrNotFound) {
				return err
			}
		}
	}
	return nil
}

// otherStores are the places that the configured mode does not read.
func (l *Login) otherStores() []credstore.Mode {
	switch l.Mode() {
	case credstore.ModeFile:
		return []credstore.Mode{credstore.ModeKeyring}
	case credstore.ModeKeyring:
		return []credstore.Mode{credstore.ModeFile}
	case credstore.ModeAuto, credstore.ModeEphemeral:
	}
	return nil
}

// clear removes a copy from its place, if it is still that one.
func (l *Login) clear(ctx context.Context, c credstore.Copy) error {
	if c.Place.Kind != credstore.KindFile {
		return credstore.Clear(ctx, l.Home, c.Place.Kind, c.Auth.SameSecret)
	}
	return credstore.DeleteIf(ctx, l.Home, unchanged(c), credstore.ModeFile)
}

// unchanged consents to deleting the copies that were seen before: the same
// login, renewed perhaps, and what could not be read then and cannot be now.
func unchanged(before ...credstore.Copy) func(now []credstore.Copy) error {
	return func(now []credstore.Copy) error {
		for _, n := range now {
			known := func(b credstore.Copy) bool {
				switch {
				case b.Place.Kind != n.Place.Kind:
					return false
				case b.Auth == nil || n.Auth == nil:
					return b.Auth == nil && n.Auth == nil && b.Raw == n.Raw
				}
				return b.Auth.SameSecret(n.Auth) || sameSession(b.Auth, n.Auth) || b.Auth.Empty() && n.Auth.Empty()
			}
			if !slices.ContainsFunc(before, known) {
				return credstore.ErrChanged
			}
		}
		return nil
	}
}
