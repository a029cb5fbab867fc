package network

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"codex-login/flows/sandbox"

	"golang.org/x/sys/unix"
)

// opinion is what a program makes of a server and of the way to it.
type opinion string

const (
	trusted   opinion = "trusted"   // the server's own answer came
	untrusted opinion = "untrusted" // or nothing came at all
	refusedIt opinion = "refused"   // the bundle cannot be used
)

// codexBin is the real Codex, or a skip by name.
func codexBin(t *testing.T) string {
	t.Helper()
	bin, err := sandbox.FindCodex()
	if err != nil {
		missing(t, "the real codex: "+err.Error())
	}
	if !sandbox.Isolated() {
		missing(t, "a network namespace for the real codex")
	}
	return bin
}

// codexSays asks the real Codex for a device code.
func codexSays(t *testing.T, bin, issuer string, env map[string]string) (opinion, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	home := t.TempDir()
	cmd := exec.CommandContext(ctx, bin, "login", "--device-auth", "--experimental_issuer", issuer)
	cmd.Env = []string{"HOME=" + home, "CODEX_HOME=" + home, "PATH=/nonexistent"}
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Dir = home
	out, _ := cmd.CombinedOutput()
	switch text := string(out); {
	case strings.Contains(text, "status 503"):
		return trusted, text
	case strings.Contains(text, "error sending request"):
		return untrusted, text
	default:
		return refusedIt, text
	}
}

// weSay is what this client makes of the same.
func weSay(t *testing.T, issuer string, env map[string]string) (opinion, error) {
	t.Helper()
	status, err := ask(t, NewClient(environment(env)), issuer)
	var file *CertificateFileError
	var unreachable *Error
	switch {
	case errors.As(err, &file):
		return refusedIt, err
	case err == nil && status == http.StatusServiceUnavailable:
		return trusted, nil
	case errors.As(err, &unreachable):
		return untrusted, err
	}
	t.Fatalf("neither: %d, %v", status, err)
	return "", nil
}

// sideBySide runs do for every name, two at a time.
func sideBySide(names []string, do func(name string)) {
	var all sync.WaitGroup
	places := make(chan struct{}, 2*runtime.NumCPU())
	for _, name := range names {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			do(name)
		})
	}
	all.Wait()
}

func keysOf[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// Every file is taken and refused by both programs alike.
func TestBundlesAreCodexs(t *testing.T) {
	bin := codexBin(t)
	right, cases := bundleCases(t)
	server := unavailable(t, right.server(nil))
	sideBySide(keysOf(cases), func(name string) {
		env := map[string]string{"CODEX_CA_CERTIFICATE": written(t, cases[name].text)}
		theirs, said := codexSays(t, bin, server, env)
		ours, err := weSay(t, server, env)
		if ours != theirs {
			t.Errorf("%s: here %s (%v), there %s: %s", name, ours, err, theirs, said)
		}
	})
}

// trustCase is an environment on a machine, and whether the right authority is
// trusted. RIGHT, WRONG, FOLDER (with the right one in it), HASHED (the same, by
// OpenSSL's name) stand for paths.
type trustCase struct {
	env     map[string]string
	system  string // what the system's bundle holds: "", right
	folder  string // what its folder holds: "", right, hashed
	trusted bool
}

var trustCases = map[string]trustCase{
	"nothing":                        {},
	"CODEX":                          {env: map[string]string{"CODEX_CA_CERTIFICATE": "RIGHT"}, trusted: true},
	"SSL_CERT_FILE":                  {env: map[string]string{"SSL_CERT_FILE": "RIGHT"}, trusted: true},
	"union of both":                  {env: map[string]string{"CODEX_CA_CERTIFICATE": "WRONG", "SSL_CERT_FILE": "RIGHT"}, trusted: true},
	"the second is nowhere":          {env: map[string]string{"CODEX_CA_CERTIFICATE": "RIGHT", "SSL_CERT_FILE": "/nowhere"}, trusted: true},
	"neither":                        {env: map[string]string{"CODEX_CA_CERTIFICATE": "WRONG", "SSL_CERT_FILE": "WRONG"}},
	"folder":                         {env: map[string]string{"SSL_CERT_DIR": "FOLDER"}},
	"hashed folder":                  {env: map[string]string{"SSL_CERT_DIR": "HASHED"}, trusted: true},
	"second of two hashed folders":   {env: map[string]string{"SSL_CERT_DIR": "/nowhere:HASHED"}, trusted: true},
	"folder beside CODEX":            {env: map[string]string{"CODEX_CA_CERTIFICATE": "WRONG", "SSL_CERT_DIR": "/nowhere:FOLDER"}, trusted: true},
	"folder beside SSL_CERT_FILE":    {env: map[string]string{"SSL_CERT_FILE": "WRONG", "SSL_CERT_DIR": "FOLDER"}, trusted: true},
	"Node's":                         {env: map[string]string{"NODE_EXTRA_CA_CERTS": "RIGHT"}},
	"system":                         {system: "right", trusted: true},
	"system and CODEX":               {system: "right", env: map[string]string{"CODEX_CA_CERTIFICATE": "WRONG"}, trusted: true},
	"system and SSL_CERT_FILE":       {system: "right", env: map[string]string{"SSL_CERT_FILE": "WRONG"}},
	"system and both":                {system: "right", env: map[string]string{"CODEX_CA_CERTIFICATE": "WRONG", "SSL_CERT_FILE": "WRONG"}},
	"system, the second nowhere":     {system: "right", env: map[string]string{"CODEX_CA_CERTIFICATE": "WRONG", "SSL_CERT_FILE": "/nowhere"}},
	"system and folder":              {system: "right", env: map[string]string{"SSL_CERT_DIR": "/nowhere"}, trusted: true},
	"system, CODEX and folder":       {system: "right", env: map[string]string{"CODEX_CA_CERTIFICATE": "WRONG", "SSL_CERT_DIR": "/nowhere"}},
	"system folder":                  {folder: "right"},
	"system folder, hashed":          {folder: "hashed", trusted: true},
	"system folder and CODEX":        {folder: "right", env: map[string]string{"CODEX_CA_CERTIFICATE": "WRONG"}, trusted: true},
	"system folder, hashed, CODEX":   {folder: "hashed", env: map[string]string{"CODEX_CA_CERTIFICATE": "WRONG"}, trusted: true},
	"system folder, SSL_CERT_FILE":   {folder: "hashed", env: map[string]string{"SSL_CERT_FILE": "WRONG"}},
	"system folder, empty folder":    {folder: "hashed", env: map[string]string{"SSL_CERT_DIR": "EMPTY"}},
	"system folder, empty and none":  {folder: "hashed", env: map[string]string{"SSL_CERT_DIR": "/nowhere:EMPTY"}, trusted: true},
	"system folder, other folder":    {folder: "hashed", env: map[string]string{"SSL_CERT_DIR": "/nowhere"}, trusted: true},
	"a blank is a path for SSL_CERT": {env: map[string]string{"SSL_CERT_FILE": " "}},
}

// mountsApart is set in the copy of the test that has mounts of its own.
const mountsApart = "FLOWS_TEST_MOUNTS"

// withMounts runs the calling test once more in a process with mounts of its
// own, and returns true there.
func withMounts(t *testing.T) bool {
	t.Helper()
	if os.Getenv(mountsApart) != "" {
		if err := unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, ""); err != nil {
			missing(t, "mounts of its own: "+err.Error())
		}
		return true
	}
	child := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.count=1", "-test.v")
	child.Env = append(os.Environ(), mountsApart+"=1")
	child.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS}
	out, err := child.CombinedOutput()
	switch text := string(out); {
	case errors.Is(err, fs.ErrPermission):
		missing(t, "mounts of its own: "+err.Error())
	case err != nil:
		t.Fatalf("%v\n%s", err, text)
	case strings.Contains(text, "--- SKIP: "):
		t.Skip("skipped with mounts of its own")
	case !strings.Contains(text, "--- PASS: "+t.Name()+" "):
		t.Fatalf("it did not run:\n%s", text)
	}
	return false
}

