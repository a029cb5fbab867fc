package flows

import (
	"context"
	"errors"
	"time"

	"codex-login/credstore"
	"codex-login/flows/loginlog"
)

// A refresh token works once, so it must not be sent twice, and what it bought
// must not be lost. Codex reads, asks and writes without a lock around the
// three. Here one lock an account is held over all of it, so that programs of
// this kind wait for each other; for a Codex that renews at the same moment,
// the login is read again right before the request, and once more after an
// answer that says somebody was faster.
//
// Two things nobody can help: a process that is killed between the issuer's
// answer and the write takes the new tokens with it; and where the issuer ends
// a session whose token it sees twice, a Codex whose request crosses ours costs
// both of us the session.

// How long the tokens of a faster Codex are waited for: it writes them as soon
// as it has them.
const (
	adoptPatience = 2 * time.Second
	adoptPause    = 100 * time.Millisecond
)

// renew is Verify for a ChatGPT login.
func (l *Login) renew(ctx context.Context, found held) (Checked, error) {
	if out, settled := l.settled(ctx, found); settled {
		return out, nil
	}
	unlock, err := l.book().LockAccount(ctx, found.id)
	if err != nil {
		return l.checked(found), cancelled(ctx, err)
	}
	defer unlock()
	now, err := l.locate(ctx, found.id)
	if err != nil {
		return l.checked(found), cancelled(ctx, err)
	}
	out, settled := l.settled(ctx, now)
	if settled {
		out.Renewed = out.Err == nil && !now.auth.SameSecret(found.auth)
		return out, nil
	}
	if fresh, ok := l.alreadyRenewed(ctx, now); ok {
		if now, err = l.commit(context.WithoutCancel(ctx), now, fresh); err != nil || due(now.auth, l.Clock.now()) == "" {
			out = l.checked(now)
			out.Renewed = true
			return out, err
		}
	}
	if err := ctx.Err(); err != nil {
		return out, cancelled(ctx, err)
	}
	return l.spend(context.WithoutCancel(ctx), now)
}

// spend has the tokens renewed and stores the new ones.
func (l *Login) spend(ctx context.Context, now held) (Checked, error) {
	why := due(now.auth, l.Clock.now())
	l.info(loginlog.Renewing, loginlog.Account(now.auth), loginlog.Code("reason", why))
	fresh, err := l.refresh(ctx, now.auth, why)
	if err != nil {
		l.failed(loginlog.RenewedNot, err, loginlog.Account(now.auth))
		return l.refused(ctx, now, err), nil
	}
	now, err = l.commit(ctx, now, fresh)
	if err != nil {
		l.failed(loginlog.RenewedNot, err, loginlog.Account(now.auth))
	} else {
		l.info(loginlog.Renewed, append([]loginlog.Fact{loginlog.Account(now.auth)}, loginlog.Place(now.place)...)...)
	}
	out := l.checked(now)
	out.Asked, out.Renewed = true, true
	return out, err
}

// settled reports that there is nothing to be asked: the login is not due, or
// its session is known to have ended.
func (l *Login) settled(ctx context.Context, found held) (Checked, bool) {
	out := l.checked(found)
	card, err := l.book().Card(ctx, found.id)
	noted := err == nil
	if noted && card.Ended != nil && card.Ended.Session == found.auth.Fingerprint() {
		out.Err = &SessionEndedError{Reason: EndReason(card.Ended.Reason), At: card.Ended.At}
		_, renewed := l.alreadyRenewed(ctx, found)
		return out, !renewed
	}
	if due(found.auth, l.Clock.now()) != "" {
		return out, false
	}
	if noted && (card.Ended != nil || !card.ExpiresAt.Equal(found.auth.ExpiresAt())) {
		l.noteAlive(ctx, found) // Codex has renewed it since
	}
	return out, true
}

// refused is what an unsuccessful request comes to. The tokens of a session
// that has ended are remembered and never sent again, as in Codex.
func (l *Login) refused(ctx context.Context, spent held, err error) Checked {
	var ended *SessionEndedError
	final := errors.As(err, &ended)
	if final {
		if now, ok := l.renewedElsewhere(ctx, spent, ended.Reason); ok {
			l.noteAlive(ctx, now)
			out := l.checked(now)
			out.Asked, out.Renewed = true, true
			return out
		}
		l.noteEnded(ctx, spent, ended)
	}
	out := l.checked(spent)
	out.Asked, out.Err = true, err
	return out
}

// renewedElsewhere looks whether somebody else, a Codex, has renewed the login
// meanwhile. If the issuer saw the token before, its new ones may be about to
// be written.
func (l *Login) renewedElsewhere(ctx context.Context, spent held, reason EndReason) (held, bool) {
	for waited := time.Duration(0); ; waited += adoptPause {
		now, err := l.locate(ctx, spent.id)
		if err == nil && now.auth.Fingerprint() != spent.auth.Fingerprint() {
			return now, true
		}
		if reason != EndUsed || waited >= adoptPatience || l.Clock.wait(ctx, adoptPause) != nil {
			return held{}, false
		}
	}
}

// The card is what a list is made from. One that cannot be written is put
// right the next time somebody looks; the login itself is what counts.

func (l *Login) noteAlive(ctx context.Context, now held) {
	_ = l.book().Note(ctx, now.auth, func(c *credstore.Card) { c.Ended = nil })
}

func (l *Login) noteEnded(ctx context.Context, spent held, e *SessionEndedError) {
	end := func(c *credstore.Card) {
		c.Ended = &credstore.Ended{Reason: string(e.Reason), At: e.At, Session: spent.auth.Fingerprint()}
	}
	if spent.active {
		_ = l.book().Note(ctx, spent.auth, end) // it may have no card yet
		return
	}
	_ = l.book().Edit(ctx, spent.id, end)
}
