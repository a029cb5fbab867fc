package network

import (
	"context"
	"errors"
	"net/http"
)

// Trial is a bundle that a person tries.
type Trial struct {
	client *Client
	path   string
	trust  trust
}

// TryBundle reads the bundle at path, as if CODEX_CA_CERTIFICATE named it. It
// returns a *CertificateFileError without a variable if that cannot be used.
// Nothing is changed before Keep.
func (c *Client) TryBundle(ctx context.Context, path string) (*Trial, error) {
	t := c.own()
	if t == nil {
		return nil, errors.New("this client makes no connections of its own")
	}
	trust, err := readTrust(t.getenv, path).wait(ctx, t.limits.files)
	var file *CertificateFileError
	if errors.As(err, &file) && file.Variable == BundleVariable { // another one names what is beside it
		file.Variable = ""
	}
	if err != nil {
		return nil, err
	}
	return &Trial{c, path, trust}, nil
}

// Roots is what certificates are held against with the bundle.
func (t *Trial) Roots() Roots { return t.trust.Roots }

// Try is Client.Try with the bundle.
func (t *Trial) Try(ctx context.Context, r *http.Request, worth func(*http.Response) error) Connection {
	return t.client.try(ctx, r, worth, &t.trust)
}

// Keep uses the bundle for every further request of the client.
func (t *Trial) Keep() {
	if own := t.client.own(); own != nil {
		own.use(t.path, t.trust)
	}
}
