package network

import (
	"context"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"time"
)

// BundleVariable names the bundle, before any other.
const BundleVariable = "CODEX_CA_CERTIFICATE"

// The other variables that name certificates: the next for a bundle, and one
// for folders.
const (
	certFileVariable   = "SSL_CERT_FILE"
	certFolderVariable = "SSL_CERT_DIR"
)

// Roots is what a server's certificate is held against.
type Roots struct {
	// Variable names the bundle in force; "" is the system's roots alone.
	Variable, Path string
	// Certificates is how many the bundle holds.
	Certificates int
	// Expired is how many of them are over.
	Expired int
	// System: the system's own roots count too.
	System bool
	// Instead lists the variables that put others in the place of the
	// system's: SSL_CERT_FILE, SSL_CERT_DIR.
	Instead []string
}

// trust is what certificates are held against; pool is nil for the roots that
// the system itself asks for.
type trust struct {
	Roots
	pool *x509.CertPool
}

// reading is one look at every certificate that counts. It is done beside
// whoever waits for it: in a folder of a server that is gone it never ends.
type reading struct {
	getenv func(string) string
	bundle string
	at     atomic.Pointer[CertificateFileError] // what to say if it ends here
	done   chan struct{}
	trust  trust // these two once done is closed
	err    error
}

// readTrust begins to read. Bundle, if not empty, is the path that a person
// chose in place of CODEX_CA_CERTIFICATE.
func readTrust(getenv func(string) string, bundle string) *reading {
	r := &reading{getenv: getenv, bundle: bundle, done: make(chan struct{})}
	r.reach("", "")
	go func() {
		defer close(r.done)
		r.trust, r.err = r.newTrust()
	}()
	return r
}

// wait returns a *CertificateFileError for what cannot be used, and for what
// is not read when limit is over.
func (r *reading) wait(ctx context.Context, limit time.Duration) (trust, error) {
	late := time.NewTimer(limit)
	defer late.Stop()
	select {
	case <-r.done:
		return r.trust, r.err
	case <-ctx.Done():
		return trust{}, ctx.Err()
	case <-late.C:
		silent := *r.at.Load()
		return trust{}, &silent
	}
}

func (r *reading) reach(variable, path string) {
	r.at.Store(&CertificateFileError{Variable: variable, Path: path, System: variable == "", Problem: BundleSilent})
}

// newTrust decides as Codex 0.169 does. The bundle of CODEX_CA_CERTIFICATE is
// added to the system's roots. SSL_CERT_FILE and SSL_CERT_DIR stand for the
// system's roots as soon as either variable has named a bundle; alone,
// SSL_CERT_DIR is only a folder more.
func (r *reading) newTrust() (trust, error) {
	t := trust{Roots: Roots{Variable: BundleVariable, Path: r.bundle}}
	if t.Path == "" {
		t.Path = r.getenv(BundleVariable)
	}
	if t.Path == "" {
		t.Variable, t.Path = certFileVariable, r.getenv(certFileVariable)
	}
	if t.Path == "" {
		return trust{Roots{System: true}, r.systemRoots()}, nil
	}
	r.reach(t.Variable, t.Path)
	certificates, problem := readBundle(t.Path)
	if problem != nil {
		return t, newCertificateFileError(t.Variable, t.Path, problem)
	}
	t.pool, t.Instead = r.nativeRoots()
	t.System = len(t.Instead) == 0
	for _, c := range certificates {
		t.pool.AddCert(c)
		t.Certificates++
		if time.Now().After(c.NotAfter) {
			t.Expired++
		}
	}
	return t, nil
}

// nativeRoots is what a bundle is added to, and the variables that took the
// place of the system's own. What cannot be read in them is passed over.
func (r *reading) nativeRoots() (*x509.CertPool, []string) {
	var instead []string
	pool := x509.NewCertPool()
	if path := r.getenv(certFileVariable); path != "" {
		instead = append(instead, certFileVariable)
		r.addFile(pool, certFileVariable, path)
	}
	if folders := r.getenv(certFolderVariable); folders != "" {
		instead = append(instead, certFolderVariable)
		for _, folder := range filepath.SplitList(folders) {
			r.addFolder(pool, certFolderVariable, folder, nil)
		}
	}
	switch {
	case instead != nil:
		return pool, instead
	case hasOwnVerifier():
		if own, err := x509.SystemCertPool(); err == nil {
			return own, nil
		}
		return pool, nil
	}
	r.addFirst(pool)
	for _, folder := range systemFolders {
		r.addFolder(pool, "", folder, nil)
	}
	return pool, nil
}

