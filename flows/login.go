package flows

import (
	"context"
	"errors"
	"time"

	"codex-login/assets"
	"codex-login/credstore"
	"codex-login/flows/loginlog"
	"codex-login/flows/network"
	"codex-login/policy"
)

// Login does everything that can be done to the login of one CODEX_HOME. Its
// fields are set once; its methods may be called from several goroutines.
type Login struct {
	Home   credstore.Home
	Rules  *policy.Rules
	Issuer Issuer
	Client *network.Client
	// Open shows a URL in the person's browser; nil never opens one.
	Open func(ctx context.Context, url string) error
	// Clock is the time; the zero value is the real one.
	Clock Clock
	// Timeout ends a sign-in that nobody finishes; zero waits for ever in the
	// browser flow and until the code expires in the device flow.
	Timeout time.Duration
	// Say is the language of the pages that the browser shows.
	Say *assets.Catalogue
	// Where is what Here said; the zero value is an ordinary machine.
	Where Where
	// Environment is the process's, for OPENAI_API_KEY; nil has none.
	Environment func(string) string
	// Trace takes down what is done; nil does not.
	Trace *loginlog.Trace

	ports []int // a test's own; nil for the two that OpenAI accepts
}

// Request says which sign-in is wanted.
type Request struct {
	Method Method
	// Store is where the login shall be kept; empty is the configured mode. A
	// mode other than the configured one is written to config.toml after the
	// login was stored, because Codex would not find the login otherwise.
	Store credstore.Mode
	// Secret is the API key or the access token as typed or read.
	Secret credstore.Secret
	// Verify asks the API whether the key works before it is saved.
	Verify bool

	configured bool // Store was left open
}

// Begin makes the challenge that the person has to answer: a URL with its
// listener up, or a code. It returns a *RefusedError for a forbidden
// method, an *InputError for a secret that cannot be one, and otherwise the
// errors of the network and the listener.
func (l *Login) Begin(ctx context.Context, r Request) (*Challenge, error) {
	l.logStart(r)
	c, err := l.begin(ctx, r)
	if err != nil {
		l.failed(loginlog.SignInNot, err)
		return nil, err
	}
	if err := l.Trace.Err(); err != nil {
		c.note(Note{Code: NoteLogNotWritten, At: l.Clock.now(), Err: err, Where: l.Trace.Path()})
	}
	return c, nil
}

func (l *Login) begin(ctx context.Context, r Request) (*Challenge, error) {
	if v := l.Rules.Allows(r.Method.credential()); v != nil {
		return nil, l.forbidden(v, policy.AtSignIn)
	}
	l.follow()
	r.configured = r.Store == ""
	if r.configured {
		r.Store = l.Mode()
	}
	if pin := l.storePin(); pin != nil && r.Store != l.Mode() {
		return nil, &StorePinnedError{Demanded: l.Mode(), Source: *pin}
	}
	if r.Store != l.Mode() && r.Store != credstore.ModeEphemeral {
		// Better now than with a login in hand that Codex would not find.
		if err := policy.CanSetUserValue(l.Home.Path, policy.StoreKey, string(r.Store)); err != nil {
			return nil, err
		}
	}
	if r.Method != APIKey || r.Verify {
		if err := l.ready(ctx); err != nil {
			return nil, err
		}
	}
	switch r.Method {
	case Device:
		c, err := l.requestCode(ctx, r)
		if errors.Is(err, ErrDeviceCodeDisabled) {
			return l.beginBrowserInstead(ctx, r)
		}
		return c, err
	case APIKey:
		return l.beginAPIKey(r)
	case AccessToken:
		return l.beginAccessToken(r)
	case Browser:
	}
	return l.beginBrowser(ctx, r)
}

