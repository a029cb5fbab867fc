package credstore

import (
	"context"
	"errors"

	gokeyring "github.com/zalando/go-keyring"
)

// keyringStore keeps the login in the keyring entry that Codex reads. An
// auth.json beside it counts for nothing, so a save and a delete remove it.
type keyringStore struct {
	home Home
	ring keyring
}

func (s *keyringStore) Mode() Mode { return ModeKeyring }

func (s *keyringStore) place() Place {
	return Place{Kind: KindKeyring, Where: s.home.KeyringEntry()}
}

func (s *keyringStore) file() *fileStore { return &fileStore{s.home} }

func (s *keyringStore) Load(ctx context.Context) (*Auth, Place, error) {
	text, err := s.ring.get(ctx, codexService, s.home.keyringAccount())
	if err != nil {
		return nil, s.place(), keyringError("read", s.place(), err)
	}
	a, err := Parse([]byte(text), s.place())
	return a, s.place(), err
}

func (s *keyringStore) Save(ctx context.Context, a *Auth, steps Steps) (Place, error) {
	a, _, l, err := beginSave(ctx, s.home, s.place(), a, steps)
	if err != nil {
		return s.place(), err
	}
	defer l.unlock()
	if err := s.write(ctx, a); err != nil {
		return s.place(), err
	}
	return s.cleared(l, steps), nil
}

// write stores the login and reads it back before anybody relies on it. The
// caller holds the locks.
func (s *keyringStore) write(ctx context.Context, a *Auth) error {
	text, account := string(a.EncodeCompact()), s.home.keyringAccount()
	if err := s.ring.set(ctx, codexService, account, text); err != nil {
		return keyringError("save", s.place(), err)
	}
	read, err := s.ring.get(context.WithoutCancel(ctx), codexService, account)
	if err != nil && !errors.Is(err, gokeyring.ErrNotFound) {
		return keyringError("save", s.place(), err)
	}
	if read != text {
		return &Error{Problem: ProblemIO, Op: "save", Place: s.place(), Detail: "the keyring did not keep what was stored in it"}
	}
	return nil
}

// cleared removes the auth.json that the entry has replaced. The login is
// stored by then, so a failure is said of the place and is no error.
func (s *keyringStore) cleared(l *locks, steps Steps) Place {
	place := s.place()
	if !steps.written() {
		return place
	}
	if err := s.file().remove(l); !errors.Is(err, ErrNotFound) {
		place.Leftover = err
	}
	return place
}

// Delete removes the file even where the keyring fails, which is then the
// error: what is in the keyring may still be there.
func (s *keyringStore) Delete(ctx context.Context) error {
	inKeyring, inFile := s.deleteBoth(ctx)
	return errorOfBoth(inKeyring, inFile)
}

// deleteBoth removes the entry and the file and returns one error for each.
func (s *keyringStore) deleteBoth(ctx context.Context) (inKeyring, inFile error) {
	l, err := lockLogin(ctx, s.home)
	if err != nil {
		return err, nil
	}
	defer l.unlock()
	return s.deleteHeld(ctx, l)
}

// deleteHeld is deleteBoth for a caller that holds the locks.
func (s *keyringStore) deleteHeld(ctx context.Context, l *locks) (inKeyring, inFile error) {
	err := s.ring.remove(ctx, codexService, s.home.keyringAccount())
	return keyringError("delete", s.place(), err), s.file().remove(l)
}

// errorOfBoth is nil if anything was removed and nothing failed.
func errorOfBoth(a, b error) error {
	switch {
	case errors.Is(a, ErrNotFound) && errors.Is(b, ErrNotFound):
		return ErrNotFound
	case errors.Is(a, ErrNotFound):
		return b
	case errors.Is(b, ErrNotFound):
		return a
	}
	return errors.Join(a, b)
}
