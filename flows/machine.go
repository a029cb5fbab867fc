package flows

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"time"

	"codex-login/credstore"
	"codex-login/policy"
)

// Target is another machine, or a container, that a login is for.
type Target = credstore.Machine

// The notes about another machine.
const (
	NoteKeptThere           NoteCode = "kept_there"            // another login was there; it is in the account book there
	NoteUnreadableKeptThere NoteCode = "unreadable_kept_there" // what was there could not be read; a copy is at Where
	NoteStoreSetThere       NoteCode = "store_set_there"       // cli_auth_credentials_store there was set to file
	NoteStoreNotSetThere    NoteCode = "store_not_set_there"   // the login is stored, but Codex there looks elsewhere; Err says why that stays so
	NoteSignInEnded         NoteCode = "sign_in_ended"         // a sign-in that could not be stored was ended
	NoteSignInNotEnded      NoteCode = "sign_in_not_ended"     // nor could it be ended; Err says why
	NoteNoCodexThere        NoteCode = "no_codex_there"        // no Codex was found there to ask
	NoteCodexDisagrees      NoteCode = "codex_disagrees"       // Codex there does not count it as a login; Where is what it says
	NoteNoLocksThere        NoteCode = "no_locks_there"        // Codex's locks cannot be taken there
	NoteCopiesClash         NoteCode = "copies_clash"          // two machines have one session now
	NoteNotForgotten        NoteCode = "not_forgotten"         // the login here could not be removed; Err says why
	NoteLoanNotNoted        NoteCode = "loan_not_noted"        // the loan could not be written down; Err says why
)

// StoreThereError says that Codex on the other machine looks for its login in
// another place than auth.json, the only one that can be reached from here.
type StoreThereError struct {
	Target Target
	Mode   credstore.Mode
	Source policy.Source
	// Pinned: a layer above config.toml says so, so that it cannot be changed
	// from here.
	Pinned bool
}

func (e *StoreThereError) Error() string {
	return fmt.Sprintf("%s: %s: %s is %s there", e.Target, e.Source, policy.StoreKey, e.Mode)
}

// SameHomeError says that the home of the other machine is the one here, by a
// bind mount, a shared file system or another name of this machine: its login is
// the login here, and sending that to itself would end it.
type SameHomeError struct {
	Target Target
	Home   string // as it is called there
}

func (e *SameHomeError) Error() string {
	return fmt.Sprintf("%s: %s is the CODEX_HOME here", e.Target, e.Home)
}

// there is another machine that has been reached and looked at.
type there struct {
	remote *credstore.Remote
	rules  *policy.Rules
	// setFile: config.toml there is to say that the login is in the file.
	setFile bool
}

// reach connects to a machine, reads the rules there, and finds out beforehand
// what can be known to keep a login from being stored or found there.
func (l *Login) reach(ctx context.Context, t Target, setFile, ask bool, talk io.Writer) (*there, error) {
	remote, err := credstore.Reach(ctx, t, ask, talk)
	if err != nil {
		return nil, cancelled(ctx, err)
	}
	out := &there{remote: remote}
	same, err := remote.SameHome(ctx, l.Home)
	switch {
	case err != nil:
	case same:
		err = &SameHomeError{Target: t, Home: remote.Facts().Home}
	default:
		err = out.look(ctx, setFile)
	}
	if err != nil {
		remote.Close()
		return nil, cancelled(ctx, err)
	}
	return out, nil
}

func (t *there) look(ctx context.Context, setFile bool) error {
	var err error
	home := path.Clean(t.remote.Facts().Home) // as policy names its layers
	t.rules, err = policy.Load(policy.Options{Home: home, ReadFile: func(file string) ([]byte, error) {
		layer, err := layerAt(file, home)
		if err != nil {
			return nil, err
		}
		text, err := t.remote.Read(ctx, layer)
		switch {
		case errors.Is(err, credstore.ErrNotFound):
			err = fs.ErrNotExist
		case credstore.IsProblem(err, credstore.ProblemPermission):
			err = fs.ErrPermission
		}
		return text, err
	}})
	var lost *credstore.MachineError
	if errors.As(err, &lost) {
		return lost // the layer is not to blame
	}
	if err != nil {
		return err
	}
	mode := credstore.Mode(t.rules.StoreMode())
	if mode == credstore.ModeFile {
		return nil
	}
	source := t.rules.Store.Source
	e := &StoreThereError{
		Target: t.remote.Machine(), Mode: mode, Source: source,
		Pinned: t.rules.StorePinned || source.Layer == policy.LayerManaged,
	}
	if !setFile || e.Pinned {
		return e
	}
	t.setFile = true
	_, _, err = t.config(ctx)
	return err
}

