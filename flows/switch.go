package flows

import (
	"context"
	"errors"
	"time"

	"codex-login/credstore"
	"codex-login/flows/loginlog"
)

// Switched says what a switch did, safe to print.
type Switched struct {
	// Account is in use now.
	Account Entry
	// Left is the account before; nil when nobody was signed in.
	Left *Entry
	// Changed is false when the account was the active one already.
	Changed bool
	// Holders are the running programs that still hold another account.
	Holders Holders
	Notes   []Note
}

// settlePatience is how long a switch waits for a renewal that a running Codex
// may be in the middle of. A refresh is one request.
const (
	settlePatience = 3 * time.Second
	settlePause    = 50 * time.Millisecond
)

// Switch makes the account with that id the active one. The one that is left
// goes to the book as it is then; nothing is revoked. It returns a
// *NoAccountError, a *policy.Violation (then nothing has changed), an
// *UnaskedError where only the account's server could tell and does not, a
// *SessionEndedError for a session that is known to be dead, or a store's
// error.
func (l *Login) Switch(ctx context.Context, id string) (Switched, error) {
	out, err := l.switchTo(ctx, id)
	switch {
	case err != nil:
		l.failed(loginlog.SwitchedNot, err)
	case out.Changed:
		l.logSwitched(out)
	}
	return out, err
}

func (l *Login) switchTo(ctx context.Context, id string) (Switched, error) {
	l.follow()
	if _, err := l.permitted(ctx, id); err != nil {
		return Switched{}, err
	}
	// A renewal under way would leave tokens that are spent in use.
	unlock, err := l.book().LockAccount(ctx, id)
	if err != nil {
		return Switched{}, cancelled(ctx, err)
	}
	defer unlock()
	card, err := l.permitted(ctx, id) // it may have ended meanwhile
	if err != nil {
		return Switched{}, err
	}
	account, kept := accountOf(card), func() (*credstore.Auth, error) { return l.book().Load(ctx, id) }
	// Without an answer it stays on its page: where Codex finds it, it is deleted
	// as soon as the server says that it is another workspace's.
	if err := l.judgeToken(ctx, &account, kept); err != nil {
		return Switched{}, err
	}
	for try := 1; ; try++ {
		out, err := l.switchOnce(ctx, card, try == followTries)
		if !errors.Is(err, errRenewing) {
			return out, err
		}
	}
}

// errRenewing ends a switch before anything is written: a Codex that started
// meanwhile may be renewing the account that is left.
var errRenewing = errors.New("the account that is left may be renewed just now")

// switchOnce waits for a renewal and switches. The last try does not mind that
// there may be yet another one.
func (l *Login) switchOnce(ctx context.Context, card credstore.Card, last bool) (Switched, error) {
	var out Switched
	active, place, err := l.store(l.Mode()).Load(ctx)
	missed := last
	if err == nil && !active.Empty() {
		if credstore.ID(active) == card.ID {
			return l.unchanged(ctx, card, active, place), nil
		}
		out.Notes = l.awaitRenewal(ctx, active)
		missed = missed || len(out.Notes) > 0
	}
	began := l.Clock.now()
	err = l.exchange(ctx, card.ID, &out, func(active *credstore.Auth) error {
		switch {
		case credstore.ID(active) == card.ID:
			return errSettled
		case !missed && ctx.Err() == nil && l.mayBeRenewed(ctx, active):
			return errRenewing
		}
		return nil
	})
	if errors.Is(err, errSettled) { // another process has switched to it meanwhile
		if active, place, err = l.store(l.Mode()).Load(ctx); err != nil {
			return Switched{}, err
		}
		return l.unchanged(ctx, card, active, place), nil
	}
	if err != nil {
		return Switched{}, err
	}
	out.Changed = true
	out.Holders = l.Holders(ctx, began)
	return out, nil
}

// unchanged is the answer to a switch to the account that is in use. Who asks
// again wants to know the same as at the first time.
func (l *Login) unchanged(ctx context.Context, card credstore.Card, active *credstore.Auth, place credstore.Place) Switched {
	out := Switched{Account: l.entry(card)}
	l.markActive(&out.Account, card, active, place)
	since := card.LastUsed
	if since.IsZero() { // Codex signed in with it. Nobody knows when, so any program may be older.
		since = l.Clock.now()
	}
	out.Holders = l.Holders(ctx, since)
	return out
}

