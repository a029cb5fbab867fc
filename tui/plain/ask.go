package plain

import (
	"context"
	"errors"
	"io"
	"slices"

	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/policy"
)

// The ways in which Ask ends without a request.
var (
	// ErrKept says that the person keeps the login that is there.
	ErrKept = errors.New("the login that is there is kept")
	// ErrDone says that the person switched or signed out instead.
	ErrDone = errors.New("done without a sign-in")
	// ErrTerminalInput says that a secret was to come from standard input and
	// standard input is a terminal.
	ErrTerminalInput = errors.New("standard input is a terminal")
	// ErrNothingChosen says that the input ended before a choice.
	ErrNothingChosen = errors.New("nothing was chosen")
	// ErrNoSecret says that the input ended before the key or the token.
	ErrNoSecret = errors.New("the input ended before the secret")
)

// Ask completes a request: the way to sign in where none was named, and the
// secret where one is needed. Other errors than those above have been said.
func (s *Session) Ask(ctx context.Context, r *flows.Request, in *Input, json bool) error {
	err := s.ask(ctx, r, in, json)
	if errors.Is(err, flows.ErrCancelled) {
		s.Voice.Failed(err)
	}
	return err
}

func (s *Session) ask(ctx context.Context, r *flows.Request, in *Input, json bool) error {
	lines, speaks := s.Voice.(*Lines)
	named := r.Method != ""
	if note := flows.ProviderNote(s.Login.Say, s.Login.Provider()); named && note != "" {
		s.Voice.warning("provider", note)
	}
	switch {
	case !named && json:
		if err := s.start(ctx); err != nil {
			return err
		}
		if p := s.Login.Provider(); !p.NeedsLogin {
			return s.needless(p)
		}
		// As `codex login` without a flag.
		r.Method = flows.Browser
	case !named && speaks:
		if err := s.choose(ctx, lines, r, in); err != nil {
			return err
		}
	}
	switch r.Method {
	case flows.APIKey, flows.AccessToken:
		if named {
			return s.readSecret(ctx, r, in)
		}
		return s.askSecret(ctx, lines, r, in)
	case flows.Browser, flows.Device:
		s.In = in.Reader()
	}
	return nil
}

// choose opens as the wizard does: with what the rules say about the login
// that is there, then with the accounts where there are any, then with the ways
// to sign in.
func (s *Session) choose(ctx context.Context, lines *Lines, r *flows.Request, in *Input) error {
	account, err := s.Login.Enforce(ctx, func() { lines.talk("choose.asking") })
	var refused *flows.RefusedError
	switch {
	case err == nil:
		lines.Status(Standing{Account: account})
	case errors.Is(err, credstore.ErrNotFound):
	default:
		lines.Failed(err)
		unasked := new(flows.UnaskedError)
		if errors.As(err, &refused) && refused.Violation.Effect == policy.SignOut && !refused.Spared || errors.As(err, &unasked) {
			return err
		}
	}
	signedIn := err == nil
	s.warn(account, signedIn)
	s.told()
	if p := s.Login.Provider(); !p.NeedsLogin {
		if err := s.anyway(ctx, lines, in, p); err != nil {
			return err
		}
	}
	err = s.chosen(ctx, lines, r, in, signedIn)
	if errors.Is(err, ErrNothingChosen) && refused != nil {
		return refused // which was all that there was to say
	}
	return err
}

// chosen asks for an account or for a way to sign in. A login that is only
// hidden does not stand in the way of a new one.
func (s *Session) chosen(ctx context.Context, lines *Lines, r *flows.Request, in *Input, signedIn bool) error {
	m := menu{lines, s.Login, in}
	list, err := s.Login.Accounts(ctx)
	if err != nil {
		lines.Failed(err)
	}
	if len(list.Entries) > 0 {
		if err := s.accounts(ctx, m, list, signedIn); err != nil {
			return unanswered(err, signedIn)
		}
	}
	if signedIn {
		lines.talk("choose.keep")
	}
	return unanswered(m.method(ctx, r, signedIn), signedIn)
}

// start is what a start does about the login that is there, for a program: one
// that breaks a rule ends it. Others are nobody's concern before a sign-in.
func (s *Session) start(ctx context.Context) error {
	account, err := s.Login.Enforce(ctx, nil)
	refused, unasked := new(flows.RefusedError), new(flows.UnaskedError)
	if errors.As(err, &refused) || errors.As(err, &unasked) {
		s.Voice.Failed(err)
		return err
	}
	s.warn(account, err == nil)
	s.told()
	return nil
}

// told says what a repository has changed about the login.
func (s *Session) told() {
	for _, note := range s.Login.ProjectNotes(s.Login.Say) {
		s.Voice.warning("from_project", note)
	}
}

// needless ends a start under a provider that asks for no sign-in: well, unless
// the provider cannot be used as it stands.
func (s *Session) needless(p flows.ProviderStanding) error {
	s.Voice.provider(p)
	if err := p.Problem(); err != nil {
		s.Voice.Failed(err)
		return err
	}
	return ErrKept
}

// anyway asks whether to sign in although the provider asks for none.
func (s *Session) anyway(ctx context.Context, lines *Lines, in *Input, p flows.ProviderStanding) error {
	lines.provider(p)
	lines.say(lines.Say.Say("provider.leave"))
	text, err := in.Line(ctx)
	switch {
	case err == nil && text == "n":
		return nil
	case err != nil && !errors.Is(err, io.EOF):
		return err
	}
	if err := p.Problem(); err != nil {
		lines.Failed(err)
		return err
	}
	return ErrKept
}

// warn says what the environment does behind a login's back. For nobody's
// login, that is only what would take away a new one.
func (s *Session) warn(account flows.Account, signedIn bool) {
	if !signedIn {
		account = flows.Account{}
	}
	var said []string
	for _, w := range s.Login.Wins(account) {
		text := flows.WinnerWarning(s.Login.Say, w)
		if text == "" || slices.Contains(said, text) {
			continue
		}
		said = append(said, text)
		code := "variable_wins"
		if w.Refused != nil {
			code = "variable_refused"
		}
		s.Voice.warning(code, text)
	}
}

// unanswered says what the end of the input means for a question.
func unanswered(err error, signedIn bool) error {
	switch {
	case errors.Is(err, io.EOF) && signedIn:
		return ErrKept
	case errors.Is(err, io.EOF):
		return ErrNothingChosen
	}
	return err
}

// askSecret asks for what the person chose to sign in with.
func (s *Session) askSecret(ctx context.Context, lines *Lines, r *flows.Request, in *Input) error {
	var offered credstore.Secret
	if r.Method == flows.APIKey {
		offered = s.Login.EnvironmentKey()
	}
	var err error
	r.Secret, err = lines.secret(ctx, r.Method, offered, in)
	switch {
	case errors.Is(err, io.EOF):
		return ErrNoSecret
	case err != nil && !errors.Is(err, flows.ErrCancelled):
		lines.Failed(err)
	}
	return err
}

// readSecret takes all of standard input, as a flag has announced it.
func (s *Session) readSecret(ctx context.Context, r *flows.Request, in *Input) error {
	if in.Terminal() {
		return ErrTerminalInput
	}
	text, err := in.All(ctx)
	if errors.Is(err, ErrTooMuchInput) {
		err = &flows.InputError{Problem: flows.InputTooLong}
	}
	if err != nil {
		if !errors.Is(err, flows.ErrCancelled) {
			s.Voice.Failed(err)
		}
		return err
	}
	r.Secret = credstore.NewSecret(text)
	return nil
}
