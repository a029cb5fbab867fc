package sandbox

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// ClientID is Codex's OAuth client.
const ClientID = "app_EMoamEEZ73f0CkXaXp7hrann"

// maxBody is how much of a request is read.
const maxBody = 1 << 20

// Options configure Start; the zero value is good.
type Options struct {
	Addr     string           // default 127.0.0.1:0
	TLS      *tls.Config      // serves https when set
	Now      func() time.Time // default time.Now
	ClientID string           // default ClientID
	People   []Person         // default People()
	Setup    func(*Behaviour) // applied before the first request
}

// Server is a running sandbox. Its methods may be called from any goroutine.
type Server struct {
	clientID string
	people   directory
	now      func() time.Time
	key      ed25519.PrivateKey
	url      string
	http     *http.Server
	client   *http.Client // trusts this server; used by Approve
	served   chan struct{}
	cancel   context.CancelFunc

	mu        sync.Mutex
	behaviour Behaviour
	tickets   map[string]*ticket  // page visits, by ticket ID
	codes     map[string]*grant   // authorization codes
	devices   map[string]*device  // by device_auth_id
	sessions  map[string]*session // by refresh token, every one ever given
	apiKeys   map[string]Seat
	pats      map[string]Seat
	uses      map[string]int // refresh requests, by refresh token

	signed issued
	log    requestLog
}

// Start listens and serves until Close. The address must be on loopback.
func Start(o Options) (*Server, error) {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.ClientID == "" {
		o.ClientID = ClientID
	}
	if o.People == nil {
		o.People = People()
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("sandbox: no signing key: %w", err)
	}
	listener, err := listenLoopback(o.Addr)
	if err != nil {
		return nil, err
	}
	s := &Server{
		clientID: o.ClientID, people: o.People, now: o.Now, key: key,
		served: make(chan struct{}), behaviour: defaults(),
		tickets: map[string]*ticket{}, codes: map[string]*grant{}, devices: map[string]*device{},
		sessions: map[string]*session{}, apiKeys: map[string]Seat{}, pats: map[string]Seat{},
		uses: map[string]int{},
	}
	s.url = "http://" + listener.Addr().String()
	if o.TLS != nil {
		s.url = "https://" + listener.Addr().String()
		listener = tls.NewListener(listener, o.TLS)
	}
	if o.Setup != nil {
		o.Setup(&s.behaviour)
	}
	s.client = newClient(o.TLS)
	s.serve(listener)
	return s, nil
}

func listenLoopback(addr string) (net.Listener, error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("sandbox: cannot listen on %s: %w", addr, err)
	}
	if tcp, ok := listener.Addr().(*net.TCPAddr); !ok || !tcp.IP.IsLoopback() {
		_ = listener.Close()
		return nil, fmt.Errorf("sandbox: %s is not a loopback address", addr)
	}
	return listener, nil
}

func (s *Server) serve(listener net.Listener) {
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	s.http = &http.Server{
		Handler:           s.recorded(s.faulty(s.routes())),
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0), // the demo owns the terminal
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ConnContext:       withWire,
	}
	go func() {
		defer close(s.served)
		_ = s.http.Serve(wireListener{listener})
	}()
}

// URL is the issuer, without a slash at the end.
func (s *Server) URL() string { return s.url }

// Close stops serving and lets hanging answers go.
func (s *Server) Close() error {
	s.cancel()
	err := s.http.Close()
	<-s.served
	s.client.CloseIdleConnections()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Set changes the behaviour; requests that have begun keep the old one.
func (s *Server) Set(change func(*Behaviour)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.behaviour)
}

// mood is the behaviour now. Its maps belong to the server: leave them alone.
func (s *Server) mood() Behaviour {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.behaviour
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, handler := range map[string]http.HandlerFunc{
		"GET /{$}":                                         s.homePage,
		"GET /sandbox/style.css":                           stylesheet,
		"GET /oauth/authorize":                             s.authorizeStart,
		"POST /oauth/authorize":                            s.authorizeStep,
		"POST /oauth/token":                                s.token,
		"POST /oauth/revoke":                               s.revoke,
		"GET /codex/device":                                s.deviceStart,
		"POST /codex/device":                               s.deviceStep,
		"GET /deviceauth/callback":                         s.deviceCallback,
		"POST /api/accounts/deviceauth/usercode":           s.deviceCode,
		"POST /api/accounts/deviceauth/token":              s.devicePoll,
		"GET /api/accounts/v1/user-auth-credential/whoami": s.whoami,
		"GET /.well-known/jwks.json":                       s.jwks,
		"GET /v1/models":                                   s.models,
		"GET /backend-api/codex/responses":                 noSocket,
		"GET /v1/responses":                                noSocket,
		"GET /backend-api/wham/accounts/check":             s.signedIn(s.accountsCheck),
		"GET /backend-api/wham/config/bundle":              s.signedIn(noRules),
		"GET /backend-api/wham/usage":                      s.signedIn(usage),
		"GET /backend-api/wham/rate-limit-reset-credits":   s.signedIn(resetCredits),
		"GET /backend-api/wham/profiles/me":                s.signedIn(profile),
		"GET /backend-api/ps/plugins/installed":            s.signedIn(noPlugins),
		"GET /backend-api/ps/plugins/suggested/codex":      s.signedIn(noSuggestions),
		"/": notFound,
	} {
		mux.HandleFunc(pattern, handler)
	}
	return mux
}

// faulty delays and replaces answers as the behaviour says.
func (s *Server) faulty(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		endpoint := endpointOf(r)
		s.mu.Lock()
		fault, due := s.behaviour.takeFault(endpoint)
		latency := s.behaviour.Latency[endpoint]
		s.mu.Unlock()
		if latency > 0 {
			timer := time.NewTimer(latency)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-r.Context().Done():
				panic(http.ErrAbortHandler)
			}
		}
		if due {
			fault.answer(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// newClient is the browser of Approve: it trusts the sandbox's certificate and
// knows no proxy.
func newClient(config *tls.Config) *http.Client {
	transport := &http.Transport{ForceAttemptHTTP2: false}
	if config != nil {
		roots := x509.NewCertPool()
		for _, pair := range config.Certificates {
			if leaf, err := x509.ParseCertificate(pair.Certificate[0]); err == nil {
				roots.AddCert(leaf)
			}
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	return &http.Client{Transport: transport, Timeout: 30 * time.Second}
}

func notFound(w http.ResponseWriter, _ *http.Request) {
	writeError(w, http.StatusNotFound, "not_found", "The sandbox has nothing here.")
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		// Only an Edit function can cause this; the test should see it.
		status, body = http.StatusInternalServerError, []byte(`{"error":"sandbox: the edited answer is no JSON"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// writeError answers in OpenAI's shape.
func writeError(w http.ResponseWriter, status int, code, message string) {
	writeJSON(w, status, map[string]any{"error": map[string]any{
		"message": message, "type": "invalid_request_error", "param": nil, "code": code,
	}})
}
