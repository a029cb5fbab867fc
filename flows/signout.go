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
	var out SignedOut
	var failed error
	found := false
	stores := l.Rules.LogoutStores()
	// The file first: a keyring's deletion takes the file along, and where
	// there is no keyring that would leave nothing to be found here.
	for _, name := range slices.Backward(stores) {
		mode := credstore.Mode(name)
		err := l.signOutOf(ctx, mode, revoke, &out)
		switch {
		case err == nil:
			found = true
		case errors.Is(err, credstore.ErrNotFound):
		case len(stores) > 1 && credstore.IsProblem(err, credstore.ProblemUnavailable):
			// No keyring here, so nothing is in it.
		default:
			failed = errors.Join(failed, err)
		}
	}
	switch {
	case failed != nil:
		return out, failed
	case !found:
		return out, credstore.ErrNotFound
	}
	return out, nil
}

func (l *Login) signOutOf(ctx context.Context, mode credstore.Mode, revoke bool, out *SignedOut) error {
	store := l.store(mode)
	auth, place, err := store.Load(ctx)
	if err == nil {
		out.Account = describe(auth)
		out.Account.Place, out.Account.StoreMode = place, mode
		if revoke {
			out.Revoked, out.RevokeErr = l.revoke(ctx, auth)
		}
	}
	// Whatever the reading said, a broken document or a keyring out of order,
	// deleting is tried.
	return store.Delete(context.WithoutCancel(ctx))
}

// RevokePrevious ends the session that a sign-in replaced and takes it out of
// the account book.
func (l *Login) RevokePrevious(ctx context.Context, r Receipt) error {
	if r.previous == nil {
		return nil
	}
	if _, err := l.revoke(ctx, r.previous); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	book := credstore.OpenBook(l.Home, r.Previous.StoreMode)
	id, err := book.Find(ctx, r.previous)
	if err == nil {
		err = book.Remove(ctx, id)
	}
	if errors.Is(err, credstore.ErrNotFound) {
		return nil
	}
	return err
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
