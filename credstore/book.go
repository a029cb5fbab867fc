package credstore

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/gofrs/flock"
)

// Book is the account book: the logins that are not the active one, so that
// none is lost when another takes its place. It lives in CODEX_HOME in a
// folder that is nobody else's.
//
// A page is a file accounts/<id>.json, or a keyring entry, which the empty
// file accounts/<id>.keyring stands for: no keyring can list what it holds.
// The id is made from the identity of the login and names no person.
type Book struct {
	home Home
	mode Mode
	ring keyring // nil: pages are files
	// memory holds the pages of a mode that writes nothing to disk.
	memory *memoryPages
}

// OpenBook returns the account book of a home. New pages go where the mode
// keeps logins; pages are found wherever they are. It does no I/O.
func OpenBook(home Home, mode Mode) *Book {
	switch mode {
	case ModeKeyring, ModeAuto:
		return &Book{home: home, mode: mode, ring: systemKeyring()}
	case ModeEphemeral:
		return &Book{home: home, mode: mode, memory: memoryPagesOf(home)}
	}
	return &Book{home: home, mode: mode}
}

// Mode is the mode that decides where new pages go.
func (b *Book) Mode() Mode { return b.mode }

// Keep stores a login in the book. If the book has one of the same identity,
// the newer of the two documents stays under the id; the older one goes, or,
// if it is another ChatGPT session that may still be good, gets a page of its
// own. A document that signs nobody in is not kept.
func (b *Book) Keep(ctx context.Context, a *Auth) error {
	if a.Empty() {
		return nil
	}
	// A document that nobody could load again would be lost all the same.
	if _, err := a.checked(b.place(pageID(a))); err != nil {
		return err
	}
	unlock, err := b.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	ctx = context.WithoutCancel(ctx)
	first, err := b.load(ctx, pageID(a))
	switch {
	case errors.Is(err, ErrNotFound), IsProblem(err, ProblemCorrupt):
		return b.write(ctx, pageID(a), a)
	case err != nil: // unreadable just now: it may be another session
		return b.write(ctx, sessionID(a), a)
	case first.session() == a.session():
		return b.write(ctx, pageID(a), newer(a, first))
	}
	// Two sessions. The older one is written before its page is taken.
	front := newer(a, first)
	back := a
	if front == a {
		back = first
	}
	if known, err := b.load(ctx, sessionID(back)); err == nil {
		back = newer(back, known)
	}
	if err := b.write(ctx, sessionID(back), back); err != nil {
		return err
	}
	if front == first {
		return nil
	}
	if err := b.write(ctx, pageID(front), front); err != nil {
		return err
	}
	return ignoreNotFound(b.remove(ctx, sessionID(front)))
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
	return b.load(ctx, id)
}

// Find returns the id of the page that holds the login a, ErrNotFound when
// none does.
func (b *Book) Find(ctx context.Context, a *Auth) (string, error) {
	found := ErrNotFound
	for _, id := range []string{pageID(a), sessionID(a)} {
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
	if b.memory != nil {
		return b.memory.list(), nil
	}
	entries, err := os.ReadDir(b.dir())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fileError("read", b.dir(), err)
	}
	var ids []string
	for _, e := range entries {
		ext := filepath.Ext(e.Name())
		if id := strings.TrimSuffix(e.Name(), ext); (ext == ".json" || ext == ".keyring") && validID.MatchString(id) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
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

var validID = regexp.MustCompile(`^[a-z]+-[0-9a-f]{16}(\.[0-9a-f]{16})?$`)

// pageID is the id of an identity: fit for a file name, and without the e-mail
// address or the secret that an identity could be guessed from.
func pageID(a *Auth) string {
	return strings.ToLower(string(a.Kind())) + "-" + shortHash(a.Identity())
}

// sessionID is the id of one session of an identity beside another.
func sessionID(a *Auth) string { return pageID(a) + "." + shortHash(a.session()) }

func (b *Book) dir() string { return filepath.Join(b.home.Path, "codex-login", "accounts") }

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
		return func() {}, ctx.Err()
	}
	if err := b.home.ensure(); err != nil {
		return nil, err
	}
	if err := ensureDir(b.dir()); err != nil {
		return nil, fileError("save", b.dir(), err)
	}
	var l *flock.Flock
	l, err := lock(ctx, filepath.Join(filepath.Dir(b.dir()), "accounts.lock"), 0o600, fileLockPatience)
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
