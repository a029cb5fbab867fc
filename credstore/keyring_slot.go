package credstore

import (
	"context"
	"errors"

	gokeyring "github.com/zalando/go-keyring"
)

// slot is where a keyring store has its login. Whoever writes or removes holds
// Codex's locks.
type slot interface {
	place() Place
	// read returns the document's text, ErrNotFound, or an *Error.
	read(ctx context.Context) (string, error)
	// write stores a document and reads it back before anybody relies on it.
	write(ctx context.Context, text string) error
	// remove returns ErrNotFound where there was no document.
	remove(ctx context.Context) error
}

// entry is Codex's own keyring entry.
type entry struct {
	home Home
	ring keyring
}

func (e *entry) place() Place { return Place{Kind: KindKeyring, Where: e.home.KeyringEntry()} }

func (e *entry) read(ctx context.Context) (string, error) {
	text, err := e.ring.get(ctx, codexService, e.home.keyringAccount())
	return text, keyringError("read", e.place(), err)
}

func (e *entry) write(ctx context.Context, text string) error {
	account := e.home.keyringAccount()
	if err := e.ring.set(ctx, codexService, account, text); err != nil {
		return keyringError("save", e.place(), err)
	}
	read, err := e.ring.get(context.WithoutCancel(ctx), codexService, account)
	if err != nil && !errors.Is(err, gokeyring.ErrNotFound) {
		return keyringError("save", e.place(), err)
	}
	if read != text {
		return &Error{Problem: ProblemIO, Op: "save", Place: e.place(), Detail: "the keyring did not keep what was stored in it"}
	}
	return nil
}

func (e *entry) remove(ctx context.Context) error {
	return keyringError("delete", e.place(), e.ring.remove(ctx, codexService, e.home.keyringAccount()))
}
