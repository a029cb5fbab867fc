package flows

import (
	"context"
	"errors"

	"codex-login/credstore"
	"codex-login/flows/loginlog"
	"codex-login/policy"
)

// Moved says what moving the logins to another store did, safe to print.
type Moved struct {
	From, To credstore.Mode
	// Account is the active one, with its new place; nil when nobody is signed in.
	Account *Account
	// Accounts counts the logins that were moved, the active one included.
	Accounts int
	// Holders are the running programs that look for the login at the place
	// that was left.
	Holders Holders
	Notes   []Note
}

// MoveStore moves every login of this CODEX_HOME to another store: each is
// written there, read back and compared before its old copy goes, and
// cli_auth_credentials_store in config.toml is changed in between. To the store
// that is configured already it brings a login that was left elsewhere. It returns
// a *StorePinnedError, or the error of a store or of config.toml; then the
// logins are where they were, or in both places.
func (l *Login) MoveStore(ctx context.Context, to credstore.Mode) (Moved, error) {
	out, err := l.moveStore(ctx, to)
	switch facts := []loginlog.Fact{loginlog.Kind("from", out.From), loginlog.Kind("to", to), loginlog.Count("accounts", out.Accounts)}; {
	case err != nil:
		l.failed(loginlog.MovedNot, err, facts...)
	case out.From != to:
		l.info(loginlog.Moved, facts...)
	}
	return out, err
}

func (l *Login) moveStore(ctx context.Context, to credstore.Mode) (Moved, error) {
	l.follow()
	out := Moved{From: l.Mode(), To: to}
	if err := l.movable(ctx, to); err != nil {
		return out, err
	}
	if to == out.From {
		if err := l.bring(ctx, &out); !errors.Is(err, credstore.ErrNotFound) {
			return out, err
		}
		return out, nil
	}
	ctx = context.WithoutCancel(ctx)
	began := l.Clock.now()
	book := credstore.OpenBook(l.Home, to)
	unlock, err := book.LockMove(ctx)
	if err != nil {
		return out, err
	}
	defer unlock()
	// A renewal under way would be written to the place that is left.
	release, err := l.lockActive(ctx, &out)
	if err != nil {
		return out, err
	}
	defer release()
	if err := book.BeginMove(ctx, out.From, to); err != nil {
		return out, err
	}
	pages, err := book.MovePages(ctx, to)
	if err == nil {
		err = l.moveActive(ctx, to, &out)
	}
	if err != nil {
		// Codex looks where config.toml says; so do we.
		if _, back := book.MovePages(ctx, out.From); back == nil {
			_ = book.EndMove(ctx)
		}
		return out, err
	}
	out.Accounts += pages
	if out.Account != nil && out.Accounts > 0 {
		out.Holders = l.Holders(ctx, began)
	}
	if err := book.EndMove(ctx); err != nil {
		out.Notes = append(out.Notes, Note{Code: NoteNotMended, Err: err})
	}
	return out, nil
}

// movable says beforehand what would end the move half way.
func (l *Login) movable(ctx context.Context, to credstore.Mode) error {
	if to == l.Mode() {
		return nil
	}
	if pin := l.storePin(); pin != nil {
		return &StorePinnedError{Demanded: l.Mode(), Source: *pin}
	}
	if err := policy.CanSetUserValue(l.Home.Path, policy.StoreKey, string(to)); err != nil {
		return err
	}
	if to == credstore.ModeKeyring {
		return credstore.ProbeKeyring(ctx, l.Home)
	}
	return ctx.Err()
}

// lockActive keeps everybody else from renewing the active login, and waits
// for a renewal by Codex, as a switch does.
func (l *Login) lockActive(ctx context.Context, out *Moved) (release func(), err error) {
	for try := 1; ; try++ {
		active, _, err := l.store(l.Mode()).Load(ctx)
		switch {
		case errors.Is(err, credstore.ErrNotFound), err == nil && active.Empty():
			return func() {}, nil
		case err != nil:
			return nil, err
		}
		release, err := l.book().LockAccount(ctx, credstore.ID(active))
		if err != nil {
			return nil, err
		}
		out.Notes = l.awaitRenewal(ctx, active)
		now, _, err := l.store(l.Mode()).Load(ctx)
		if try == followTries || err == nil && credstore.ID(now) == credstore.ID(active) {
			return release, nil
		}
		release() // another account was switched to meanwhile
	}
}

// moveActive writes the active login to its new place, tells Codex where that
// is, and only then clears the former one.
func (l *Login) moveActive(ctx context.Context, to credstore.Mode, out *Moved) error {
	var receipt Receipt
	configured := false
	var active *credstore.Auth
	var was credstore.Place
	var entry error // what became of the entry that was left
	place, err := l.store(to).Save(ctx, nil, credstore.Steps{
		Choose: func(ctx context.Context) (*credstore.Auth, error) {
			if l.Rules.Reread() {
				return nil, errStoreMoved
			}
			var err error
			if active, was, err = l.store(l.Mode()).Load(ctx); err != nil {
				return nil, err
			}
			return active, l.keepReplaced(ctx, to, active, &receipt)
		},
		Spare: receipt.spare,
		Written: func() bool {
			configured = l.configure(to, &receipt)
			if configured && to == credstore.ModeFile {
				entry = l.dropKeyring(ctx, receipt.unkept)
			}
			return configured
		},
	})
	if errors.Is(err, credstore.ErrNotFound) {
		if err := policy.SetUserValue(l.Home.Path, policy.StoreKey, string(to)); err != nil {
			return err
		}
		l.Rules.StoreMoved(string(to))
		return nil
	}
	if err != nil {
		return err
	}
	out.Notes = append(out.Notes, receipt.Notes...)
	if !configured {
		return l.takeBack(ctx, to, active, receipt)
	}
	if entry != nil {
		place.Leftover = entry
	}
	out.add(place)
	account := describe(active)
	account.Place, account.StoreMode = place, to
	out.Account = &account
	if place.Kind != was.Kind || place.Where != was.Where { // without a keyring, auto is the file
		out.Accounts++
	}
	return nil
}

// takeBack removes the copy that Codex would not find, since config.toml could
// not be changed after all.
func (l *Login) takeBack(ctx context.Context, to credstore.Mode, active *credstore.Auth, receipt Receipt) error {
	why := receipt.Notes[len(receipt.Notes)-1].Err
	return errors.Join(why, l.clearCopies(ctx, active))
}
