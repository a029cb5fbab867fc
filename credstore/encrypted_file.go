package credstore

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	gokeyring "github.com/zalando/go-keyring"
)

// secretsService is the keyring service under which Codex keeps the passphrase
// of its encrypted file.
const secretsService = "codex"

// authSecret is the member of the encrypted file that the login is.
const authSecret = "global/CODEX_AUTH"

// encryptedFile is where Codex keeps the login with its feature
// secret_auth_storage: a file that age has encrypted with a passphrase, which
// is in the keyring. The login is one member of the map in it; the others are
// not ours and stay as they are. A file that is not there holds nothing, and
// the keyring is not asked then.
//
// What cannot be opened is left as it is: nobody can tell what else is in it.
type encryptedFile struct {
	home Home
	ring keyring
}

// EncryptedFile is the path of the encrypted file.
func (h Home) EncryptedFile() string { return filepath.Join(h.Path, "secrets", "codex_auth.age") }

// mayHoldEncrypted reports whether there is an encrypted file that counts. It
// may hold a login as long as nobody has opened it.
func (h Home) mayHoldEncrypted() bool {
	_, err := os.Lstat(h.EncryptedFile())
	return h.Encrypted && !errors.Is(err, fs.ErrNotExist)
}

// passphraseAccount is the account of the passphrase in the keyring.
func (h Home) passphraseAccount() string { return "secrets|" + h.hash() }

// PassphraseEntry is the keyring entry of the passphrase, "service / account".
func (h Home) PassphraseEntry() string { return secretsService + " / " + h.passphraseAccount() }

func (f *encryptedFile) place() Place {
	return Place{Kind: KindEncrypted, Where: f.home.EncryptedFile()}
}

func (f *encryptedFile) fail(op string, p Problem, detail string, err error) error {
	return &Error{Problem: p, Op: op, Place: f.place(), Detail: detail, Err: err}
}

func (f *encryptedFile) read(ctx context.Context) (string, error) {
	m, _, err := f.open(ctx, "read")
	if err != nil {
		return "", err
	}
	text, ok := m.get(authSecret)
	if !ok {
		return "", ErrNotFound
	}
	return text, nil
}

// open returns the file's map and its passphrase, ErrNotFound when there is no
// file.
func (f *encryptedFile) open(ctx context.Context, op string) (*secretMap, Secret, error) {
	sealed, err := f.bytes(op)
	if err != nil {
		return nil, Secret{}, err
	}
	pass, err := f.passphrase(ctx)
	var fault *keyringFault
	switch {
	case errors.Is(err, gokeyring.ErrNotFound):
		return nil, pass, f.fail(op, ProblemNoKey, "the keyring has no entry "+f.home.PassphraseEntry(), nil)
	case errors.As(err, &fault) && fault.problem == ProblemCorrupt:
		return nil, pass, f.fail(op, ProblemWrongKey, "the keyring has the entry "+f.home.PassphraseEntry()+" more than once, or in another form", nil)
	case err != nil:
		return nil, pass, keyringError(op, f.place(), err)
	}
	plain, err := openSealed(ctx, sealed, pass)
	if err != nil {
		return nil, pass, f.opened(op, err)
	}
	m, err := parseSecretMap([]byte(plain.Reveal()))
	if err != nil {
		return nil, pass, f.opened(op, err)
	}
	return m, pass, nil
}

// opened words why a file did not open.
func (f *encryptedFile) opened(op string, err error) error {
	var s *sealError
	if errors.As(err, &s) {
		detail := s.detail
		if s.problem == ProblemWrongKey {
			detail = "the passphrase in the keyring entry " + f.home.PassphraseEntry() + " is another one"
		}
		return f.fail(op, s.problem, detail, nil)
	}
	return keyringError(op, f.place(), err)
}

