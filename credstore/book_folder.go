package credstore

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// whereabouts is where a page is: in a file, in the keyring, or, where a
// writer was killed, in both.
type whereabouts uint8

const (
	inFile whereabouts = 1 << iota
	inKeyring
)

// folder is what the names in the accounts folder tell.
type folder struct {
	pages map[string]whereabouts // by page id
	cards map[string]bool        // by account
	locks []string               // accounts
	temps bool                   // a killed writer of an older version left one
}

func newFolder() folder {
	return folder{pages: map[string]whereabouts{}, cards: map[string]bool{}}
}

// folder reads the names, and no file.
func (b *Book) folder() (folder, error) {
	if b.memory != nil {
		return b.memory.folder(), nil
	}
	f := newFolder()
	entries, err := os.ReadDir(b.dir())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return f, fileError("read", b.dir(), err)
	}
	for _, e := range entries {
		ext := filepath.Ext(e.Name())
		id := strings.TrimSuffix(e.Name(), ext)
		switch {
		case tempName.MatchString(e.Name()):
			f.temps = true
		case !validID.MatchString(id):
		case ext == ".json":
			f.pages[id] |= inFile
		case ext == ".keyring":
			f.pages[id] |= inKeyring
		case id != accountOf(id):
		case ext == ".card":
			f.cards[id] = true
		case ext == ".lock":
			f.locks = append(f.locks, id)
		}
	}
	return f, nil
}

// front is what there is of one account, without its earlier sessions. Where
// there is nothing else, they count.
func (b *Book) front(id string) (folder, error) {
	if b.memory != nil {
		return b.memory.folder(), nil
	}
	f := newFolder()
	for path, note := range map[string]func(){
		b.page(id):     func() { f.pages[id] |= inFile },
		b.marker(id):   func() { f.pages[id] |= inKeyring },
		b.cardFile(id): func() { f.cards[id] = true },
	} {
		switch _, err := os.Lstat(path); {
		case err == nil:
			note()
		case !errors.Is(err, fs.ErrNotExist):
			return f, fileError("read", path, err)
		}
	}
	if len(f.pages)+len(f.cards) == 0 {
		return b.folder()
	}
	return f, nil
}

// byAccount sorts the pages by account, each account's front page first.
func (f folder) byAccount() map[string][]string {
	out := make(map[string][]string, len(f.cards))
	for page := range f.pages {
		id := accountOf(page)
		out[id] = append(out[id], page)
	}
	for _, pages := range out {
		slices.Sort(pages)
	}
	return out
}

// replace is replaceFile for the accounts folder. The temporary file is made
// in a folder of its own, so that finding those of killed writers costs the
// same however many accounts there are. The caller holds the lock.
func (b *Book) replace(path string, content []byte) error {
	if err := checkReplaceable(path); err != nil {
		return err
	}
	err := replaceVia(b.tmp(), path, content)
	if otherDisk(err) { // somebody linked one of the folders elsewhere
		return replaceFile(path, content)
	}
	if err != nil {
		return fileError("save", path, err)
	}
	return nil
}

// unlink removes a file of the accounts folder for good, ErrNotFound when it
// is not there.
func (b *Book) unlink(path string) error {
	err := os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNotFound
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return fileError("delete", path, err)
	}
	return nil
}
