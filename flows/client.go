package flows

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"
)

// The limits of every request.
const (
	connectLimit = 10 * time.Second
	requestLimit = 30 * time.Second
	revokeLimit  = 10 * time.Second // as Codex
	enrichLimit  = 10 * time.Second
	bodyLimit    = 1 << 20
)

// bundleLimit is far above any bundle of certificates.
const bundleLimit = 8 << 20

var errBundleTooLarge = errors.New("it is larger than 8 MiB")

// CertificateFileError says that the bundle of extra root certificates named
// by an environment variable cannot be used.
type CertificateFileError struct {
	Variable, Path string
	Err            error // nil: the file holds no certificate
}

func (e *CertificateFileError) Error() string {
	if e.Err == nil {
		return e.Variable + " names " + e.Path + ", which holds no certificate"
	}
	return e.Variable + " names " + e.Path + ": " + e.Err.Error()
}

func (e *CertificateFileError) Unwrap() error { return e.Err }

// NewClient returns the one HTTP client that all connections are made with. It
// trusts the system's roots and those in CODEX_CA_CERTIFICATE, else
// SSL_CERT_FILE, and obeys the proxy variables. The certificates are read with
// the first request, which fails with a *CertificateFileError if they cannot
// be: reading a bundle takes longer than a first frame may.
func NewClient(getenv func(string) string) *http.Client {
	return &http.Client{
		Timeout: requestLimit,
		// An endpoint that redirects is not the endpoint that was meant, and
		// a redirected request would carry the secret along.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     lateTransport(sync.OnceValues(func() (*http.Transport, error) { return newTransport(getenv) })),
	}
}

// lateTransport makes its transport at the first request.
type lateTransport func() (*http.Transport, error)

// RoundTrip implements http.RoundTripper.
func (t lateTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	transport, err := t()
	if err != nil {
		return nil, err
	}
	return transport.RoundTrip(r)
}

// ready finds out before a sign-in begins what would spoil it at its end.
func (l *Login) ready() error {
	late, ok := l.Client.Transport.(lateTransport)
	if !ok {
		return nil
	}
	transport, err := late()
	if err != nil {
		return err
	}
	if issuer, err := url.Parse(l.Issuer.base()); err == nil {
		_, err := transport.Proxy(&http.Request{URL: issuer})
		return err
	}
	return nil
}

func newTransport(getenv func(string) string) (*http.Transport, error) {
	roots, err := rootCertificates(getenv)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: connectLimit}
	return &http.Transport{
		Proxy:               proxyFrom(getenv),
		DialContext:         dialer.DialContext,
		TLSHandshakeTimeout: connectLimit,
		ForceAttemptHTTP2:   true,
		// Codex asks for no compression, and a compressed answer could hide
		// its size.
		DisableCompression: true,
		TLSClientConfig:    &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
	}, nil
}

// rootCertificates returns nil for the system's own roots.
func rootCertificates(getenv func(string) string) (*x509.CertPool, error) {
	for _, variable := range []string{"CODEX_CA_CERTIFICATE", "SSL_CERT_FILE"} {
		path := getenv(variable)
		if path == "" {
			continue
		}
		pem, err := readBundle(path)
		if err != nil {
			return nil, &CertificateFileError{Variable: variable, Path: path, Err: err}
		}
		roots, err := x509.SystemCertPool()
		if err != nil {
			roots = x509.NewCertPool()
		}
		if !roots.AppendCertsFromPEM(pem) {
			return nil, &CertificateFileError{Variable: variable, Path: path}
		}
		return roots, nil
	}
	return nil, nil
}

// readBundle reads a file up to bundleLimit. Its errors do not repeat the path.
func readBundle(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	defer func() { _ = f.Close() }()
	pem, err := io.ReadAll(io.LimitReader(f, bundleLimit+1))
	switch {
	case err != nil:
		return nil, errors.Unwrap(err)
	case len(pem) > bundleLimit:
		return nil, errBundleTooLarge
	}
	return pem, nil
}

// networkError says in our own terms why a request got no answer.
func networkError(ctx context.Context, target string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var certificate *CertificateFileError
	if errors.As(err, &certificate) {
		return certificate
	}
	var proxy *ProxyVariableError
	if errors.As(err, &proxy) {
		return proxy
	}
	host := hostOf(target)
	out := &NetworkError{Problem: Offline, Host: host, Err: err}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		// url.Error prints the whole URL with its query.
		out.Err = wrapped.Err
	}
	var late net.Error
	if errors.As(err, &late) && late.Timeout() {
		// Go's own text names its settings.
		out.Err = errors.New("no answer in time")
	}
	var untrusted *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var op *net.OpError
	switch {
	case errors.As(err, &untrusted), errors.As(err, &record), errors.As(err, &alert):
		out.Problem = TLS
	case errors.As(err, &op) && op.Op == "proxyconnect", strings.Contains(err.Error(), "proxyconnect"),
		strings.Contains(err.Error(), "Proxy Authentication Required"):
		out.Problem = Proxy
	}
	return out
}

func hostOf(target string) string {
	u, err := url.Parse(target)
	if err != nil || u.Host == "" {
		return "the server"
	}
	return u.Host
}