// requestCode holds the request for a code to the time limit too: a server that
// does not answer keeps the person waiting as well as a person who does not.
func (l *Login) requestCode(ctx context.Context, r Request) (*Challenge, error) {
	if l.Timeout > 0 {
		limited, cancel := context.WithTimeout(ctx, l.Timeout)
		defer cancel()
		ctx = limited
	}
	c, err := l.beginDevice(ctx, r)
	var server *ServerError
	if errors.As(err, &server) {
		if b := barred(server); b != nil {
			return nil, b
		}
	}
	return c, cancelled(ctx, err)
}

// beginBrowserInstead is the way out where the server has device codes
// disabled: the browser sign-in, with a note that says why.
func (l *Login) beginBrowserInstead(ctx context.Context, r Request) (*Challenge, error) {
	c, err := l.beginBrowser(ctx, r)
	if err != nil {
		return nil, errors.Join(ErrDeviceCodeDisabled, err)
	}
	c.note(Note{Code: NoteDeviceCodeDisabled})
	return c, nil
}

// Finish waits for the answer to the challenge and stores the login. It closes
// the challenge. Cancelling ctx ends it, except while the login is written.
func (l *Login) Finish(ctx context.Context, c *Challenge) (Receipt, error) {
	defer c.Close()
	ctx, cancel := l.limited(ctx, c)
	defer cancel()
	receipt, err := l.finish(ctx, c)
	if err != nil {
		l.failed(loginlog.SignInNot, err)
	} else {
		l.logSaved(receipt)
	}
	c.settle(err)
	return receipt, err
}

func (l *Login) finish(ctx context.Context, c *Challenge) (Receipt, error) {
	found, err := l.obtain(ctx, c)
	if err != nil {
		return Receipt{}, cancelled(ctx, err)
	}
	// From here on nothing cancels: a login that is being stored is stored.
	ctx = credstore.WithPromptNotice(context.WithoutCancel(ctx), func(waiting bool) {
		if waiting {
			c.note(Note{Code: NoteKeyringPrompt, At: l.Clock.now()})
		}
	})
	if c.request.configured {
		return l.save(ctx, "", found)
	}
	return l.save(ctx, c.request.Store, found)
}

// obtain waits for the answer and makes a login of it that may be kept.
func (l *Login) obtain(ctx context.Context, c *Challenge) (identified, error) {
	grant, err := c.flow.await(ctx)
	if err != nil {
		return identified{}, err
	}
	found, err := c.flow.exchange(ctx, grant)
	if err != nil {
		return identified{}, err
	}
	if v := l.Rules.Check(c.request.Method.credential(), found.account.WorkspaceID); v != nil {
		return identified{}, l.forbidden(v, policy.AtSignIn)
	}
	if err := ctx.Err(); err != nil {
		return identified{}, err
	}
	l.info(loginlog.Obtained, loginlog.Account(found.auth))
	c.flow.enrich(ctx, found.auth)
	if errors.Is(ctx.Err(), context.Canceled) {
		return identified{}, ctx.Err()
	}
	// A time limit that ends here must not take away what was obtained in time.
	return found, nil
}

// flow is what the ways to sign in differ in.
type flow interface {
	// await blocks until the person has answered.
	await(ctx context.Context) (grant, error)
	// exchange turns the answer into a login.
	exchange(ctx context.Context, g grant) (identified, error)
	// enrich adds what is good to have and not worth failing for.
	enrich(ctx context.Context, a *credstore.Auth)
	// settle tells whoever waits at the other end how it went.
	settle(err error)
	// close frees what the flow holds; it may be called more than once.
	close()
}

// grant is an authorization code (RFC 6749 section 4.1.2) and the PKCE
// verifier that goes with it. Both are empty where there is nothing to trade.
type grant struct{ code, verifier, redirectURI string }

// identified is a login and whose it is.
type identified struct {
	auth    *credstore.Auth
	account Account
}

// Mode is the configured store mode by now: a login may have been moved.
func (l *Login) Mode() credstore.Mode {
	m, ok := credstore.ParseMode(l.Rules.StoreMode())
	if !ok {
		return credstore.ModeFile
	}
	return m
}
