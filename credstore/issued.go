package credstore

import "time"

// IssuedAt is when the access token was made, by its issuer's clock; zero when
// it does not say.
func (a *Auth) IssuedAt() time.Time {
	if a.Tokens == nil {
		return time.Time{}
	}
	payload, err := jwtPayload(a.Tokens.AccessToken.Reveal())
	if err != nil {
		return time.Time{}
	}
	for _, m := range members(payload, 0) {
		if m.name == "iat" {
			return numericDate(m.value)
		}
	}
	return time.Time{}
}
