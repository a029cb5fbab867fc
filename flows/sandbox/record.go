package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// Request is what a client sent, for comparisons of the wire.
type Request struct {
	Endpoint Endpoint
	Method   string
	Path     string
	Query    string // as sent, without the question mark
	Header   http.Header
	// RawHeader are the header lines as sent: order, case and repeats kept.
	RawHeader []string
	Body      []byte // at most 1 MiB
	// Status and Sent are the answer's status and body bytes, 0 until it began.
	Status int
	Sent   int64
}

// Requests returns every request so far, in order of arrival.
func (s *Server) Requests() []Request {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	return slices.Clone(s.log.requests)
}

// RequestsTo returns the requests to one endpoint.
func (s *Server) RequestsTo(e Endpoint) []Request {
	return slices.DeleteFunc(s.Requests(), func(r Request) bool { return r.Endpoint != e })
}

// Forget empties the record.
func (s *Server) Forget() {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	s.log.requests = nil
	s.log.generation++
}

// RefreshUses counts the refresh requests that carried the token, also the
// refused ones and those that a fault answered.
func (s *Server) RefreshUses(token string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.uses[token]
}

type requestLog struct {
	mu         sync.Mutex
	requests   []Request
	generation int // so that an answer to a forgotten request is not booked
}

func (l *requestLog) add(r Request) (update func(func(*Request))) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests = append(l.requests, r)
	i, generation := len(l.requests)-1, l.generation
	return func(change func(*Request)) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.generation == generation {
			change(&l.requests[i])
		}
	}
}

type endpointKey struct{}

func endpointOf(r *http.Request) Endpoint {
	e, _ := r.Context().Value(endpointKey{}).(Endpoint)
	return e
}

// recorded reads the body, notes the request and counts the answer.
func (s *Server) recorded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			writeError(w, http.StatusRequestEntityTooLarge, "body", "The body could not be read or is too large.")
			return
		}
		raw := takeHead(r.Context())
		fields := bodyFields(r.Header.Get("Content-Type"), body)
		endpoint := classify(r, fields)
		if endpoint == Refresh {
			s.mu.Lock()
			s.uses[fields.Get("refresh_token")]++
			s.mu.Unlock()
		}
		update := s.log.add(Request{
			Endpoint: endpoint, Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery,
			Header: r.Header.Clone(), RawHeader: raw, Body: body,
		})
		r.Body = io.NopCloser(bytes.NewReader(body))
		ctx := context.WithValue(r.Context(), endpointKey{}, endpoint)
		next.ServeHTTP(&countingWriter{ResponseWriter: w, update: update}, r.WithContext(ctx))
	})
}

func classify(r *http.Request, fields url.Values) Endpoint {
	path := r.URL.Path
	switch {
	case path == "/oauth/token" && fields.Get("grant_type") == "authorization_code":
		return CodeExchange
	case path == "/oauth/token" && fields.Get("grant_type") == "refresh_token":
		return Refresh
	case path == "/oauth/token" && fields.Has("requested_token"):
		return KeyExchange
	case strings.HasPrefix(path, "/backend-api/"):
		return Backend
	}
	if e, ok := map[string]Endpoint{
		"/oauth/authorize":                             Authorize,
		"/oauth/revoke":                                Revoke,
		"/api/accounts/deviceauth/usercode":            DeviceCode,
		"/api/accounts/deviceauth/token":               DevicePoll,
		"/codex/device":                                DevicePage,
		"/api/accounts/v1/user-auth-credential/whoami": Whoami,
		"/v1/models":                                   Models,
	}[path]; ok {
		return e
	}
	return Other
}

// bodyFields reads a form or a flat JSON object; other members are left out.
func bodyFields(contentType string, body []byte) url.Values {
	kind, _, _ := mime.ParseMediaType(contentType)
	switch kind {
	case "application/x-www-form-urlencoded":
		values, err := url.ParseQuery(string(body))
		if err != nil {
			return url.Values{}
		}
		return values
	case "application/json":
		var object map[string]any
		values := url.Values{}
		if json.Unmarshal(body, &object) == nil {
			for name, value := range object {
				if text, ok := value.(string); ok {
					values.Set(name, text)
				}
			}
		}
		return values
	}
	return url.Values{}
}

// fieldsOf reads a request's body, which recorded has made rereadable.
func fieldsOf(r *http.Request) url.Values {
	body, _ := io.ReadAll(r.Body)
	return bodyFields(r.Header.Get("Content-Type"), body)
}

// countingWriter books status and size of the answer.
type countingWriter struct {
	http.ResponseWriter
	update func(func(*Request))
}

func (w *countingWriter) WriteHeader(status int) {
	w.update(func(r *Request) { r.Status = status })
	w.ResponseWriter.WriteHeader(status)
}

func (w *countingWriter) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	w.update(func(r *Request) {
		if r.Status == 0 {
			r.Status = http.StatusOK
		}
		r.Sent += int64(n)
	})
	return n, err
}

// Unwrap lets http.ResponseController reach Flush.
func (w *countingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// wireListener keeps the bytes that arrive, because net/http forgets the order
// and the case of header lines.
type wireListener struct{ net.Listener }

func (l wireListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &wireConn{Conn: conn}, nil
}

type wireConn struct {
	net.Conn
	mu   sync.Mutex
	seen []byte
}

func (c *wireConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	if room := 2*maxBody - len(c.seen); room > 0 {
		c.seen = append(c.seen, p[:min(n, room)]...)
	}
	return n, err
}

type wireKey struct{}

func withWire(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, wireKey{}, conn)
}

// takeHead returns the header lines of the request whose body was just read to
// its end, and forgets its bytes. A client that sends its next request before
// the answer to this one (pipelining) would lose the next one's lines; nobody
// does that here.
func takeHead(ctx context.Context) []string {
	conn, ok := ctx.Value(wireKey{}).(*wireConn)
	if !ok {
		return nil
	}
	conn.mu.Lock()
	head, _, found := bytes.Cut(conn.seen, []byte("\r\n\r\n"))
	lines := strings.Split(string(head), "\r\n")
	conn.seen = nil
	conn.mu.Unlock()
	if !found || len(lines) < 2 {
		return nil
	}
	return lines[1:]
}
