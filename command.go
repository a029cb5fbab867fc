package main

import (
	"cmp"
	"os"
	"strings"
	"time"

	"codex-login/assets"

	"github.com/spf13/cobra"
)

// options is the command line.
type options struct {
	deviceAuth, withAPIKey, withAccessToken bool
	check, revokePrevious, requireEffective bool

	overrides []string
	store     string
	noBrowser bool
	browser   string
	timeout   time.Duration
	plain     bool
	json      bool
	trace     bool
	lang      string

	issuer, clientID, oldAPIKey string

	words *assets.Catalogue
	out   *output
}

func newOptions(args []string) *options {
	return &options{words: assets.Speak(languageOf(args), locale(os.Getenv)), out: &output{}}
}

func (o *options) flags(c *cobra.Command) {
	f := c.PersistentFlags()
	f.StringArrayVarP(&o.overrides, "config", "c", nil, o.words.Say("command.flag.config"))
	f.BoolVar(&o.plain, "plain", false, o.words.Say("command.flag.plain"))
	f.BoolVar(&o.json, "json", false, o.words.Say("command.flag.json"))
	f.BoolVar(&o.trace, "trace", false, o.words.Say("command.flag.trace"))
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
	_ = c.RegisterFlagCompletionFunc("store", cobra.FixedCompletions([]cobra.Completion{"file", "keyring", "auto", "ephemeral"}, cobra.ShellCompDirectiveNoFileComp))
	f.BoolVar(&o.noBrowser, "no-browser", false, o.words.Say("command.flag.no_browser"))
	f.StringVar(&o.browser, "browser", "", o.words.Say("command.flag.browser"))
	f.DurationVar(&o.timeout, "timeout", 0, o.words.Say("command.flag.timeout"))
	f.BoolVar(&o.revokePrevious, "revoke-previous", false, o.words.Say("command.flag.revoke_previous"))
	f.StringVar(&o.oldAPIKey, "api-key", "", "")
	_ = f.MarkHidden("api-key")
}

// command is the tree of commands. `codex-login login …` is the same as
// `codex-login …`, so that whoever types the words of `codex login` gets there.
func (o *options) command(args []string) *cobra.Command {
	root := o.verbs(&cobra.Command{
		Use: "codex-login", Short: o.words.Say("command.root"), Long: o.words.Say("command.long"), Version: currentVersion(),
		SilenceErrors: true, SilenceUsage: true,
	})
	o.flags(root)
	root.AddCommand(o.verbs(&cobra.Command{Use: "login", Short: o.words.Say("command.login"), Hidden: true}))
	root.SetArgs(args)
	root.SetOut(o.out)
	root.SetFlagErrorFunc(o.misusedFlag)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd(args...)
	for _, c := range root.Commands() {
		switch c.Name() {
		case "completion":
			c.Short, c.Args = o.words.Say("command.completion"), o.noArguments
			c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
			for _, shell := range c.Commands() {
				shell.Args = o.noArguments // cobra's own check says nothing here
			}
		case "help":
			c.Short, c.Run, c.RunE = o.words.Say("command.help"), nil, o.help
		}
	}
	return root
}

// help is `codex-login help COMMAND`.
func (o *options) help(c *cobra.Command, args []string) error {
	about, rest, err := c.Root().Find(args)
	if err != nil || len(rest) > 0 {
		return o.misused(c.Root(), "unknown_command", "Command", c.Root().CommandPath())
	}
	about.InitDefaultHelpFlag()
	return about.Help()
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
	demo := o.verb("demo", o.demo)
	o.signInFlags(demo)
	c.AddCommand(o.statusVerb(), o.accountsVerb(), o.switchVerb(), o.logoutVerb(), o.storeVerb(), o.securityVerb(),
		o.sendVerb(), o.exportVerb(), o.importVerb(), o.recipesVerb(), o.compareVerb(), o.policyVerb(), o.doctorVerb(), demo)
	return c
}

// verb is a command without arguments.
func (o *options) verb(name string, run func(*cobra.Command) error) *cobra.Command {
	return &cobra.Command{
		Use: name, Short: o.words.Say("command." + name), Args: o.noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return run(c) },
	}
}

// arguments holds a command to a number of arguments; misuse is the
// catalogue's name for another number.
func (o *options) arguments(least, most int, misuse string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) < least || len(args) > most {
			return o.misused(c, misuse)
		}
		return nil
	}
}

func (o *options) noArguments(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return o.misused(c, "unknown_command", "Command", c.CommandPath())
}
