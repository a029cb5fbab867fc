package flows

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"

	"codex-login/credstore"
	"codex-login/flows/loginlog"
	"codex-login/flows/network"
)

// SignOut removes the login from this machine, the earlier sessions of the
// same account too, and, if revoke is set, ends them at the issuer first
// (RFC 7009, OpenAI's JSON form). A session that could not be ended is reported
// and does not keep the login here. The other accounts of the book stay. It
// returns credstore.ErrNotFound when nobody was signed in.
//
// It works under rules that permit no login, and where the configuration
// cannot be read: then every place is cleared in which a login may be.
func (l *Login) SignOut(ctx context.Context, revoke bool) (SignedOut, error) {
	l.follow()
	out, err := l.signOut(ctx, revoke, "", l.logoutStores()...)
	l.logSignedOut(out, err)
	return out, err
}

// HalfSignedOutError says that a sign-out could not reach the keyring, or could
// not open the encrypted file, which is then Shut. Removed is the file that is
// gone all the same; "" for none.
type HalfSignedOutError struct {
	Removed, Shut string
	Err           error
}

func (e *HalfSignedOutError) Error() string {
	return "the keyring could not be cleared: " + e.Err.Error()
}
func (e *HalfSignedOutError) Unwrap() error { return e.Err }

// halfSignedOut is err, with the file among what was there that is gone, if it
// is the keyring that failed.
func halfSignedOut(was []credstore.Copy, err error) error {
	var store *credstore.Error
	if !errors.As(err, &store) || store.Place.Kind == credstore.KindFile {
		return err
	}
	half := &HalfSignedOutError{Err: err}
	if shut(store) {
		half.Shut = store.Place.Where
	}
	for _, c := range was {
		if c.Place.Kind != credstore.KindFile {
			continue
		}
		if _, err := os.Lstat(c.Place.Where); errors.Is(err, fs.ErrNotExist) {
			half.Removed = c.Place.Where
		}
	}
	return half
}

// shut reports that an encrypted file does not open, though the keyring answers.
func shut(err error) bool {
	var e *credstore.Error
	if !errors.As(err, &e) || e.Place.Kind != credstore.KindEncrypted {
		return false
	}
	return e.Problem != credstore.ProblemUnavailable && e.Problem != credstore.ProblemLocked && e.Problem != credstore.ProblemTimeout
}

func (l *Login) logoutStores() []credstore.Mode {
	var modes []credstore.Mode
	for _, name := range l.Rules.LogoutStores() {
		modes = append(modes, credstore.Mode(name))
	}
	return modes
}

// signOut is SignOut for the stores of these modes. The caller holds the lock
// of the account held, if it names one.
func (l *Login) signOut(ctx context.Context, revoke bool, held string, modes ...credstore.Mode) (SignedOut, error) {
	var out SignedOut
	home := l.Home
	if l.Rules.Unreadable() {
		home.Encrypted = true // nobody knows: then that file too
	}
	copies := credstore.Copies(ctx, home, modes...)
	var logins []*credstore.Auth
	for _, c := range copies {
		if c.Err != nil || c.Auth.Empty() {
			continue
		}
		logins = append(logins, c.Auth)
		if out.Account.Method == "" {
			out.Account = describe(c.Auth)
			out.Account.Place, out.Account.StoreMode = c.Place, modes[0]
		}
	}
	book := l.diskBook(modes[0])
	ids := identities(logins)
	for _, id := range ids {
		if id != held {
			unlock, err := book.LockAccount(ctx, id)
			if err != nil {
				return out, cancelled(ctx, err)
			}
			defer unlock()
		}
		logins = append(logins, l.keptSessions(ctx, book, id, &out)...)
	}
	if revoke {
		l.revokeAll(ctx, logins, &out)
	}
	if ctx.Err() != nil {
		return out, ErrCancelled
	}
	ctx = context.WithoutCancel(ctx)
	err := credstore.DeleteIf(ctx, home, unchanged(copies...), modes...)
	if errors.Is(err, credstore.ErrChanged) && len(ids) > 0 {
		err = nil // another login is there by now, and stays; this one may have gone to its page
	}
	if err != nil {
		return out, halfSignedOut(copies, err)
	}
	out.Forgotten = max(len(ids), 1)
	for _, id := range ids {
		if err := book.Forget(ctx, id); err != nil && !errors.Is(err, credstore.ErrNotFound) {
			return out, err
		}
	}
	l.endLoans(ctx, &out, ids...)
	return out, nil
}

