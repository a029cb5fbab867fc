package credstore

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/gofrs/flock"
)

// Book is the account book: the logins that are not the active one, so that
// none is lost when another takes its place, and a card for every account, the
// active one's too. It lives in CODEX_HOME in a folder that is nobody else's.
//
// A page is a file accounts/<id>.json, or a keyring entry, which the file
// accounts/<id>.keyring stands for: no keyring can list what it holds. One that
// is too large for an entry is accounts/<id>.age beside that file. The id
// is made from the identity of the login and names no person; an earlier
// session of an account has <id>.<session> for its page. The card is the file
// accounts/<id>.card, wherever the pages are.
type Book struct {
	home Home
	mode Mode
	ring keyring // nil: pages are files
	// memory is the whole book of the mode that writes nothing to disk.
	memory *memoryBook
	// now is the clock of what is written down on a card; nil is the real one.
	now func() time.Time
}

// OpenBook returns the account book of a home. New pages go where the mode
// keeps logins; pages are found wherever they are. It does no I/O.
func OpenBook(home Home, mode Mode) *Book {
	b := &Book{home: home, mode: mode}
	switch mode {
	case ModeKeyring, ModeAuto:
		b.ring = systemKeyring()
	case ModeEphemeral:
		b.memory = memoryBookOf(home)
	}
	return b
}

// Mode is the mode that decides where new pages go.
func (b *Book) Mode() Mode { return b.mode }

// Keep stores a login in the book, and then its account's card. If the book has
// one of the same identity, the newer of the two documents stays under the id;
// the older one goes, or, if it is another ChatGPT session that may still be
// good, gets a page of its own. A document that signs nobody in is not kept.
func (b *Book) Keep(ctx context.Context, a *Auth) error {
	if a.Empty() {
		return nil
	}
	// A document that nobody could load again would be lost all the same.
	if _, err := a.checked(b.place(ID(a))); err != nil {
		return err
	}
	unlock, err := b.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	front, err := b.keep(context.WithoutCancel(ctx), a)
	if err != nil {
		return err
	}
	return b.note(front, nil)
}

// keep returns the document that is in front afterwards, a where that cannot be
// told. The caller holds the lock.
func (b *Book) keep(ctx context.Context, a *Auth) (*Auth, error) {
	if known, err := b.load(ctx, SessionID(a)); err == nil {
		a = newer(a, known)
	}
	front := a
	first, err := b.load(ctx, ID(a))
	switch {
	case errors.Is(err, ErrNotFound):
	case IsProblem(err, ProblemCorrupt):
		err := b.putAside(ID(a))
		if err == nil {
			return b.keep(ctx, a)
		}
		if !errors.Is(err, ErrNotFound) {
			return a, err
		}
	case err != nil: // unreadable just now: it may be another session
		return a, b.write(ctx, SessionID(a), a)
	case first.session() == a.session():
		front = newer(a, first)
	default:
		// Two sessions. The older one is written before its page is taken.
		front = newer(a, first)
		if front == first {
			return front, b.write(ctx, SessionID(a), a)
		}
		if err := b.keepSession(ctx, first); err != nil {
			return front, err
		}
	}
	if err := b.write(ctx, ID(front), front); err != nil {
		return front, err
	}
	b.dropOlder(ctx, front)
	return front, nil
}

// keepSession gives a session that is not in front the page of its own.
func (b *Book) keepSession(ctx context.Context, a *Auth) error {
	if known, err := b.load(ctx, SessionID(a)); err == nil {
		a = newer(a, known)
	}
	return b.write(ctx, SessionID(a), a)
}

// newer returns the later document, a where that cannot be told.
func newer(a, b *Auth) *Auth {
	if b.LastRefresh.After(a.LastRefresh) || b.LastRefresh.Equal(a.LastRefresh) && b.ExpiresAt().After(a.ExpiresAt()) {
		return b
	}
	return a
}

// Load returns the login of a page, ErrNotFound, or an *Error.
func (b *Book) Load(ctx context.Context, id string) (*Auth, error) {
	if !validID.MatchString(id) {
		return nil, ErrNotFound
	}
	a, err := b.load(ctx, id)
	if errors.Is(err, ErrNotFound) && b.marked(id) {
		b.doubt(id) // somebody took the entry away: Repair will look
	}
	return a, err
}

// Find returns the id of the page that holds the login a, ErrNotFound when
// none does.
func (b *Book) Find(ctx context.Context, a *Auth) (string, error) {
	found := ErrNotFound
	for _, id := range []string{ID(a), SessionID(a)} {
		kept, err := b.load(ctx, id)
		if err == nil && kept.session() == a.session() {
			return id, nil
		}
		if found == ErrNotFound && err != nil {
			found = err
		}
	}
	return "", found
}

// List returns the ids of all pages, sorted.
func (b *Book) List(ctx context.Context) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := b.folder()
	return slices.Sorted(maps.Keys(f.pages)), err
}

// Remove deletes a page, ErrNotFound when there is none.
func (b *Book) Remove(ctx context.Context, id string) error {
	if !validID.MatchString(id) {
		return ErrNotFound
	}
	unlock, err := b.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	return b.remove(context.WithoutCancel(ctx), id)
}

func (b *Book) own() string { return filepath.Join(b.home.Path, "codex-login") }
func (b *Book) dir() string { return filepath.Join(b.own(), "accounts") }
func (b *Book) tmp() string { return filepath.Join(b.own(), "tmp") }

func (b *Book) page(id string) string   { return filepath.Join(b.dir(), id+".json") }
func (b *Book) marker(id string) string { return filepath.Join(b.dir(), id+".keyring") }

func (b *Book) place(id string) Place {
	if b.memory != nil {
		return Place{Kind: KindMemory, Where: "memory"}
	}
	return filePlace(b.page(id))
}

// lock makes the book one writer's.
func (b *Book) lock(ctx context.Context) (func(), error) {
	if b.memory != nil {
		err := lockMutex(ctx, &b.memory.writer)
		return b.memory.writer.Unlock, err
	}
	if err := b.home.ensure(); err != nil {
		return nil, err
	}
	for _, name := range []string{"accounts", "tmp"} {
		if err := ownDir(b.home, name); err != nil {
			return nil, fileError("save", filepath.Join(b.own(), name), err)
		}
	}
	var l *flock.Flock
	l, err := lock(ctx, filepath.Join(b.own(), "accounts.lock"), 0o600, fileLockPatience)
	if err != nil {
		return nil, err
	}
	return func() { _ = l.Unlock() }, nil
}

func ignoreNotFound(err error) error {
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

func (b *Book) time() time.Time {
	if b.now != nil {
		return b.now()
	}
	return time.Now().UTC().Truncate(time.Second)
}
