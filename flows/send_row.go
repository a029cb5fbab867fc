package flows

import (
	"context"
	"errors"
	"io"

	"codex-login/credstore"
)

// work brings one target as far as it can be brought.
func (s *Send) work(ctx context.Context, r *sendRow) {
	if r.there == nil && !s.connect(ctx, r, false, nil) {
		return
	}
	defer func() {
		r.there.close()
		r.there = nil
	}()
	sent := Sent{Target: r.target, Kind: s.request.Kind}
	err := s.deliver(ctx, r, &sent)
	r.set(func(p *Progress) {
		p.Challenge = nil
		if p.Err = cancelled(ctx, err); err != nil {
			p.State = SendFailed
			return
		}
		p.State, p.Sent = SendDone, sent
	})
}

// connect reaches the target, and reports whether it did.
func (s *Send) connect(ctx context.Context, r *sendRow, ask bool, talk io.Writer) bool {
	r.set(func(p *Progress) { p.State, p.Err = SendConnecting, nil })
	t, err := s.login.reach(ctx, r.target, s.request.SetFileStore, ask, talk)
	r.there = t
	r.set(func(p *Progress) {
		switch p.Err = err; {
		case err == nil:
			p.State = SendReached
		case credstore.AskHelps(err) && !ask:
			p.State = SendAsks
		default:
			p.State = SendFailed
		}
	})
	return err == nil
}

func (s *Send) deliver(ctx context.Context, r *sendRow, sent *Sent) error {
	if s.request.Kind == SignInFor {
		return s.signIn(ctx, r, sent)
	}
	if v := r.there.allows(s.auth); v != nil {
		return v
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	r.state(SendStoring)
	ctx = context.WithoutCancel(ctx)
	if s.request.Kind == SendMove {
		return s.move(ctx, r, sent)
	}
	sent.Account = describe(s.auth)
	if err := r.there.put(ctx, s.login.Clock, s.auth, nil, sent); err != nil {
		return err
	}
	if s.request.Kind == SendLend {
		return s.lent(ctx, r.target, sent)
	}
	if s.auth.Kind() == credstore.AuthChatGPT {
		sent.add(Note{Code: NoteCopiesClash})
	}
	s.takeBack(ctx, r.target, sent)
	return nil
}

// signIn is the ordinary sign-in, with the other machine for its store and the
// rules there.
func (s *Send) signIn(ctx context.Context, r *sendRow, sent *Sent) error {
	if r.unstored == nil {
		found, err := s.obtain(ctx, r)
		if err != nil {
			return err
		}
		// From here on the login must not be lost: another Run stores it.
		r.unstored = &found
	}
	r.set(func(p *Progress) { p.State, p.Challenge = SendStoring, nil })
	ctx = context.WithoutCancel(ctx)
	sent.Account = r.unstored.account
	sent.Account.LastRefresh = r.unstored.auth.LastRefresh
	if err := r.there.put(ctx, s.login.Clock, r.unstored.auth, nil, sent); err != nil {
		return err
	}
	r.unstored = nil
	s.takeBack(ctx, r.target, sent)
	return nil
}

// obtain has the person sign in, and stores nothing.
func (s *Send) obtain(ctx context.Context, r *sendRow) (identified, error) {
	over := *s.login
	over.Rules = r.there.rules
	request := s.request.SignIn
	request.Store = over.Mode()
	c, err := over.Begin(ctx, request)
	if err != nil {
		return identified{}, err
	}
	defer c.Close()
	r.set(func(p *Progress) { p.State, p.Challenge = SendSigningIn, c })
	if over.Timeout > 0 {
		limited, cancel := context.WithTimeout(ctx, over.Timeout)
		defer cancel()
		ctx = limited
	}
	found, err := over.obtain(ctx, c)
	c.settle(err)
	return found, cancelled(ctx, err)
}

// moveTries is how often a login that is renewed here while it is on its way is
// sent once more.
const moveTries = 3

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
		now, err := l.locate(ctx, s.id)
		if err != nil || !now.auth.SameSecret(found.auth) {
			continue
		}
		if _, err := l.forgetHeld(ctx, l.book(), s.id, false); err != nil && !errors.Is(err, credstore.ErrNotFound) {
			sent.add(Note{Code: NoteNotForgotten, Err: err})
		}
		s.takeBack(ctx, r.target, sent)
		return nil
	}
	return errMoving
}

// errMoving says that a login kept changing here while it was handed over.
var errMoving = errors.New("a running program keeps renewing this login")

// lent writes a loan down.
func (s *Send) lent(ctx context.Context, t Target, sent *Sent) error {
	sent.Until = s.auth.ExpiresAt()
	err := credstore.Lend(ctx, s.login.Home, credstore.Loan{Machine: t, Account: s.id, Token: s.auth.Fingerprint(), Until: sent.Until})
	if err != nil {
		sent.add(Note{Code: NoteLoanNotNoted, Err: err})
	}
	return nil
}

// takeBack forgets an earlier loan to a target that has a login of its own now.
func (s *Send) takeBack(ctx context.Context, t Target, sent *Sent) {
	loans, err := credstore.Loans(s.login.Home)
	if err == nil && len(loans) == 0 {
		return
	}
	if err := credstore.TakeBack(ctx, s.login.Home, t); err != nil {
		sent.add(Note{Code: NoteLoanNotNoted, Err: err})
	}
}
