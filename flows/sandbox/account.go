package sandbox

import (
	"net/http"
	"strings"
)

// NewAPIKey makes a key that GET /v1/models accepts.
func (s *Server) NewAPIKey(seat Seat) string {
	key := "sk-proj-sandbox-" + random(36)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.apiKeys[key] = seat
	return key
}

// NewAccessToken makes a personal access token, which starts with "at-".
func (s *Server) NewAccessToken(seat Seat) string {
	token := "at-sandbox-" + random(32)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pats[token] = seat
	return token
}

func bearer(r *http.Request) string {
	kind, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(kind, "Bearer") {
		return ""
	}
	return token
}

// whoami tells whose personal access token it is.
func (s *Server) whoami(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	seat, known := s.pats[bearer(r)]
	s.mu.Unlock()
	a, ok := s.people.account(seat)
	if !known || !ok {
		writeError(w, http.StatusUnauthorized, "invalid_token", "The access token is not one of the sandbox.")
		return
	}
	b := s.mood()
	answer := map[string]any{"email": a.person.Email, "chatgpt_account_is_fedramp": false}
	for name, value := range s.authClaims(&b, a) {
		answer[name] = value
	}
	delete(answer, "user_id")
	if b.EditWhoami != nil {
		b.EditWhoami(answer)
	}
	writeJSON(w, http.StatusOK, answer)
}

// models is what an API key can be checked with.
func (s *Server) models(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	_, known := s.apiKeys[bearer(r)]
	s.mu.Unlock()
	if !known {
		writeError(w, http.StatusUnauthorized, "invalid_api_key", "The API key is not one of the sandbox.")
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"object": "list", "data": []any{
		map[string]any{"id": "sandbox-model", "object": "model", "created": 1, "owned_by": "sandbox"},
	}})
}
