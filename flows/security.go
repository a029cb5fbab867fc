package flows

import (
	"context"
	"slices"
	"strings"

	"codex-login/credstore"
)

// SignInKind is how the person proves to OpenAI who they are, as far as a
// token's claims tell.
type SignInKind string

// The kinds.
const (
	KindUnknown   SignInKind = ""
	KindPassword  SignInKind = "password"   // e-mail and password
	KindEmailCode SignInKind = "email_code" // a code by e-mail, no password
	KindPasskey   SignInKind = "passkey"
	KindOpenAI    SignInKind = "openai" // an account of OpenAI's own, proven in a way that is not told
	KindGoogle    SignInKind = "google"
	KindMicrosoft SignInKind = "microsoft"
	KindApple     SignInKind = "apple"
	KindSSO       SignInKind = "sso"
	KindSeveral   SignInKind = "several" // more than one of them
)

// SecondFactor is whether one was asked for in the sign-in that the tokens came
// from.
type SecondFactor string

// What the tokens tell of it.
const (
	FactorUnknown SecondFactor = ""
	FactorUsed    SecondFactor = "used"
	FactorNotUsed SecondFactor = "not_used"
)

// Security is what there is to say about how an account is protected, safe to
// print. The zero value is advice in general.
type Security struct {
	// Method is that of the account: chatgpt, api-key, access-token.
	Method string
	// Kinds are those that the tokens speak of, each once.
	Kinds        []SignInKind
	SecondFactor SecondFactor
	// InFile: whoever reads auth.json is this account.
	InFile bool
	Links  []SecurityLink
}

// SecurityLink is a page to go to; ID is the end of its name in the catalogue.
type SecurityLink struct{ ID, URL string }

// The pages. The guides are those that OpenAI's own documentation names
// (developers.openai.com/codex/auth, "Secure your Codex cloud account").
var (
	linkSettings     = SecurityLink{"settings", PersonalSettings}
	linkMFA          = SecurityLink{"mfa", "https://help.openai.com/en/articles/7967234-enabling-or-disabling-multi-factor-authentication-mfa"}
	linkGoogle       = SecurityLink{"google", "https://support.google.com/accounts/answer/185839"}
	linkMicrosoft    = SecurityLink{"microsoft", "https://support.microsoft.com/en-us/topic/what-is-multifactor-authentication-e5e39437-121c-be60-d123-eda06bddf661"}
	linkApple        = SecurityLink{"apple", "https://support.apple.com/en-us/102660"}
	linkCodex        = SecurityLink{"codex", "https://developers.openai.com/codex/auth"}
	linkKeys         = SecurityLink{"keys", "https://platform.openai.com/api-keys"}
	linkKeySafety    = SecurityLink{"key_safety", "https://help.openai.com/en/articles/5112595-best-practices-for-api-key-safety"}
	linkAccessTokens = SecurityLink{"access_tokens", "https://learn.chatgpt.com/docs/enterprise/access-tokens"}
)

var kindLinks = map[SignInKind][]SecurityLink{
	KindPassword: {linkSettings, linkMFA}, KindEmailCode: {linkSettings, linkMFA}, KindPasskey: {linkSettings, linkMFA}, KindOpenAI: {linkSettings, linkMFA},
	KindGoogle: {linkGoogle}, KindMicrosoft: {linkMicrosoft}, KindApple: {linkApple},
}

// Advise says what the tokens of a login tell. They tell how the person signed
// in this time: an account may have other ways, which nobody but OpenAI knows.
func Advise(a *credstore.Auth) Security {
	account := describe(a)
	s := Security{Method: account.Method}
	if s.Method == AccountChatGPT {
		p := a.Proof()
		s.Kinds, s.SecondFactor = kindsOf(p), factorOf(p)
	}
	return s.WithLinks()
}

// AdviseAll is the advice for every kind of account.
func AdviseAll() Security { return Security{}.WithLinks() }

// WithLinks is s with the pages that fit it.
func (s Security) WithLinks() Security {
	s.Links = s.links()
	return s
}

// Security is Advise for an account of this CODEX_HOME, "" for the active one.
// The errors are those of Verify's look for an account.
func (l *Login) Security(ctx context.Context, id string) (Account, Security, error) {
	l.follow()
	found, err := l.locate(ctx, id)
	if err != nil {
		return Account{}, Security{}, cancelled(ctx, err)
	}
	s := Advise(found.auth)
	s.InFile = found.place.Kind == credstore.KindFile
	return l.checked(found).Account, s, nil
}

