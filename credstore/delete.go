package credstore

import (
	"context"
	"errors"
	"slices"
)

// ErrChanged says that a store holds another login, or a file another text,
// than it did before.
var ErrChanged = errors.New("somebody else has changed it meanwhile")

// DeleteIf deletes what the stores of these modes hold, if agree consents under
// the locks to what that is by then: between looking at a login and deleting
// it, another one may have taken its place. The error is agree's, with nothing
// deleted, or ErrNotFound when there was nothing, or an *Error. Of several
// modes, those that have no keyring to work with hold nothing, but for an
// encrypted file.
func DeleteIf(ctx context.Context, home Home, agree func(now []Copy) error, modes ...Mode) error {
	file := &fileStore{home}
	if !file.exists() && !slices.ContainsFunc(modes, func(m Mode) bool { return m == ModeKeyring || m == ModeAuto }) {
		return deleteMemory(ctx, home, modes)
	}
	l, err := lockLogin(ctx, home)
	if err != nil {
		return err
	}
	defer l.unlock()
	if err := agree(Copies(ctx, home, modes...)); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	failed, found := error(nil), deleteMemory(ctx, home, modes) == nil
	for _, m := range slices.Backward(modes) {
		var err error
		switch m {
		case ModeFile:
			err = file.remove(l)
		case ModeKeyring:
			ring := &keyringStore{home, systemKeyring()}
			err = errorOfBoth(ring.deleteHeld(ctx, l))
		case ModeAuto:
			ring := &autoStore{keyringStore{home, systemKeyring()}}
			err = ring.both(ring.deleteHeld(ctx, l))
		case ModeEphemeral:
			continue
		}
		switch {
		case err == nil:
			found = true
		case errors.Is(err, ErrNotFound), len(modes) > 1 && IsProblem(err, ProblemUnavailable) && !home.mayHoldEncrypted():
		default:
			failed = errors.Join(failed, err)
		}
	}
	if failed == nil && !found {
		return ErrNotFound
	}
	return failed
}

func deleteMemory(ctx context.Context, home Home, modes []Mode) error {
	if !slices.Contains(modes, ModeEphemeral) {
		return ErrNotFound
	}
	return Open(home, ModeEphemeral).Delete(ctx)
}
