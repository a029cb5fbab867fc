package sandbox

import (
	"fmt"
	"net/http"
	"net/url"
)

// refresh spends a refresh token. Codex sends JSON, other clients a form; both
// are read.
func (s *Server) refresh(w http.ResponseWriter, form url.Values) {
	one, answer, code, problem := s.renew(form)
	if problem != "" {
		writeError(w, http.StatusUnauthorized, code, problem)
		return
	}
	b := s.mood()
	answer["id_token"] = s.idToken(&b, one.account, one.clientID, one.id)
	answer["access_token"] = s.accessToken(&b, one.account, one.clientID, one.id)
	s.writeTokens(w, &b, answer)
}

// renew checks the token and rotates it in one step, so that of two clients
// with the same token only one gets through.
func (s *Server) renew(form url.Values) (one session, answer map[string]any, code, problem string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, token := &s.behaviour, form.Get("refresh_token")
	found, known := s.sessions[token]
	switch {
	case !known:
		return one, nil, "invalid_grant", "The refresh token is not known."
	case form.Get("client_id") != found.clientID:
		return one, nil, "invalid_client", "The refresh token belongs to another client."
	case found.ended:
		return one, nil, "refresh_token_invalidated", "The refresh token was revoked."
	case found.current != token:
		found.ended = found.ended || b.ReuseEndsSession
		return one, nil, "refresh_token_reused", "The refresh token was used before."
	case !s.now().Before(found.expires):
		return one, nil, "refresh_token_expired", "The refresh token has expired."
	}
	answer = map[string]any{}
	if !b.KeepRefreshToken {
		answer["refresh_token"] = s.rotateLocked(b, found)
	}
	return *found, answer, "", ""
}

// revoke is RFC 7009 with Codex's JSON body; a form is read too. A token that
// is not known is not an error there.
func (s *Server) revoke(w http.ResponseWriter, r *http.Request) {
	form := fieldsOf(r)
	if !form.Has("token") {
		writeError(w, http.StatusBadRequest, "invalid_request", "There is no token to revoke.")
		return
	}
	s.endSession(form.Get("token"))
	writeJSON(w, http.StatusOK, map[string]any{})
}

// endSession ends the session of a refresh or an access token.
func (s *Server) endSession(token string) {
	claims, _ := s.verify(token)
	id, _ := claims["session_id"].(string)
	s.mu.Lock()
	defer s.mu.Unlock()
	if one, ok := s.sessions[token]; ok {
		one.ended = true
		return
	}
	for _, one := range s.sessions {
		if id != "" && one.id == id {
			one.ended = true
		}
	}
}

// SessionEnded reports whether the session of a refresh token was revoked, and
// whether the token is known at all.
func (s *Server) SessionEnded(refreshToken string) (ended, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one, known := s.sessions[refreshToken]
	return known && one.ended, known
}

// ExpireRefreshTokens lets every refresh token given out so far expire.
func (s *Server) ExpireRefreshTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.sessions {
		one.expires = s.now()
	}
}

// InvalidateRefreshTokens ends every session, as an admin or "sign out
// everywhere" would.
func (s *Server) InvalidateRefreshTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.sessions {
		one.ended = true
	}
}

// SignIn opens a session without the pages, for tests that begin signed in.
func (s *Server) SignIn(seat Seat) (Tokens, error) {
	a, ok := s.people.account(seat)
	if !ok {
		return Tokens{}, fmt.Errorf("sandbox: %s is not in workspace %s", seat.Person, seat.Workspace)
	}
	b := s.mood()
	return s.open(&b, &session{id: random(16), account: a, clientID: s.clientID, scope: scope}), nil
}
