package flows

import (
	"context"

	"codex-login/credstore"
)

// What becomes of the sign-ins for other machines that were finished and could
// not be stored there. Both ways leave out a target that may have its login all
// the same, and are for when Run has returned.

// Discard ends the sessions of the sign-ins that were finished and could not be
// stored, so that none is left that nobody has. tell is called for each. It is for good.
func (s *Send) Discard(ctx context.Context, tell func(Target, Note)) {
	ctx = context.WithoutCancel(ctx)
	for _, r := range s.rows {
		if r.unstored == nil || r.unsure {
			continue
		}
		ended, err := s.login.revoke(ctx, r.unstored.auth)
		r.unstored = nil
		r.set(func(p *Progress) { p.Unstored = false })
		switch {
		case err != nil:
			tell(r.target, Note{Code: NoteSignInNotEnded, Err: err})
		case ended:
			tell(r.target, Note{Code: NoteSignInEnded})
		}
	}
}

// Keep puts them into the account book here, and returns their accounts. What
// the rules here forbid is not kept, and the error says so; it and what could
// not be stored are still held.
func (s *Send) Keep(ctx context.Context) ([]Entry, error) {
	ctx = context.WithoutCancel(ctx)
	s.login.follow()
	book := s.login.book()
	var kept []Entry
	for _, r := range s.rows {
		if r.unstored == nil || r.unsure {
			continue
		}
		a := r.unstored.auth
		if v := s.login.checkStored(a); v != nil {
			return kept, v
		}
		if err := book.Keep(ctx, a); err != nil {
			return kept, err
		}
		r.unstored = nil
		r.set(func(p *Progress) { p.Unstored = false })
		card, err := book.Card(ctx, credstore.ID(a))
		if err != nil {
			return kept, err
		}
		kept = append(kept, s.login.entry(card))
	}
	return kept, nil
}
