package flows

import (
	"context"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // RFC 6455 wants it
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Connect tries to reach an endpoint: name, connection, proxy, certificate, and
// a request without any credential, which any answer ends well. It takes no
// longer than a request may, and returns with what it knows when ctx ends.
func (l *Login) Connect(ctx context.Context, e Endpoint) Connection { return l.connect(ctx, e, nil) }

// connect uses trial in place of the bundle in force, if there is one.
func (l *Login) connect(ctx context.Context, e Endpoint, trial *trust) Connection {
	began := time.Now()
	c := Connection{Endpoint: e, Stage: StageSetup, Host: hostOf(e.URL)}
	c.Err = l.tryOut(ctx, &c, trial)
	if c.Err == nil {
		c.Stage = StageDone
	}
	c.Took = time.Since(began)
	return c
}

func (l *Login) tryOut(ctx context.Context, c *Connection, trial *trust) error {
	t, ok := l.Client.Transport.(*transport)
	request, err := l.probe(ctx, c.Endpoint)
	if err != nil || !ok {
		return &NetworkError{Problem: Offline, Cause: CauseOther, Host: c.Host, Stage: StageSetup, Err: errors.New("not a valid address")}
	}
	c.Host = request.URL.Host
	if request.URL.Port() == "" {
		c.Host = net.JoinHostPort(request.URL.Hostname(), map[string]string{"http": "80", "https": "443"}[request.URL.Scheme])
	}
	if c.Proxy, err = ProxyFor(t.getenv, request.URL); err != nil {
		return err
	}
	if trial == nil {
		own, err := t.ready(ctx)
		if err != nil {
			c.Roots = named(err)
			return err
		}
		trial = &own.trust
	}
	c.Roots = trial.Roots
	// A road of its own: every stage happens, and nothing is left open.
	own := &road{t.newHTTP(*trial), *trial}
	defer own.http.CloseIdleConnections()
	if c.Endpoint.Purpose == ForSocket {
		// RFC 6455 knows HTTP/1.1 alone.
		own.http.ForceAttemptHTTP2 = false
		own.http.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	}
	resp, journey, err := t.travel(own, request)
	c.met(journey, *trial)
	if err != nil {
		var network *NetworkError
		if errors.As(err, &network) {
			c.Stage, c.Status = network.Stage, network.Status
		}
		return networkError(ctx, c.Endpoint.URL, err)
	}
	defer func() { _ = resp.Body.Close() }()
	c.Status = resp.StatusCode
	c.Date, _ = http.ParseTime(resp.Header.Get("Date"))
	return worth(c.Endpoint, request, resp)
}

// met takes over what the journey saw.
func (c *Connection) met(j *journey, trust trust) {
	j.mu.Lock()
	defer j.mu.Unlock()
	c.Stage, c.Addresses, c.Presented = j.stage, slices.Clone(j.addresses), certificates(j.presented)
	if trust.Variable != "" && len(j.presented) > 0 {
		c.Private = !trustedBy(ownRoots(), j.presented)
	}
}

// probe is the request: what Codex's doctor asks, without a credential.
func (l *Login) probe(ctx context.Context, e Endpoint) (*http.Request, error) {
	target, err := url.Parse(e.URL)
	if err != nil || target.Host == "" {
		return nil, errors.New("no address")
	}
	socket := e.Purpose == ForSocket
	switch target.Scheme {
	case "wss":
		target.Scheme = "https"
	case "ws":
		target.Scheme = "http"
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "*/*")
	r.Header.Set("Originator", originator)
	r.Header.Set("User-Agent", l.Issuer.UserAgent)
	if socket {
		key := make([]byte, 16)
		_, _ = rand.Read(key)
		r.Header.Set("Connection", "Upgrade")
		r.Header.Set("Upgrade", "websocket")
		r.Header.Set("Sec-WebSocket-Version", "13")
		r.Header.Set("Sec-WebSocket-Key", base64.StdEncoding.EncodeToString(key))
		r.Header.Set("OpenAI-Beta", socketVersion)
	}
	return r, nil
}

// socketVersion is the websocket protocol that Codex 0.169 asks for; observed.
const socketVersion = "responses_websockets=2026-02-06"

// socketRefusals are answers of a server that was reached and understood: it
// wants a credential, or another version.
var socketRefusals = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusUpgradeRequired}

// worth says what an answer is worth. That the place of the connection is not
// served is said in a 403 without a credential too.
func worth(e Endpoint, request *http.Request, resp *http.Response) error {
	if resp.StatusCode == http.StatusSwitchingProtocols {
		sum := sha1.Sum([]byte(request.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // RFC 6455 section 4.2.2
		if resp.Header.Get("Sec-WebSocket-Accept") == base64.StdEncoding.EncodeToString(sum[:]) {
			return nil
		}
		return &ServerError{Host: request.URL.Host, Endpoint: request.URL.Path, Status: resp.StatusCode, Code: "invalid_answer"}
	}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	a := answer{status: resp.StatusCode, header: resp.Header, body: body}
	a.request.url = request.URL.String()
	failure := a.failure()
	switch {
	case failure.Code == unsupportedCountry, resp.StatusCode >= 500:
		return failure
	case e.Purpose == ForSocket && !slices.Contains(socketRefusals, resp.StatusCode):
		return failure
	}
	return nil
}
