package credstore

import "sync"

// memories are the ephemeral logins of this process, by home folder.
var memories sync.Map

// Open returns the store of a mode. It does no I/O. Every ephemeral store of
// one home in one process is the same.
func Open(home Home, mode Mode) Store {
	switch mode {
	case ModeKeyring:
		return &keyringStore{home, systemKeyring()}
	case ModeAuto:
		return &autoStore{keyringStore{home, systemKeyring()}}
	case ModeEphemeral:
		s, _ := memories.LoadOrStore(home.Path, &memoryStore{})
		return s.(*memoryStore)
	}
	return &fileStore{home}
}
