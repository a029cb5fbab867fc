package credstore

import "context"

// Mode is a value of Codex's cli_auth_credentials_store.
type Mode string

// The modes that Codex knows.
const (
	ModeFile      Mode = "file"      // auth.json in CODEX_HOME; Codex's default
	ModeKeyring   Mode = "keyring"   // the operating system's credential store
	ModeAuto      Mode = "auto"      // the keyring where it works, else the file
	ModeEphemeral Mode = "ephemeral" // this process only
)

// Modes lists the modes in the order in which a person should meet them.
func Modes() []Mode { return []Mode{ModeFile, ModeKeyring, ModeAuto, ModeEphemeral} }

// ParseMode returns the mode that text names.
func ParseMode(text string) (Mode, bool) {
	for _, m := range Modes() {
		if string(m) == text {
			return m, true
		}
	}
	return "", false
}

// Kind is the kind of place that really holds a login.
type Kind string

// The kinds of place.
const (
	KindFile      Kind = "file"
	KindKeyring   Kind = "keyring"
	KindEncrypted Kind = "encrypted" // Codex's encrypted file, its passphrase in the keyring
	KindMemory    Kind = "memory"
	KindMachine   Kind = "machine" // a file on another machine
)

// Place describes where a login is, safe to print.
type Place struct {
	Kind Kind
	// Where is the file's path, with "machine:" before it where that is
	// another one, or the keyring entry as "service / account".
	Where string
	// Fallback is why automatic choice passed over the keyring; nil otherwise.
	Fallback error
	// Leftover is why an older copy in another place, which a Save should have
	// cleared, is still there; nil otherwise.
	Leftover error
}

// Steps are what a caller does in the middle of a Save, while the store's locks
// are held: nobody else changes the login meanwhile. The zero value does
// nothing.
type Steps struct {
	// Before runs before anything is written. Its error ends the Save.
	Before func(ctx context.Context) error
	// Spare, where set, says after Before and Choose why the keyring must be passed over:
	// that what it holds could not be read, and so has been kept nowhere. Only
	// the automatic choice asks it, which has the file to go to.
	Spare func() error
	// Choose, where set, picks the login to be stored, in place of the one
	// that Save was given, which may then be nil. It runs after Before. Its
	// error ends the Save, and so does a nil login, with ErrNotFound.
	Choose func(ctx context.Context) (*Auth, error)
	// Written runs when the login is in its place, before older copies in other
	// places are cleared. If it returns false, they stay.
	Written func() bool
}

func (s Steps) before(ctx context.Context) error {
	if s.Before == nil {
		return nil
	}
	return s.Before(ctx)
}

func (s Steps) spare() error {
	if s.Spare == nil {
		return nil
	}
	return s.Spare()
}

// choose returns the login to be stored, a where the caller leaves it at that,
// and its text for a file.
func (s Steps) choose(ctx context.Context, a *Auth, place Place) (*Auth, []byte, error) {
	if s.Choose != nil {
		var err error
		if a, err = s.Choose(ctx); err != nil {
			return nil, nil, err
		}
		if a == nil {
			return nil, nil, ErrNotFound
		}
	}
	b, err := a.checked(place)
	return a, b, err
}

func (s Steps) written() bool { return s.Written == nil || s.Written() }

// Store keeps one login, the active one. Implementations may be used by
// several goroutines and by several processes at once.
type Store interface {
	// Load returns the login and the place where it was found, ErrNotFound
	// when there is none, or an *Error.
	Load(ctx context.Context) (*Auth, Place, error)
	// Save replaces the login, whole or not at all, and clears the copies that
	// would outlive it in other places of this store. Once it has begun to
	// write it is not interrupted by ctx. An error means that the login is not
	// stored.
	Save(ctx context.Context, a *Auth, steps Steps) (Place, error)
	// Delete removes every copy that Load of this store could find,
	// ErrNotFound when there was none.
	Delete(ctx context.Context) error
	// Mode is the mode that the store stands for.
	Mode() Mode
}
