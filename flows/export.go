package flows

import (
	"context"

	"codex-login/credstore"
	"codex-login/flows/loginlog"
)

// Export is the document of an account as Codex writes auth.json, "" for the
// active one; with a passphrase it is encrypted, see seal. Whoever has a plain
// one is that account. The errors are those of Verify's look for an account.
//
// A ChatGPT session that is used in two places ends in both: its refresh token
// works once.
func (l *Login) Export(ctx context.Context, id string, passphrase credstore.Secret) ([]byte, error) {
	found, err := l.locate(ctx, id)
	if err != nil {
		return nil, err
	}
	document := append(found.auth.Encode(), '\n')
	if passphrase.Empty() {
		return document, nil
	}
	return seal(document, passphrase, sealWork)
}

// Import stores a login that came by file, pipe or paste, and makes it the
// active one, as a sign-in does: what was active goes to the account book. The
// text is an auth.json, or what Export encrypted; the passphrase is only used
// for the latter. It asks nobody on the network whether the login still works, only
// whose a personal access token is, where a rule is about workspaces.
//
// The errors are a *DocumentError, the *policy.Violation that the login is, an
// *UnaskedError, and those of the store. Nothing has changed then.
func (l *Login) Import(ctx context.Context, text []byte, passphrase credstore.Secret) (Receipt, error) {
	receipt, err := l.takeIn(ctx, text, passphrase)
	if err != nil {
		l.failed(loginlog.ImportedNot, err)
	} else {
		l.logSaved(receipt)
	}
	return receipt, err
}

func (l *Login) takeIn(ctx context.Context, text []byte, passphrase credstore.Secret) (Receipt, error) {
	auth, err := readDocument(text, passphrase)
	if err != nil {
		return Receipt{}, err
	}
	if v := l.checkStored(auth); v != nil {
		return Receipt{}, v
	}
	account := describe(auth)
	if err := l.judgeToken(ctx, &account, func() (*credstore.Auth, error) { return auth, nil }); err != nil {
		return Receipt{}, err
	}
	if err := ctx.Err(); err != nil {
		return Receipt{}, cancelled(ctx, err)
	}
	active, _, err := l.store(l.Mode()).Load(ctx)
	if err == nil && sameSession(active, auth) && active.LastRefresh.After(auth.LastRefresh) {
		// Its refresh token has been spent.
		return Receipt{}, &DocumentError{Problem: DocumentOlder}
	}
	return l.save(context.WithoutCancel(ctx), l.Mode(), identified{auth: auth, account: account})
}
