package main

import (
	"context"
	"errors"
	"os"

	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/tui"
	"codex-login/tui/plain"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// request is what the flags ask for; misuse is the catalogue's name for what
// is wrong with them.
func (o *options) request(c *cobra.Command) (r flows.Request, misuse string) {
	r.Verify = o.check
	switch {
	case o.timeout <= 0 && c.Flags().Changed("timeout"):
		return r, "timeout"
	case o.oldAPIKey != "":
		return r, "api_key"
	case o.withAPIKey && o.withAccessToken, o.deviceAuth && (o.withAPIKey || o.withAccessToken):
		return r, "one_way"
	case o.check && !o.withAPIKey:
		return r, "check"
	case o.withAPIKey:
		r.Method = flows.APIKey
	case o.withAccessToken:
		r.Method = flows.AccessToken
	case o.deviceAuth:
		r.Method = flows.Device
	}
	if o.store != "" {
		mode, ok := credstore.ParseMode(o.store)
		if !ok {
			return r, "store"
		}
		r.Store = mode
	}
	return r, ""
}

// signIn runs the wizard in the skin that fits.
func (o *options) signIn(c *cobra.Command) error {
	r, misuse := o.request(c)
	if misuse != "" {
		return o.misused(c, misuse)
	}
	login, err := o.open()
	if err != nil {
		return o.blocked(c, login, r, err)
	}
	return o.run(c, login, r, nil)
}

// blocked is for a start under rules that nobody can sign in under, or that
// nobody can read: a person with a screen can look at them and sign out.
func (o *options) blocked(c *cobra.Command, login *flows.Login, r flows.Request, problem error) error {
	if login == nil || r.Method != "" || o.lines(plain.NewInput(os.Stdin)) {
		o.voice().Failed(problem)
		return problem
	}
	outcome, err := tui.Run(context.WithoutCancel(c.Context()), tui.Options{Login: login, Say: o.words, Problem: problem, Motion: motion()})
	if err != nil {
		o.voice().Failed(err)
		return err
	}
	return plain.Farewell(o.out, o.words, outcome.Said, nil, nil, outcome.Err)
}

// run signs in with what was wired. approve stands in for the person in the
// demo.
func (o *options) run(c *cobra.Command, login *flows.Login, r flows.Request, approve func(context.Context, *flows.Challenge) error) error {
	in := plain.NewInput(os.Stdin)
	fromInput := r.Method == flows.APIKey || r.Method == flows.AccessToken
	if fromInput || o.lines(in) {
		ctx, cancel := context.WithCancel(c.Context())
		defer cancel()
		c.SetContext(ctx)
		s := plain.Session{Login: login, Voice: o.voiceTo(outlet{os.Stdout, cancel}), Approve: approve, RevokePrevious: o.revokePrevious}
		return o.runLines(c, s, r, in)
	}
	if o.trace && term.IsTerminal(int(os.Stderr.Fd())) {
		return o.misused(c, "trace") // it would write over the wizard
	}
	options := tui.Options{Login: login, Say: o.words, Start: r.Method, Store: r.Store, Motion: motion()}
	if approve != nil {
		options.Demo = &tui.Demo{Approve: approve}
	}
	if c.Context().Err() != nil {
		return flows.ErrCancelled
	}
	// The wizard hears signals itself: an interrupt may be meant for an ssh that
	// has the terminal.
	outcome, err := tui.Run(context.WithoutCancel(c.Context()), options)
	if err != nil {
		o.voice().Failed(err)
		return err
	}
	if err := plain.Farewell(o.out, o.words, outcome.Said, outcome.Receipt, outcome.Switched, outcome.Err); err != nil {
		return err
	}
	return o.effective(outcome.Switched)
}

func (o *options) runLines(c *cobra.Command, s plain.Session, r flows.Request, in *plain.Input) error {
	err := o.complete(c, &s, &r, in)
	switch {
	case errors.Is(err, plain.ErrKept):
		return nil
	case errors.Is(err, plain.ErrDone):
		return o.effective(s.Switched)
	case err != nil:
		return err
	}
	return s.SignIn(c.Context(), r)
}

// complete asks for what a request lacks, and says what is wrong with an
// answer.
func (o *options) complete(c *cobra.Command, s *plain.Session, r *flows.Request, in *plain.Input) error {
	err := s.Ask(c.Context(), r, in, o.json)
	missing, typed := "no_key", "terminal_input_key"
	if r.Method == flows.AccessToken {
		missing, typed = "no_token", "terminal_input_token"
	}
	switch {
	case errors.Is(err, plain.ErrNothingChosen):
		return o.misused(c, "nothing_chosen")
	case errors.Is(err, plain.ErrNoSecret):
		return o.misused(c, missing)
	case errors.Is(err, plain.ErrTerminalInput):
		return o.misused(c, typed)
	}
	return err
}

// lines reports whether a screen is not wanted or not to be had.
func (o *options) lines(in *plain.Input) bool {
	return o.plain || o.json || os.Getenv("TERM") == "dumb" || !in.Terminal() || !term.IsTerminal(int(os.Stdout.Fd()))
}

func motion() bool { return os.Getenv("NO_MOTION") == "" && os.Getenv("REDUCE_MOTION") == "" }
