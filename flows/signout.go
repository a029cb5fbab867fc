package flows

import (
	"context"
	"errors"
	"slices"

	"codex-login/credstore"
)

// SignOut removes the login from this machine and, if revoke is set, ends its
// session at the issuer first (RFC 7009, OpenAI's JSON form). A session that
// could not be ended is reported and does not keep the login here. It returns
// credstore.ErrNotFound when nobody was signed in.
//
// It works under rules that permit no login, and where the configuration
// cannot be read: then every place is cleared in which a login may be.
func (l *Login) SignOut(ctx context.Context, revoke bool) (SignedOut, error) {
	var modes []credstore.Mode
	for _, name := range l.Rules.LogoutStores() {
		modes = append(modes, credstore.Mode(name))
	}
	var out SignedOut
	copies := credstore.Copies(ctx, l.Home, modes...)
	for _, c := range copies {
		if c.Err == nil && out.Account.Method == "" && !c.Auth.Empty() {
			out.Account = describe(c.Auth)
			out.Account.Place, out.Account.StoreMode = c.Place, modes[0]
		}
	}
	if revoke {
		out.Revoked, out.RevokeErr = l.revokeAll(ctx, copies)
	}
	if ctx.Err() != nil {
		return out, ErrCancelled
	}
	return out, deleteAll(context.WithoutCancel(ctx), l, modes)
}

// revokeAll ends every session among the copies, each once. It reports success
// only if all of them, and at least one, have ended.
func (l *Login) revokeAll(ctx context.Context, copies []credstore.Copy) (revoked bool, err error) {
	var done []*credstore.Auth
	for _, c := range copies {
		if c.Err != nil || slices.ContainsFunc(done, c.Auth.SameSecret) {
			continue
		}
		done = append(done, c.Auth)
		ok, failed := l.revoke(ctx, c.Auth)
		revoked, err = revoked || ok, errors.Join(err, failed)
	}
	return revoked && err == nil, err
}

// deleteAll clears the stores, the file first: a keyring's deletion takes the
// file along, and where there is no keyring nothing would be left to be found.
func deleteAll(ctx context.Context, l *Login, modes []credstore.Mode) error {
	var failed error
	found := false
	for _, m := range slices.Backward(modes) {
		err := l.store(m).Delete(ctx)
		switch {
		case err == nil:
			found = true
		case errors.Is(err, credstore.ErrNotFound):
		case len(modes) > 1 && credstore.IsProblem(err, credstore.ProblemUnavailable):
			// No keyring here, so nothing is in it.
		default:
			failed = errors.Join(failed, err)
		}
	}
	switch {
	case failed != nil:
		return failed
	case !found:
		return credstore.ErrNotFound
	}
	return nil
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
		if err != nil && !errors.Is(err, credstore.ErrNotFound) {
			return err
		}
	}
	return nil
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
	if errors.Is(err, context.DeadlineExceeded) {
		return false, &NetworkError{Problem: Offline, Host: hostOf(target), Err: errors.New("no answer within 10 s")}
	}
	if err != nil {
		return false, err
	}
	if !answer.ok() {
		return false, answer.failure()
	}
	return true, nil
}

// SignOutAll is SignOut for every account of this CODEX_HOME: the active one
// and those in the book. What could not be ended or removed does not keep the
// rest here. It returns credstore.ErrNotFound when there was nothing.
func (l *Login) SignOutAll(ctx context.Context, revoke bool) (SignedOut, error) {
	return SignedOut{}, errUnbuilt
}
