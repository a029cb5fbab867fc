package flows

import (
	"context"
	"errors"
	"time"

	"codex-login/credstore"
	"codex-login/flows/loginlog"
	"codex-login/flows/network"
	"codex-login/policy"
)

// Current says who is signed in: an account, or credstore.ErrNotFound, or the
// *RefusedError that the stored login is, or a *credstore.Error. It asks
// nobody on the network, looks at no other account and changes nothing.
// Earlier sessions of the account are not counted.
func (l *Login) Current(ctx context.Context) (Entry, error) {
	auth, place, err := l.store(l.Mode()).Load(ctx)
	if err != nil {
		return Entry{}, err
	}
	if auth.Empty() {
		// Codex calls `{}` "Logged in using ChatGPT". It is not a login.
		e := Entry{Account: describe(auth)}
		e.Place, e.StoreMode = place, l.Mode()
		return e, credstore.ErrNotFound
	}
	card, err := l.book().Card(ctx, credstore.ID(auth))
	if err != nil { // Codex signed in, or the card cannot be read: no reason to say nothing of the rest
		card = credstore.CardOf(auth)
	}
	e := l.entry(card)
	l.markActive(&e, card, auth, place)
	if e.Refused != nil {
		return e, l.forbidden(e.Refused, "")
	}
	return e, nil
}

// checkStored is the rule that a stored login breaks, or nil.
func (l *Login) checkStored(a *credstore.Auth) *policy.Violation {
	accountID := ""
	if a.Tokens != nil {
		accountID = a.Tokens.AccountID
	}
	return judge(l.Rules, a.Kind(), a.Claims().AccountID, accountID)
}

// judge holds a login to the rules by what it says of itself. An access token
// does not say which workspace it belongs to: only its server knows, and
// judgeToken asks there.
func judge(r *policy.Rules, mode credstore.AuthMode, claim, accountID string) *policy.Violation {
	if c := credentialOf(mode); c == policy.AccessToken {
		return r.Allows(c)
	}
	return r.CheckStored(credentialOf(mode), claim, accountID)
}

// ownerLimit is how long is waited to hear whose a token is.
const ownerLimit = 3 * time.Second

// asksOwner reports whether only the server can tell if the rules permit a
// login: a personal access token under a rule about workspaces.
func (l *Login) asksOwner(mode credstore.AuthMode) bool {
	return mode == credstore.AuthPersonalAccessToken && l.Rules.Workspaces() != nil
}

// judgeToken asks whose a personal access token is, where a rule is about
// workspaces, as Codex does at its start. load reads it. The rule that it breaks
// is a *policy.Violation; where nobody answers, an *UnaskedError. What it learns
// stands in account.
func (l *Login) judgeToken(ctx context.Context, account *Account, load func() (*credstore.Auth, error)) error {
	if !l.asksOwner(account.Mode) {
		return nil
	}
	auth, err := load()
	if err != nil || auth.Kind() != credstore.AuthPersonalAccessToken {
		return nil //nolint:nilerr // another login by now, which is not this one's fault
	}
	timed, cancel := context.WithTimeoutCause(ctx, ownerLimit, network.ErrSilent)
	defer cancel()
	a, err := l.whoami(timed, auth.PersonalAccessToken)
	if err == nil {
		err = account.ownedBy(a)
	}
	switch {
	case ctx.Err() != nil:
		return cancelled(ctx, ctx.Err())
	case err != nil:
		return &UnaskedError{Rule: l.unchecked(account.Mode), Err: err}
	}
	if v := l.Rules.Check(policy.AccessToken, account.WorkspaceID); v != nil {
		return v
	}
	return nil
}

// unchecked is the rule that nobody can hold a login to without asking its
// server; nil where there is none.
func (l *Login) unchecked(mode credstore.AuthMode) *policy.Violation {
	if !l.asksOwner(mode) || l.Rules.Allows(policy.AccessToken) != nil {
		return nil
	}
	return l.Rules.Check(policy.AccessToken, "")
}

// enforceTries bounds how often another login is looked at that came meanwhile.
const enforceTries = 3

// Enforce is Current for a start, in every skin: a login that breaks a rule is
// a *RefusedError, and under a forced_* rule it is deleted here, as Codex does
// at its own start. It stays where a requirements.toml rule hides it, where
// CODEX_API_KEY or CODEX_ACCESS_TOKEN is set, which Codex takes before it looks
// at the login, and where only its server could tell and does not: that is an
// *UnaskedError. asking, which may be nil, is called before the server is asked.
func (l *Login) Enforce(ctx context.Context, asking func()) (Account, error) {
	for try := 1; ; try++ {
		account, err := l.enforce(ctx, asking)
		if !errors.Is(err, credstore.ErrChanged) || try == enforceTries {
			return account, err
		}
	}
}

// enforce looks once. With a Kept of credstore.ErrChanged there is another
// login by now, which is not this one's fault.
func (l *Login) enforce(ctx context.Context, asking func()) (Account, error) {
	copies := credstore.Copies(ctx, l.Home, l.Mode())
	e, err := l.Current(ctx)
	if err == nil {
		if asking != nil && l.asksOwner(e.Mode) {
			asking()
		}
		err = l.judgeToken(ctx, &e.Account, func() (*credstore.Auth, error) {
			auth, _, err := l.store(l.Mode()).Load(ctx)
			return auth, err
		})
		if v := new(policy.Violation); errors.As(err, &v) {
			err = l.forbidden(v, policy.AtStart)
		}
		if u := new(UnaskedError); errors.As(err, &u) {
			u.AtStart = true
		}
	}
	account := e.Account
	var refused *RefusedError
	if !errors.As(err, &refused) {
		return account, err
	}
	refused.At = policy.AtStart
	if refused.Violation.Effect != policy.SignOut || refused.Spared {
		return account, refused
	}
	err = credstore.DeleteIf(ctx, l.Home, unchanged(copies...), l.Mode())
	if err != nil && !errors.Is(err, credstore.ErrNotFound) {
		refused.Kept = err
		if !errors.Is(err, credstore.ErrChanged) {
			l.failed(loginlog.SignedOutNot, err)
		}
		return account, refused
	}
	l.warn(loginlog.RuleSignedOut, errorFacts(refused)...)
	return account, refused
}

// credentialOf is the class under which the rules know a stored login.
func credentialOf(m credstore.AuthMode) policy.Credential {
	switch m {
	case credstore.AuthAPIKey, credstore.AuthBedrockAPIKey, credstore.AuthBedrockAccessKeys:
		return policy.API
	case credstore.AuthPersonalAccessToken, credstore.AuthAgentIdentity:
		return policy.AccessToken
	default:
		return policy.ChatGPT
	}
}
