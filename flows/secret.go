package flows

import (
	"context"
	"net/http"
	"strings"
	"unicode"

	"codex-login/assets/display"
	"codex-login/credstore"
)

// maxSecret is far above any key that was ever seen, and far below a file
// pasted by mistake.
const maxSecret = 4096

// cleanSecret removes what comes along when a key is copied: quotes, line
// ends, zero-width characters, the name of the variable. What is left may have
// printable ASCII only, and no white space inside.
func cleanSecret(text string) (string, error) {
	if len(text) > 4*maxSecret {
		return "", &InputError{Problem: InputTooLong}
	}
	text = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, text)
	text = strings.TrimFunc(text, unicode.IsSpace)
	text = strings.TrimPrefix(text, "export ")
	for _, name := range []string{"OPENAI_API_KEY=", "CODEX_API_KEY=", "CODEX_ACCESS_TOKEN=", "Bearer "} {
		text = strings.TrimPrefix(text, name)
	}
	text = strings.TrimFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune("\"'`“”‘’;,", r)
	})
	switch {
	case text == "":
		return "", &InputError{Problem: InputEmpty}
	case len(text) > maxSecret:
		return "", &InputError{Problem: InputTooLong}
	case strings.ContainsFunc(text, unicode.IsSpace):
		return "", &InputError{Problem: InputSpaces}
	}
	for _, r := range text {
		if r < '!' || r > '~' {
			return "", &InputError{Problem: InputCharacters}
		}
	}
	return text, nil
}

func looksLikeJWT(text string) bool {
	return strings.HasPrefix(text, "ey") && strings.Count(text, ".") == 2
}

// SecretLike reports whether somebody has typed a key or token where a name
// belongs. The beginning of one as Codex shows it is a name.
func SecretLike(text string) bool {
	return len(text) > 20 && (strings.HasPrefix(text, "sk-") || strings.HasPrefix(text, "at-") || looksLikeJWT(text))
}

// ParseAPIKey cleans a key as typed, pasted or piped. It returns an
// *InputError for what cannot be one. Keys of other makers of compatible APIs
// have other prefixes, so the prefix is not demanded.
func ParseAPIKey(text string) (credstore.Secret, error) {
	key, err := cleanSecret(text)
	switch {
	case err != nil:
		return credstore.Secret{}, err
	case strings.HasPrefix(key, "at-"):
		return credstore.Secret{}, &InputError{Problem: InputKeyIsToken}
	case looksLikeJWT(key), strings.Contains(key, "://"), strings.HasPrefix(key, "{"), strings.HasPrefix(key, "-----"):
		return credstore.Secret{}, &InputError{Problem: InputNotAKey}
	case len(key) < 8:
		return credstore.Secret{}, &InputError{Problem: InputTooShort}
	}
	return credstore.NewSecret(key), nil
}

// ParseAccessToken cleans a personal access token. It returns an *InputError
// for what cannot be one.
func ParseAccessToken(text string) (credstore.Secret, error) {
	token, err := cleanSecret(text)
	switch {
	case err != nil:
		return credstore.Secret{}, err
	case strings.HasPrefix(token, "sk-"):
		return credstore.Secret{}, &InputError{Problem: InputTokenIsKey}
	case !strings.HasPrefix(token, "at-"):
		return credstore.Secret{}, &InputError{Problem: InputNotAToken}
	case len(token) < 8:
		return credstore.Secret{}, &InputError{Problem: InputTooShort}
	}
	return credstore.NewSecret(token), nil
}

// keyFlow stores an API key. There is nobody to wait for.
type keyFlow struct {
	login  *Login
	key    credstore.Secret
	verify bool
}

func (l *Login) beginAPIKey(r Request) (*Challenge, error) {
	key, err := ParseAPIKey(r.Secret.Reveal())
	if err != nil {
		return nil, err
	}
	return &Challenge{Method: APIKey, login: l, request: r, flow: keyFlow{login: l, key: key, verify: r.Verify}}, nil
}

func (keyFlow) await(context.Context) (grant, error) { return grant{}, nil }

func (f keyFlow) exchange(ctx context.Context, _ grant) (identified, error) {
	if f.verify {
		if err := f.login.verifyKey(ctx, f.key); err != nil {
			return identified{}, err
		}
	}
	auth := credstore.NewAPIKey(f.key)
	return identified{auth: auth, account: describe(auth)}, nil
}

// verifyKey asks the API for its models, the cheapest request that needs a key
// that works.
func (l *Login) verifyKey(ctx context.Context, key credstore.Secret) error {
	a, err := l.do(ctx, request{
		method: http.MethodGet,
		url:    strings.TrimRight(l.Rules.OpenAIBaseURL.Value, "/") + "/models",
		bearer: key.Reveal(),
	})
	switch {
	case err != nil:
		return err
	case a.ok():
		return nil
	case a.status == http.StatusUnauthorized:
		return &InputError{Problem: InputKeyRefused}
	}
	return a.failure()
}

func (keyFlow) enrich(context.Context, *credstore.Auth) {}
func (keyFlow) settle(error)                            {}
func (keyFlow) close()                                  {}

// tokenFlow stores a personal access token, after asking the issuer whose it
// is, as Codex does.
type tokenFlow struct {
	login     *Login
	challenge *Challenge
	token     credstore.Secret
}

func (l *Login) beginAccessToken(r Request) (*Challenge, error) {
	token, err := ParseAccessToken(r.Secret.Reveal())
	if err != nil {
		return nil, err
	}
	c := &Challenge{Method: AccessToken, login: l, request: r}
	c.flow = tokenFlow{login: l, challenge: c, token: token}
	return c, nil
}

func (tokenFlow) await(context.Context) (grant, error) { return grant{}, nil }

func (f tokenFlow) exchange(ctx context.Context, _ grant) (identified, error) {
	auth := credstore.NewAccessToken(f.token)
	a, err := f.login.insist(ctx, f.challenge, func() (answer, error) { return f.login.whoami(ctx, f.token) })
	if err != nil {
		return identified{}, err
	}
	account := describe(auth)
	if err := account.ownedBy(a); err != nil {
		return identified{}, err
	}
	return identified{auth: auth, account: account}, nil
}

// whoami asks the issuer whose a personal access token is.
func (l *Login) whoami(ctx context.Context, token credstore.Secret) (answer, error) {
	return l.do(ctx, request{method: http.MethodGet, url: l.Issuer.whoamiURL(), identified: true, bearer: token.Reveal()})
}

// ownedBy takes in what the issuer has answered.
func (account *Account) ownedBy(a answer) error {
	switch {
	case a.status == http.StatusUnauthorized:
		return &InputError{Problem: InputTokenRefused}
	case !a.ok():
		return a.failure()
	}
	var who struct {
		Email     string `json:"email"`
		UserID    string `json:"chatgpt_user_id"`
		AccountID string `json:"chatgpt_account_id"`
		Plan      string `json:"chatgpt_plan_type"`
	}
	if err := a.decode(&who); err != nil {
		return err
	}
	if who.UserID == "" || who.AccountID == "" {
		e := a.failure()
		e.Code, e.Detail = "invalid_answer", ""
		return e
	}
	account.Email, account.UserID = display.Line(who.Email, 200), display.Line(who.UserID, 200)
	account.WorkspaceID, account.Plan = display.Line(who.AccountID, 200), display.Line(who.Plan, 80)
	return nil
}

func (tokenFlow) enrich(context.Context, *credstore.Auth) {}
func (tokenFlow) settle(error)                            {}
func (tokenFlow) close()                                  {}
