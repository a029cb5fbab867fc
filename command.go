package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"codex-login/assets"
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
	check, revokePrevious                   bool

	overrides []string
	store     string
	noBrowser bool
	browser   string
	timeout   time.Duration
	plain     bool
	json      bool
	lang      string

	issuer, clientID, oldAPIKey string

	words *assets.Catalogue
}

func (o *options) flags(c *cobra.Command) {
	f := c.PersistentFlags()
	f.StringArrayVarP(&o.overrides, "config", "c", nil, o.words.Say("command.flag.config"))
	f.BoolVar(&o.plain, "plain", false, o.words.Say("command.flag.plain"))
	f.BoolVar(&o.json, "json", false, o.words.Say("command.flag.json"))
	f.StringVar(&o.lang, "lang", "", o.words.Say("command.flag.lang"))
	f.StringVar(&o.issuer, "experimental_issuer", "", "another issuer")
	f.StringVar(&o.clientID, "experimental_client-id", "", "another OAuth client id")
	_ = f.MarkHidden("experimental_issuer")
	_ = f.MarkHidden("experimental_client-id")
}

// signInFlags belong to the commands that sign in; elsewhere they would mean
// nothing, and be taken for something.
func (o *options) signInFlags(c *cobra.Command) {
	f := c.Flags()
	f.BoolVar(&o.deviceAuth, "device-auth", false, o.words.Say("command.flag.device_auth"))
	f.BoolVar(&o.withAPIKey, "with-api-key", false, o.words.Say("command.flag.with_api_key"))
	f.BoolVar(&o.withAccessToken, "with-access-token", false, o.words.Say("command.flag.with_access_token"))
	f.BoolVar(&o.check, "check", false, o.words.Say("command.flag.check"))
	f.StringVar(&o.store, "store", "", o.words.Say("command.flag.store"))
	f.BoolVar(&o.noBrowser, "no-browser", false, o.words.Say("command.flag.no_browser"))
	f.StringVar(&o.browser, "browser", "", o.words.Say("command.flag.browser"))
	f.DurationVar(&o.timeout, "timeout", 0, o.words.Say("command.flag.timeout"))
	f.BoolVar(&o.revokePrevious, "revoke-previous", false, o.words.Say("command.flag.revoke_previous"))
	f.StringVar(&o.oldAPIKey, "api-key", "", "")
	_ = f.MarkHidden("api-key")
}

// newCommand is the tree of commands. `codex-login login …` is the same as
// `codex-login …`, so that whoever types the words of `codex login` gets there.
func newCommand(args []string) *cobra.Command {
	o := &options{words: assets.Speak(languageOf(args), locale(os.Getenv))}
	root := o.verbs(&cobra.Command{
		Use: "codex-login", Short: o.words.Say("command.root"), Long: o.words.Say("command.long"), Version: currentVersion(),
		SilenceErrors: true, SilenceUsage: true,
	})
	o.flags(root)
	root.AddCommand(o.verbs(&cobra.Command{Use: "login", Short: o.words.Say("command.login"), Hidden: true}))
	root.SetArgs(args)
	root.SetFlagErrorFunc(o.misusedFlag)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd(args...)
	for _, c := range root.Commands() {
		if c.Name() == "help" || c.Name() == "completion" {
			c.Short = o.words.Say("command." + c.Name())
		}
	}
	return root
}

// locale is the one that decides about texts: by POSIX the first variable that
// is set, so that LC_ALL=C means English whatever LANG says.
func locale(getenv func(string) string) string {
	return cmp.Or(getenv("LC_ALL"), getenv("LC_MESSAGES"), getenv("LANG"))
}

// languageOf finds --lang before the flags are parsed, because their own help
// is in that language.
func languageOf(args []string) string {
	for i, a := range args {
		if value, ok := strings.CutPrefix(a, "--lang="); ok {
			return value
		}
		if a == "--lang" && i+1 < len(args) {
			return args[i+1]
		}
	}
	return ""
}

// verbs gives c the sign-in and the commands beside it.
func (o *options) verbs(c *cobra.Command) *cobra.Command {
	o.signInFlags(c)
	c.Args = o.noArguments
	c.RunE = func(c *cobra.Command, _ []string) error { return o.signIn(c) }
	status := o.verb("status", func(c *cobra.Command) error { return o.status(c.Context()) })
	keepSession := false
	logout := o.verb("logout", func(c *cobra.Command) error { return o.logout(c.Context(), !keepSession) })
	logout.Flags().BoolVar(&keepSession, "keep-session", false, o.words.Say("command.flag.keep_session"))
	demo := o.verb("demo", o.demo)
	o.signInFlags(demo)
	c.AddCommand(status, logout, demo)
	return c
}

func (o *options) verb(name string, run func(*cobra.Command) error) *cobra.Command {
	return &cobra.Command{
		Use: name, Short: o.words.Say("command." + name), Args: o.noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return run(c) },
	}
}

func (o *options) noArguments(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return o.misused(c, "unknown_command", "Command", c.CommandPath())
}

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
		s := plain.Session{Login: login, Voice: o.voice(), Approve: approve, RevokePrevious: o.revokePrevious}
		return o.runLines(c, s, r, in)
	}
	options := tui.Options{Login: login, Say: o.words, Start: r.Method, Store: r.Store, Motion: motion()}
	if approve != nil {
		options.Demo = &tui.Demo{Approve: approve}
	}
	outcome, err := tui.Run(c.Context(), options)
	if err != nil {
		o.voice().Failed(err)
		return err
	}
	return plain.Farewell(os.Stdout, o.words, outcome.Receipt, outcome.Err)
}

func (o *options) runLines(c *cobra.Command, s plain.Session, r flows.Request, in *plain.Input) error {
	err := s.Ask(c.Context(), &r, in, o.json)
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
		return &plain.Events{Say: o.words, Out: os.Stdout}
	}
	return &plain.Lines{Say: o.words, Out: os.Stdout, Err: os.Stderr}
}

func (o *options) voice() plain.Voice {
	if o.json {
		return &plain.Events{Say: o.words, Out: os.Stdout}
	}
	return &plain.Lines{Say: o.words, Out: os.Stdout, Err: os.Stderr}
}

// lines reports whether a screen is not wanted or not to be had.
func (o *options) lines(in *plain.Input) bool {
	return o.plain || o.json || os.Getenv("TERM") == "dumb" || !in.Terminal() || !term.IsTerminal(int(os.Stdout.Fd()))
}

func motion() bool { return os.Getenv("NO_MOTION") == "" && os.Getenv("REDUCE_MOTION") == "" }
