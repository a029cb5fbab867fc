package network

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// RequestLimit is how long a request may take, its answer included.
const RequestLimit = 30 * time.Second

const (
	connectLimit = 10 * time.Second
	filesLimit   = 5 * time.Second // for the certificates, which may be far away
)

// Client is an HTTP client that knows how it reaches a server. One that
// NewClient did not make, as a test may have it, knows nothing of that.
type Client struct{ http.Client }

// NewClient returns the one HTTP client that all connections are made with. It
// trusts what Codex trusts and obeys the proxy variables. The certificates are
// read with the first request, which fails with a *CertificateFileError if they
// cannot be: reading a bundle takes longer than a first frame may. A request
// that gets no answer fails with a *Error.
func NewClient(getenv func(string) string) *Client {
	return &Client{http.Client{
		// An endpoint that redirects is not the endpoint that was meant, and
		// a redirected request would carry the secret along.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &transport{getenv: getenv, limits: limits{connectLimit, RequestLimit, filesLimit}},
	}}
}

// own is the transport that NewClient made; nil of another client.
func (c *Client) own() *transport {
	t, _ := c.Transport.(*transport)
	return t
}

// limits: one for each step on the way to the server, one for the whole, one
// for the files of certificates.
type limits struct{ step, request, files time.Duration }

// transport makes its connections when the first request needs them.
type transport struct {
	getenv func(string) string
	limits limits

	mu      sync.Mutex // held for no longer than these are looked at
	road    *road
	reading *reading // towards the road
	bundle  string   // chosen in this run, in place of CODEX_CA_CERTIFICATE
}

// road is what requests travel on, and what servers are trusted by.
type road struct {
	http  *http.Transport
	trust trust
}

// ready returns the road. What went wrong is tried anew the next time: the
// person may have mended the file by then.
func (t *transport) ready(ctx context.Context) (*road, error) {
	t.mu.Lock()
	if t.road != nil {
		defer t.mu.Unlock()
		return t.road, nil
	}
	if t.reading == nil {
		t.reading = readTrust(t.getenv, t.bundle)
	}
	r := t.reading
	t.mu.Unlock()
	trust, err := r.wait(ctx, t.limits.files)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.reading == r {
		t.reading = nil
	}
	if t.road == nil && err == nil {
		t.road = &road{t.newHTTP(trust), trust}
	}
	if t.road != nil { // it may be that of a bundle that was chosen meanwhile
		return t.road, nil
	}
	return nil, err
}

// use goes on with another bundle.
func (t *transport) use(bundle string, trust trust) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.road != nil {
		t.road.http.CloseIdleConnections()
	}
	t.bundle, t.road = bundle, &road{t.newHTTP(trust), trust}
}

func (t *transport) newHTTP(trust trust) *http.Transport {
	dialer := &net.Dialer{Timeout: t.limits.step}
	return &http.Transport{
		Proxy: func(r *http.Request) (*url.URL, error) {
			proxy, _, err := proxyFor(t.getenv, r.URL)
			return proxy, err
		},
		OnProxyConnectResponse: refusedByProxy,
		ProxyConnectHeader:     http.Header{"User-Agent": {""}}, // not Go's
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    t.limits.step,
		ForceAttemptHTTP2:      true,
		// Codex asks for no compression, and a compressed answer could hide
		// its size.
		DisableCompression: true,
		TLSClientConfig:    &tls.Config{RootCAs: trust.pool, MinVersion: tls.VersionTLS12},
	}
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	road, err := t.ready(r.Context())
	if err != nil {
		closeBody(r)
		return nil, err
	}
	resp, _, err := t.travel(road, r)
	return resp, err
}

// travel sends r and watches how far it comes.
func (t *transport) travel(road *road, r *http.Request) (*http.Response, *journey, error) {
	_, choice, err := proxyFor(t.getenv, r.URL)
	j := &journey{target: r.URL, proxy: choice, trust: road.trust, stage: StageSetup}
	if err != nil {
		closeBody(r)
		return nil, j, err
	}
	ctx, cancel := context.WithCancelCause(r.Context())
	whole := time.AfterFunc(t.limits.request, func() { cancel(ErrSilent) })
	stop := func() {
		whole.Stop()
		j.rest()
		cancel(nil)
	}
	resp, err := road.http.RoundTrip(r.WithContext(j.watch(ctx, t.limits.step, cancel)))
	j.rest()
	if err == nil && resp.StatusCode == http.StatusProxyAuthRequired && choice.Address != "" {
		err = refusedByProxy(ctx, nil, nil, resp)
		_ = resp.Body.Close()
	}
	if err != nil {
		if cause := context.Cause(ctx); errors.Is(cause, ErrSilent) {
			err = cause
		}
		stop()
		return nil, j, j.failure(r.Context(), err)
	}
	if resp.StatusCode == http.StatusSwitchingProtocols {
		// The body is the connection now; whoever asked for it ends it.
		whole.Stop()
		return resp, j, nil
	}
	resp.Body = &limitedBody{resp.Body, ctx, stop}
	return resp, j, nil
}

// limitedBody is an answer that has to be over in time.
type limitedBody struct {
	io.ReadCloser
	ctx  context.Context
	stop func()
}

func (b *limitedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF && errors.Is(context.Cause(b.ctx), ErrSilent) {
		err = ErrSilent
	}
	return n, err
}

func (b *limitedBody) Close() error {
	defer b.stop()
	return b.ReadCloser.Close()
}

func closeBody(r *http.Request) {
	if r.Body != nil {
		_ = r.Body.Close()
	}
}

// Ready reads the certificates, so that what is wrong with them shows before
// the first request.
func (c *Client) Ready(ctx context.Context) error {
	t := c.own()
	if t == nil {
		return nil
	}
	_, err := t.ready(ctx)
	return err
}

// ErrorOf says in the terms of this room why a request to target got no
// answer: with a *CertificateFileError, a *ProxyVariableError or an *Error, or
// with that of a context that somebody ended.
func ErrorOf(ctx context.Context, target string, err error) error {
	if ended(ctx) {
		return ctx.Err()
	}
	var certificate *CertificateFileError
	var variable *ProxyVariableError
	var known *Error
	switch {
	case errors.As(err, &certificate):
		return certificate
	case errors.As(err, &variable):
		return variable
	case errors.As(err, &known):
		return known
	}
	out := &Error{Problem: Offline, Host: HostOf(target), Err: err}
	out.Cause, out.Err = offlineCause(plainCause(err))
	return out
}

// ended reports whether somebody gave up on a request. A limit of ours is the
// server's silence.
func ended(ctx context.Context) bool {
	return ctx.Err() != nil && !errors.Is(context.Cause(ctx), ErrSilent)
}

// HostOf is the host of an address, with its port if it has one.
func HostOf(target string) string {
	u, err := url.Parse(target)
	if err != nil || u.Host == "" {
		return "the server"
	}
	return u.Host
}
