package credstore

import (
	"context"
	"errors"
)

// keyringStore keeps the login in the keyring entry that Codex reads, or, with
// Codex's feature secret_auth_storage, in its encrypted file. An auth.json
// beside it counts for nothing, nor does the entry beside the encrypted file,
// so a save and a delete remove them.
type keyringStore struct {
	home Home
	ring keyring
}

func (s *keyringStore) Mode() Mode { return ModeKeyring }

func (s *keyringStore) slot() slot {
	if s.home.Encrypted {
		return &encryptedFile{s.home, s.ring}
	}
	return s.entry()
}

// slots are all that a delete clears, the one that counts first.
func (s *keyringStore) slots() []slot {
	if s.home.Encrypted {
		return []slot{s.slot(), s.entry()}
	}
	return []slot{s.entry()}
}

func (s *keyringStore) entry() *entry { return &entry{s.home, s.ring} }

func (s *keyringStore) place() Place { return s.slot().place() }

// warm opens an encrypted file before the locks are taken: Codex waits five
// seconds for them, and a file of its own takes one or two to open.
func (s *keyringStore) warm(ctx context.Context) {
	if s.home.Encrypted {
		_, _ = s.slot().read(ctx)
	}
}

func (s *keyringStore) file() *fileStore { return &fileStore{s.home} }

func (s *keyringStore) Load(ctx context.Context) (*Auth, Place, error) {
	text, err := s.slot().read(ctx)
	if err != nil {
		return nil, s.place(), err
	}
	a, err := Parse([]byte(text), s.place())
	return a, s.place(), err
}

func (s *keyringStore) Save(ctx context.Context, a *Auth, steps Steps) (Place, error) {
	s.warm(ctx)
	a, _, l, err := beginSave(ctx, s.home, s.place(), a, steps)
	if err != nil {
		return s.place(), err
	}
	defer l.unlock()
	if err := s.write(ctx, a); err != nil {
		return s.place(), err
	}
	return s.cleared(ctx, l, steps), nil
}

func (s *keyringStore) write(ctx context.Context, a *Auth) error {
	return s.slot().write(ctx, string(a.EncodeCompact()))
}

// cleared removes the older copies that the login has replaced. It is stored
// by then, so a failure is said of the place and is no error.
func (s *keyringStore) cleared(ctx context.Context, l *locks, steps Steps) Place {
	place := s.place()
	if !steps.written() {
		return place
	}
	place.Leftover = ignoreNotFound(s.file().remove(l))
	if s.home.Encrypted {
		err := s.entry().remove(context.WithoutCancel(ctx))
		place.Leftover = errors.Join(place.Leftover, ignoreNotFound(err))
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
	s.warm(ctx)
	l, err := lockLogin(ctx, s.home)
	if err != nil {
		return err, nil
	}
	defer l.unlock()
	return s.deleteHeld(ctx, l)
}

// deleteHeld is deleteBoth for a caller that holds the locks.
func (s *keyringStore) deleteHeld(ctx context.Context, l *locks) (inKeyring, inFile error) {
	inKeyring = ErrNotFound
	for _, slot := range s.slots() {
		inKeyring = errorOfBoth(inKeyring, slot.remove(ctx))
	}
	return inKeyring, s.file().remove(l)
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
