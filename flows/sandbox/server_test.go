package sandbox

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"math/big"
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

func TestStartOnlyOnLoopback(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0"} {
		if s, err := Start(Options{Addr: addr}); err == nil {
			_ = s.Close()
			t.Errorf("listens on %q", addr)
		}
	}
}

func TestTLS(t *testing.T) {
	s := start(t, Options{TLS: &tls.Config{Certificates: []tls.Certificate{certificate(t)}}})
	if !strings.HasPrefix(s.URL(), "https://") {
		t.Fatal(s.URL())
	}
	a := newAttempt()
	if r := s.postForm(t, "/oauth/token", a.exchange(s.code(t, &a, MinaPlus))); r.status != 200 {
		t.Errorf("exchange: %d %s", r.status, r.body)
	}
	if raw := s.Requests()[0].RawHeader; len(raw) == 0 {
		t.Error("no header lines were kept under TLS")
	}
}

func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestCloseLetsHangingAnswersGo(t *testing.T) {
	s, err := Start(Options{Setup: func(b *Behaviour) { b.Inject(Models, Hang()) }})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		answer, err := s.client.Get(s.URL() + "/v1/models")
		if err == nil {
			_ = answer.Body.Close()
		}
		done <- err
	}()
	for len(s.Requests()) == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if <-done == nil {
		t.Error("the hanging request was answered")
	}
}

func TestRecordKeepsTheWire(t *testing.T) {
	s := start(t, Options{})
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	body := `{"client_id":"app","x":1}`
	head := "POST /oauth/revoke?b=2&a=%31 HTTP/1.1\r\nx-ODD: 1\r\ncontent-type: application/json\r\nhost: h\r\ncontent-length: 25\r\n\r\n"
	// Twice on one connection, cut in odd places: the second must not see the first.
	for range 2 {
		for _, part := range []string{head[:20], head[20:], body[:3], body[3:]} {
			if _, err := io.WriteString(conn, part); err != nil {
				t.Fatal(err)
			}
		}
		readAnswer(t, conn)
	}
	requests := s.Requests()
	if len(requests) != 2 {
		t.Fatalf("%d requests were kept", len(requests))
	}
	for _, r := range requests {
		if r.Query != "b=2&a=%31" || string(r.Body) != body || r.Endpoint != Revoke || r.Status != 400 || r.Sent == 0 {
			t.Errorf("kept %+v", r)
		}
		if got := strings.Join(r.RawHeader, "|"); got != "x-ODD: 1|content-type: application/json|host: h|content-length: 25" {
			t.Errorf("header lines: %s", got)
		}
	}
	s.Forget()
	if len(s.Requests()) != 0 {
		t.Error("Forget kept something")
	}
}

func readAnswer(t *testing.T, conn net.Conn) {
	t.Helper()
	var all []byte
	buffer := make([]byte, 4096)
	for !bytes.Contains(all, []byte("}}")) {
		n, err := conn.Read(buffer)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, buffer[:n]...)
	}
}

func TestBodyLimit(t *testing.T) {
	s := start(t, Options{})
	if r := s.send(t, "POST", "/oauth/token", "application/json", strings.Repeat("a", maxBody+1)); r.err == nil && r.status != 413 {
		t.Errorf("a body over the limit got %d", r.status)
	}
}

func TestConcurrentUse(t *testing.T) {
	s := start(t, Options{})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			a := newAttempt()
			r := s.postForm(t, "/oauth/token", a.exchange(s.code(t, &a, MinaHarbour)))
			if r.status != 200 {
				t.Errorf("exchange: %d %s", r.status, r.body)
			}
			s.Set(func(b *Behaviour) { b.Slow(Revoke, time.Duration(i)) })
			_ = s.Requests()
		})
	}
	all.Wait()
}
