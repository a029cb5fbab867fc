package credstore

import (
	"encoding/json"
	"slices"

	"codex-login/assets/display"
)

// Proof is how the person proved who they are, as far as the tokens of a login
// say. Every string is free of control characters.
type Proof struct {
	// Subject is the issuer's name for the identity. OpenAI's has the form of
	// Auth0, "google-oauth2|1234": the connection, and the person in it.
	Subject string
	// Provider is the claim auth_provider of the ID token: "password", …
	Provider string
	// Methods are the authentication methods (RFC 8176) of both tokens. OpenAI
	// adds names of its own: "urn:openai:amr:google".
	Methods []string
}

// Proof reads both tokens: the ID token has amr and auth_provider, the access
// token an amr among OpenAI's own claims.
func (a *Auth) Proof() Proof {
	var out Proof
	if a.Tokens == nil {
		return out
	}
	for _, token := range []Secret{a.Tokens.IDToken, a.Tokens.AccessToken} {
		payload, err := jwtPayload(token.Reveal())
		if err != nil {
			continue
		}
		c := looseClaims(payload)
		if out.Subject == "" {
			out.Subject = c.Subject
		}
		if out.Provider == "" {
			out.Provider = c.AuthProvider
		}
		for _, m := range append(c.AMR, ownMethods(payload)...) {
			if m != "" && !slices.Contains(out.Methods, m) {
				out.Methods = append(out.Methods, m)
			}
		}
	}
	return out
}

// ownMethods is the amr in OpenAI's object of claims.
func ownMethods(payload []byte) []string {
	for _, m := range members(payload, 0) {
		if m.name != claimAuth {
			continue
		}
		for _, inner := range members(m.value, 0) {
			var methods []string
			if inner.name == "amr" && json.Unmarshal(inner.value, &methods) == nil {
				for i, text := range methods {
					methods[i] = display.Clean(text)
				}
				return methods
			}
		}
	}
	return nil
}
