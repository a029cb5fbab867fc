package flows

import (
	"context"
	"errors"
	"strings"
	"sync"

	"codex-login/credstore"
)

// UnsavedError says that tokens were renewed and could not be stored where the
// account lives. They are not lost yet.
type UnsavedError struct {
	// InBook: they are in a file of the account book, from where the next look
	// at the account takes them. Otherwise only this process has them.
	InBook bool
	Err    error
}

func (e *UnsavedError) Error() string {
	return "the renewed tokens could not be stored: " + e.Err.Error()
}

func (e *UnsavedError) Unwrap() error { return e.Err }

// commitTries is how often the locks are tried for, each time for as long as
// the store waits.
const commitTries = 3

// errSettled ends the save of the active login where there is nothing to be
// written to it: the tokens went to a page, or newer ones are there.
var errSettled = errors.New("nothing to write to the active login")

// commit stores renewed tokens wherever the account lives by now, and returns
// it as it is then. If it lives nowhere any more, nothing is stored and the
// error is a *NoAccountError; otherwise an *UnsavedError.
func (l *Login) commit(ctx context.Context, spent held, fresh renewal) (held, error) {
	var now held
	var err error
	for range commitTries {
		if now, err = l.commitOnce(ctx, spent, fresh); !credstore.IsProblem(err, credstore.ProblemBusy) {
			break
		}
	}
	var gone *NoAccountError
	switch {
	case err == nil:
		unsaved.Delete(l.unsavedKey(spent))
		l.noteAlive(ctx, now)
		return now, nil
	case errors.As(err, &gone):
		unsaved.Delete(l.unsavedKey(spent))
		return spent, err
	}
	err = l.putAside(ctx, spent, fresh, err)
	spent.auth = fresh.of(spent.auth)
	return spent, err
}

// commitOnce is a compare-and-swap under Codex's locks.
func (l *Login) commitOnce(ctx context.Context, spent held, fresh renewal) (held, error) {
	var now held
	choose := func(ctx context.Context) (*credstore.Auth, error) {
		active, place, err := l.store(l.Mode()).Load(ctx)
		signedOut := errors.Is(err, credstore.ErrNotFound)
		switch {
		case err != nil && !signedOut && spent.active:
			return nil, err
		case err == nil && active.SameSecret(spent.auth),
			err == nil && sameSession(active, spent.auth) && active.LastRefresh.Before(fresh.at):
			now = held{spent.id, fresh.of(active), place, true}
			return now.auth, nil
		case err == nil && sameSession(active, spent.auth):
			now = held{spent.id, active, place, true} // somebody was later still
			return nil, errSettled
		}
		if err := l.commitPage(ctx, spent, fresh, active); err != nil {
			return nil, err
		}
		if now, err = l.locate(ctx, spent.id); err != nil {
			return nil, err
		}
		return nil, errSettled
	}
	place, err := l.saveActive(ctx, credstore.Steps{Choose: choose})
	switch {
	case errors.Is(err, errSettled):
		return now, nil
	case err == nil:
		now.place = place
	}
	return now, err
}

// commitPage is commitOnce for an account whose tokens are not in use; active
// is the login that is, or nil.
func (l *Login) commitPage(ctx context.Context, spent held, fresh renewal, active *credstore.Auth) error {
	book, renewed := l.book(), fresh.of(spent.auth)
	err := book.Renew(ctx, spent.auth, renewed)
	if !errors.Is(err, credstore.ErrNotFound) {
		if err == nil {
			l.dropCopies(ctx, spent.id, renewed)
		}
		return err
	}
	// No page has the spent tokens.
	pages, err := book.Pages(ctx, spent.id)
	switch {
	case err != nil && !errors.Is(err, credstore.ErrNotFound):
		return err // one may have them that cannot be read now
	case active != nil && credstore.ID(active) == spent.id:
	case len(pages) == 0, spent.active && active == nil:
		// Forgotten, or signed out. Nobody wants these tokens.
		return &NoAccountError{Name: spent.id}
	}
	// Somebody else has changed the account. Keep gives a session of its own a
	// page of its own, and of one session it keeps the later tokens.
	return book.Keep(ctx, renewed)
}

// dropCopies removes what putAside has left of a session that is on the front
// page again. The caller holds the locks.
func (l *Login) dropCopies(ctx context.Context, id string, renewed *credstore.Auth) {
	ids, _ := l.book().List(ctx)
	for _, page := range ids {
		if !strings.HasPrefix(page, id+".") {
			continue
		}
		if a, err := l.book().Load(ctx, page); err == nil && sameSession(a, renewed) && !a.LastRefresh.After(renewed.LastRefresh) {
			_ = l.book().Remove(ctx, page)
		}
	}
}

// sameSession reports whether two documents are of one sign-in. Documents of an
// old Codex do not say.
func sameSession(a, b *credstore.Auth) bool {
	return a.Tokens != nil && b.Tokens != nil && a.Tokens.LoginOwnerID != "" && a.Tokens.LoginOwnerID == b.Tokens.LoginOwnerID &&
		credstore.ID(a) == credstore.ID(b)
}

// unsaved are the renewals that no place took, by home and spent token.
var unsaved sync.Map

func (l *Login) unsavedKey(spent held) string {
	return l.Home.Path + "\x00" + spent.auth.Fingerprint()
}

// putAside keeps renewed tokens that could not be stored where they belong: in
// a file of the account book, or else in memory. It returns the error to be
// shown.
func (l *Login) putAside(ctx context.Context, spent held, fresh renewal, why error) error {
	if l.Mode() != credstore.ModeEphemeral {
		if err := credstore.OpenBook(l.Home, credstore.ModeFile).Keep(ctx, fresh.of(spent.auth)); err == nil {
			if spent.auth.Tokens.LoginOwnerID == "" && spent.active {
				// Nothing says that the two belong together, but the old one
				// must not be sent again.
				l.noteEnded(ctx, spent, &SessionEndedError{Reason: EndUsed, At: fresh.at})
			}
			return &UnsavedError{InBook: true, Err: why}
		}
	}
	unsaved.Store(l.unsavedKey(spent), fresh)
	return &UnsavedError{Err: why}
}

// alreadyRenewed finds what putAside has kept of an account.
func (l *Login) alreadyRenewed(ctx context.Context, found held) (renewal, bool) {
	if fresh, ok := unsaved.Load(l.unsavedKey(found)); ok {
		return fresh.(renewal), true
	}
	latest := found.auth
	pages, _ := l.book().Pages(ctx, found.id)
	for _, page := range pages {
		if sameSession(page, latest) && page.LastRefresh.After(latest.LastRefresh) {
			latest = page
		}
	}
	t := latest.Tokens
	return renewal{t.IDToken, t.AccessToken, t.RefreshToken, latest.LastRefresh}, latest != found.auth
}
