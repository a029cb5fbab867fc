package flows

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"time"

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
			p.State, p.Unstored, p.Unsure = SendFailed, r.unstored != nil, r.unsure
			if p.Unstored && ctx.Err() == nil && credstore.AskHelps(err) {
				p.State = SendAsks // the connection broke off, and another one needs the password again
			}
			return
		}
		p.State, p.Sent, p.Unstored, p.Unsure = SendDone, sent, false, false
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
		r.unsure = r.unsure || unsure(err)
		return err
	}
	r.unstored = nil
	s.takeBack(ctx, r.target, sent)
	return nil
}

// unsure reports whether a login may have been stored all the same.
func unsure(err error) bool {
	var lost *credstore.MachineError
	return errors.As(err, &lost) && lost.Unsure
}

// obtain has the person sign in, and stores nothing.
func (s *Send) obtain(ctx context.Context, r *sendRow) (identified, error) {
	over := *s.login
	over.Rules = r.there.rules
	request := s.request.SignIn
	request.Store = over.Mode()
	c, err := over.Begin(ctx, request)
	for err != nil && ownPort(err) {
		// Where there are no device codes, each sign-in needs one of two ports.
		if err = over.Clock.wait(ctx, portPause); err == nil {
			c, err = over.Begin(ctx, request)
		}
	}
	if err != nil {
		return identified{}, cancelled(ctx, err)
	}
	defer c.Close()
	r.set(func(p *Progress) { p.State, p.Challenge = SendSigningIn, c })
	ctx, cancel := over.limited(ctx, c)
	defer cancel()
	found, err := over.obtain(ctx, c)
	c.settle(err)
	return found, cancelled(ctx, err)
}

// portPause is how long a sign-in waits before it looks again for a port that
// another one of this process holds.
const portPause = 2 * time.Second

// ownPort reports whether a port is missing that will be given back here.
func ownPort(err error) bool {
	var busy *PortBusyError
	return errors.As(err, &busy) && slices.ContainsFunc(busy.Ports, func(h PortHolder) bool { return h.PID == os.Getpid() })
}

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
