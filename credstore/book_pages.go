package credstore

import (
	"context"
	"errors"
	"io/fs"
	"os"
)

// load reads a page. Where a killed writer left it in both places, the newer
// document counts.
func (b *Book) load(ctx context.Context, id string) (*Auth, error) {
	if b.memory != nil {
		return b.memory.load(id)
	}
	a, err := b.loadBoth(ctx, id)
	if errors.Is(err, ErrNotFound) {
		// It may just have moved from the one place to the other.
		return b.loadBoth(ctx, id)
	}
	return a, err
}

func (b *Book) loadBoth(ctx context.Context, id string) (*Auth, error) {
	inFile, err := b.loadFile(id)
	if err != nil && !errors.Is(err, ErrNotFound) || !b.marked(id) {
		return inFile, err
	}
	inKeyring, ringErr := b.loadEntry(ctx, id)
	switch {
	case inFile == nil:
		return inKeyring, ringErr
	case inKeyring == nil:
		return inFile, nil
	}
	return newer(inFile, inKeyring), nil
}

// loadFile reads a page that is there for the taking, without a keyring.
func (b *Book) loadFile(id string) (*Auth, error) {
	if b.memory != nil {
		return b.memory.load(id)
	}
	text, err := readLimited(b.page(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return Parse(text, filePlace(b.page(id)))
}

func (b *Book) loadEntry(ctx context.Context, id string) (*Auth, error) {
	text, err := b.entries().get(ctx, ownService, b.account(id))
	if err != nil {
		return nil, b.pageError("read", id, err)
	}
	return Parse([]byte(text), b.entry(id))
}

// write stores a page in the keyring if that is where pages go and it takes
// it, else in a file, and then removes the copy in the other place.
func (b *Book) write(ctx context.Context, id string, a *Auth) error {
	if b.memory != nil {
		b.memory.write(id, a)
		return nil
	}
	removeTemps(b.tmp(), 0)
	if b.ring != nil && b.writeEntry(ctx, id, a) == nil {
		if err := b.removeFile(id); ignoreNotFound(err) != nil {
			return err
		}
		return nil
	}
	if err := b.replace(b.page(id), a.Encode()); err != nil {
		return err
	}
	// A keyring that will not even let go of its copy keeps the marker; load
	// prefers the newer document.
	_ = b.removeEntry(ctx, id)
	return nil
}

// writeEntry sets the marker first: an entry without one would be lost. It
// reads back what it has stored.
func (b *Book) writeEntry(ctx context.Context, id string, a *Auth) error {
	unmarked := !b.marked(id)
	b.doubt(id)
	if err := b.replace(b.marker(id), markerOf(a)); err != nil {
		return err
	}
	text, ring := string(a.EncodeCompact()), b.entries()
	if err := ring.set(ctx, ownService, b.account(id), text); err != nil {
		// A marker for an entry that certainly never came to be would make
		// the page impossible to remove where there is no keyring.
		var f *keyringFault
		if unmarked && errors.As(err, &f) && f.problem != ProblemTimeout && f.problem != ProblemIO {
			_ = os.Remove(b.marker(id))
			b.settled(id)
		}
		return err
	}
	read, err := ring.get(ctx, ownService, b.account(id))
	if err == nil && read != text {
		err = &keyringFault{ProblemIO, "it did not keep what was stored in it", nil}
	}
	if err == nil {
		b.settled(id)
	}
	return err
}

func (b *Book) remove(ctx context.Context, id string) error {
	if b.memory != nil {
		return b.memory.remove(id)
	}
	removeTemps(b.tmp(), 0)
	inKeyring := b.removeEntry(ctx, id)
	return errorOfBoth(inKeyring, b.removeFile(id))
}

// removeFile removes the page's file, ErrNotFound when there is none.
func (b *Book) removeFile(id string) error { return b.unlink(b.page(id)) }

// removeEntry removes the entry, then its marker. ErrNotFound when there was
// no marker.
func (b *Book) removeEntry(ctx context.Context, id string) error {
	if !b.marked(id) {
		return ErrNotFound
	}
	b.doubt(id)
	err := b.pageError("delete", id, b.entries().remove(ctx, ownService, b.account(id)))
	if ignoreNotFound(err) != nil {
		return err
	}
	if gone := ignoreNotFound(b.unlink(b.marker(id))); gone != nil {
		return gone
	}
	b.settled(id)
	return err
}

// keyring reaches pages that were written in another mode, too.
func (b *Book) keyring() keyring {
	if b.ring != nil {
		return b.ring
	}
	return systemKeyring()
}

// account is the keyring account of a page: the home's hash and the id.
func (b *Book) account(id string) string {
	return b.home.hash() + "|" + id
}

func (b *Book) entry(id string) Place {
	return Place{Kind: KindKeyring, Where: ownService + " / " + b.account(id)}
}
