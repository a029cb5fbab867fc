package flows

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// The lengths that Codex uses, in random bytes.
const (
	verifierBytes = 64 // RFC 7636: 86 characters
	stateBytes    = 32
	ownerBytes    = 32 // tokens.login_owner_id
)

// randomText is n random bytes in base64url without padding.
func randomText(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // cannot fail: it ends the process instead
	return base64.RawURLEncoding.EncodeToString(b)
}

// challengeS256 is the code challenge of RFC 7636 section 4.2.
func challengeS256(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
