package flows

import (
	"context"
	"errors"

	"codex-login/credstore"
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
	if err != nil || !forget || r.Known {
		return out, err
	}
	dropped := SignedOut{Account: r.Account}
	out.DropErr = l.drop(context.WithoutCancel(ctx), r, &dropped)
	out.Dropped = &dropped
	return out, nil
}

// restore puts the earlier session of the account back in its place, in the
// order of a switch.
func (l *Login) restore(ctx context.Context, r Receipt) (*Switched, error) {
	mode := r.Account.StoreMode
	book := credstore.OpenBook(l.Home, mode)
	out := Switched{Changed: true}
	began := l.Clock.now()
	var target *credstore.Auth
	var left Receipt
	place, err := l.store(mode).Save(ctx, nil, credstore.Steps{
		Choose: func(ctx context.Context) (*credstore.Auth, error) {
			page, err := book.Find(ctx, r.replaced)
			if err == nil {
				target, err = book.Load(ctx, page)
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
			return target, l.keepReplaced(ctx, mode, target, &left)
		},
		Written: func() bool {
			if _, err := book.Take(ctx, target); err != nil && !errors.Is(err, credstore.ErrNotFound) {
				out.Notes = append(out.Notes, Note{Code: NotePageLeft, Err: err})
			}
			return true
		},
	})
	if err != nil {
		return nil, err
	}
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
	store := l.store(r.Account.StoreMode)
	active, _, err := store.Load(ctx)
	switch {
	case errors.Is(err, credstore.ErrNotFound):
		return nil
	case err != nil:
		return err
	case !active.SameSecret(r.stored) && !sameSession(active, r.stored):
		return nil
	}
	if err := credstore.OpenBook(l.Home, r.Account.StoreMode).Keep(ctx, active); err != nil {
		return err
	}
	return ignoreNotFound(store.Delete(ctx))
}

// drop takes the session of the sign-in out of the book and ends it. It is
// taken out first: nobody can switch to a session that is about to end.
func (l *Login) drop(ctx context.Context, r Receipt, out *SignedOut) error {
	book := credstore.OpenBook(l.Home, r.Account.StoreMode)
	session, err := book.Take(ctx, r.stored)
	if errors.Is(err, credstore.ErrNotFound) {
		return nil // somebody else was faster
	}
	if err != nil {
		return err
	}
	l.revokeAll(ctx, []*credstore.Auth{session}, out)
	// The earlier session comes to the front, or the card goes.
	// Where that fails, the next look at the list does it.
	if active, _, err := l.store(r.Account.StoreMode).Load(ctx); ignoreNotFound(err) == nil {
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
