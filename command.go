package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/tui"
	"codex-login/tui/plain"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// options is the command line.
type options struct {
	deviceAuth, withAPIKey, withAccessToken bool
	check                                   bool

	overrides []string
	store     string
	noBrowser bool
	browser   string
	timeout   time.Duration
	plain     bool
	json      bool
	lang      string

	issuer, clientID, oldAPIKey string
}

// usageError is a command line that cannot be meant; said says that the person
// has been told.
type usageError struct{ error }

func (o *options) flags(c *cobra.Command) {
	f := c.PersistentFlags()
	f.StringArrayVarP(&o.overrides, "config", "c", nil, "override a configuration value, as in codex: `key=value`")
	f.StringVar(&o.store, "store", "", "where to keep the login: `file`, keyring, auto or ephemeral")
	f.BoolVar(&o.noBrowser, "no-browser", false, "open no browser; show the address only")
	f.StringVar(&o.browser, "browser", "", "open the page with this `command`")
	f.DurationVar(&o.timeout, "timeout", 0, "give up after this `time`, such as 5m")
	f.BoolVar(&o.plain, "plain", false, "lines instead of a screen (for screen readers and pipes)")
	f.BoolVar(&o.json, "json", false, "one JSON object a line on standard output")
	f.StringVar(&o.lang, "lang", "", "`language` of the texts")
	f.StringVar(&o.issuer, "experimental_issuer", "", "another issuer")
	f.StringVar(&o.clientID, "experimental_client-id", "", "another OAuth client id")
	_ = f.MarkHidden("experimental_issuer")
	_ = f.MarkHidden("experimental_client-id")
}

func (o *options) signInFlags(c *cobra.Command) {
	f := c.Flags()
	f.BoolVar(&o.deviceAuth, "device-auth", false, "sign in with a one-time code on another device")
	f.BoolVar(&o.withAPIKey, "with-api-key", false, "read an API key from standard input")
	f.BoolVar(&o.withAccessToken, "with-access-token", false, "read an access token from standard input")
	f.BoolVar(&o.check, "check", false, "with --with-api-key: ask OpenAI whether the key works before it is stored")
	f.StringVar(&o.oldAPIKey, "api-key", "", "")
	_ = f.MarkHidden("api-key")
}

// newCommand is the tree of commands. `codex-login login …` is the same as
// `codex-login …`, so that whoever types the words of `codex login` gets there.
func newCommand(args []string) *cobra.Command {
	o := &options{}
	root := o.verbs(&cobra.Command{
		Use:           "codex-login",
		Short:         "Sign in to OpenAI Codex",
		Long:          "codex-login signs you in to OpenAI Codex. What it stores, the Codex CLI, its IDE\nextension and its app read as their own. Without a command it is a wizard.",
		Version:       currentVersion(),
		SilenceErrors: true, SilenceUsage: true,
	})
	o.flags(root)
	again := o.verbs(&cobra.Command{Use: "login", Short: "The same as codex-login without a command", Hidden: true})
	root.AddCommand(again)
	root.SetArgs(args)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return sayUsage(c, err) })
	return root
}

// verbs gives c the sign-in and the commands beside it.
func (o *options) verbs(c *cobra.Command) *cobra.Command {
	o.signInFlags(c)
	c.Args = noArguments
	c.RunE = func(c *cobra.Command, _ []string) error { return o.signIn(c) }
	status := &cobra.Command{
		Use: "status", Short: "Say who is signed in", Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return o.status(c.Context()) },
	}
	keepSession := false
	logout := &cobra.Command{
		Use: "logout", Short: "Sign out: end the session at OpenAI and forget it here", Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return o.logout(c.Context(), !keepSession) },
	}
	logout.Flags().BoolVar(&keepSession, "keep-session", false, "only forget the login here; the session stays alive at OpenAI")
	demo := &cobra.Command{
		Use: "demo", Short: "Try the whole wizard with a pretend issuer; nothing leaves this machine", Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return o.demo(c) },
	}
	o.signInFlags(demo)
	c.AddCommand(status, logout, demo)
	return c
}

func noArguments(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return sayUsage(c, fmt.Errorf("%q is not a command of %s", args[0], c.CommandPath()))
}

func sayUsage(c *cobra.Command, err error) error {
	_, _ = fmt.Fprintf(os.Stderr, "codex-login: %v\nSee: %s --help\n", err, c.CommandPath())
	return usageError{err}
}

