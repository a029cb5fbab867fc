package flows

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"time"
)

// The variables that name certificates. Of the first two the first that is set
// names the bundle.
const (
	bundleVariable     = "CODEX_CA_CERTIFICATE"
	certFileVariable   = "SSL_CERT_FILE"
	certFolderVariable = "SSL_CERT_DIR"
)

// trust is what certificates are held against; pool is nil for the roots that
// the system itself asks for.
type trust struct {
	Roots
	pool *x509.CertPool
}

// newTrust decides as Codex 0.169 does. The bundle of CODEX_CA_CERTIFICATE is
// added to the system's roots. SSL_CERT_FILE and SSL_CERT_DIR stand for the
// system's roots as soon as either variable has named a bundle; alone,
// SSL_CERT_DIR is only a folder more. Bundle, if not empty, is the path that a
// person chose in place of CODEX_CA_CERTIFICATE.
func newTrust(getenv func(string) string, bundle string) (trust, error) {
	t := trust{Roots: Roots{Variable: bundleVariable, Path: bundle}}
	if t.Path == "" {
		t.Path = getenv(bundleVariable)
	}
	if t.Path == "" {
		t.Variable, t.Path = certFileVariable, getenv(certFileVariable)
	}
	if t.Path == "" {
		return trust{Roots{System: true}, systemRoots(getenv)}, nil
	}
	certificates, problem := readBundle(t.Path)
	if problem != nil {
		return t, newCertificateFileError(t.Variable, t.Path, problem)
	}
	t.pool, t.Instead = nativeRoots(getenv)
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
func nativeRoots(getenv func(string) string) (*x509.CertPool, []string) {
	var instead []string
	pool := x509.NewCertPool()
	if path := getenv(certFileVariable); path != "" {
		instead = append(instead, certFileVariable)
		addFile(pool, path)
	}
	if folders := getenv(certFolderVariable); folders != "" {
		instead = append(instead, certFolderVariable)
		for _, folder := range filepath.SplitList(folders) {
			addFolder(pool, folder, nil)
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
	addFirst(pool)
	for _, folder := range systemFolders {
		addFolder(pool, folder, nil)
	}
	return pool, nil
}

// systemRoots are those without a bundle: OpenSSL's way in Codex, which finds a
// certificate in a folder by the hash in its name.
func systemRoots(getenv func(string) string) *x509.CertPool {
	if hasOwnVerifier() {
		return nil
	}
	folders := systemFolders
	if set := getenv(certFolderVariable); set != "" {
		folders = filepath.SplitList(set)
		if _, err := os.Stat(set); err != nil {
			// Not one folder that there is: the usual ones stay.
			folders = append(folders, systemFolders...)
		}
	}
	pool := x509.NewCertPool()
	addFirst(pool)
	for _, folder := range folders {
		addFolder(pool, folder, hashedName)
	}
	return pool
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

func addFirst(pool *x509.CertPool) {
	for _, path := range systemFiles {
		if addFile(pool, path) {
			return
		}
	}
}

func addFile(pool *x509.CertPool, path string) bool {
	text, err := os.ReadFile(path)
	if err == nil {
		pool.AppendCertsFromPEM(text)
	}
	return err == nil
}

func addFolder(pool *x509.CertPool, folder string, named *regexp.Regexp) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return
	}
	for _, e := range entries {
		if named == nil || named.MatchString(e.Name()) {
			addFile(pool, filepath.Join(folder, e.Name()))
		}
	}
}