// systemRoots are those without a bundle: OpenSSL's way in Codex, which finds a
// certificate in a folder by the hash in its name.
func (r *reading) systemRoots() *x509.CertPool {
	if hasOwnVerifier() {
		return nil
	}
	variable, folders := "", systemFolders
	if set := r.getenv(certFolderVariable); set != "" {
		variable, folders = certFolderVariable, filepath.SplitList(set)
		r.reach(variable, set)
		if _, err := os.Stat(set); err != nil {
			// Not one folder that there is: the usual ones stay.
			folders = append(folders, systemFolders...)
		}
	}
	pool := x509.NewCertPool()
	r.addFirst(pool)
	for _, folder := range folders {
		r.addFolder(pool, variable, folder, hashedName)
	}
	return pool
}

// ownRoots are the system's, whatever the variables say.
func ownRoots() *x509.CertPool {
	return (&reading{getenv: func(string) string { return "" }}).systemRoots()
}

// hasOwnVerifier: there the system's own service judges certificates.
func hasOwnVerifier() bool { return runtime.GOOS == "darwin" || runtime.GOOS == "windows" }

// hashedName is how "openssl rehash" names a link.
var hashedName = regexp.MustCompile(`^[0-9a-f]{8}\.[0-9]+$`)

// Where systems keep their roots: of the files the first there is, and all of
// the folders.
var (
	systemFiles = []string{
		"/etc/ssl/certs/ca-certificates.crt",                // Debian, Arch, Gentoo
		"/etc/pki/tls/certs/ca-bundle.crt",                  // Fedora
		"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // newer Fedora
		"/etc/ssl/ca-bundle.pem",                            // openSUSE
		"/etc/pki/tls/cacert.pem",                           // OpenELEC
		"/etc/ssl/cert.pem",                                 // Alpine, the BSDs
		"/usr/local/share/certs/ca-root-nss.crt",            // FreeBSD
	}
	systemFolders = []string{"/etc/ssl/certs", "/etc/pki/tls/certs"}
)

func (r *reading) addFirst(pool *x509.CertPool) {
	for _, path := range systemFiles {
		if r.addFile(pool, "", path) {
			return
		}
	}
}

func (r *reading) addFile(pool *x509.CertPool, variable, path string) bool {
	r.reach(variable, path)
	text, problem := readCertificateFile(path)
	if problem == nil {
		pool.AppendCertsFromPEM(text)
	}
	return problem == nil
}

func (r *reading) addFolder(pool *x509.CertPool, variable, folder string, named *regexp.Regexp) {
	r.reach(variable, folder)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return
	}
	for _, e := range entries {
		if named == nil || named.MatchString(e.Name()) {
			r.addFile(pool, variable, filepath.Join(folder, e.Name()))
		}
	}
}

// Roots is what certificates are held against in this run. It returns a
// *CertificateFileError if the bundle cannot be used, and then Variable and
// Path all the same.
func (c *Client) Roots(ctx context.Context) (Roots, error) {
	t := c.own()
	if t == nil {
		return Roots{System: true}, nil
	}
	road, err := t.ready(ctx)
	if err != nil {
		return named(err), err
	}
	return road.trust.Roots, nil
}

// named is what is known of the roots that err says cannot be used.
func named(err error) Roots {
	var file *CertificateFileError
	if errors.As(err, &file) {
		return Roots{Variable: file.Variable, Path: file.Path}
	}
	return Roots{}
}

// BundleLine is the line of a shell's profile that names a bundle for Codex.
func BundleLine(path string) string {
	if runtime.GOOS == "windows" {
		return `setx ` + BundleVariable + ` "` + path + `"`
	}
	return "export " + BundleVariable + "='" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
