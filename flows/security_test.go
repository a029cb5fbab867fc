package flows

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"codex-login/assets"
	"codex-login/credstore"
	"codex-login/flows/sandbox"
)

// tokenOf is a JWT with those claims; its signature is nobody's business here.
func tokenOf(t testing.TB, claims map[string]any) credstore.Secret {
	t.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	return credstore.NewSecret("eyJhbGciOiJub25lIn0." + base64.RawURLEncoding.EncodeToString(payload) + ".c2ln")
}

func own(amr ...string) map[string]any {
	return map[string]any{"amr": amr, "chatgpt_account_id": "w"}
}

// The claims of real tokens, as people have published them, and the forms of
// Auth0's documentation.
func TestAdvise(t *testing.T) {
	const claim = "https://api.openai.com/auth"
	for name, c := range map[string]struct {
		id, access map[string]any
		kinds      []SignInKind
		factor     SecondFactor
		required   bool
	}{
		"password and a code": {
			map[string]any{"sub": "auth0|1", "auth_provider": "password", "amr": []string{"pwd", "otp", "mfa", "urn:openai:amr:otp_email"}},
			nil,
			[]SignInKind{KindPassword},
			FactorUsed, true,
		},
		"password alone": {map[string]any{"sub": "auth0|1"}, map[string]any{claim: own("urn:openai:amr:pwd")}, []SignInKind{KindPassword}, FactorNotUsed, true},
		"password, as another version says it": {
			map[string]any{"auth_provider": "password", "amr": []string{"pwd", "urn:openai:amr:password"}},
			nil,
			[]SignInKind{KindPassword},
			FactorNotUsed, true,
		},
		"a code by e-mail": {map[string]any{"sub": "auth0|1"}, map[string]any{claim: own("otp", "urn:openai:amr:otp_email")}, []SignInKind{KindEmailCode}, FactorNotUsed, false},
		"Google":           {map[string]any{"sub": "google-oauth2|1"}, map[string]any{claim: own("urn:openai:amr:google")}, []SignInKind{KindGoogle}, FactorUnknown, false},
		"Google and a text message": {
			map[string]any{},
			map[string]any{claim: own("urn:openai:amr:google", "otp", "mfa", "sms")},
			[]SignInKind{KindGoogle},
			FactorUsed, false,
		},
		"Google beside a password": {
			map[string]any{"auth_provider": "password"},
			map[string]any{claim: own("urn:openai:amr:google", "pwd")},
			[]SignInKind{KindGoogle, KindPassword},
			FactorNotUsed, true,
		},
		"a passkey":            {map[string]any{}, map[string]any{claim: own("pop", "mfa", "urn:openai:amr:passkey")}, []SignInKind{KindPasskey}, FactorUsed, false},
		"a passkey, as OpenAI": {map[string]any{"sub": "auth0|1", "auth_provider": "password", "amr": []string{"urn:openai:amr:passkey"}}, nil, []SignInKind{KindPasskey}, FactorUsed, false},
		"a provider that no method bears out": {
			map[string]any{"auth_provider": "password", "amr": []string{"urn:openai:amr:otp_totp"}},
			nil,
			[]SignInKind{KindOpenAI},
			FactorUsed, false,
		},
		"a provider alone":   {map[string]any{"auth_provider": "password"}, nil, []SignInKind{KindPassword}, FactorUnknown, true},
		"an authenticator":   {map[string]any{}, map[string]any{claim: own("urn:openai:amr:otp_totp")}, nil, FactorUsed, false},
		"Microsoft":          {map[string]any{"sub": "windowslive|1"}, nil, []SignInKind{KindMicrosoft}, FactorUnknown, false},
		"Apple":              {map[string]any{"sub": "apple|1"}, nil, []SignInKind{KindApple}, FactorUnknown, false},
		"SAML":               {map[string]any{"sub": "samlp|acme|1"}, nil, []SignInKind{KindSSO}, FactorUnknown, false},
		"OpenID Connect":     {map[string]any{"sub": "oidc|acme|1"}, nil, []SignInKind{KindSSO}, FactorUnknown, false},
		"Entra":              {map[string]any{"sub": "waad|1"}, nil, []SignInKind{KindSSO}, FactorUnknown, false},
		"OpenAI's own book":  {map[string]any{"sub": "auth0|1"}, nil, []SignInKind{KindOpenAI}, FactorUnknown, false},
		"nothing that tells": {map[string]any{"sub": "user-abc", "amr": []string{"face", "?"}, "auth_provider": "moon"}, nil, nil, FactorUnknown, false},
		"no claims at all":   {nil, nil, nil, FactorUnknown, false},
		"claims of odd types": {
			map[string]any{"sub": 1, "amr": "pwd", "auth_provider": []int{1}},
			map[string]any{claim: map[string]any{"amr": map[string]any{}}},
			nil, FactorUnknown, false,
		},
	} {
		a := credstore.NewChatGPT(credstore.Tokens{IDToken: tokenOf(t, c.id), AccessToken: tokenOf(t, c.access)}, nil, noon)
		s := Advise(a)
		required, known := s.CloudRequiresMFA()
		if known != c.required {
			t.Errorf("%s: what Codex cloud demands is known: %v", name, known)
		}
		if !slices.Equal(s.Kinds, c.kinds) || s.SecondFactor != c.factor || required != c.required {
			t.Errorf("%s: %v %q %v", name, s.Kinds, s.SecondFactor, required)
		}
	}
}