// layerAt is the file there that policy means. One that nobody knows is an
// error: read as another layer, it would keep a rule from being seen.
func layerAt(file, home string) (credstore.RemoteFile, error) {
	switch file {
	case path.Join(home, "config.toml"):
		return credstore.RemoteConfig, nil
	case "/etc/codex/config.toml":
		return credstore.RemoteSystem, nil
	case "/etc/codex/managed_config.toml":
		return credstore.RemoteManaged, nil
	case "/etc/codex/requirements.toml":
		return credstore.RemoteRequirements, nil
	}
	return "", fmt.Errorf("%s is no layer that is known there", file)
}

// config returns config.toml there, nil for none, and the text that it is to
// have.
func (t *there) config(ctx context.Context) (old, text []byte, err error) {
	old, err = t.remote.Read(ctx, credstore.RemoteConfig)
	if err != nil && !errors.Is(err, credstore.ErrNotFound) {
		return nil, nil, err
	}
	text, err = policy.WithUserValue(old, path.Join(t.remote.Facts().Home, "config.toml"), policy.StoreKey, string(credstore.ModeFile))
	return old, text, err
}

// configure makes Codex there look where the login now is.
func (t *there) configure(ctx context.Context) error {
	const tries = 3 // somebody may be writing it too
	var err error
	for range tries {
		var old, text []byte
		if old, text, err = t.config(ctx); err != nil {
			return err
		}
		if err = t.remote.ReplaceConfig(ctx, old, text); !errors.Is(err, credstore.ErrChanged) {
			return err
		}
	}
	return err
}

// How often a connection that breaks off while a login is being stored is made
// again, and how long that is waited for.
const (
	storeTries = 3
	storePause = 2 * time.Second
)

// put stores a login there: what was there goes to the account book there
// first. guard, which may be nil, looks at what is there, nil for nothing, under
// the locks, and its error ends it all. A connection that breaks off is made
// again: it must not cost a login that was just obtained.
func (t *there) put(ctx context.Context, clock Clock, a *credstore.Auth, guard func(now *credstore.Auth) error, sent *Sent) error {
	steps := credstore.Steps{Before: func(ctx context.Context) error { return t.keepReplaced(ctx, a, guard, sent) }}
	var err error
	maybe := false // it may be stored, whatever the last error says
	for try := 1; try <= storeTries; try++ {
		var place credstore.Place
		if place, err = t.remote.Save(ctx, a, steps); err == nil {
			sent.Account.Place, sent.Account.StoreMode = place, credstore.ModeFile
			t.finish(ctx, sent)
			return nil
		}
		maybe = maybe || unsure(err)
		if !credstore.IsMachineProblem(err, credstore.MachineDropped) || try == storeTries || clock.wait(ctx, storePause) != nil {
			break
		}
	}
	if maybe && !errors.Is(err, ErrTakenBack) {
		err = credstore.Unsure(t.remote.Machine(), err)
	}
	return err
}

// finish has Codex there look in the file, and asks it. The login is stored by
// now: what goes wrong here is a note.
func (t *there) finish(ctx context.Context, sent *Sent) {
	if t.setFile {
		if err := t.configure(ctx); err != nil {
			sent.add(Note{Code: NoteStoreNotSetThere, Err: err})
		} else {
			t.setFile = false
			sent.add(Note{Code: NoteStoreSetThere})
		}
	}
	facts := t.remote.Facts()
	sent.Codex = facts.Version
	if !facts.Locks {
		sent.add(Note{Code: NoteNoLocksThere})
	}
	said, in, err := t.remote.Status(ctx)
	switch {
	case errors.Is(err, credstore.ErrNotFound):
		sent.add(Note{Code: NoteNoCodexThere})
	case err != nil: // stored it is
	case !in:
		sent.add(Note{Code: NoteCodexDisagrees, Where: said})
	}
	sent.Said = said
}

func (t *there) keepReplaced(ctx context.Context, a *credstore.Auth, guard func(*credstore.Auth) error, sent *Sent) error {
	now, place, err := t.remote.Load(ctx)
	switch {
	case errors.Is(err, credstore.ErrNotFound):
	case credstore.IsProblem(err, credstore.ProblemCorrupt):
		if guard != nil {
			return err
		}
		place, err = t.remote.KeepUnreadable(ctx)
		if err == nil {
			sent.add(Note{Code: NoteUnreadableKeptThere, Where: place.Where})
		}
		return err
	case err != nil:
		return err
	}
	if guard != nil {
		if err := guard(now); err != nil {
			return err
		}
	}
	// A borrowed login is nobody's loss: its owner has it.
	if now == nil || now.Empty() || now.SameSecret(a) || now.Kind() == credstore.AuthChatGPTTokens {
		return nil
	}
	if err := t.remote.Keep(ctx, now); err != nil {
		return err
	}
	previous := describe(now)
	previous.Place, previous.StoreMode = place, credstore.ModeFile
	sent.Previous = &previous
	sent.add(Note{Code: NoteKeptThere})
	return nil
}

// allows is the rule there that a login breaks, or nil.
func (t *there) allows(a *credstore.Auth) *policy.Violation {
	return (&Login{Rules: t.rules}).checkStored(a)
}

func (t *there) close() { t.remote.Close() }
