package flows

import (
	"context"
	"errors"

	"codex-login/credstore"
	"codex-login/flows/loginlog"
)

// Before is what a sign-in took the place of, as far as Undo can go back to it.
type Before string

// What there was before.
const (
	BeforeNobody  Before = "nobody"
	BeforeAccount Before = "account" // another account, Receipt.Back
	BeforeSession Before = "session" // an earlier sign-in of the same account
)

// Before says what Undo goes back to.
func (r Receipt) Before() Before {
	switch {
	case r.Back != "":
		return BeforeAccount
	case r.Previous != nil:
		return BeforeSession
	}
	return BeforeNobody
}

// Undone says what Undo did, safe to print.
type Undone struct {
	// Now is who is in use again; nil when nobody is.
	Now *Switched
	// Dropped says what became of the session of the sign-in; nil where it is
	// kept. Forgotten is 0 in it when the account stays, with the session that
	// it had before.
	Dropped *SignedOut
	// DropErr is why the session could not be forgotten: it is in the book
	// then. The way back has been gone all the same.
	DropErr error
}

// Undo takes back a sign-in that became somebody else than was meant: the
// account before is in use again, or the earlier session of the same account,
// or nobody. The session of the sign-in goes to the account book first. If
// forget is set, it is taken out again and ended at the issuer; what there was
// of the account before, another session, its label, stays. A key or access
// token that was here before is never forgotten. An error means that the
// sign-in stands as it was.
func (l *Login) Undo(ctx context.Context, r Receipt, forget bool) (Undone, error) {
	l.follow()
	var out Undone
	var err error
	switch r.Before() {
	case BeforeAccount:
		var s Switched
		s, err = l.Switch(ctx, r.Back)
		out.Now = &s
	case BeforeSession:
		out.Now, err = l.restore(ctx, r)
	case BeforeNobody:
		err = l.leave(ctx, r)
	}
	if err == nil {
		l.info(loginlog.Undone, loginlog.ID("account", r.ID), loginlog.Code("back_to", r.Before()))
	}
	if err != nil || !forget || r.Known {
		return out, err
	}
	dropped := SignedOut{Account: r.Account}
	out.DropErr = l.drop(context.WithoutCancel(ctx), r, &dropped)
	out.Dropped = &dropped
	return out, nil
}

// madeIn is the store of the sign-in by now: it may have been moved.
func (l *Login) madeIn(r Receipt) credstore.Mode {
	if r.Account.StoreMode == credstore.ModeEphemeral {
		return credstore.ModeEphemeral
	}
	return l.Mode()
}

// restore puts the earlier session of the account back in its place, in the
// order of a switch.
func (l *Login) restore(ctx context.Context, r Receipt) (*Switched, error) {
	unlock, err := l.book().LockAccount(ctx, r.ID)
	if err != nil {
		return nil, cancelled(ctx, err)
	}
	defer unlock()
	out := Switched{Changed: true}
	began := l.Clock.now()
	var target *credstore.Auth
	var left Receipt
	place, err := l.saveActive(ctx, credstore.Steps{
		Choose: func(ctx context.Context) (*credstore.Auth, error) {
			page, err := l.book().Find(ctx, r.replaced)
			if err == nil {
				target, err = l.book().Load(ctx, page)
			}
			if errors.Is(err, credstore.ErrNotFound) {
				return nil, &NoAccountError{Name: r.ID}
			}
			if err != nil {
				return nil, err
			}
			if v := l.checkStored(target); v != nil {
				return nil, v
			}
			return target, l.keepReplaced(ctx, l.Mode(), target, &left)
		},
		Spare: left.spare,
		Written: func() bool {
			// The session of the sign-in may have its front page now.
			if _, err := l.book().Take(ctx, target); ignoreNotFound(err) != nil {
				out.Notes = append(out.Notes, Note{Code: NotePageLeft, Err: err})
			}
			return true
		},
	})
	if err != nil {
		return nil, err
	}
	book := l.book()
	if err := l.used(ctx, book, target); err != nil {
		out.Notes = append(out.Notes, Note{Code: NoteCardFailed, Err: err})
	}
	card, err := book.Card(ctx, r.ID)
	if err != nil {
		card = credstore.CardOf(target)
	}
	out.Account = l.entry(card)
	l.markActive(&out.Account, card, target, place)
	out.Notes = append(out.Notes, left.Notes...)
	out.Holders = l.Holders(ctx, began)
	return &out, nil
}

// leave puts the sign-in into the book and leaves nobody signed in. Somebody
// else who is in use by now stays.
func (l *Login) leave(ctx context.Context, r Receipt) error {
	if err := ctx.Err(); err != nil {
		return cancelled(ctx, err)
	}
	ctx = context.WithoutCancel(ctx)
	mode := l.madeIn(r)
	book := credstore.OpenBook(l.Home, mode)
	if mode == credstore.ModeEphemeral {
		if err := book.Keep(ctx, r.stored); err != nil {
			return err
		}
	}
	err := credstore.DeleteIf(ctx, l.Home, func(now []credstore.Copy) error {
		for _, c := range now {
			switch {
			case credstore.IsProblem(c.Err, credstore.ProblemUnavailable):
				continue // no keyring here, so nothing is in it
			case c.Err != nil:
				return c.Err
			case !c.Auth.SameSecret(r.stored) && !sameSession(c.Auth, r.stored):
				return credstore.ErrChanged
			}
			if err := book.Keep(ctx, c.Auth); err != nil {
				return err
			}
		}
		return nil
	}, mode)
	if errors.Is(err, credstore.ErrChanged) {
		return nil
	}
	return ignoreNotFound(err)
}

// drop ends the session of the sign-in and takes it out of the book. It holds
// the account, so that nobody switches to it meanwhile.
func (l *Login) drop(ctx context.Context, r Receipt, out *SignedOut) error {
	mode := l.madeIn(r)
	book := credstore.OpenBook(l.Home, mode)
	unlock, err := book.LockAccount(ctx, r.ID)
	if err != nil {
		return err
	}
	defer unlock()
	page, err := book.Find(ctx, r.stored)
	if errors.Is(err, credstore.ErrNotFound) {
		return nil // somebody else was faster
	}
	if err != nil {
		return err
	}
	session, err := book.Load(ctx, page)
	if err != nil {
		return err
	}
	l.revokeAll(ctx, []*credstore.Auth{session}, out)
	if _, err := book.Take(ctx, session); ignoreNotFound(err) != nil {
		return err
	}
	// The earlier session comes to the front, or the card goes. Where that
	// fails, the next look at the list does it.
	if active, _, err := l.store(mode).Load(ctx); ignoreNotFound(err) == nil {
		_, _ = book.Repair(ctx, active)
	}
	if _, err := book.Card(ctx, r.ID); errors.Is(err, credstore.ErrNotFound) {
		out.Forgotten = 1
	}
	return nil
}

func ignoreNotFound(err error) error {
	if errors.Is(err, credstore.ErrNotFound) {
		return nil
	}
	return err
}

// knows reports whether the very key or access token is in the book already.
// A ChatGPT sign-in is always a new session.
func knows(ctx context.Context, book *credstore.Book, a *credstore.Auth) bool {
	if a.Kind() == credstore.AuthChatGPT {
		return false
	}
	_, err := book.Card(ctx, credstore.ID(a))
	return err == nil
}
