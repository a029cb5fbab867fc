package plain

import (
	"context"
	"errors"
	"io"

	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/policy"
)

// The ways in which Ask ends without a request.
var (
	// ErrKept says that the person keeps the login that is there.
	ErrKept = errors.New("the login that is there is kept")
	// ErrTerminalInput says that a secret was to come from standard input and
	// standard input is a terminal.
	ErrTerminalInput = errors.New("standard input is a terminal")
)

// Ask completes a request: the way to sign in where none was named, and the
// secret where one is needed. It returns io.EOF when the input ends first.
func (s *Session) Ask(ctx context.Context, r *flows.Request, in *Input, json bool) error {
	lines, speaks := s.Voice.(*Lines)
	named := r.Method != ""
	switch {
	case !named && json:
		// As `codex login` without a flag.
		r.Method = flows.Browser
	case !named && speaks:
		if err := s.chooseMethod(ctx, lines, r, in); err != nil {
			return err
		}
	}
	switch r.Method {
	case flows.APIKey, flows.AccessToken:
		return s.askSecret(lines, named, r, in)
	case flows.Browser, flows.Device:
		s.In = in.Reader()
	}
	return nil
}

// chooseMethod opens as the wizard does: with what the rules say about the
// login that is there, then with the picker.
func (s *Session) chooseMethod(ctx context.Context, lines *Lines, r *flows.Request, in *Input) error {
	account, err := s.Login.Enforce(ctx)
	switch {
	case err == nil:
		lines.Status(account, nil)
		lines.talk("choose.keep")
	case errors.Is(err, credstore.ErrNotFound):
	default:
		lines.Failed(err)
		var v *policy.Violation
		if errors.As(err, &v) {
			lines.enforced(v, err)
			return err
		}
	}
	signedIn := err == nil
	r.Method, err = lines.Choose(s.Login, in, signedIn)
	if signedIn && errors.Is(err, io.EOF) {
		return ErrKept
	}
	return err
}

func (s *Session) askSecret(lines *Lines, named bool, r *flows.Request, in *Input) error {
	if !named {
		var err error
		r.Secret, err = lines.Secret(r.Method, in)
		return err
	}
	if in.Terminal() {
		return ErrTerminalInput
	}
	text, err := in.All()
	if errors.Is(err, ErrTooMuchInput) {
		err = &flows.InputError{Problem: flows.InputTooLong}
	}
	if err != nil {
		s.Voice.Failed(err)
		return err
	}
	r.Secret = credstore.NewSecret(text)
	return nil
}