// Whom both programs trust, with /etc/ssl/certs made up for each case.
func TestTrustIsCodexs(t *testing.T) {
	if !withMounts(t) {
		return
	}
	bin := codexBin(t)
	right, wrong := newAuthority(t, "Right Root"), newAuthority(t, "Wrong Root")
	server := unavailable(t, right.server(nil))
	plain, hashed := t.TempDir(), t.TempDir()
	hash := subjectHash(t, right)
	paths := strings.NewReplacer(
		"RIGHT", written(t, right.pem), "WRONG", written(t, wrong.pem), "FOLDER", plain, "HASHED", hashed, "EMPTY", t.TempDir(),
	)
	for _, path := range []string{filepath.Join(plain, "root.pem"), filepath.Join(hashed, hash)} {
		if err := os.WriteFile(path, []byte(right.pem), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, test := range trustCases {
		t.Run(name, func(t *testing.T) {
			certs := t.TempDir()
			madeUp(t, certs, right, test, hash)
			env := map[string]string{}
			for name, value := range test.env {
				env[name] = paths.Replace(value)
			}
			theirs, said := codexSays(t, bin, server, env)
			ours, err := weSay(t, server, env)
			if ours != theirs || (ours == trusted) != test.trusted {
				t.Errorf("here %s (%v), there %s: %s", ours, err, theirs, said)
			}
		})
	}
}

// madeUp gives this process an /etc/ssl/certs as the case wants it.
func madeUp(t *testing.T, certs string, right *authority, test trustCase, hash string) {
	t.Helper()
	files := map[string]string{"ca-certificates.crt": ""}
	if test.system == "right" {
		files["ca-certificates.crt"] = right.pem
	}
	switch test.folder {
	case "right":
		files["root.pem"] = right.pem
	case "hashed":
		files[hash] = right.pem
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(certs, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := unix.Mount(certs, "/etc/ssl/certs", "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount("/etc/ssl/certs", unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}

// subjectHash is the name that "openssl rehash" gives.
func subjectHash(t *testing.T, a *authority) string {
	t.Helper()
	out, err := exec.Command("openssl", "x509", "-noout", "-hash", "-in", written(t, a.pem)).Output()
	if err != nil {
		missing(t, "openssl: "+err.Error())
	}
	return strings.TrimSpace(string(out)) + ".0"
}

// A server that is trusted by the system, but not by what SSL_CERT_FILE puts in
// the place of the system's roots, is told from one that nobody knows.
func TestReplacedRootsAreNamed(t *testing.T) {
	if !withMounts(t) {
		return
	}
	right, wrong := newAuthority(t, "Right Root"), newAuthority(t, "Wrong Root")
	server := unavailable(t, right.server(nil))
	madeUp(t, t.TempDir(), right, trustCase{system: "right"}, "")
	_, err := weSay(t, server, map[string]string{"SSL_CERT_FILE": written(t, wrong.pem)})
	var e *Error
	if !errors.As(err, &e) || e.Cause != CauseReplaced || !slices.Contains(e.Roots.Instead, "SSL_CERT_FILE") {
		t.Errorf("%v", err)
	}
}
