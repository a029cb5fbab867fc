package network

import (
	"context"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// stuck is a file that nobody gets to open: somebody holds a lease of it, and
// does not give it back.
func stuck(t *testing.T) string {
	t.Helper()
	path := written(t, "")
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_WRLCK); err != nil {
		missing(t, "a file system with leases: "+err.Error())
	}
	t.Cleanup(func() { _ = f.Close() })
	return path
}

// A bundle that never comes holds nobody up: not who waits for it, and not who
// asks meanwhile.
func TestBundleThatNeverComes(t *testing.T) {
	path := stuck(t)
	for name, env := range map[string]map[string]string{
		"CODEX_CA_CERTIFICATE": {"CODEX_CA_CERTIFICATE": path},
		"SSL_CERT_FILE":        {"SSL_CERT_FILE": path, "CODEX_CA_CERTIFICATE": written(t, newAuthority(t, "Root").pem)},
		"SSL_CERT_DIR":         {"SSL_CERT_DIR": filepath.Dir(path), "CODEX_CA_CERTIFICATE": written(t, newAuthority(t, "Root").pem)},
	} {
		t.Run(name, func(t *testing.T) {
			client := NewClient(environment(env))
			client.own().limits.files = time.Hour
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			if err := client.Ready(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("who gave up: %v", err)
			}
			client.own().limits.files = 50 * time.Millisecond
			var file *CertificateFileError
			for _, wait := range []func() error{
				func() error { return client.Ready(t.Context()) },
				func() error { _, err := ask(t, client, "https://auth.test"); return err },
			} {
				if err := wait(); !errors.As(err, &file) || file.Problem != BundleSilent || file.Variable != name || file.Path != path {
					t.Errorf("who waited: %v", err)
				}
			}
			if trial, err := client.TryBundle(t.Context(), path); !errors.As(err, &file) || file.Problem != BundleSilent {
				t.Errorf("who tried it: %v, %v", trial, err)
			}
			good := written(t, newAuthority(t, "Root").pem)
			if name == BundleVariable {
				return
			}
			if _, err := client.TryBundle(t.Context(), good); !errors.As(err, &file) || file.Variable != name || file.Path != path {
				t.Errorf("what is beside the one that is tried: %v", err)
			}
		})
	}
}

// Where the system's own never come, nobody has named them.
func TestSystemCertificatesThatNeverCome(t *testing.T) {
	path := stuck(t)
	r := &reading{getenv: environment(nil), done: make(chan struct{})}
	r.reach("", "")
	go r.addFolder(x509.NewCertPool(), "", filepath.Dir(path), nil)
	_, err := r.wait(t.Context(), 50*time.Millisecond)
	var file *CertificateFileError
	if !errors.As(err, &file) || !file.System || file.Variable != "" || file.Problem != BundleSilent {
		t.Errorf("%+v", file)
	}
}

// A pipe and a device are not opened, wherever they are named, and what stands
// beside them counts.
func TestCertificatesBesidePipes(t *testing.T) {
	folder := t.TempDir()
	pipe := filepath.Join(folder, "01234567.0")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/zero", filepath.Join(folder, "01234567.1")); err != nil {
		t.Fatal(err)
	}
	root := newAuthority(t, "Root")
	if err := os.WriteFile(filepath.Join(folder, "01234567.2"), []byte(root.pem), 0o600); err != nil {
		t.Fatal(err)
	}
	good := written(t, newAuthority(t, "Other").pem)
	for name, env := range map[string]map[string]string{
		"beside a bundle": {"CODEX_CA_CERTIFICATE": good, "SSL_CERT_FILE": "/dev/zero", "SSL_CERT_DIR": folder},
		"alone":           {"SSL_CERT_DIR": folder},
	} {
		got, err := readTrust(environment(env), "").wait(t.Context(), filesLimit)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !trustedBy(got.pool, []*x509.Certificate{root.cert}) {
			t.Errorf("%s: the root in the folder does not count", name)
		}
	}
	_, err := readTrust(environment(map[string]string{"CODEX_CA_CERTIFICATE": pipe}), "").wait(t.Context(), filesLimit)
	var file *CertificateFileError
	if !errors.As(err, &file) || file.Problem != BundleSpecial {
		t.Errorf("a pipe: %v", err)
	}
}
