package credstore

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"strconv"

	"codex-login/assets/display"
)

// Load returns the login there. The error is ErrNotFound, an *Error whose place
// is of KindMachine, or a *MachineError.
func (r *Remote) Load(ctx context.Context) (*Auth, Place, error) {
	place := r.place(remoteAuth)
	text, err := r.Read(ctx, remoteAuth)
	if err != nil {
		return nil, place, err
	}
	a, err := Parse(text, place)
	return a, place, err
}

// Save stores the login there; see Store. A *MachineError whose Unsure is set
// leaves open whether it is stored.
func (r *Remote) Save(ctx context.Context, a *Auth, steps Steps) (Place, error) {
	r.saving.Lock()
	defer r.saving.Unlock()
	if err := r.connect(ctx); err != nil {
		return r.place(remoteAuth), err
	}
	place := r.place(remoteAuth)
	if steps.Choose == nil {
		if _, err := a.checked(place); err != nil {
			return place, err
		}
	}
	if err := r.lock(ctx, place); err != nil {
		return place, err
	}
	defer r.unlock(ctx)
	err := steps.before(ctx)
	var text []byte
	if err == nil {
		_, text, err = steps.choose(ctx, a, place)
	}
	if err == nil {
		err = r.replace(context.WithoutCancel(ctx), place, text, nil, string(remoteAuth), "-")
	}
	if err == nil {
		steps.written()
	}
	return place, err
}

func (r *Remote) lock(ctx context.Context, place Place) error {
	text, code, err := r.call(ctx, nil, "lock")
	if err != nil {
		return err
	}
	return answered("save", place, text, code)
}

func (r *Remote) unlock(ctx context.Context) {
	_, _, _ = r.call(context.WithoutCancel(ctx), nil, "unlock")
}

// replace writes a file whole or not at all, and reads it back. check, which may
// be nil, is asked when the new text is there and the old file still is.
func (r *Remote) replace(ctx context.Context, place Place, text []byte, check func() error, words ...string) error {
	request := append([]string{"receive"}, words...)
	request = append(request, rand.Text()[:6], strconv.Itoa(len(text)))
	back, code, err := r.call(ctx, text, request...)
	if err == nil {
		err = answered("save", place, back, code)
	}
	if err != nil {
		return err
	}
	if !bytes.Equal(back, text) {
		err = &Error{Problem: ProblemIO, Op: "save", Place: place, Detail: "what was written there is not what was sent"}
	} else if check != nil {
		err = check()
	}
	if err != nil {
		_, _, _ = r.call(ctx, nil, "drop")
		return err
	}
	said, code, err := r.call(ctx, nil, "keep")
	if err == nil {
		if err := answered("save", place, said, code); err != nil {
			return err // it did not get into its place
		}
		back, err = r.show(ctx, place, words...)
	}
	if err == nil && !bytes.Equal(back, text) {
		err = &Error{Problem: ProblemIO, Op: "save", Place: place, Detail: "another text came back than was stored"}
	}
	if words[0] != string(remoteAuth) {
		return err // the login is where it was
	}
	return Unsure(r.machine, err)
}

// Unsure is err with the word that a login may be stored all the same.
func Unsure(m Machine, err error) error {
	var lost *MachineError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &lost):
		lost.Unsure = true
		return err
	}
	return &MachineError{Problem: MachineFailed, Machine: m, Detail: display.Line(err.Error(), 300), Unsure: true}
}

// Delete removes the login there; see Store.
func (r *Remote) Delete(ctx context.Context) error {
	r.saving.Lock()
	defer r.saving.Unlock()
	if err := r.connect(ctx); err != nil {
		return err
	}
	place := r.place(remoteAuth)
	if err := r.lock(ctx, place); err != nil {
		return err
	}
	defer r.unlock(ctx)
	text, code, err := r.call(ctx, nil, "delete")
	if err != nil {
		return err
	}
	return answered("delete", place, text, code)
}
