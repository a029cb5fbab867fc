package flows

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"codex-login/assets/display"
	"codex-login/credstore"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// DocumentProblem is what is wrong with a login that came in by file or paste.
// It is the end of a catalogue id, explain.document_<problem>.
type DocumentProblem string

// The problems of documents.
const (
	DocumentEmpty            DocumentProblem = "empty"
	DocumentTooLarge         DocumentProblem = "too_large"
	DocumentNotALogin        DocumentProblem = "not_a_login"        // no JSON, or nothing in it that signs in; Detail says more
	DocumentPassphraseNeeded DocumentProblem = "passphrase_needed"  // it is encrypted
	DocumentPassphraseWrong  DocumentProblem = "passphrase_wrong"   //
	DocumentNotForPassphrase DocumentProblem = "not_for_passphrase" // it is encrypted for a key
	DocumentDamaged          DocumentProblem = "damaged"            // it is encrypted, and cut off or changed
	DocumentOlder            DocumentProblem = "older"              // the session that is in use here, with older tokens
)

// DocumentError says that a document cannot be imported. It holds nothing out
// of it.
type DocumentError struct {
	Problem DocumentProblem
	Detail  string // in plain words, with line and column where they are known
}

func (e *DocumentError) Error() string {
	if e.Detail == "" {
		return "document: " + string(e.Problem)
	}
	return "document: " + string(e.Problem) + ": " + e.Detail
}

// The limits of what is taken in. Encryption and its armor add less than half.
const (
	maxPortable = 1 << 20
	maxSealed   = 2 * maxPortable
)

// The work of scrypt, as powers of two. What we write takes a second and 256
// MiB. What others wrote may take four times as much; a document that asks for
// more is there to stop this machine.
const (
	sealWork    = 18
	maxSealWork = 20
)

const (
	sealedStart = "age-encryption.org/v1\n"
	// The first stanza of a document for a passphrase, which is the only one.
	passphraseStart = sealedStart + "-> scrypt "
)

// seal encrypts a document with a passphrase in the format of age
// (age-encryption.org/v1), in ASCII armor: `age -d` opens it.
func seal(document []byte, passphrase credstore.Secret, work int) ([]byte, error) {
	to, err := age.NewScryptRecipient(passphrase.Reveal())
	if err != nil {
		return nil, err
	}
	to.SetWorkFactor(work)
	var out bytes.Buffer
	ascii := armor.NewWriter(&out)
	w, err := age.Encrypt(ascii, to)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(document); err != nil {
		return nil, err
	}
	if err := errors.Join(w.Close(), ascii.Close()); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// Sealed reports whether a text is an encrypted document, so that a skin can
// ask for the passphrase before it imports.
func Sealed(text []byte) bool {
	return bytes.HasPrefix(text, []byte(sealedStart)) || bytes.HasPrefix(trimmed(text), []byte(armor.Header))
}

// unseal returns the plain text of a document, encrypted or not.
func unseal(text []byte, passphrase credstore.Secret) ([]byte, error) {
	if len(text) > maxSealed {
		return nil, &DocumentError{Problem: DocumentTooLarge}
	}
	if !Sealed(text) {
		return trimmed(text), nil
	}
	binary, err := unarmored(text)
	switch {
	case err != nil:
		return nil, err
	case !bytes.HasPrefix(binary, []byte(sealedStart)):
		return nil, &DocumentError{Problem: DocumentDamaged}
	case !bytes.HasPrefix(binary, []byte(passphraseStart)):
		return nil, &DocumentError{Problem: DocumentNotForPassphrase}
	case passphrase.Empty():
		return nil, &DocumentError{Problem: DocumentPassphraseNeeded}
	}
	by, err := age.NewScryptIdentity(passphrase.Reveal())
	if err != nil {
		return nil, err
	}
	by.SetMaxWorkFactor(maxSealWork)
	r, err := age.Decrypt(bytes.NewReader(binary), by)
	if errors.Is(err, age.ErrIncorrectIdentity) {
		return nil, &DocumentError{Problem: DocumentPassphraseWrong}
	}
	if err != nil {
		return nil, &DocumentError{Problem: DocumentDamaged}
	}
	plain, err := io.ReadAll(io.LimitReader(r, maxPortable+1))
	switch {
	case err != nil:
		return nil, &DocumentError{Problem: DocumentDamaged}
	case len(plain) > maxPortable:
		return nil, &DocumentError{Problem: DocumentTooLarge}
	}
	return trimmed(plain), nil
}

// unarmored takes the armor off, whatever a terminal did to its lines: they
// hold base64, in which blanks and line ends mean nothing.
func unarmored(text []byte) ([]byte, error) {
	body, armored := bytes.CutPrefix(trimmed(text), []byte(armor.Header))
	if !armored {
		return text, nil
	}
	body, whole := bytes.CutSuffix(body, []byte(armor.Footer))
	if !whole {
		return nil, &DocumentError{Problem: DocumentDamaged}
	}
	base64 := strings.Join(strings.Fields(string(body)), "")
	var straight strings.Builder
	straight.WriteString(armor.Header + "\n")
	const width = 64
	for len(base64) > 0 {
		n := min(width, len(base64))
		straight.WriteString(base64[:n] + "\n")
		base64 = base64[n:]
	}
	straight.WriteString(armor.Footer + "\n")
	binary, err := io.ReadAll(armor.NewReader(strings.NewReader(straight.String())))
	if err != nil {
		return nil, &DocumentError{Problem: DocumentDamaged}
	}
	return binary, nil
}

// trimmed drops what editors and clipboards put around a text.
func trimmed(text []byte) []byte {
	return bytes.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || r == '\ufeff' || r == '\u200b' })
}

// CheckDocument returns what Import would say of a text, as far as that can be
// told without a passphrase and without looking at what is stored.
func CheckDocument(text credstore.Secret) error {
	_, err := readDocument([]byte(text.Reveal()), credstore.Secret{})
	var wrong *DocumentError
	if errors.As(err, &wrong) && wrong.Problem == DocumentPassphraseNeeded {
		return nil
	}
	return err
}

// readDocument makes a login of a text. Indentation and line ends may have
// suffered on the way, as long as the JSON has not.
func readDocument(text []byte, passphrase credstore.Secret) (*credstore.Auth, error) {
	plain, err := unseal(text, passphrase)
	switch {
	case err != nil:
		return nil, err
	case len(plain) == 0:
		return nil, &DocumentError{Problem: DocumentEmpty}
	case len(plain) > maxPortable:
		return nil, &DocumentError{Problem: DocumentTooLarge}
	}
	auth, err := credstore.Parse(plain, credstore.Place{})
	var wrong *credstore.Error
	switch {
	case errors.As(err, &wrong):
		detail := display.Line(wrong.Detail, 200)
		if wrong.Line > 0 {
			detail = fmt.Sprintf("%d:%d: %s", wrong.Line, wrong.Column, detail)
		}
		return nil, &DocumentError{Problem: DocumentNotALogin, Detail: detail}
	case err != nil:
		return nil, err
	case auth.Empty():
		return nil, &DocumentError{Problem: DocumentNotALogin}
	}
	return auth, nil
}
