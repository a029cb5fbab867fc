package credstore

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
)

// load reads a page. Where a killed writer left it in both places, the newer
// document counts.
func (b *Book) load(ctx context.Context, id string) (*Auth, error) {
	if b.memory != nil {
		return b.memory.load(id)
	}
	inFile, err := b.loadFile(id)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	if _, statErr := os.Stat(b.marker(id)); statErr != nil {
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

func (b *Book) loadFile(id string) (*Auth, error) {
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
	text, err := b.keyring().get(ctx, ownService, b.account(id))
	if err != nil {
		return nil, keyringError("read", b.entry(id), err)
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
	removeTemps(b.dir(), 0)
	if b.ring != nil && b.writeEntry(ctx, id, a) == nil {
		if err := os.Remove(b.page(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fileError("delete", b.page(id), err)
		}
		return nil
	}
	if err := replaceFile(b.page(id), a.Encode()); err != nil {
		return err
	}
	// A keyring that will not even let go of its copy keeps the marker; load
	// prefers the newer document.
	_ = b.removeEntry(ctx, id)
	return nil
}

// writeEntry sets the marker first: an entry without one would be lost.
func (b *Book) writeEntry(ctx context.Context, id string, a *Auth) error {
	_, unmarked := os.Stat(b.marker(id))
	if err := replaceFile(b.marker(id), nil); err != nil {
		return err
	}
	text := string(a.EncodeCompact())
	if err := b.ring.set(ctx, ownService, b.account(id), text); err != nil {
		// A marker for an entry that certainly never came to be would make
		// the page impossible to remove where there is no keyring.
		var f *keyringFault
		if unmarked != nil && errors.As(err, &f) && f.problem != ProblemTimeout && f.problem != ProblemIO {
			_ = os.Remove(b.marker(id))
		}
		return err
	}
	read, err := b.ring.get(ctx, ownService, b.account(id))
	if err == nil && read != text {
		err = &keyringFault{ProblemIO, "it did not keep what was stored in it", nil}
	}
	return err
}

func (b *Book) remove(ctx context.Context, id string) error {
	if b.memory != nil {
		return b.memory.remove(id)
	}
	removeTemps(b.dir(), 0)
	inKeyring := b.removeEntry(ctx, id)
	inFile := ErrNotFound
	if err := os.Remove(b.page(id)); err == nil {
		inFile = nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		inFile = fileError("delete", b.page(id), err)
	}
	if err := syncDir(b.dir()); err != nil {
		return fileError("delete", b.dir(), err)
	}
	return errorOfBoth(inKeyring, inFile)
}

// removeEntry removes the entry, then its marker. ErrNotFound when there was
// no marker.
func (b *Book) removeEntry(ctx context.Context, id string) error {
	if _, err := os.Stat(b.marker(id)); err != nil {
		return ErrNotFound
	}
	err := keyringError("delete", b.entry(id), b.keyring().remove(ctx, ownService, b.account(id)))
	if ignoreNotFound(err) != nil {
		return err
	}
	if gone := os.Remove(b.marker(id)); gone != nil {
		return fileError("delete", b.marker(id), gone)
	}
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
	return strings.TrimPrefix(b.home.keyringAccount(), "cli|") + "|" + id
}

func (b *Book) entry(id string) Place {
	return Place{Kind: KindKeyring, Where: ownService + " / " + b.account(id)}
}

// memoryPages is the book of the mode that writes nothing to disk.
type memoryPages struct {
	mu   sync.Mutex
	docs map[string][]byte
}

var memoryBooks sync.Map // by home folder

func memoryPagesOf(home Home) *memoryPages {
	p, _ := memoryBooks.LoadOrStore(home.Path, &memoryPages{docs: map[string][]byte{}})
	return p.(*memoryPages)
}

func (p *memoryPages) load(id string) (*Auth, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	doc, ok := p.docs[id]
	if !ok {
		return nil, ErrNotFound
	}
	return Parse(doc, Place{Kind: KindMemory, Where: "memory"})
}

func (p *memoryPages) write(id string, a *Auth) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.docs[id] = a.Encode()
}

func (p *memoryPages) remove(id string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.docs[id]; !ok {
		return ErrNotFound
	}
	delete(p.docs, id)
	return nil
}

func (p *memoryPages) list() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Sorted(maps.Keys(p.docs))
}