// Every kind of advice has its words and real addresses.
func TestSecurityIsSaid(t *testing.T) {
	say := assets.Speak("en")
	kinds := [][]SignInKind{nil, {KindGoogle, KindPassword}}
	for _, k := range constants(t, ".", "SignInKind") {
		if k != "" && SignInKind(k) != KindSeveral {
			kinds = append(kinds, []SignInKind{SignInKind(k)})
		}
	}
	all := []Security{AdviseAll(), Security{Method: AccountAPIKey}.WithLinks(), Security{Method: AccountAccessToken, InFile: true}.WithLinks()}
	for _, k := range kinds {
		for _, f := range constants(t, ".", "SecondFactor") {
			all = append(all, Security{Method: AccountChatGPT, Kinds: k, SecondFactor: SecondFactor(f)}.WithLinks())
		}
	}
	for _, s := range all {
		x := ExplainSecurity(say, s)
		texts := append(append([]string{x.Line}, x.Found...), x.Advice...)
		for _, page := range x.Links {
			texts = append(texts, page.Name)
			if !strings.HasPrefix(page.URL, "https://") {
				t.Errorf("%s", page.URL)
			}
		}
		for _, text := range texts {
			if text == "" || strings.Contains(text, "security.") || strings.Contains(text, "<no value>") {
				t.Errorf("%+v: %q", s, text)
			}
		}
		if len(x.Advice) == 0 || len(x.Links) == 0 {
			t.Errorf("%+v: no advice", s)
		}
	}
}

func TestSecurityOfAnAccount(t *testing.T) {
	s := startSandbox(t, sandbox.Options{Setup: func(b *sandbox.Behaviour) {
		b.EditClaims = func(kind sandbox.TokenKind, claims map[string]any) {
			delete(claims, "auth_provider")
			claims["sub"] = "google-oauth2|1"
		}
	}})
	l := newLogin(t, s)
	r := signIn(t, l, s, sandbox.MinaPlus)
	if got := r.Security(); got.Kind() != KindGoogle || !got.InFile {
		t.Errorf("after the sign-in: %+v", got)
	}
	c := begin(t, l, Request{Method: APIKey, Secret: secretOf("sk-proj-0123456789abcdef")})
	if _, err := l.Finish(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if _, got, err := l.Security(t.Context(), r.ID); err != nil || got.Kind() != KindGoogle || got.Method != AccountChatGPT {
		t.Errorf("of a page: %+v, %v", got, err)
	}
	if _, got, err := l.Security(t.Context(), ""); err != nil || got.Method != AccountAPIKey || len(got.Kinds) > 0 {
		t.Errorf("of the one in use: %+v, %v", got, err)
	}
}
