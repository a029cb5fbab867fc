package credstore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"filippo.io/age"
)

const (
	// passphraseBytes is how much of chance is in a passphrase of Codex's.
	passphraseBytes = 32
	// mostWork is the largest work factor that is opened, as a power of two:
	// 4 GiB of memory. Codex measures its machine and takes 19 or 20.
	mostWork = 22
	// sealedExtra is more than what age adds to a file of this size.
	sealedExtra = 8 << 10
	// openLimit is when a file that does not come open is given up.
	openLimit = 2 * time.Minute
	// manyBytes is the work factor from which on the memory is given back.
	manyBytes = 17
)

// The work factors of what is written here. scrypt is there to slow down who
// guesses a passphrase that a person made up. 256 bits of chance nobody
// guesses, so for those little is enough, and Codex too opens the file at once;
// any other passphrase gets what age gives it. Variables for the tests.
var (
	workFactor     = 14
	workFactorWeak = 18
)

// sealError is why a file does not open.
type sealError struct {
	problem Problem
	detail  string
}

func (e *sealError) Error() string { return string(e.problem) + ": " + e.detail }

// lastOpened is what this process has decrypted or encrypted last: a command
// asks for the login several times, and each time would cost a second and a
// gigabyte. age never makes the same bytes of two texts. The channel lets one
// in at a time, for the memory's sake.
var (
	opening    = make(chan struct{}, 1)
	lastOpened struct {
		sealed      [sha256.Size]byte
		pass, plain Secret
		err         error
	}
)

// openSealed decrypts a file. Whoever does not wait for it leaves it behind,
// and the next one waits for that. The error is a *sealError, a *keyringFault
// of a time limit, or ctx's.
func openSealed(ctx context.Context, sealed []byte, pass Secret) (Secret, error) {
	work, err := workOf(sealed)
	if err != nil {
		return Secret{}, err
	}
	select {
	case opening <- struct{}{}:
	case <-ctx.Done():
		return Secret{}, ctx.Err()
	}
	sum := sha256.Sum256(sealed)
	if lastOpened.sealed == sum && lastOpened.pass == pass {
		defer func() { <-opening }()
		return lastOpened.plain, lastOpened.err
	}
	return within(ctx, openLimit, func() (Secret, error) {
		defer func() { <-opening }()
		if work >= manyBytes {
			defer debug.FreeOSMemory()
		}
		plain, err := decrypt(sealed, pass)
		lastOpened.sealed, lastOpened.pass, lastOpened.plain, lastOpened.err = sum, pass, plain, err
		return plain, err
	})
}

// seal encrypts a text and opens it again, the way Codex will.
func seal(ctx context.Context, plain []byte, pass Secret) ([]byte, error) {
	recipient, err := age.NewScryptRecipient(pass.Reveal())
	if err != nil {
		return nil, &sealError{ProblemWrongKey, ""}
	}
	recipient.SetWorkFactor(workFor(pass))
	sealed, err := encrypt(plain, recipient)
	if err != nil {
		return nil, &sealError{ProblemIO, "it could not be encrypted"}
	}
	again, err := openSealed(ctx, sealed, pass)
	if err == nil && again.Reveal() != string(plain) {
		err = &sealError{ProblemIO, "it did not open again"}
	}
	return sealed, err
}

func encrypt(plain []byte, to age.Recipient) ([]byte, error) {
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to)
	if err == nil {
		_, err = w.Write(plain)
	}
	if err == nil {
		err = w.Close()
	}
	return out.Bytes(), err
}

// decrypt says nothing of what age says: it may quote the file.
func decrypt(sealed []byte, pass Secret) (Secret, error) {
	identity, err := age.NewScryptIdentity(pass.Reveal())
	if err != nil {
		return Secret{}, &sealError{ProblemWrongKey, ""} // it is empty
	}
	identity.SetMaxWorkFactor(mostWork)
	var wrong *age.NoIdentityMatchError
	r, err := age.Decrypt(bytes.NewReader(sealed), identity)
	if errors.As(err, &wrong) || errors.Is(err, age.ErrIncorrectIdentity) {
		return Secret{}, &sealError{ProblemWrongKey, ""}
	}
	var plain []byte
	if err == nil {
		plain, err = io.ReadAll(r)
	}
	if err != nil {
		return Secret{}, &sealError{ProblemDamaged, "it has been changed or cut off"}
	}
	return NewSecret(string(plain)), nil
}

// workOf is the work factor that the head of a file names.
func workOf(sealed []byte) (int, error) {
	lines := strings.SplitN(string(sealed[:min(len(sealed), 256)]), "\n", 3)
	if len(lines) < 3 || lines[0] != "age-encryption.org/v1" {
		return 0, &sealError{ProblemDamaged, "it does not begin as a file encrypted by age does"}
	}
	words := strings.Fields(lines[1])
	if len(words) != 4 || words[0] != "->" || words[1] != "scrypt" {
		return 0, &sealError{ProblemDamaged, "it is not encrypted with a passphrase"}
	}
	work, err := strconv.Atoi(words[3])
	if err != nil || work < 1 {
		return 0, &sealError{ProblemDamaged, "its work factor is no number"}
	}
	if work > mostWork {
		return 0, &sealError{ProblemTooCostly, fmt.Sprintf("its work factor is 2^%d, and more than 2^%d is not tried", work, mostWork)}
	}
	return work, nil
}

func workFor(pass Secret) int {
	if key, err := base64.StdEncoding.DecodeString(pass.Reveal()); err == nil && len(key) >= passphraseBytes {
		return workFactor
	}
	return workFactorWeak
}
