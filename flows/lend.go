package flows

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"codex-login/credstore"
)

// borrowed is the document that a machine gets whose login is lent: the access
// token without the refresh token. Codex 0.169 uses such a file as it stands,
// and neither renews nor revokes it. It returns an *InputError for a login that
// has no part that could be lent.
func borrowed(a *credstore.Auth) (*credstore.Auth, error) {
	if (a.Kind() != credstore.AuthChatGPT && a.Kind() != credstore.AuthChatGPTTokens) || a.Tokens == nil || a.Tokens.AccessToken.Empty() {
		return nil, &InputError{Problem: InputNotLendable}
	}
	return &credstore.Auth{
		Mode:        credstore.AuthChatGPTTokens,
		Tokens:      &credstore.Tokens{IDToken: a.Tokens.IDToken, AccessToken: a.Tokens.AccessToken, AccountID: a.Tokens.AccountID},
		LastRefresh: a.LastRefresh,
	}, nil
}

// ErrTakenBack says that a machine has another login by now than the one that
// it was lent, or none: it is left alone from now on.
var ErrTakenBack = errors.New("the machine no longer uses the lent login")

// errGone says that an account that was lent is not here any more.
var errGone = errors.New("the account that was lent is not here any more")

// RenewLoans brings every machine that has been lent a login up to date: tokens
// that are due are renewed here, once an account, and where the token here is
// another than there it is handed over. It calls done for every machine that it
// reached or tried to, from one goroutine at a time, and returns when to look
// again, zero if nothing is lent. ssh asks nobody anything.
func (l *Login) RenewLoans(ctx context.Context, done func(Progress)) (next time.Time, err error) {
	loans, err := credstore.Loans(l.Home)
	if err != nil {
		return time.Time{}, err
	}
	slices.SortStableFunc(loans, func(a, b credstore.Loan) int { return cmp.Compare(a.Account, b.Account) })
	var running sync.WaitGroup
	var one sync.Mutex
	report := func(p Progress) {
		one.Lock()
		defer one.Unlock()
		done(p)
	}
	room := make(chan struct{}, sendAtOnce)
	for len(loans) > 0 && ctx.Err() == nil {
		id := loans[0].Account
		n := slices.IndexFunc(loans, func(o credstore.Loan) bool { return o.Account != id })
		if n < 0 {
			n = len(loans)
		}
		same := loans[:n]
		loans = loans[n:]
		token, until, err := l.tokenToLend(ctx, id)
		if look := until.Add(-expiryMargin); !until.IsZero() && (next.IsZero() || look.Before(next)) {
			next = look
		}
		for _, loan := range same {
			if err == nil && loan.Token == token.Fingerprint() {
				continue
			}
			room <- struct{}{}
			running.Go(func() {
				defer func() { <-room }()
				p := Progress{Target: loan.Machine, State: SendFailed, Err: err}
				if err == nil {
					p = l.handOver(ctx, loan, token)
				}
				if errors.Is(p.Err, errGone) {
					// Nobody here can renew it, ever.
					p.Err = errors.Join(p.Err, credstore.TakeBackLoan(ctx, l.Home, loan))
				}
				if p.Err != nil {
					p.Err = cancelled(ctx, p.Err)
				}
				report(p)
			})
		}
	}
	running.Wait()
	return next, cancelled(ctx, ctx.Err())
}

// tokenToLend is the borrowed document of an account as it is now, renewed if it
// was due.
func (l *Login) tokenToLend(ctx context.Context, id string) (*credstore.Auth, time.Time, error) {
	checked, err := l.Verify(ctx, id)
	if err == nil {
		err = checked.Err
	}
	var found held
	if err == nil {
		found, err = l.locate(ctx, id)
	}
	if errors.As(err, new(*NoAccountError)) {
		err = errGone
		if _, _, bad := l.store(l.Mode()).Load(ctx); bad != nil && !errors.Is(bad, credstore.ErrNotFound) {
			err = bad // it may be the login in use, which somebody is just writing or has spoiled
		}
	}
	if err != nil {
		return nil, time.Time{}, err
	}
	token, err := borrowed(found.auth)
	return token, found.auth.ExpiresAt(), err
}

// handOver replaces a borrowed login, and nothing else: who has signed in there
// meanwhile, or out, stays so.
func (l *Login) handOver(ctx context.Context, loan credstore.Loan, token *credstore.Auth) Progress {
	p := Progress{Target: loan.Machine, State: SendFailed}
	sent := Sent{Target: loan.Machine, Kind: SendLend, Account: describe(token), Until: token.ExpiresAt()}
	p.Err = func() error {
		t, err := l.reach(ctx, loan.Machine, false, false, nil)
		if err != nil {
			return err
		}
		defer t.close()
		if v := t.allows(token); v != nil {
			return v
		}
		return t.put(context.WithoutCancel(ctx), l.Clock, token, func(now *credstore.Auth) error {
			if now == nil || now.Kind() != credstore.AuthChatGPTTokens || credstore.ID(now) != credstore.ID(token) {
				return ErrTakenBack
			}
			return nil
		}, &sent)
	}()
	ctx = context.WithoutCancel(ctx)
	switch {
	case p.Err == nil:
		p.State, p.Sent = SendDone, sent
		loan.Token, loan.Until = token.Fingerprint(), sent.Until
		if err := credstore.Relend(ctx, l.Home, loan); err != nil {
			p.Sent.add(Note{Code: NoteLoanNotNoted, Err: err})
		}
	case errors.Is(p.Err, ErrTakenBack):
		if err := credstore.TakeBackLoan(ctx, l.Home, loan); err != nil {
			p.Err = errors.Join(p.Err, err)
		}
	}
	return p
}

// lendingPause is the longest that KeepLending goes without a look: a Codex here
// may have renewed the tokens, and a machine that slept has lost time.
const lendingPause = time.Minute

// KeepLending is RenewLoans for as long as ctx lasts or anything is lent. What
// fails is tried again at the next look, and said once for as long as it stays
// the same.
func (l *Login) KeepLending(ctx context.Context, done func(Progress)) error {
	said := map[Target]string{}
	for {
		_, err := l.RenewLoans(ctx, func(p Progress) {
			why := ""
			if p.Err != nil {
				why = plainError(p.Err)
			}
			if why == "" || said[p.Target] != why {
				done(p)
			}
			said[p.Target] = why
		})
		if err != nil {
			return err
		}
		if loans, err := l.Loans(); err != nil || len(loans) == 0 {
			return err
		}
		if err := l.Clock.wait(ctx, lendingPause); err != nil {
			return cancelled(ctx, err)
		}
	}
}
