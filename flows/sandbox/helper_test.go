package sandbox

import (
	"crypto/sha256"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

func start(t *testing.T, o Options) *Server {
	t.Helper()
	s, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// clock is a time that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// reply is an answer, read to its end.
type reply struct {
	status int
	header http.Header
	body   string
	fields map[string]any // of a JSON object
	err    error          // the connection broke
}

func (r reply) text(name string) string {
	text, _ := r.fields[name].(string)
	return text
}

// code is the error code, in whatever shape it came.
func (r reply) code() string {
	if object, ok := r.fields["error"].(map[string]any); ok {
		text, _ := object["code"].(string)
		return text
	}
	if text := r.text("error"); text != "" {
		return text
	}
	return r.text("code")
}

// send does one request and follows nothing.
func (s *Server) send(t *testing.T, method, path, contentType, body string, header ...string) reply {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	client := *s.client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	answer, err := client.Do(request)
	if err != nil {
		return reply{err: err}
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	r := reply{status: answer.StatusCode, header: answer.Header, body: string(text), err: err}
	_ = json.Unmarshal(text, &r.fields)
	return r
}

func (s *Server) get(t *testing.T, path string, header ...string) reply {
	t.Helper()
	return s.send(t, http.MethodGet, path, "", "", header...)
}

func (s *Server) postForm(t *testing.T, path string, form url.Values) reply {
	t.Helper()
	return s.send(t, http.MethodPost, path, "application/x-www-form-urlencoded", form.Encode())
}

func (s *Server) postJSON(t *testing.T, path string, value any) reply {
	t.Helper()
	body, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return s.send(t, http.MethodPost, path, "application/json", string(body))
}

func values(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

// attempt is one browser sign-in of a made-up client.
type attempt struct {
	state, verifier, redirect string
}

func newAttempt() attempt {
	return attempt{state: random(32), verifier: random(64), redirect: "http://127.0.0.1:1455/auth/callback"}
}

func (a attempt) query() url.Values {
	sum := sha256.Sum256([]byte(a.verifier))
	return values(
		"response_type", "code", "client_id", ClientID, "redirect_uri", a.redirect,
		"code_challenge", b64.EncodeToString(sum[:]), "code_challenge_method", "S256", "state", a.state, "scope", scope,
	)
}

func (a attempt) exchange(code string) url.Values {
	return values("grant_type", "authorization_code", "client_id", ClientID, "code", code,
		"redirect_uri", a.redirect, "code_verifier", a.verifier)
}

// callback waits for one redirect, as a client's listener does.
func callback(t *testing.T, a *attempt) <-chan url.Values {
	t.Helper()
	got := make(chan url.Values, 1)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case got <- r.URL.Query():
		default:
		}
		_, _ = io.WriteString(w, "<html><head><title>Thanks</title></head><body>ok</body></html>")
	})}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	a.redirect = "http://" + listener.Addr().String() + "/auth/callback"
	return got
}

// code signs a seat in through the pages and returns the authorization code.
func (s *Server) code(t *testing.T, a *attempt, seat Seat) string {
	t.Helper()
	got := callback(t, a)
	if _, err := s.Approve(t.Context(), s.URL()+"/oauth/authorize?"+a.query().Encode(), seat); err != nil {
		t.Fatal(err)
	}
	answer := <-got
	if answer.Get("state") != a.state || answer.Get("code") == "" {
		t.Fatalf("the callback got %v", answer)
	}
	return answer.Get("code")
}

func (s *Server) claims(t *testing.T, token string) map[string]any {
	t.Helper()
	claims, ok := s.verify(token)
	if !ok {
		t.Fatal("the token is not one of the sandbox")
	}
	return claims
}

func authOf(claims map[string]any) map[string]any {
	auth, _ := claims[authClaim].(map[string]any)
	return auth
}
