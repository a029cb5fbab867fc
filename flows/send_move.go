package flows

import (
	"context"
	"errors"
	"slices"

	"codex-login/credstore"
)

// moveTries is how often a login that is renewed here while it is on its way is
// sent once more.
const moveTries = 3

// errMoving says that a login kept changing here while it was handed over.
var errMoving = errors.New("a running program keeps renewing this login")

// move hands the login over. It is forgotten here only when the other side has
// read back what is still the login here. Nobody of our kind renews it
// meanwhile; a Codex may, and then its new tokens are sent.
func (s *Send) move(ctx context.Context, r *sendRow, sent *Sent) error {
	l := s.login
	unlock, err := l.book().LockAccount(ctx, s.id)
	if err != nil {
		return err
	}
	defer unlock()
	found, err := l.locate(ctx, s.id)
	if err != nil {
		return err
	}
	if found.active {
		for _, n := range l.awaitRenewal(ctx, found.auth) {
			sent.add(n)
		}
	}
	for range moveTries {
		if found, err = l.locate(ctx, s.id); err != nil {
			return err
		}
		sent.Account = describe(found.auth)
		if err := r.there.put(ctx, l.Clock, found.auth, nil, sent); err != nil {
			return err
		}
		if err = sent.unread(); err == nil {
			err = l.forgetMoved(ctx, s.id, found.auth)
		}
		if errors.Is(err, credstore.ErrChanged) {
			continue
		}
		s.moved(ctx, r, found.auth, err, sent)
		return nil
	}
	return errMoving
}

// moved writes down what became of a login that is there; left is why it is
// still here, too, or nil.
func (s *Send) moved(ctx context.Context, r *sendRow, a *credstore.Auth, left error, sent *Sent) {
	s.takeBack(ctx, r.target, sent)
	if left != nil {
		sent.add(Note{Code: NoteNotForgotten, Err: left})
		if a.Kind() == credstore.AuthChatGPT {
			sent.add(Note{Code: NoteCopiesClash})
		}
		return
	}
	// What is lent of it cannot be renewed from here any more.
	if _, err := credstore.TakeBackAll(ctx, s.login.Home, s.id); err != nil {
		sent.add(Note{Code: NoteLoanNotNoted, Err: err})
	}
}

// unread is why Codex there would not find the login, or nil.
func (s *Sent) unread() error {
	if i := slices.IndexFunc(s.Notes, func(n Note) bool { return n.Code == NoteStoreNotSetThere }); i >= 0 {
		return s.Notes[i].Err
	}
	return nil
}

// forgetMoved forgets an account, its earlier sessions too, if its login is
// still the one that another machine has read back. It ends no session. The
// caller holds the lock of the account. It returns credstore.ErrChanged, with
// nothing forgotten, when the login is another one by now.
func (l *Login) forgetMoved(ctx context.Context, id string, sent *credstore.Auth) error {
	book := l.book()
	found, err := l.locate(ctx, id)
	switch {
	case errors.As(err, new(*NoAccountError)):
		return nil // somebody has forgotten it already
	case err != nil:
		return err
	case !found.auth.SameSecret(sent):
		return credstore.ErrChanged
	case found.active:
		modes := l.logoutStores()
		known := unchanged(credstore.Copies(ctx, l.Home, modes...)...)
		err = credstore.DeleteIf(ctx, l.Home, func(now []credstore.Copy) error {
			if err := known(now); err != nil {
				return err
			}
			return l.onlyMoved(ctx, book, sent, now)
		}, modes...)
		if errors.Is(err, credstore.ErrNotFound) {
			err = credstore.ErrChanged // it went to its page, or away
		}
		if err != nil {
			return err
		}
	}
	err = book.Forget(ctx, id)
	if errors.Is(err, credstore.ErrNotFound) {
		err = nil
	}
	return err
}

// onlyMoved consents to deleting these copies if the one that counts is the
// login that was sent. Those of other accounts go to the book first.
func (l *Login) onlyMoved(ctx context.Context, book *credstore.Book, sent *credstore.Auth, now []credstore.Copy) error {
	logins := slices.DeleteFunc(slices.Clone(now), func(c credstore.Copy) bool { return c.Auth == nil || c.Auth.Empty() })
	if len(logins) > 0 && !logins[0].Auth.SameSecret(sent) {
		return credstore.ErrChanged
	}
	for _, c := range logins {
		if credstore.ID(c.Auth) == credstore.ID(sent) {
			continue
		}
		if err := book.Keep(ctx, c.Auth); err != nil {
			return err
		}
	}
	return nil
}
