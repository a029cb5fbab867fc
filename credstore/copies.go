package credstore

import (
	"context"
	"errors"
	"slices"
)

// Copy is one document that a Save or a Delete of a store takes away.
type Copy struct {
	Place Place
	// Auth is the document, nil when Err says why it cannot be had.
	Auth *Auth
	// Err is never ErrNotFound.
	Err error
	// Raw is the text of a document that cannot be read as one.
	Raw Secret
}

// Copies returns every document that the stores of these modes hold, each
// place once, the one that counts first. It asks the keyring, and so may wait
// for a prompt.
func Copies(ctx context.Context, home Home, modes ...Mode) []Copy {
	var from []document
	for _, m := range modes {
		if m == ModeKeyring || m == ModeAuto {
			ring := keyringStore{home, systemKeyring()}
			for _, s := range ring.slots() {
				from = append(from, s)
			}
		}
		if m != ModeEphemeral {
			from = append(from, &fileStore{home})
		}
	}
	return copies(ctx, from)
}

// Everywhere returns every document of a home outside of memory and of the
// account book, also in the places that no mode reads while Codex's feature
// secret_auth_storage is as it is. An encrypted file may take seconds to open.
func Everywhere(ctx context.Context, home Home) []Copy {
	return copies(ctx, []document{slotOf(home, KindEncrypted), slotOf(home, KindKeyring), &fileStore{home}})
}

// document is a place that may hold one.
type document interface {
	place() Place
	read(ctx context.Context) (string, error)
}

func copies(ctx context.Context, from []document) []Copy {
	var out []Copy
	seen := map[Kind]bool{}
	for _, s := range from {
		place := s.place()
		if seen[place.Kind] {
			continue
		}
		seen[place.Kind] = true
		text, err := s.read(ctx)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		c := Copy{Place: place, Err: err}
		if err == nil {
			if c.Auth, c.Err = Parse([]byte(text), place); c.Err != nil {
				c.Raw = NewSecret(text)
			}
		}
		out = append(out, c)
	}
	return out
}

// Clear removes the document in one place and nothing else, if it is still the
// one that agree knows. ErrNotFound when there is none, ErrChanged when it is
// another one.
func Clear(ctx context.Context, home Home, kind Kind, agree func(*Auth) bool) error {
	s := slotOf(home, kind)
	l, err := lockLogin(ctx, home)
	if err != nil {
		return err
	}
	defer l.unlock()
	text, err := s.read(ctx)
	if err != nil {
		return err
	}
	a, err := Parse([]byte(text), s.place())
	if err != nil {
		return err
	}
	if !agree(a) {
		return ErrChanged
	}
	return s.remove(ctx)
}

func slotOf(home Home, kind Kind) slot {
	if kind == KindEncrypted {
		return &encryptedFile{home, systemKeyring()}
	}
	return &entry{home, systemKeyring()}
}

// DropKeyring is for a step of a Save, which holds the locks and has kept what
// the keyring modes hold beside the file, but for the kinds that it spares: it
// removes that and asks nothing.
func DropKeyring(ctx context.Context, home Home, spare ...Kind) error {
	ring, err := keyringStore{home, systemKeyring()}, error(ErrNotFound)
	for _, s := range ring.slots() {
		if slices.Contains(spare, s.place().Kind) {
			continue
		}
		err = errorOfBoth(err, s.remove(ctx))
	}
	return err
}

// DropKeys removes from the keyring what opens the encrypted files of a home
// that is about to be deleted.
func DropKeys(ctx context.Context, home Home) {
	ring := systemKeyring()
	_ = ring.remove(ctx, secretsService, home.passphraseAccount())
	_ = ring.remove(ctx, ownService, (&Book{home: home}).pageKeyAccount())
}
