package flows

import (
	"context"

	"codex-login/credstore"
)

// exchangeCode is the access token request of RFC 6749 section 4.1.3 with the
// PKCE verifier, parameters in Codex's order.
func (l *Login) exchangeCode(ctx context.Context, c *Challenge, g grant) (identified, error) {
	a, err := l.insist(ctx, c, func() (answer, error) {
		return l.postForm(
			ctx, l.Issuer.tokenURL(),
			parameter{"grant_type", "authorization_code"},
			parameter{"client_id", l.Issuer.ClientID},
			parameter{"code", g.code},
			parameter{"redirect_uri", g.redirectURI},
			parameter{"code_verifier", g.verifier},
		)
	})
	if err != nil {
		return identified{}, err
	}
	if !a.ok() {
		e := a.failure()
		if b := barred(e); b != nil {
			return identified{}, b
		}
		return identified{}, e
	}
	var body struct {
		IDToken      string `json:"id_token"`
		AccessToken  string `json:"access_token"`
		RefreshToken string `json:"refresh_token"`
	}
	if err := a.decode(&body); err != nil {
		return identified{}, err
	}
	claims, err := credstore.ParseClaims(body.IDToken)
	if err != nil || body.AccessToken == "" || body.RefreshToken == "" {
		e := a.failure()
		e.Code, e.Detail = "invalid_answer", ""
		return identified{}, e
	}
	auth := credstore.NewChatGPT(credstore.Tokens{
		IDToken:      credstore.NewSecret(body.IDToken),
		AccessToken:  credstore.NewSecret(body.AccessToken),
		RefreshToken: credstore.NewSecret(body.RefreshToken),
		Provenance:   &credstore.Provenance{Issuer: l.Issuer.Name, ClientID: l.Issuer.ClientID},
		LoginOwnerID: randomText(ownerBytes),
		AccountID:    claims.AccountID,
	}, nil, l.Clock.now())
	return identified{auth: auth, account: describe(auth)}, nil
}
