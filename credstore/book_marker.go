package credstore

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// The marker of a keyring page holds the name of the session in the entry, so
// that it can be told from the active one without asking the keyring. While an
// entry is being changed, tmp/<id>.keyring stands for the doubt: whoever finds
// one there without the lock being held has to ask.

// markerOf is the content of the marker of a page with that login.
func markerOf(a *Auth) []byte {
	if a.session() == "" {
		return []byte("-\n")
	}
	return []byte(a.session() + "\n")
}

func (b *Book) marked(id string) bool {
	if b.memory != nil {
		return false
	}
	_, err := os.Stat(b.marker(id))
	return err == nil
}

// mayHold reports whether the entry of a page may hold the session of a, as
// far as the marker tells.
func (b *Book) mayHold(id string, a *Auth) bool {
	text, err := readLimited(b.marker(id))
	if errors.Is(err, fs.ErrNotExist) {
		return false
	}
	known := strings.TrimSpace(string(text))
	return err != nil || known == "" || known == strings.TrimSpace(string(markerOf(a)))
}

func (b *Book) doubtful(id string) string { return filepath.Join(b.tmp(), id+".keyring") }

// doubt notes down that an entry may not be what its marker says. Should that
// fail, only less would be repaired.
func (b *Book) doubt(id string) {
	if os.WriteFile(b.doubtful(id), nil, 0o600) == nil {
		_ = syncDir(b.tmp())
	}
}

func (b *Book) settled(id string) { _ = os.Remove(b.doubtful(id)) }

func (b *Book) doubted(id string) bool {
	_, err := os.Stat(b.doubtful(id))
	return err == nil
}

// doubts are the pages whose entries are in doubt; temps reports that there are
// temporary files.
func (b *Book) doubts() (ids []string, temps bool) {
	if b.memory != nil {
		return nil, false
	}
	entries, _ := os.ReadDir(b.tmp())
	for _, e := range entries {
		id, found := strings.CutSuffix(e.Name(), ".keyring")
		if found && validID.MatchString(id) {
			ids = append(ids, id)
		}
		temps = temps || tempName.MatchString(e.Name())
	}
	return ids, temps
}
