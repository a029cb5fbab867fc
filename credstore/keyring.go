package credstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	gokeyring "github.com/zalando/go-keyring"
)

const (
	codexService = "Codex Auth"  // the login, Codex's own entry
	ownService   = "codex-login" // probes and the account book
)

// A call is answered within this time or given up. Only where a person has to
// answer a prompt it may take longer.
var (
	keyringCallLimit   = 5 * time.Second
	keyringPromptLimit = 60 * time.Second
)

// keyring is the operating system's credential store. An entry that is not
// there is gokeyring.ErrNotFound; all other errors are a *keyringFault or ctx's.
type keyring interface {
	get(ctx context.Context, service, account string) (string, error)
	set(ctx context.Context, service, account, secret string) error
	remove(ctx context.Context, service, account string) error
}

// keyringFault is what a keyring reports; the store that asked adds the place.
type keyringFault struct {
	problem Problem
	detail  string
	err     error
}

func (f *keyringFault) Error() string { return fmt.Sprintf("%s: %s: %v", f.problem, f.detail, f.err) }
func (f *keyringFault) Unwrap() error { return f.err }

// keyringError turns an error of a keyring into one of a store.
func keyringError(op string, place Place, err error) error {
	var f *keyringFault
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f):
		return &Error{Problem: f.problem, Op: op, Place: place, Detail: f.detail, Err: f.err}
	case errors.Is(err, gokeyring.ErrNotFound):
		return ErrNotFound
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return &Error{Problem: ProblemIO, Op: op, Place: place, Err: err}
}

// within gives up on f when ctx ends or the limit is over. f cannot be stopped:
// it is left behind and its answer dropped.
func within[T any](ctx context.Context, limit time.Duration, f func() (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	done := make(chan answer, 1)
	go func() {
		v, err := f()
		done <- answer{v, err}
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	var none T
	select {
	case a := <-done:
		return a.value, a.err
	case <-ctx.Done():
		return none, ctx.Err()
	case <-timer.C:
		return none, &keyringFault{ProblemTimeout, fmt.Sprintf("no answer within %s", limit), nil}
	}
}

// goKeyring is the module go-keyring under a deadline.
type goKeyring struct{ limit time.Duration }

func (k goKeyring) get(ctx context.Context, service, account string) (string, error) {
	text, err := within(ctx, k.limit, func() (string, error) { return gokeyring.Get(service, account) })
	return text, goKeyringFault(err)
}

func (k goKeyring) set(ctx context.Context, service, account, secret string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err := within(context.WithoutCancel(ctx), k.limit, func() (bool, error) { return true, gokeyring.Set(service, account, secret) })
	return goKeyringFault(err)
}

func (k goKeyring) remove(ctx context.Context, service, account string) error {
	_, err := within(ctx, k.limit, func() (bool, error) { return true, gokeyring.Delete(service, account) })
	return goKeyringFault(err)
}

func goKeyringFault(err error) error {
	var f *keyringFault
	switch {
	case err == nil, errors.Is(err, gokeyring.ErrNotFound), errors.As(err, &f),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, gokeyring.ErrSetDataTooBig):
		return &keyringFault{ProblemTooBig, "the login is larger than this keyring takes", nil}
	case errors.Is(err, gokeyring.ErrUnsupportedPlatform):
		return &keyringFault{ProblemUnavailable, "this system has no keyring that is supported", nil}
	}
	return systemFault(err)
}

// ProbeKeyring tries the keyring by writing, reading and deleting an entry
// made up for it. It returns nil or an *Error.
func ProbeKeyring(ctx context.Context, home Home) error {
	return keyringError(OpTry, Place{Kind: KindKeyring, Where: home.KeyringEntry()}, probe(ctx, systemKeyring()))
}

type promptKey struct{}

// WithPromptNotice returns a context under which a keyring call says when it
// waits for the person to answer the system's own prompt, and when it no
// longer does. notice may be called from another goroutine.
func WithPromptNotice(ctx context.Context, notice func(waiting bool)) context.Context {
	return context.WithValue(ctx, promptKey{}, notice)
}

type quietKey struct{}

// WithoutPrompt returns a context under which no keyring call opens the
// system's prompt, where that can be told beforehand (the Secret Service):
// instead it ends with ProblemLocked.
func WithoutPrompt(ctx context.Context) context.Context {
	return context.WithValue(ctx, quietKey{}, true)
}