// diskBook is the book beside a store, on disk also where logins are kept in
// memory only: it may hold what was there before.
func (l *Login) diskBook(mode credstore.Mode) *credstore.Book {
	if mode == credstore.ModeEphemeral {
		mode = credstore.ModeFile
	}
	return credstore.OpenBook(l.Home, mode)
}

// identities are the ids of the accounts that the logins belong to, each once.
func identities(logins []*credstore.Auth) []string {
	var ids []string
	for _, a := range logins {
		if id := credstore.ID(a); !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// keptSessions reads the sessions of an account that the book keeps. One that cannot
// be read cannot be ended either, which is said.
func (l *Login) keptSessions(ctx context.Context, book *credstore.Book, id string, out *SignedOut) []*credstore.Auth {
	found, err := book.Pages(ctx, id)
	if err != nil && !errors.Is(err, credstore.ErrNotFound) {
		out.RevokeErr = errors.Join(out.RevokeErr, err)
	}
	return found
}

// Forget removes an account from the book, its earlier sessions too; revoke
// ends them at the issuer first. The active account is signed out.
func (l *Login) Forget(ctx context.Context, id string, revoke bool) (SignedOut, error) {
	l.follow()
	out, err := l.forget(ctx, l.book(), id, revoke)
	l.logSignedOut(out, err)
	return out, err
}

// forget holds the account, so that nobody switches to it meanwhile.
func (l *Login) forget(ctx context.Context, book *credstore.Book, id string, revoke bool) (SignedOut, error) {
	unlock, err := book.LockAccount(ctx, id)
	if errors.Is(err, credstore.ErrNotFound) {
		return SignedOut{}, &NoAccountError{Name: id}
	}
	if err != nil {
		return SignedOut{}, cancelled(ctx, err)
	}
	defer unlock()
	return l.forgetHeld(ctx, book, id, revoke)
}

// forgetHeld is forget for a caller that holds the lock of the account.
func (l *Login) forgetHeld(ctx context.Context, book *credstore.Book, id string, revoke bool) (SignedOut, error) {
	active, _, err := l.store(l.Mode()).Load(ctx)
	if err == nil && !active.Empty() && credstore.ID(active) == id {
		return l.signOut(ctx, revoke, id, l.logoutStores()...)
	}
	card, err := book.Card(ctx, id)
	if errors.Is(err, credstore.ErrNotFound) {
		return SignedOut{}, &NoAccountError{Name: id}
	}
	if err != nil {
		return SignedOut{}, err
	}
	out := SignedOut{Account: l.entry(card).Account}
	if revoke {
		l.revokeAll(ctx, l.keptSessions(ctx, book, id, &out), &out)
	}
	if ctx.Err() != nil {
		return out, ErrCancelled
	}
	if err := book.Forget(context.WithoutCancel(ctx), id); err != nil {
		return out, err
	}
	if card.Pages > 0 { // otherwise it was nothing but a card that was left
		out.Forgotten = 1
	}
	l.endLoans(ctx, &out, id)
	return out, nil
}

// SignOutAll is SignOut for every account of this CODEX_HOME: the active one
// and those in the book. What could not be ended or removed does not keep the
// rest here. It returns credstore.ErrNotFound when there was nothing.
func (l *Login) SignOutAll(ctx context.Context, revoke bool) (SignedOut, error) {
	out, failed := l.SignOut(ctx, revoke)
	if errors.Is(failed, credstore.ErrNotFound) {
		failed = nil
	}
	if l.Mode() == credstore.ModeEphemeral && ctx.Err() == nil {
		beside, err := l.signOut(ctx, revoke, "", credstore.ModeFile)
		if !errors.Is(err, credstore.ErrNotFound) {
			out, failed = out.with(beside), errors.Join(failed, err)
		}
	}
	out.All = true
	if ctx.Err() != nil {
		return out, ErrCancelled
	}
	book := l.diskBook(l.Mode())
	cards, err := book.Cards(ctx)
	failed = errors.Join(failed, err, credstore.DropUnreadable(l.Home))
	for _, c := range cards {
		one, err := l.forget(ctx, book, c.ID, revoke)
		l.logSignedOut(one, err)
		out = out.with(one)
		if errors.Is(err, ErrCancelled) {
			return out, err
		}
		failed = errors.Join(failed, err)
	}
	out.Revoked = out.Ended > 0 && out.RevokeErr == nil
	if failed == nil && out.Forgotten == 0 {
		return out, credstore.ErrNotFound
	}
	return out, failed
}

// with adds what became of another account.
func (s SignedOut) with(one SignedOut) SignedOut {
	s.Forgotten += one.Forgotten
	s.Ended += one.Ended
	s.RevokeErr = errors.Join(s.RevokeErr, one.RevokeErr)
	s.Lent = append(s.Lent, one.Lent...)
	if s.Account.Method == "" {
		s.Account = one.Account
	}
	return s
}

// revokeAll ends every session among the logins, each once. Revoked is set
// only if all of them, and at least one, have ended.
func (l *Login) revokeAll(ctx context.Context, logins []*credstore.Auth, out *SignedOut) {
	var done []*credstore.Auth
	for _, a := range logins {
		if slices.ContainsFunc(done, a.SameSecret) {
			continue
		}
		done = append(done, a)
		ended, err := l.revoke(ctx, a)
		if ended {
			out.Ended++
		}
		out.RevokeErr = errors.Join(out.RevokeErr, err)
	}
	out.Revoked = out.Ended > 0 && out.RevokeErr == nil
}

// RevokePrevious ends the sessions that a sign-in replaced and takes them out
// of the account book.
func (l *Login) RevokePrevious(ctx context.Context, r Receipt) error {
	for _, old := range r.previous {
		if _, err := l.revoke(ctx, old); err != nil {
			return err
		}
		ctx := context.WithoutCancel(ctx)
		book := credstore.OpenBook(l.Home, r.Previous.StoreMode)
		id, err := book.Find(ctx, old)
		if err == nil {
			err = book.Remove(ctx, id)
		}
		if err == nil {
			err = l.dropCard(ctx, book, credstore.ID(old))
		}
		if err != nil && !errors.Is(err, credstore.ErrNotFound) {
			return err
		}
	}
	return nil
}

// dropCard forgets an account that has no session left.
func (l *Login) dropCard(ctx context.Context, book *credstore.Book, id string) error {
	left, err := book.Pages(ctx, id)
	if len(left) > 0 || err != nil && !errors.Is(err, credstore.ErrNotFound) {
		return err
	}
	active, _, err := l.store(l.Mode()).Load(ctx)
	if err == nil && credstore.ID(active) == id {
		return nil
	}
	return book.Forget(ctx, id)
}

// revoke reports whether there was a session and the issuer confirmed its end.
// As in Codex, API keys, access tokens and borrowed tokens are not revoked.
func (l *Login) revoke(ctx context.Context, a *credstore.Auth) (bool, error) {
	if a.Kind() != credstore.AuthChatGPT || a.Tokens == nil {
		return false, nil
	}
	body := struct {
		Token    string `json:"token"`
		Hint     string `json:"token_type_hint"`
		ClientID string `json:"client_id,omitempty"`
	}{a.Tokens.RefreshToken.Reveal(), "refresh_token", defaultClientID}
	issuedBy := ""
	if p := a.Tokens.Provenance; p != nil {
		// Codex sends every token to OpenAI. A token of another issuer is none
		// of OpenAI's business, and only its issuer can end it.
		issuedBy, body.ClientID = p.Issuer, p.ClientID
	}
	if body.Token == "" {
		body.Token, body.Hint, body.ClientID = a.Tokens.AccessToken.Reveal(), "access_token", ""
	}
	if body.Token == "" {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, revokeLimit)
	defer cancel()
	target := l.Issuer.revokeURL(issuedBy)
	answer, err := l.postJSON(ctx, target, true, body)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		err = &network.Error{Problem: network.Offline, Host: network.HostOf(target), Err: errors.New("no answer within 10 s")}
	case err == nil && !answer.ok():
		err = answer.failure()
	}
	if err != nil {
		l.failed(loginlog.RevokedNot, err, loginlog.Account(a))
		return false, err
	}
	l.info(loginlog.Revoked, loginlog.Account(a))
	return true, nil
}