// Security is Advise for the login that was stored.
func (r Receipt) Security() Security {
	if r.stored == nil {
		return Security{Method: r.Account.Method}
	}
	s := Advise(r.stored)
	s.InFile = r.Account.Place.Kind == credstore.KindFile
	return s
}

// Kind is the one kind, or KindSeveral.
func (s Security) Kind() SignInKind {
	switch len(s.Kinds) {
	case 0:
		return KindUnknown
	case 1:
		return s.Kinds[0]
	}
	return KindSeveral
}

// CloudRequiresMFA reports whether Codex cloud demands multi-factor
// authentication of this account; known is false where that depends on what
// the tokens do not tell. By OpenAI's documentation it does as soon as e-mail
// and password is among the ways to sign in, whichever was used.
func (s Security) CloudRequiresMFA() (required, known bool) {
	required = slices.Contains(s.Kinds, KindPassword)
	return required, required
}

// The names by which the claims call the kinds: OpenAI's own methods
// (urn:openai:amr:…), auth_provider, and the connections of Auth0 at the
// beginning of a subject. What stands in none of these lists tells nothing.
var (
	methodKinds = map[string]SignInKind{
		"pwd": KindPassword, "password": KindPassword, "google": KindGoogle, "microsoft": KindMicrosoft, "apple": KindApple, "sso": KindSSO,
		"passkey": KindPasskey,
	}
	providerKinds = map[string]SignInKind{
		"google": KindGoogle, "google-oauth2": KindGoogle, "microsoft": KindMicrosoft, "windowslive": KindMicrosoft,
		"apple": KindApple, "sso": KindSSO, "saml": KindSSO, "samlp": KindSSO, "oidc": KindSSO, "waad": KindSSO, "adfs": KindSSO, "okta": KindSSO,
	}
)

const (
	openAIMethod = "urn:openai:amr:"
	emailCode    = openAIMethod + "otp_email"
)

func kindsOf(p credstore.Proof) []SignInKind {
	var kinds []SignInKind
	add := func(k SignInKind) {
		if k != KindUnknown && !slices.Contains(kinds, k) {
			kinds = append(kinds, k)
		}
	}
	for _, m := range p.Methods {
		if own, ok := strings.CutPrefix(m, openAIMethod); ok || m == "pwd" {
			add(methodKinds[own])
		}
	}
	add(providerKinds[strings.ToLower(p.Provider)])
	connection, _, hasOne := strings.Cut(p.Subject, "|")
	if hasOne {
		add(providerKinds[strings.ToLower(connection)])
	}
	// A person in OpenAI's own book has a password, a passkey, or gets a code by
	// e-mail. That there is a password is for the token to say.
	switch {
	case len(kinds) > 0:
	case slices.Contains(p.Methods, emailCode):
		add(KindEmailCode)
	case p.Provider == "password" && len(p.Methods) == 0:
		add(KindPassword)
	case p.Provider == "password", hasOne && connection == "auth0":
		add(KindOpenAI)
	}
	return kinds
}

// secondFactors are methods that are one, or as good as two: "mfa" says so
// itself, and a passkey is had and unlocked.
var secondFactors = []string{"mfa", "hwk", "sc", openAIMethod + "passkey", openAIMethod + "otp_totp"}

func factorOf(p credstore.Proof) SecondFactor {
	has := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return slices.Contains(p.Methods, n) })
	}
	password := has("pwd", openAIMethod+"pwd", openAIMethod+"password")
	switch {
	case has(secondFactors...), password && has("otp", "sms", "tel"):
		return FactorUsed
	case password, has(emailCode):
		return FactorNotUsed
	}
	// What Google or an organisation has asked for does not stand in the token.
	return FactorUnknown
}

// links are the pages for these kinds; for none, all of them.
func (s Security) links() []SecurityLink {
	switch s.Method {
	case AccountAPIKey:
		return []SecurityLink{linkKeys, linkKeySafety}
	case AccountAccessToken:
		return []SecurityLink{linkAccessTokens}
	}
	var out []SecurityLink
	for _, k := range s.Kinds {
		for _, link := range kindLinks[k] {
			if !slices.Contains(out, link) {
				out = append(out, link)
			}
		}
	}
	if len(s.Kinds) == 0 {
		out = []SecurityLink{linkSettings, linkMFA, linkGoogle, linkMicrosoft, linkApple}
	}
	return append(out, linkCodex)
}

// OpenPage shows a page in the person's browser, as a sign-in does; an error
// says that none was started.
func (l *Login) OpenPage(ctx context.Context, page string) error {
	c := &Challenge{URL: page, open: l.Open}
	return c.OpenBrowser(ctx)
}
