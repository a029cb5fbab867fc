package credstore

import (
	"context"
	"errors"
	"io/fs"
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
	var out []Copy
	seen := map[Kind]bool{}
	add := func(kind Kind, read func() (string, Place, error)) {
		if seen[kind] {
			return
		}
		seen[kind] = true
		text, place, err := read()
		if errors.Is(err, ErrNotFound) {
			return
		}
		c := Copy{Place: place, Err: err}
		if err == nil {
			if c.Auth, c.Err = Parse([]byte(text), place); c.Err != nil {
				c.Raw = NewSecret(text)
			}
		}
		out = append(out, c)
	}
	for _, m := range modes {
		if m == ModeKeyring || m == ModeAuto {
			ring := keyringStore{home, systemKeyring()}
			add(KindKeyring, func() (string, Place, error) {
				text, err := ring.ring.get(ctx, codexService, home.keyringAccount())
				return text, ring.place(), keyringError("read", ring.place(), err)
			})
		}
		if m != ModeEphemeral {
			add(KindFile, func() (string, Place, error) { return readAuthFile(home) })
		}
	}
	return out
}

func readAuthFile(home Home) (string, Place, error) {
	place := filePlace(home.AuthFile())
	text, err := readLimited(home.AuthFile())
	if errors.Is(err, fs.ErrNotExist) {
		return "", place, ErrNotFound
	}
	return string(text), place, err
}

// ClearKeyring removes the login's keyring entry and nothing else, if it is
// still the one that agree knows. ErrNotFound when there is none, ErrChanged
// when it is another one.
func ClearKeyring(ctx context.Context, home Home, agree func(*Auth) bool) error {
	ring := keyringStore{home, systemKeyring()}
	l, err := lockLogin(ctx, home)
	if err != nil {
		return err
	}
	defer l.unlock()
	a, _, err := ring.Load(ctx)
	if err != nil {
		return err
	}
	if !agree(a) {
		return ErrChanged
	}
	return DropEntry(ctx, home)
}

// DropEntry is ClearKeyring for a step of a Save, which holds the locks and has
// kept what was in the entry. It asks nothing.
func DropEntry(ctx context.Context, home Home) error {
	ring := keyringStore{home, systemKeyring()}
	return keyringError("delete", ring.place(), ring.ring.remove(ctx, codexService, home.keyringAccount()))
}
