package credstore

import (
	"context"
	"errors"
)

// autoStore keeps the login in the keyring where that works, else in the file,
// and says which and why. It reads as Codex does: the keyring first, the file
// where the keyring has nothing or fails.
//
// One thing cannot be mended from here. If a login has to go to the file while
// the keyring, out of reach just now, holds an older one, Codex will find the
// older one again when the keyring is back. The entry is removed where the
// keyring lets us; where it does not, Place.Fallback says so.
type autoStore struct{ keyringStore }

func (s *autoStore) Mode() Mode { return ModeAuto }

func (s *autoStore) Load(ctx context.Context) (*Auth, Place, error) {
	a, place, failed := s.keyringStore.Load(ctx)
	if failed == nil || ctx.Err() != nil {
		return a, place, failed
	}
	a, place, err := s.file().Load(ctx)
	if !errors.Is(failed, ErrNotFound) {
		place.Fallback = failed
	}
	return a, place, err
}

func (s *autoStore) Save(ctx context.Context, a *Auth, steps Steps) (Place, error) {
	s.warm(ctx)
	a, b, l, err := beginSave(ctx, s.home, s.place(), a, steps)
	if err != nil {
		return s.place(), err
	}
	defer l.unlock()
	spared := steps.spare()
	failed := spared
	if failed == nil {
		failed = keyringError("save", s.place(), probe(ctx, s.ring))
	}
	if failed == nil {
		failed = s.write(ctx, a)
	}
	if failed == nil {
		return s.cleared(ctx, l, steps), nil
	}
	if ctx.Err() != nil {
		return s.place(), failed
	}
	place := s.file().place()
	if err := s.file().write(l, b); err != nil {
		return place, err
	}
	place.Fallback = failed
	if steps.written() {
		place.Fallback = s.retire(context.WithoutCancel(ctx), failed, spared != nil)
	}
	return place, nil
}

// retire removes the entry that the file has replaced and returns why the
// keyring was passed over. A keyring that could not be reached is not asked
// again: that would be another deadline or another prompt. Nor is one whose
// entry is to be spared.
func (s *autoStore) retire(ctx context.Context, failed error, spared bool) error {
	var e *Error
	if !errors.As(failed, &e) {
		return failed
	}
	switch e.Problem {
	case ProblemUnavailable, ProblemLocked, ProblemTimeout:
		if s.home.Encrypted && !s.home.mayHoldEncrypted() {
			return failed
		}
	default:
		if !spared && ignoreNotFound(s.slot().remove(ctx)) == nil {
			return failed
		}
	}
	known := *e
	if known.Detail != "" {
		known.Detail += "; "
	}
	known.Detail += "an older login that it may hold comes back into use when it works again: sign out then"
	return &known
}

// Delete removes both copies. Where there is no keyring at all, the file is
// everything, unless there is an encrypted one, which may hold a login; where a
// keyring is there and does not let us in, that is the error, after the file is
// gone.
func (s *autoStore) Delete(ctx context.Context) error {
	return s.both(s.deleteBoth(ctx))
}

// both is the error of a deletion in two places.
func (s *autoStore) both(inKeyring, inFile error) error {
	if IsProblem(inKeyring, ProblemUnavailable) && !s.home.mayHoldEncrypted() {
		inKeyring = ErrNotFound
	}
	return errorOfBoth(inKeyring, inFile)
}
