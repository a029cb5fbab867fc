package flows

import (
	"context"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // RFC 6455 wants it
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"

	"codex-login/flows/network"
)

// Connection is what came of trying an endpoint, safe to print.
type Connection struct {
	Endpoint Endpoint
	network.Connection
}

// Connect tries to reach an endpoint, with a request without any credential,
// which any answer ends well.
func (l *Login) Connect(ctx context.Context, e Endpoint) Connection {
	return l.connect(ctx, e, l.Client.Try)
}

// connect has a request of ours tried.
func (l *Login) connect(ctx context.Context, e Endpoint, try func(context.Context, *http.Request, func(*http.Response) error) network.Connection) Connection {
	request, err := l.probe(ctx, e)
	if err != nil {
		host := network.HostOf(e.URL)
		return Connection{e, network.Connection{
			Host: host, Stage: network.StageSetup,
			Err: &network.Error{Problem: network.Offline, Cause: network.CauseOther, Host: host, Stage: network.StageSetup, Err: errors.New("not a valid address")},
		}}
	}
	return Connection{e, try(ctx, request, func(resp *http.Response) error { return worth(e, request, resp) })}
}

// Trial is a bundle of root certificates that a person tries.
type Trial struct {
	*network.Trial
	login *Login
}

// TryBundle is that of the client, for the endpoints of a Login.
func (l *Login) TryBundle(ctx context.Context, path string) (*Trial, error) {
	trial, err := l.Client.TryBundle(ctx, path)
	if err != nil {
		return nil, err
	}
	return &Trial{trial, l}, nil
}

// Connect is Login.Connect with the bundle.
func (t *Trial) Connect(ctx context.Context, e Endpoint) Connection {
	return t.login.connect(ctx, e, t.Try)
}

// ready finds out before a sign-in begins what would spoil it at its end.
func (l *Login) ready(ctx context.Context) error {
	if err := l.Client.Ready(ctx); err != nil {
		return cancelled(ctx, err)
	}
	_, err := l.Client.ProxyFor(l.Issuer.base())
	return err
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
