package sandbox

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// grantLifetime is how long an authorization code can be exchanged.
const grantLifetime = 5 * time.Minute

// verifierShape is RFC 7636 §4.1.
var verifierShape = shape{43, 128, "-._~"}

// shape is a length in characters and what they may be beside letters and
// digits. Counted regular expressions are slow to compile, and every command
// of the program that links this would pay.
type shape struct {
	least, most int
	signs       string
}

// matches reports whether text has the shape.
func (s shape) matches(text string) bool {
	foreign := func(r rune) bool {
		alphanumeric := r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
		return !alphanumeric && !strings.ContainsRune(s.signs, r)
	}
	return len(text) >= s.least && len(text) <= s.most && !strings.ContainsFunc(text, foreign)
}

// grant is an authorization code that was given out.
type grant struct {
	account     account
	clientID    string
	redirectURI string
	challenge   string
	expires     time.Time
	spent       bool
	device      *device // nil for the browser flow
}

// session is one signed-in client. All its refresh tokens share it.
type session struct {
	id       string
	account  account
	clientID string
	scope    string
	current  string    // the only refresh token that can be spent
	expires  time.Time // of current
	ended    bool      // revoked
}

// Tokens are the three tokens of a ChatGPT sign-in.
type Tokens struct {
	ID, Access, Refresh string
}

// token is POST /oauth/token; the behaviour has already been asked.
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	form := fieldsOf(r)
	switch endpointOf(r) {
	case CodeExchange:
		s.exchangeCode(w, form)
	case KeyExchange:
		s.exchangeKey(w, form)
	case Refresh:
		s.refresh(w, form)
	default:
		writeError(w, http.StatusBadRequest, "unsupported_grant_type", "The sandbox does not know this grant type.")
	}
}

// newGrant books an authorization code.
func (s *Server) newGrant(g grant) string {
	code := "ac_" + random(32)
	g.expires = s.now().Add(grantLifetime)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.codes[code] = &g
	return code
}

func (s *Server) exchangeCode(w http.ResponseWriter, form url.Values) {
	g, problem := s.spend(form)
	if problem != "" {
		writeError(w, http.StatusBadRequest, "invalid_grant", problem)
		return
	}
	b := s.mood()
	one := &session{id: random(16), account: g.account, clientID: g.clientID, scope: scope}
	tokens := s.open(&b, one)
	s.writeTokens(w, &b, map[string]any{
		"id_token": tokens.ID, "access_token": tokens.Access, "refresh_token": tokens.Refresh,
	})
}

// spend checks everything about a code and uses it up. A code that was shown
// with a wrong verifier or redirect is used up too.
func (s *Server) spend(form url.Values) (grant, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, known := s.codes[form.Get("code")]
	if !known {
		return grant{}, "The authorization code is not known."
	}
	if g.spent {
		return grant{}, "The authorization code was used before."
	}
	g.spent = true
	if g.device != nil {
		g.device.state = deviceSpent
	}
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	challenge := b64.EncodeToString(sum[:])
	switch {
	case !s.now().Before(g.expires):
		return grant{}, "The authorization code has expired."
	case form.Get("client_id") != g.clientID:
		return grant{}, "The authorization code belongs to another client."
	case form.Get("redirect_uri") != g.redirectURI:
		return grant{}, "The redirect_uri is not the one of the authorization request."
	case !verifierShape.matches(form.Get("code_verifier")):
		return grant{}, "The code_verifier is missing or malformed."
	case subtle.ConstantTimeCompare([]byte(challenge), []byte(g.challenge)) != 1:
		return grant{}, "The code_verifier does not match the code_challenge."
	}
	return *g, ""
}

// open gives the session its first tokens.
func (s *Server) open(b *Behaviour, one *session) Tokens {
	return Tokens{
		ID:      s.idToken(b, one.account, one.clientID, one.id),
		Access:  s.accessToken(b, one.account, one.clientID, one.id),
		Refresh: s.rotate(b, one),
	}
}

// rotate gives the session a new refresh token; the old one becomes reused.
func (s *Server) rotate(b *Behaviour, one *session) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rotateLocked(b, one)
}

func (s *Server) rotateLocked(b *Behaviour, one *session) string {
	token := "rt_" + random(48)
	one.current, one.expires = token, s.now().Add(b.RefreshLifetime)
	s.sessions[token] = one
	return token
}

func (s *Server) writeTokens(w http.ResponseWriter, b *Behaviour, answer map[string]any) {
	answer["token_type"] = "Bearer"
	answer["expires_in"] = int64(b.AccessLifetime.Seconds())
	answer["scope"] = scope
	if b.EditTokens != nil {
		b.EditTokens(answer)
	}
	writeJSON(w, http.StatusOK, answer)
}

// exchangeKey is the token exchange (RFC 8693) by which Codex gets an API key
// for the organisation of a browser sign-in.
func (s *Server) exchangeKey(w http.ResponseWriter, form url.Values) {
	claims, ok := s.verify(form.Get("subject_token"))
	auth, _ := claims[authClaim].(map[string]any)
	org, _ := auth["organization_id"].(string)
	switch {
	case form.Get("grant_type") != "urn:ietf:params:oauth:grant-type:token-exchange",
		form.Get("requested_token") != "openai-api-key",
		form.Get("subject_token_type") != "urn:ietf:params:oauth:token-type:id_token":
		writeError(w, http.StatusBadRequest, "invalid_request", "Only an id_token can be exchanged, for an openai-api-key.")
	case form.Get("client_id") != s.clientID:
		writeError(w, http.StatusUnauthorized, "invalid_client", "The client is not known.")
	case !ok:
		writeError(w, http.StatusUnauthorized, "invalid_subject_token", "The id_token is not one of the sandbox.")
	case org == "":
		writeError(w, http.StatusUnauthorized, "invalid_subject_token", "The id_token names no organization_id.")
	default:
		email, _ := claims["email"].(string)
		workspace, _ := auth["chatgpt_account_id"].(string)
		key := s.NewAPIKey(Seat{email, workspace})
		writeJSON(w, http.StatusOK, map[string]any{
			"access_token": key, "token_type": "Bearer",
			"issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
		})
	}
}
