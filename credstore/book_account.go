package credstore

import (
	"context"
	"errors"
	"slices"
)

// Pages returns the logins of all pages of an account, the front page's first,
// then the earlier sessions, the newest first; ErrNotFound when there is none.
// Where one cannot be read, the error says so and the others are returned.
func (b *Book) Pages(ctx context.Context, id string) ([]*Auth, error) {
	f, err := b.folder()
	if err != nil {
		return nil, err
	}
	pages := f.byAccount()[id]
	if len(pages) == 0 {
		return nil, ErrNotFound
	}
	var out []*Auth
	var failed error
	earlier := 0
	for _, page := range pages {
		a, err := b.Load(ctx, page)
		if err != nil {
			failed = errors.Join(failed, ignoreNotFound(err))
			continue
		}
		if page == id {
			earlier = 1
		}
		out = append(out, a)
	}
	slices.SortStableFunc(out[earlier:], func(a, b *Auth) int { return b.LastRefresh.Compare(a.LastRefresh) })
	if failed == nil && out == nil {
		failed = ErrNotFound
	}
	return out, failed
}

// Forget removes an account from the book: its earlier sessions, its front
// page, its card and its lock, in that order, so that whatever ends it before
// leaves the account, or nothing but a card. It returns ErrNotFound when the
// book had none of them. A page that cannot be removed stays, and the card too.
func (b *Book) Forget(ctx context.Context, id string) error {
	if !validAccount.MatchString(id) {
		return ErrNotFound
	}
	unlock, err := b.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	ctx = context.WithoutCancel(ctx)
	f, err := b.folder()
	if err != nil {
		return err
	}
	found := false
	var failed error
	for _, page := range slices.Backward(f.byAccount()[id]) {
		if err := b.remove(ctx, page); ignoreNotFound(err) != nil {
			failed = errors.Join(failed, err)
		}
		found = true
	}
	if failed != nil {
		return failed
	}
	switch err := b.removeCard(id); {
	case err == nil:
		found = true
	case !errors.Is(err, ErrNotFound):
		return err
	}
	if b.memory == nil {
		sweepLock(b.accountLock(id))
	}
	if !found {
		return ErrNotFound
	}
	return nil
}

// Take removes the page with the session of a, or with its key, and returns the
// login as the page had it: a refresh may have changed it. ErrNotFound says that
// no page has it.
func (b *Book) Take(ctx context.Context, a *Auth) (*Auth, error) {
	unlock, err := b.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	ctx = context.WithoutCancel(ctx)
	id, err := b.Find(ctx, a)
	if err != nil {
		return nil, err
	}
	kept, err := b.load(ctx, id)
	if err != nil {
		return nil, err
	}
	return kept, ignoreNotFound(b.remove(ctx, id))
}

// Renew writes a refreshed login over the page that holds the very tokens of
// old, whose account and session it continues. ErrNotFound says that no page
// does any more: somebody else was faster, or the account is in use now.
func (b *Book) Renew(ctx context.Context, old, renewed *Auth) error {
	if _, err := renewed.checked(b.place(ID(renewed))); err != nil {
		return err
	}
	if ID(old) != ID(renewed) {
		return ErrNotFound
	}
	unlock, err := b.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	ctx = context.WithoutCancel(ctx)
	front, err := b.load(ctx, ID(old))
	switch {
	case ignoreNotFound(err) != nil:
		return err // it may be the one
	case err == nil && front.SameSecret(old):
		if err := b.write(ctx, ID(old), renewed); err != nil {
			return err
		}
		b.dropOlder(ctx, renewed)
		return b.note(renewed, nil)
	}
	kept, err := b.load(ctx, SessionID(old))
	if err != nil {
		return err
	}
	if !kept.SameSecret(old) {
		return ErrNotFound
	}
	if err := b.keepSession(ctx, renewed); err != nil || SessionID(old) == SessionID(renewed) {
		return err
	}
	return ignoreNotFound(b.remove(ctx, SessionID(old)))
}

// dropOlder removes the page of its own that a session in front may have left.
// It only clutters.
func (b *Book) dropOlder(ctx context.Context, front *Auth) {
	if known, err := b.load(ctx, SessionID(front)); err == nil && newer(front, known) == front {
		_ = b.remove(ctx, SessionID(front))
	}
}
