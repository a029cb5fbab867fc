package credstore

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
)

func (b *Book) cardFile(id string) string { return filepath.Join(b.dir(), id+".card") }

// Cards returns the card of every account that has one or has a page, sorted by
// id. No keyring is asked: of an account whose card is missing or damaged, and
// whose pages are there, only id and mode are known. A card without pages is
// the active account's, or that of an account that is gone.
func (b *Book) Cards(ctx context.Context) ([]Card, error) {
	f, err := b.folder()
	if err != nil {
		return nil, err
	}
	pages := f.byAccount()
	ids := slices.Collect(maps.Keys(pages))
	for id := range f.cards {
		if pages[id] == nil {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	cards := make([]Card, 0, len(ids))
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if c, ok := b.cardWith(id, f, pages[id]); ok {
			cards = append(cards, c)
		}
	}
	return cards, nil
}

// Card returns the card of one account as Cards does, ErrNotFound when there
// is no such account. It looks at the files of that account alone, so that its
// cost does not grow with the book; Pages does not count earlier sessions then.
func (b *Book) Card(ctx context.Context, id string) (Card, error) {
	if err := ctx.Err(); err != nil {
		return Card{}, err
	}
	if !validAccount.MatchString(id) {
		return Card{}, ErrNotFound
	}
	f, err := b.front(id)
	if err != nil {
		return Card{}, err
	}
	if c, ok := b.cardWith(id, f, f.byAccount()[id]); ok {
		return c, nil
	}
	return Card{}, ErrNotFound
}

// cardWith returns the card of an account that has these pages, false where it
// has none and no card that can be read.
func (b *Book) cardWith(id string, f folder, pages []string) (Card, bool) {
	c, err := Card{}, ErrNotFound
	if f.cards[id] {
		c, _, err = b.readCard(id)
	}
	if err != nil {
		c = b.describe(id, f, pages)
	}
	c.Pages = len(pages)
	switch {
	case len(pages) == 0:
	case b.memory == nil && f.pages[pages[0]]&inFile == 0:
		c.Place = b.entry(pages[0])
	default:
		c.Place = b.place(pages[0])
	}
	return c, err == nil || len(pages) > 0
}

// describe makes a card out of the first page that is a file and can be read.
func (b *Book) describe(id string, f folder, pages []string) Card {
	for _, page := range pages {
		if f.pages[page]&inFile == 0 {
			continue
		}
		if a, err := b.loadFile(page); err == nil && ID(a) == id {
			return CardOf(a)
		}
	}
	return Card{ID: id, Mode: kindOfID(id)}
}

// Note writes or refreshes the card of the account that a login belongs to, and
// keeps what only the card knows; an end of the session is forgotten when the
// login is no longer the one that had ended. edit, unless nil, may change the
// card before it is written. An empty document has no card.
func (b *Book) Note(ctx context.Context, a *Auth, edit func(*Card)) error {
	if a.Empty() {
		return nil
	}
	unlock, err := b.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	return b.note(a, edit)
}

// Edit changes the card of an account, ErrNotFound when there is no such
// account. Pages and Place are not known to edit.
func (b *Book) Edit(ctx context.Context, id string, edit func(*Card)) error {
	if !validAccount.MatchString(id) {
		return ErrNotFound
	}
	unlock, err := b.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	c, text, err := b.readCard(id)
	if err != nil {
		if c, err = b.Card(ctx, id); err != nil {
			return err
		}
		c.AddedAt = b.time()
	}
	return b.putCard(c, text, edit)
}

// note is Note under the lock.
func (b *Book) note(a *Auth, edit func(*Card)) error {
	known, text, err := b.readCard(ID(a))
	if err != nil {
		known.AddedAt = b.time()
	}
	return b.putCard(known.update(a), text, edit)
}

// putCard writes the edited card unless that is what the file holds already.
func (b *Book) putCard(c Card, was []byte, edit func(*Card)) error {
	id, mode := c.ID, c.Mode
	if edit != nil {
		edit(&c)
	}
	c.ID, c.Mode = id, mode
	text, err := c.encode()
	if err != nil {
		return &Error{Problem: ProblemIO, Op: "save", Place: b.cardPlace(id), Err: err}
	}
	if string(text) == string(was) {
		if b.memory == nil {
			tighten(b.cardFile(id), 0o600)
		}
		return nil
	}
	if b.memory != nil {
		b.memory.setCard(id, text)
		return nil
	}
	return b.replace(b.cardFile(id), text)
}

// readCard reads a card and its text. A file that is not there, or no card, is
// an error all the same: the caller makes another.
func (b *Book) readCard(id string) (Card, []byte, error) {
	var text []byte
	var err error
	if b.memory != nil {
		var ok bool
		if text, ok = b.memory.card(id); !ok {
			err = ErrNotFound
		}
	} else if text, err = readLimited(b.cardFile(id)); errors.Is(err, fs.ErrNotExist) {
		err = ErrNotFound
	}
	if err != nil {
		return Card{}, nil, err
	}
	c, err := parseCard(id, text)
	return c, text, err
}

// removeCard takes the card away, ErrNotFound when there is none.
func (b *Book) removeCard(id string) error {
	if b.memory == nil {
		return b.unlink(b.cardFile(id))
	}
	if _, ok := b.memory.card(id); !ok {
		return ErrNotFound
	}
	b.memory.setCard(id, nil)
	return nil
}

func (b *Book) cardPlace(id string) Place {
	if b.memory != nil {
		return b.place(id)
	}
	return filePlace(b.cardFile(id))
}
