package credstore

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
	gokeyring "github.com/zalando/go-keyring"
)

// pageKeyring is the keyring as the pages of a book see it: one that takes a
// document of any size. What is larger than an entry can be, on Windows and
// macOS nearly every ChatGPT login, becomes a file accounts/<id>.age, encrypted
// to a key that all pages share and that is a keyring entry. Unlike a
// passphrase it costs no time, however many accounts there are.
//
// An error of the file is a sealedFault, so that the file is named and not the
// entry.
//
// A page that has become a file stays one: so there is never a doubt which of
// the two is the newer. Whoever writes or removes holds the book's lock.
type pageKeyring struct {
	keyring
	book *Book
}

func (b *Book) entries() keyring { return pageKeyring{b.keyring(), b} }

func (b *Book) sealedPage(id string) string { return filepath.Join(b.dir(), id+".age") }

// pageKeyAccount is the account of the pages' key, a string of the form
// AGE-SECRET-KEY-1….
func (b *Book) pageKeyAccount() string { return b.home.hash() + "|pages" }

func (k pageKeyring) file(account string) string {
	return k.book.sealedPage(account[strings.LastIndexByte(account, '|')+1:])
}

func (k pageKeyring) get(ctx context.Context, service, account string) (string, error) {
	sealed, err := readLimited(k.file(account))
	if errors.Is(err, fs.ErrNotExist) {
		return k.keyring.get(ctx, service, account)
	}
	if err != nil {
		return "", sealedFault{faultOf(err)}
	}
	key, err := k.key(ctx)
	if errors.Is(err, gokeyring.ErrNotFound) {
		return "", sealedFault{&keyringFault{ProblemNoKey, "the keyring has no entry " + ownService + " / " + k.book.pageKeyAccount(), nil}}
	}
	if err != nil {
		return "", err
	}
	text, err := unsealPage(sealed, key)
	if err != nil {
		return "", sealedFault{err}
	}
	return text, nil
}

// sealedFault is a *keyringFault that the file of a page is the reason of.
type sealedFault struct{ error }

func (f sealedFault) Unwrap() error { return f.error }

// pageError is an error of a page that the marker stands for.
func (b *Book) pageError(op, id string, err error) error {
	if errors.As(err, new(sealedFault)) {
		return keyringError(op, Place{Kind: KindEncrypted, Where: b.sealedPage(id)}, err)
	}
	return keyringError(op, b.entry(id), err)
}

func unsealPage(sealed []byte, key *age.X25519Identity) (string, error) {
	r, err := age.Decrypt(bytes.NewReader(sealed), key)
	if errors.Is(err, age.ErrIncorrectIdentity) {
		return "", &keyringFault{ProblemWrongKey, "the key of the pages in the keyring is another one", nil}
	}
	var text []byte
	if err == nil {
		text, err = io.ReadAll(r)
	}
	if err != nil { // age's words may quote the file
		return "", &keyringFault{ProblemDamaged, "its file has been changed or cut off", nil}
	}
	return string(text), nil
}

func (k pageKeyring) set(ctx context.Context, service, account, secret string) error {
	path := k.file(account)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		err := k.keyring.set(ctx, service, account, secret)
		var f *keyringFault
		if !errors.As(err, &f) || f.problem != ProblemTooBig {
			return err
		}
	}
	key, err := k.key(ctx)
	if errors.Is(err, gokeyring.ErrNotFound) {
		key, err = k.newKey(ctx)
	}
	if err != nil {
		return err
	}
	sealed, err := encrypt([]byte(secret), key.Recipient())
	if err != nil {
		return &keyringFault{ProblemIO, "it could not be encrypted", nil}
	}
	if err := k.book.replace(path, sealed); err != nil {
		return faultOf(err)
	}
	// An entry from when the page was smaller. Should it stay, the file counts.
	_ = k.keyring.remove(context.WithoutCancel(ctx), service, account)
	return nil
}

func (k pageKeyring) remove(ctx context.Context, service, account string) error {
	inFile := k.book.unlink(k.file(account))
	err := k.keyring.remove(ctx, service, account)
	switch {
	case ignoreNotFound(inFile) != nil:
		return sealedFault{faultOf(inFile)}
	case errors.Is(err, gokeyring.ErrNotFound) && inFile == nil:
		return nil
	}
	return err
}

func (k pageKeyring) key(ctx context.Context) (*age.X25519Identity, error) {
	text, err := k.keyring.get(ctx, ownService, k.book.pageKeyAccount())
	if err != nil {
		return nil, err
	}
	key, err := age.ParseX25519Identity(text)
	if err != nil { // age's words quote the key
		return nil, sealedFault{&keyringFault{ProblemWrongKey, "the keyring entry " + ownService + " / " + k.book.pageKeyAccount() + " is no key", nil}}
	}
	return key, nil
}

// newKey makes the key, where the keyring has said that there is none.
func (k pageKeyring) newKey(ctx context.Context) (*age.X25519Identity, error) {
	made, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, &keyringFault{ProblemIO, "no key could be made", nil}
	}
	if err := k.keyring.set(ctx, ownService, k.book.pageKeyAccount(), made.String()); err != nil {
		return nil, err
	}
	kept, err := k.key(context.WithoutCancel(ctx))
	if err == nil && kept.String() != made.String() || errors.Is(err, gokeyring.ErrNotFound) {
		err = &keyringFault{ProblemIO, "it did not keep what was stored in it", nil}
	}
	return kept, err
}

// faultOf is an error of a file as a keyring's.
func faultOf(err error) error {
	var e *Error
	if errors.As(err, &e) {
		return &keyringFault{e.Problem, e.Detail, e.Err}
	}
	return &keyringFault{problemOf(err), "", err}
}
