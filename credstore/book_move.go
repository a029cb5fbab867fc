package credstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// MovePages moves every page to where the mode keeps logins and returns how
// many it has moved. Each is written, read back and compared before its old
// copy goes; one that fails stays where it was, and the joined error names its
// account. Once the keyring gives no answer, the rest is left alone. It may be
// run again, and does then what is left. Nothing is moved into memory.
//
// Automatic choice means the keyring where that works; a page that is too large
// for it stays a file.
func (b *Book) MovePages(ctx context.Context, to Mode) (moved int, err error) {
	if to == ModeEphemeral {
		return 0, nil
	}
	target := b.target(ctx, to)
	f, err := b.folder()
	if err != nil {
		return 0, err
	}
	ids := make([]string, 0, len(f.pages))
	for id, at := range f.pages {
		if b.memory != nil || at != target.whereabouts() {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	var failed error
	for _, id := range ids {
		if ctx.Err() != nil {
			return moved, errors.Join(failed, context.Cause(ctx))
		}
		switch err := b.movePage(ctx, id, target); {
		case err == nil:
			moved++
		case errors.Is(err, ErrNotFound): // gone meanwhile
		case to == ModeAuto && IsProblem(err, ProblemTooBig):
		default:
			failed = errors.Join(failed, fmt.Errorf("%s: %w", b.nameOf(id), err))
			if unanswered(err) {
				return moved, failed
			}
		}
	}
	return moved, failed
}

// target is the book as it is in another mode.
func (b *Book) target(ctx context.Context, to Mode) *Book {
	t := &Book{home: b.home, mode: to, now: b.now}
	if to == ModeKeyring || to == ModeAuto && probe(ctx, b.keyring()) == nil {
		t.ring = b.keyring()
	}
	return t
}

// whereabouts is where the book's mode wants a page.
func (b *Book) whereabouts() whereabouts {
	if b.ring != nil {
		return inKeyring
	}
	return inFile
}

// unanswered reports that a keyring will not answer the next question either.
func unanswered(err error) bool {
	return IsProblem(err, ProblemUnavailable) || IsProblem(err, ProblemLocked) || IsProblem(err, ProblemTimeout)
}

func (b *Book) nameOf(page string) string {
	id := accountOf(page)
	if c, _, err := b.readCard(id); err == nil {
		return c.name()
	}
	return id
}

// movePage holds the lock for one page only: others need not wait for all.
func (b *Book) movePage(ctx context.Context, id string, to *Book) error {
	if b.memory != nil {
		return b.moveOut(ctx, id, to)
	}
	unlock, err := b.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	ctx = context.WithoutCancel(ctx)
	if _, err := b.settle(ctx, id); err != nil {
		return err
	}
	a, err := b.load(ctx, id)
	if err != nil {
		return err
	}
	// A keyring page without a card would be one of which nothing is known.
	if _, _, err := b.readCard(accountOf(id)); err != nil {
		if err := b.note(a, nil); err != nil {
			return err
		}
	}
	if to.ring != nil {
		if err := to.writeEntry(ctx, id, a); err != nil {
			return keyringError("save", b.entry(id), err)
		}
		return ignoreNotFound(b.removeFile(id))
	}
	if err := b.replace(b.page(id), a.Encode()); err != nil {
		return err
	}
	if kept, err := b.loadFile(id); err != nil || string(kept.Encode()) != string(a.Encode()) {
		return errors.Join(err, &Error{Problem: ProblemIO, Op: "save", Place: b.place(id), Detail: "the file did not keep what was stored in it"})
	}
	return ignoreNotFound(b.removeEntry(ctx, id))
}

// moveOut moves a page and what its card knows out of the memory.
func (b *Book) moveOut(ctx context.Context, id string, to *Book) error {
	a, err := b.memory.load(id)
	if err != nil {
		return err
	}
	if err := to.Keep(ctx, a); err != nil {
		return err
	}
	if c, _, err := b.readCard(accountOf(id)); err == nil {
		err = to.Edit(ctx, c.ID, func(kept *Card) {
			kept.Label, kept.AddedAt, kept.LastUsed, kept.Ended = c.Label, c.AddedAt, c.LastUsed, c.Ended
		})
		if err != nil {
			return err
		}
	}
	return b.memory.remove(id)
}
