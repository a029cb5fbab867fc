package sandbox

import "sync"

// issued keeps the JSON Web Tokens that were signed.
type issued struct {
	mu     sync.Mutex
	tokens []string
}

func (i *issued) add(token string) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.tokens = append(i.tokens, token)
	return token
}

// Secrets returns everything that this server has given out and that nobody
// else may know: tokens, keys, authorization codes, what stands for a device.
func (s *Server) Secrets() []string {
	s.signed.mu.Lock()
	out := append([]string(nil), s.signed.tokens...)
	s.signed.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	for token := range s.sessions {
		out = append(out, token)
	}
	for key := range s.apiKeys {
		out = append(out, key)
	}
	for token := range s.pats {
		out = append(out, token)
	}
	for code := range s.codes {
		out = append(out, code)
	}
	for id, d := range s.devices {
		out = append(out, id, d.userCode)
	}
	return out
}