// method is the way to sign in that the flags name; empty is a free choice.
func (o *options) method() (flows.Method, error) {
	switch {
	case o.oldAPIKey != "":
		return "", errors.New("the --api-key flag is not supported: pipe the key instead, e.g. printenv OPENAI_API_KEY | codex-login --with-api-key")
	case o.withAPIKey && o.withAccessToken, o.deviceAuth && (o.withAPIKey || o.withAccessToken):
		return "", errors.New("choose one of --device-auth, --with-api-key and --with-access-token")
	case o.check && !o.withAPIKey:
		return "", errors.New("--check goes with --with-api-key")
	case o.withAPIKey:
		return flows.APIKey, nil
	case o.withAccessToken:
		return flows.AccessToken, nil
	case o.deviceAuth:
		return flows.Device, nil
	}
	return "", nil
}

func (o *options) request() (flows.Request, error) {
	r := flows.Request{Verify: o.check}
	var err error
	if r.Method, err = o.method(); err != nil {
		return r, err
	}
	if o.store != "" {
		mode, ok := credstore.ParseMode(o.store)
		if !ok {
			return r, errors.New("--store is one of file, keyring, auto and ephemeral")
		}
		r.Store = mode
	}
	return r, nil
}

// signIn runs the wizard in the skin that fits.
func (o *options) signIn(c *cobra.Command) error {
	r, err := o.request()
	if err != nil {
		return sayUsage(c, err)
	}
	login, err := o.open()
	if err != nil {
		o.voice().Failed(err)
		return err
	}
	return o.run(c, login, r, nil)
}

// run signs in with what was wired. approve stands in for the person in the
// demo.
func (o *options) run(c *cobra.Command, login *flows.Login, r flows.Request, approve func(context.Context, *flows.Challenge) error) error {
	in := plain.NewInput(os.Stdin)
	fromInput := r.Method == flows.APIKey || r.Method == flows.AccessToken
	if fromInput || o.lines(in) {
		s := plain.Session{Login: login, Voice: o.voice(), Approve: approve}
		return o.runLines(c, s, r, in)
	}
	options := tui.Options{Login: login, Say: o.say(), Start: r.Method, Store: r.Store, Motion: motion()}
	if approve != nil {
		options.Demo = &tui.Demo{Approve: approve}
	}
	outcome, err := tui.Run(c.Context(), options)
	if err != nil {
		o.voice().Failed(err)
		return err
	}
	return plain.Farewell(os.Stdout, o.say(), outcome.Receipt, outcome.Err)
}

func (o *options) runLines(c *cobra.Command, s plain.Session, r flows.Request, in *plain.Input) error {
	err := s.Ask(c.Context(), &r, in, o.json)
	switch {
	case errors.Is(err, io.EOF):
		return sayUsage(c, errors.New("nothing was chosen: use --device-auth, --with-api-key or --with-access-token"))
	case errors.Is(err, plain.ErrTerminalInput):
		return sayUsage(c, err)
	case errors.Is(err, plain.ErrKept):
		return nil
	case err != nil:
		return err
	}
	return s.SignIn(c.Context(), r)
}

func (o *options) status(ctx context.Context) error {
	login, err := o.open()
	if err != nil {
		o.reporter().Status(flows.Account{}, err)
		return err
	}
	account, err := login.Current(ctx)
	o.reporter().Status(account, err)
	if err != nil {
		// A login that a rule hides is no login: the same code as for nobody.
		return fmt.Errorf("not signed in: %v", err) //nolint:errorlint // not to be taken for a refusal
	}
	return nil
}

func (o *options) logout(ctx context.Context, revoke bool) error {
	login, err := o.open()
	if login == nil {
		o.reporter().SignedOut(flows.SignedOut{}, err)
		return err
	}
	// A broken configuration must not keep anybody signed in.
	out, err := login.SignOut(ctx, revoke)
	o.reporter().SignedOut(out, err)
	if errors.Is(err, credstore.ErrNotFound) {
		return nil
	}
	return err
}

// reporter is a skin for the commands that only report.
type reporter interface {
	Status(a flows.Account, err error)
	SignedOut(out flows.SignedOut, err error)
}

func (o *options) reporter() reporter {
	if o.json {
		return &plain.Events{Say: o.say(), Out: os.Stdout}
	}
	return &plain.Lines{Say: o.say(), Out: os.Stdout, Err: os.Stderr}
}

func (o *options) voice() plain.Voice {
	if o.json {
		return &plain.Events{Say: o.say(), Out: os.Stdout}
	}
	return &plain.Lines{Say: o.say(), Out: os.Stdout, Err: os.Stderr}
}

// lines reports whether a screen is not wanted or not to be had.
func (o *options) lines(in *plain.Input) bool {
	return o.plain || o.json || os.Getenv("TERM") == "dumb" || !in.Terminal() || !term.IsTerminal(int(os.Stdout.Fd()))
}

func motion() bool { return os.Getenv("NO_MOTION") == "" && os.Getenv("REDUCE_MOTION") == "" }
