package credstore

import (
	"context"
	"errors"
	"io/fs"
)

// finding is what settle came upon.
type finding int

const (
	foundNothing finding = iota
	foundDouble          // the page was in both places
	foundGone            // the entry that a marker stood for is gone
)

// settle ends the doubt about a page: where it is in a file and in the keyring,
// the newer document stays; a marker goes whose entry certainly is not there.
// A keyring that does not answer is an error, and changes nothing. The caller
// holds the lock.
func (b *Book) settle(ctx context.Context, id string) (finding, error) {
	if !b.marked(id) {
		b.settled(id)
		return foundNothing, nil
	}
	file, fileErr := b.loadFile(id)
	if errors.Is(fileErr, ErrNotFound) && !b.doubted(id) {
		return foundNothing, nil
	}
	entry, err := b.loadEntry(ctx, id)
	switch {
	case errors.Is(err, ErrNotFound):
		if err := b.unlink(b.marker(id)); ignoreNotFound(err) != nil {
			return foundNothing, err
		}
		b.settled(id)
		return foundGone, nil
	case IsProblem(err, ProblemCorrupt) && file != nil:
		return foundDouble, b.removeEntry(ctx, id)
	case err != nil:
		return foundNothing, err
	case errors.Is(fileErr, ErrNotFound):
		if err := b.replace(b.marker(id), markerOf(entry)); err != nil {
			return foundNothing, err
		}
		b.settled(id)
		return foundNothing, nil
	case IsProblem(fileErr, ProblemCorrupt):
		if err := b.putAside(id); err != nil {
			return foundNothing, err
		}
		b.settled(id)
		return foundDouble, nil
	case fileErr != nil:
		return foundNothing, fileErr
	}
	return foundDouble, b.settleDouble(ctx, id, file, entry)
}

// settleDouble leaves the newer of the two; where it cannot be told, the one in
// the place that the mode wants.
func (b *Book) settleDouble(ctx context.Context, id string, file, entry *Auth) error {
	front := newer(file, entry)
	if b.ring != nil {
		front = newer(entry, file)
	}
	back := file
	if front == file {
		back = entry
	}
	if back.session() != front.session() && id == ID(front) {
		if err := b.keepSession(ctx, back); err != nil {
			return err
		}
	}
	if front == file {
		return b.removeEntry(ctx, id)
	}
	if err := b.removeFile(id); err != nil {
		return err
	}
	if err := b.replace(b.marker(id), markerOf(entry)); err != nil {
		return err
	}
	b.settled(id)
	return nil
}

// putAside takes the file of a page that cannot be read as one out of the way,
// ErrNotFound when there is no file.
func (b *Book) putAside(id string) error {
	if b.memory != nil {
		return ErrNotFound
	}
	text, err := readLimited(b.page(id))
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNotFound
	}
	if err != nil {
		return err
	}
	if _, err := KeepUnreadable(b.home, NewSecret(string(text))); err != nil {
		return err
	}
	return b.removeFile(id)
}
