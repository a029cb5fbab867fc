package credstore

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// fileStore keeps the login in auth.json.
type fileStore struct{ home Home }

func (s *fileStore) Mode() Mode { return ModeFile }

func (s *fileStore) place() Place { return filePlace(s.home.AuthFile()) }

// Load takes no lock: a save replaces the file as a whole.
func (s *fileStore) Load(ctx context.Context) (*Auth, Place, error) {
	text, err := s.read(ctx)
	if err != nil {
		return nil, s.place(), err
	}
	a, err := Parse([]byte(text), s.place())
	return a, s.place(), err
}

// read returns the file's text, ErrNotFound, or an *Error.
func (s *fileStore) read(ctx context.Context) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	b, err := readLimited(s.home.AuthFile())
	if errors.Is(err, fs.ErrNotExist) {
		return "", ErrNotFound
	}
	return string(b), err
}

func (s *fileStore) Save(ctx context.Context, a *Auth, steps Steps) (Place, error) {
	_, b, l, err := beginSave(ctx, s.home, s.place(), a, steps)
	if err != nil {
		return s.place(), err
	}
	defer l.unlock()
	if err := s.write(l, b); err != nil {
		return s.place(), err
	}
	steps.written()
	return s.place(), nil
}

// write replaces the file that auth.json is; the caller holds the locks.
func (s *fileStore) write(l *locks, b []byte) error {
	s.sweep(l)
	return replaceFile(l.target, b)
}

func (s *fileStore) Delete(ctx context.Context) error {
	if !s.exists() {
		return ErrNotFound
	}
	l, err := lockLogin(ctx, s.home)
	if err != nil {
		return err
	}
	defer l.unlock()
	return s.remove(l)
}

// exists reports whether there is anything to delete, a leftover of a killed
// writer included.
func (s *fileStore) exists() bool {
	if _, err := os.Lstat(s.home.AuthFile()); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return true
	}
	left, _ := filepath.Glob(filepath.Join(s.home.Path, ".auth-??????"))
	return len(left) > 0
}

// remove deletes the secret wherever auth.json leads, then the link that led
// there. What holds no secret stays: a link may lead to anything, and root may
// remove anything. The caller holds the locks. ErrNotFound when there was no
// login.
func (s *fileStore) remove(l *locks) error {
	s.sweep(l)
	info, err := os.Lstat(l.target)
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNotFound
	}
	if err != nil {
		return fileError("delete", l.target, err)
	}
	paths := []string{l.target, s.home.AuthFile()}
	if l.target != s.home.AuthFile() {
		is, err := holdsLogin(l.target)
		if err != nil && info.Mode().IsRegular() {
			return err // nobody knows what would be left there
		}
		if !is {
			paths = paths[1:]
		}
	} else if info.IsDir() {
		return notAFile("delete", l.target, info.Mode())
	}
	for _, path := range paths {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fileError("delete", path, err)
		}
		if err := syncDir(filepath.Dir(path)); err != nil {
			return fileError("delete", path, err)
		}
	}
	return nil
}

// loginLike are members of the document, by which one is known that is cut off
// or otherwise spoiled.
var loginLike = regexp.MustCompile(`"(auth_mode|OPENAI_API_KEY|personal_access_token)"|"tokens"\s*:\s*\{`)

// MayHoldLogin reports whether a file is a document of a login, or was one. What
// a link leads to may be anything.
func MayHoldLogin(path string) bool {
	is, err := holdsLogin(path)
	return err == nil && is
}

func holdsLogin(path string) (bool, error) {
	text, err := readLimited(path)
	return err == nil && loginLike.Match(text), err
}

// sweep removes what killed writers left behind. In a folder that a link leads
// to, other homes may be writing under other locks: there only what is old.
func (s *fileStore) sweep(l *locks) {
	removeTemps(s.home.Path, 0)
	if dir := filepath.Dir(l.target); dir != s.home.Path {
		removeTemps(dir, time.Hour)
	}
}

// beginSave is how every save outside of memory begins: with the locks, the
// caller's own first step, and a document that Codex can read; one that is
// known beforehand is looked at before anybody is kept waiting. Whoever gets
// the locks has to unlock them.
func beginSave(ctx context.Context, home Home, place Place, a *Auth, steps Steps) (*Auth, []byte, *locks, error) {
	if steps.Choose == nil {
		if _, err := a.checked(place); err != nil {
			return nil, nil, nil, err
		}
	}
	l, err := lockLogin(ctx, home)
	if err != nil {
		return nil, nil, nil, err
	}
	err = steps.before(ctx)
	var b []byte
	if err == nil {
		a, b, err = steps.choose(ctx, a, place)
	}
	if err != nil {
		l.unlock()
		return nil, nil, nil, err
	}
	return a, b, l, nil
}

// checked encodes a document for a file after reading it back as Codex would:
// one that Codex refuses must not take the place of one that works.
func (a *Auth) checked(place Place) ([]byte, error) {
	b := a.Encode()
	if _, err := Parse(b, place); err != nil {
		var e *Error
		if errors.As(err, &e) {
			// Line and column would point into a document nobody has seen.
			e.Op, e.Line, e.Column = "save", 0, 0
		}
		return nil, err
	}
	return b, nil
}
