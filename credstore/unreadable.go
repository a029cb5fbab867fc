package credstore

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// KeepUnreadable copies an auth.json that cannot be read as one beside the
// account book before another login takes its place: whoever damaged it by
// hand may want it back. It returns the copy's path, ErrNotFound when there is
// nothing to copy, or an *Error. The same bytes are kept once.
func KeepUnreadable(_ context.Context, home Home) (string, error) {
	text, err := readLimited(home.AuthFile())
	if errors.Is(err, fs.ErrNotExist) {
		return "", ErrNotFound
	}
	if err != nil {
		return "", err
	}
	dir := filepath.Join(home.Path, "codex-login", "unreadable")
	if err := ensureDir(dir); err != nil {
		return "", fileError("save", dir, err)
	}
	path := filepath.Join(dir, "auth-"+shortHash(string(text))+".json")
	if _, err := os.Lstat(path); err == nil {
		return path, nil
	}
	return path, replaceFile(path, text)
}
