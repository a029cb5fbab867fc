package network

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"time"
)

// Stage is how far a connection came.
type Stage string

// The stages, in their order.
const (
	StageSetup   Stage = "setup"   // the bundle or a proxy variable cannot be used
	StageName    Stage = "name"    // DNS
	StageConnect Stage = "connect" // TCP, to the server or to the proxy
	StageProxy   Stage = "proxy"   // the proxy's own answer
	StageTLS     Stage = "tls"
	StageRequest Stage = "request"
	StageDone    Stage = "done"
)

// Connection is what came of trying an address, safe to print.
type Connection struct {
	Host  string // with the port
	Proxy ProxyChoice
	Roots Roots
	// Addresses is what DNS said; empty where the proxy asks it.
	Addresses []netip.Addr
	// Presented is the chain that the server (or who stands between) showed,
	// its own certificate first, whether or not it was trusted.
	Presented []Certificate
	// Private: it is trusted because of the bundle alone. Of one of OpenAI's
	// addresses that means that somebody reads along who may.
	Private bool
	// Status is that of the answer; Date is the server's clock, zero without.
	Status int
	Date   time.Time
	Stage  Stage
	Err    error // nil when Stage is StageDone
	Took   time.Duration
}

// Try sends a request and tells how far it came: name, connection, proxy,
// certificate, answer. It takes no longer than a request may, and returns with
// what it knows when ctx ends. What the answer is worth says worth.
func (c *Client) Try(ctx context.Context, r *http.Request, worth func(*http.Response) error) Connection {
	return c.try(ctx, r, worth, nil)
}

// try uses trial in place of the bundle in force, if there is one.
func (c *Client) try(ctx context.Context, r *http.Request, worth func(*http.Response) error, trial *trust) Connection {
	began := time.Now()
	out := Connection{Stage: StageSetup, Host: r.URL.Host}
	out.Err = c.tryOut(ctx, &out, r.WithContext(ctx), worth, trial)
	if out.Err == nil {
		out.Stage = StageDone
	}
	out.Took = time.Since(began)
	return out
}

func (c *Client) tryOut(ctx context.Context, out *Connection, request *http.Request, worth func(*http.Response) error, trial *trust) error {
	t := c.own()
	if t == nil {
		return &Error{Problem: Offline, Cause: CauseOther, Host: out.Host, Stage: StageSetup, Err: errors.New("this client makes no connections of its own")}
	}
	if request.URL.Port() == "" {
		out.Host = net.JoinHostPort(request.URL.Hostname(), map[string]string{"http": "80", "https": "443"}[request.URL.Scheme])
	}
	var err error
	if _, out.Proxy, err = proxyFor(t.getenv, request.URL); err != nil {
		return err
	}
	if trial == nil {
		own, err := t.ready(ctx)
		if err != nil {
			out.Roots = named(err)
			return err
		}
		trial = &own.trust
	}
	out.Roots = trial.Roots
	// A road of its own: every stage happens, and nothing is left open.
	own := &road{t.newHTTP(*trial), *trial}
	defer own.http.CloseIdleConnections()
	if request.Header.Get("Upgrade") != "" {
		// RFC 6455 knows HTTP/1.1 alone.
		own.http.ForceAttemptHTTP2 = false
		own.http.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	}
	resp, journey, err := t.travel(own, request)
	out.met(journey, *trial)
	if err != nil {
		var network *Error
		if errors.As(err, &network) {
			out.Stage, out.Status = network.Stage, network.Status
		}
		return ErrorOf(ctx, request.URL.String(), err)
	}
	defer func() { _ = resp.Body.Close() }()
	out.Status = resp.StatusCode
	out.Date, _ = http.ParseTime(resp.Header.Get("Date"))
	return worth(resp)
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
