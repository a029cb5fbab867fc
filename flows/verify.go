package flows

import (
	"context"
	"errors"
	"strings"
	"sync"

	"codex-login/credstore"
)

// Checked is what came of looking whether a login still works, safe to print.
type Checked struct {
	ID string
	// Account is the login as it is now.
	Account Account
	// Renewed: the tokens were due and have been renewed, by us or meanwhile
	// by somebody else.
	Renewed bool
	// Asked: a server was asked. Tokens that are not due are not.
	Asked bool
	// Err is a *SessionEndedError, or what kept the question from being
	// answered; nil when the login works as far as that can be told.
	Err error
}

// Verify looks whether the account with that id still works, "" for the
// active one: tokens that are due by Codex's own rules are renewed, a key or
// access token is shown to its server. The error is a *NoAccountError, a
// store's or an *UnsavedError; what the server said stands in Checked.
//
// ctx ends the wait for another process that is at the same account. A request
// that was sent is not interrupted: Verify returns when its answer is stored,
// and whoever leaves has to wait for that.
func (l *Login) Verify(ctx context.Context, id string) (Checked, error) {
	l.follow()
	found, err := l.locate(ctx, id)
	if err != nil {
		return Checked{ID: id}, cancelled(ctx, err)
	}
	switch found.auth.Kind() {
	case credstore.AuthAPIKey, credstore.AuthPersonalAccessToken:
		return l.ask(ctx, found), nil
	case credstore.AuthChatGPT:
		return l.renew(ctx, found)
	default: // Codex renews and asks nothing here either
		return l.checked(found), nil
	}
}

// ask shows a key or an access token to its server. A refusal is not written
// down: the next answer may be another one, and no session is at stake.
func (l *Login) ask(ctx context.Context, found held) Checked {
	out := l.checked(found)
	out.Asked = true
	var err error
	if found.auth.Kind() == credstore.AuthAPIKey {
		err = l.verifyKey(ctx, *found.auth.APIKey)
	} else {
		var who identified
		flow := tokenFlow{login: l, challenge: &Challenge{}, token: found.auth.PersonalAccessToken}
		if who, err = flow.exchange(ctx, grant{}); err == nil {
			who.account.Place, who.account.StoreMode = out.Account.Place, out.Account.StoreMode
			out.Account = who.account
		}
	}
	var refused *InputError
	if errors.As(err, &refused) {
		err = &SessionEndedError{Reason: EndRejected, At: l.Clock.now()}
	}
	out.Err = cancelled(ctx, err)
	return out
}

// verifyAtOnce is how many accounts are renewed at the same time.
const verifyAtOnce = 4

// VerifyDue renews the accounts among entries that are due, some at a time,
// and calls done for each, from one goroutine at a time. It asks nobody about
// the others, nor about sessions that have ended or accounts that may not be
// used here. When ctx ends it begins no more, and waits for those that began.
func (l *Login) VerifyDue(ctx context.Context, entries []Entry, done func(Checked)) {
	var running sync.WaitGroup
	var one sync.Mutex
	room := make(chan struct{}, verifyAtOnce)
	for _, e := range entries {
		if !e.Due(l.Clock.now()) {
			continue
		}
		select {
		case room <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		running.Go(func() {
			defer func() { <-room }()
			out, err := l.Verify(ctx, e.ID)
			if err != nil {
				out.ID, out.Err = e.ID, err
			}
			one.Lock()
			defer one.Unlock()
			done(out)
		})
	}
	running.Wait()
}

// held is an account as it was found, and where.
type held struct {
	id     string
	auth   *credstore.Auth
	place  credstore.Place
	active bool
}

func (l *Login) checked(found held) Checked {
	out := Checked{ID: found.id, Account: describe(found.auth)}
	out.Account.Place, out.Account.StoreMode = found.place, l.Mode()
	return out
}

// locate reads the account with that id wherever it lives, "" for the active
// one. It returns a *NoAccountError, credstore.ErrNotFound when nobody is
// signed in, or a store's error.
func (l *Login) locate(ctx context.Context, id string) (held, error) {
	if strings.Contains(id, ".") {
		return held{}, &NoAccountError{Name: id} // an earlier session, not an account
	}
	const tries = 3 // a switch may carry it from one place to the other just now
	for try := 1; ; try++ {
		active, place, err := l.store(l.Mode()).Load(ctx)
		if err == nil && active.Empty() {
			err = credstore.ErrNotFound
		}
		switch {
		case err == nil && (id == "" || credstore.ID(active) == id):
			return held{credstore.ID(active), active, place, true}, nil
		case id == "":
			return held{}, err
		case err != nil && !errors.Is(err, credstore.ErrNotFound) && !credstore.IsProblem(err, credstore.ProblemCorrupt):
			// It may hold this account, with newer tokens than any page.
			return held{}, err
		}
		page, err := l.book().Load(ctx, id)
		if err == nil {
			found := held{id: id, auth: page}
			if card, err := l.book().Card(ctx, id); err == nil {
				found.place = card.Place
			}
			return found, nil
		}
		if !errors.Is(err, credstore.ErrNotFound) {
			return held{}, err
		}
		if try == tries {
			return held{}, &NoAccountError{Name: id}
		}
	}
}