// sweepAge is how old a temporary file in dir has to be to be nobody's any more.
// Where a link leads, others may be writing under other locks.
func (f *encryptedFile) sweepAge(dir string) time.Duration {
	info, err := os.Lstat(dir)
	if err == nil && info.IsDir() && dir == filepath.Dir(f.home.EncryptedFile()) {
		return 0
	}
	return time.Hour
}

// bytes is the file as it is on disk.
func (f *encryptedFile) bytes(op string) ([]byte, error) {
	sealed, err := readLimited(f.home.EncryptedFile())
	var e *Error
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, ErrNotFound
	case errors.As(err, &e):
		return nil, f.fail(op, e.Problem, e.Detail, e.Err)
	case len(sealed) > maxDocument:
		return nil, f.fail(op, ProblemTooBig, "it is larger than 1 MiB", nil)
	}
	return sealed, err
}

func (f *encryptedFile) passphrase(ctx context.Context) (Secret, error) {
	text, err := f.ring.get(ctx, secretsService, f.home.passphraseAccount())
	return NewSecret(text), err
}

// newPassphrase stores a passphrase of Codex's form, where the keyring has said
// that there is none, and no file that another one would be needed for.
func (f *encryptedFile) newPassphrase(ctx context.Context) (Secret, error) {
	key := make([]byte, passphraseBytes)
	_, _ = rand.Read(key) // it does not fail
	text := base64.StdEncoding.EncodeToString(key)
	if err := f.ring.set(ctx, secretsService, f.home.passphraseAccount(), text); err != nil {
		return Secret{}, err
	}
	pass, err := f.passphrase(context.WithoutCancel(ctx))
	if err == nil && pass.Reveal() != text || errors.Is(err, gokeyring.ErrNotFound) {
		err = &keyringFault{ProblemIO, "the keyring did not keep what was stored in it", nil}
	}
	return pass, err
}

func (f *encryptedFile) write(ctx context.Context, text string) error {
	m, pass, err := f.open(ctx, "save")
	if errors.Is(err, ErrNotFound) {
		m = emptySecretMap()
		if pass, err = f.passphrase(ctx); errors.Is(err, gokeyring.ErrNotFound) {
			pass, err = f.newPassphrase(ctx)
		}
		err = keyringError("save", f.place(), err)
	}
	if err != nil {
		return err
	}
	return f.replace(context.WithoutCancel(ctx), m.with(authSecret, text), pass)
}

func (f *encryptedFile) remove(ctx context.Context) error {
	m, pass, err := f.open(ctx, "delete")
	if err != nil {
		return err
	}
	if _, ok := m.get(authSecret); !ok {
		return ErrNotFound
	}
	return f.replace(context.WithoutCancel(ctx), m.without(authSecret), pass)
}

// replace encrypts a map, opens that again, and puts it in the place of the
// file. Links are followed, so that no secret stays where one leads. Codex's
// own file is everybody's to read; this one is its owner's.
func (f *encryptedFile) replace(ctx context.Context, plain []byte, pass Secret) error {
	if len(plain) > maxDocument-sealedExtra {
		return f.fail("save", ProblemTooBig, "it would be larger than 1 MiB", nil)
	}
	sealed, err := seal(ctx, plain, pass)
	if err != nil {
		return f.opened("save", err)
	}
	path, err := followLinks(f.home.EncryptedFile())
	if err != nil {
		return err
	}
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return notAFile("save", path, info.Mode())
	}
	dir := filepath.Dir(path)
	if err := ensureDir(dir); err != nil {
		return f.fail("save", problemOf(err), "", err)
	}
	removeTemps(dir, f.sweepAge(dir))
	if err := replaceVia(dir, path, sealed); err != nil {
		return f.fail("save", problemOf(err), "", err)
	}
	read, err := f.bytes("save")
	if err == nil && !bytes.Equal(read, sealed) {
		err = f.fail("save", ProblemIO, "the file did not keep what was stored in it", nil)
	}
	return err
}
