package credstore

import (
	"os"
	"path/filepath"
)

// KeepUnreadable stores a document that cannot be read as one beside the
// account book before a login takes its place: whoever damaged it by hand may
// want it back. It returns the path. The same text is kept once.
func KeepUnreadable(home Home, text Secret) (string, error) {
	dir := unreadableDir(home)
	if err := ownDir(home, "unreadable"); err != nil {
		return "", fileError("save", dir, err)
	}
	path := filepath.Join(dir, "auth-"+shortHash(text.Reveal())+".json")
	if _, err := os.Lstat(path); err == nil {
		tighten(path, 0o600)
		return path, nil
	}
	return path, replaceFile(path, []byte(text.Reveal()))
}

// DropUnreadable removes what KeepUnreadable has stored: it may hold tokens.
func DropUnreadable(home Home) error {
	dir := unreadableDir(home)
	if err := os.RemoveAll(dir); err != nil {
		return fileError("delete", dir, err)
	}
	return nil
}

func unreadableDir(home Home) string { return filepath.Join(home.Path, "codex-login", "unreadable") }