// permitted returns the card of an account that may be switched to.
func (l *Login) permitted(ctx context.Context, id string) (credstore.Card, error) {
	card, err := l.book().Card(ctx, id)
	if errors.Is(err, credstore.ErrNotFound) {
		active, _, err := l.store(l.Mode()).Load(ctx)
		if err == nil && !active.Empty() && credstore.ID(active) == id {
			return credstore.CardOf(active), nil
		}
		return card, &NoAccountError{Name: id}
	}
	if err != nil {
		return card, err
	}
	e := l.entry(card)
	switch {
	case e.Refused != nil:
		return card, e.Refused
	case e.Ended != nil && e.Method == AccountChatGPT:
		return card, e.Ended
	}
	return card, nil
}

// exchange puts the account in the place of the active one. Under the locks:
// what is there now goes to its page, the account's page is read and written
// to the place where Codex looks, and then the page goes. So each document is
// somewhere whatever kills the process. agree is asked of the active login, if
// there is one, under the locks; its error ends it.
func (l *Login) exchange(ctx context.Context, id string, out *Switched, agree func(active *credstore.Auth) error) error {
	var target *credstore.Auth
	var pages []string
	var left Receipt
	place, err := l.saveActive(ctx, credstore.Steps{
		Choose: func(ctx context.Context) (*credstore.Auth, error) {
			active, _, err := l.store(l.Mode()).Load(ctx)
			if err == nil && !active.Empty() {
				if err := agree(active); err != nil {
					return nil, err
				}
			}
			if target, pages, err = l.latest(ctx, id); errors.Is(err, credstore.ErrNotFound) {
				return nil, &NoAccountError{Name: id}
			}
			if err != nil {
				return nil, err
			}
			// The card may be older than the page.
			if v := l.checkStored(target); v != nil {
				return nil, v
			}
			return target, l.keepReplaced(ctx, l.Mode(), target, &left)
		},
		Spare: left.spare,
		Written: func() bool {
			for _, page := range pages {
				if err := l.book().Remove(ctx, page); err != nil && !errors.Is(err, credstore.ErrNotFound) {
					out.Notes = append(out.Notes, Note{Code: NotePageLeft, Err: err})
				}
			}
			return true
		},
	})
	if err != nil {
		return err
	}
	book := l.book()
	if err := l.used(ctx, book, target, left.replaced); err != nil {
		out.Notes = append(out.Notes, Note{Code: NoteCardFailed, Err: err})
	}
	out.Notes = append(out.Notes, left.Notes...)
	if left.replaced != nil {
		e := l.entry(credstore.CardOf(left.replaced))
		if card, err := book.Card(ctx, e.ID); err == nil {
			e = l.entry(card)
		}
		out.Left = &e
	}
	card, err := book.Card(ctx, id)
	if err != nil {
		card = credstore.CardOf(target)
	}
	out.Account = l.entry(card)
	l.markActive(&out.Account, card, target, place)
	return nil
}

// latest is the session on the front page of an account with its latest tokens,
// and the pages that hold it: a renewal that could not be stored in its place
// left them on a page beside it.
func (l *Login) latest(ctx context.Context, id string) (*credstore.Auth, []string, error) {
	book := l.book()
	target, err := book.Load(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	beside := credstore.SessionID(target)
	other, err := book.Load(ctx, beside)
	switch {
	case errors.Is(err, credstore.ErrNotFound):
		return target, []string{id}, nil
	case err != nil:
		return nil, nil, err
	case !sameSession(other, target):
		return target, []string{id}, nil
	case other.LastRefresh.After(target.LastRefresh):
		target = other
	}
	return target, []string{id, beside}, nil
}

// awaitRenewal narrows a window that cannot be closed from here. Codex asks
// the issuer for new tokens before it takes a lock, and drops them if the
// account on disk has changed by then. So while a Codex runs and the tokens
// are due, the switch waits for the renewal to be written.
func (l *Login) awaitRenewal(ctx context.Context, active *credstore.Auth) []Note {
	if !l.mayBeRenewed(ctx, active) {
		return nil
	}
	for waited := time.Duration(0); waited < settlePatience; waited += settlePause {
		if l.Clock.wait(ctx, settlePause) != nil {
			return nil
		}
		now, _, err := l.store(l.Mode()).Load(ctx)
		if err != nil || !now.SameSecret(active) {
			return nil
		}
	}
	return []Note{{Code: NoteRenewalMissed}}
}

// mayBeRenewed: the tokens are due, and a Codex runs that would renew them.
func (l *Login) mayBeRenewed(ctx context.Context, active *credstore.Auth) bool {
	now := l.Clock.now()
	return due(active, now) != "" && len(l.Holders(ctx, now).Programs) > 0
}
