package sandbox

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

const (
	authClaim    = "https://api.openai.com/auth"
	profileClaim = "https://api.openai.com/profile"
	keyID        = "sandbox"
)

var b64 = base64.RawURLEncoding

// random returns n random bytes as base64url.
func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the program instead
	return b64.EncodeToString(b)
}

// sign makes a JSON Web Token. The real ones are RS256; nobody on this wire
// checks the algorithm, and this key is made in no time.
func (s *Server) sign(claims map[string]any) string {
	header, _ := json.Marshal(map[string]string{"alg": "EdDSA", "kid": keyID, "typ": "JWT"})
	payload, err := json.Marshal(claims)
	if err != nil {
		payload = []byte(`{"error":"sandbox: the edited claims are no JSON"}`)
	}
	text := b64.EncodeToString(header) + "." + b64.EncodeToString(payload)
	return s.signed.add(text + "." + b64.EncodeToString(ed25519.Sign(s.key, []byte(text))))
}

// verify returns the claims of a token that this server signed.
func (s *Server) verify(token string) (map[string]any, bool) {
	i := strings.LastIndexByte(token, '.')
	if i < 0 {
		return nil, false
	}
	signature, err := b64.DecodeString(token[i+1:])
	if err != nil || !ed25519.Verify(s.key.Public().(ed25519.PublicKey), []byte(token[:i]), signature) {
		return nil, false
	}
	_, middle, _ := strings.Cut(token[:i], ".")
	payload, err := b64.DecodeString(middle)
	if err != nil {
		return nil, false
	}
	var claims map[string]any
	if json.Unmarshal(payload, &claims) != nil {
		return nil, false
	}
	return claims, true
}

// live verifies an access token and its time.
func (s *Server) live(token string) (map[string]any, bool) {
	claims, ok := s.verify(token)
	exp, _ := claims["exp"].(float64)
	return claims, ok && s.now().Before(time.Unix(int64(exp), 0))
}

// jwks publishes the key, so that a token can be checked from outside.
func (s *Server) jwks(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{"keys": []any{map[string]string{
		"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": keyID,
		"x": b64.EncodeToString(s.key.Public().(ed25519.PublicKey)),
	}}})
}

// idToken has the claims that Codex and its success page read, and those that
// the real one is known to carry beside them.
func (s *Server) idToken(b *Behaviour, a account, clientID, sessionID string) string {
	now := s.now()
	auth := s.authClaims(b, a)
	auth["completed_platform_onboarding"] = !a.workspace.NeedsSetup
	auth["is_org_owner"] = a.workspace.NeedsSetup
	auth["groups"] = []any{}
	auth["organizations"] = []any{}
	if a.workspace.OrgID != "" {
		auth["organization_id"] = a.workspace.OrgID
		auth["project_id"] = a.workspace.ProjectID
		auth["organizations"] = []any{map[string]any{
			"id": a.workspace.OrgID, "is_default": true, "role": "owner", "title": a.workspace.Name,
		}}
	}
	claims := map[string]any{
		"iss": s.url, "aud": []string{clientID}, "sub": a.person.ID, "sid": sessionID, "jti": random(12),
		"iat": now.Unix(), "auth_time": now.Unix(), "exp": now.Add(b.IDLifetime).Unix(),
		"auth_provider": "password", "name": a.person.Name,
		"email": a.person.Email, "email_verified": true,
		authClaim: auth,
	}
	return s.edited(b, IDToken, claims)
}

func (s *Server) accessToken(b *Behaviour, a account, clientID, sessionID string) string {
	now := s.now()
	claims := map[string]any{
		"iss": s.url, "aud": []string{"https://api.openai.com/v1"}, "client_id": clientID,
		"sub": a.person.ID, "session_id": sessionID, "jti": random(12), "scp": strings.Fields(scope),
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(b.AccessLifetime).Unix(),
		authClaim:    s.authClaims(b, a),
		profileClaim: map[string]any{"email": a.person.Email, "email_verified": true},
	}
	return s.edited(b, AccessToken, claims)
}

func (s *Server) authClaims(b *Behaviour, a account) map[string]any {
	id := a.workspace.ID
	if b.WorkspaceID != "" {
		id = b.WorkspaceID
	}
	return map[string]any{
		"chatgpt_account_id": id, "chatgpt_plan_type": a.workspace.Plan,
		"chatgpt_user_id": a.person.ID, "user_id": a.person.ID,
	}
}

func (s *Server) edited(b *Behaviour, kind TokenKind, claims map[string]any) string {
	if b.EditClaims != nil {
		b.EditClaims(kind, claims)
	}
	return s.sign(claims)
}
