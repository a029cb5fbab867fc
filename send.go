package main

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/tui/plain"

	"github.com/spf13/cobra"
)

// sending is the command line of send.
type sending struct {
	docker, podman                   []string
	lend, copy, move, renew, setFile bool
	account                          string
	yes                              bool
}

func (o *options) sendVerb() *cobra.Command {
	var s sending
	c := &cobra.Command{
		Use: "send HOST...", Short: o.words.Say("command.send"), Long: o.words.Say("command.send") + ".\n\n" + o.words.Say("command.send_long"),
		RunE:              func(c *cobra.Command, args []string) error { return o.send(c, s, args) },
		ValidArgsFunction: hostNames,
	}
	f := c.Flags()
	f.StringArrayVar(&s.docker, "docker", nil, o.words.Say("command.flag.docker"))
	f.StringArrayVar(&s.podman, "podman", nil, o.words.Say("command.flag.podman"))
	f.BoolVar(&s.lend, "lend", false, o.words.Say("command.flag.lend"))
	f.BoolVar(&s.renew, "renew", false, o.words.Say("command.flag.renew"))
	f.BoolVar(&s.copy, "copy", false, o.words.Say("command.flag.copy"))
	f.BoolVar(&s.move, "move", false, o.words.Say("command.flag.move"))
	f.StringVar(&s.account, "account", "", o.words.Say("command.flag.account"))
	f.BoolVar(&s.setFile, "set-store", false, o.words.Say("command.flag.set_store"))
	f.BoolVar(&s.yes, "yes", false, o.words.Say("command.flag.yes_copy"))
	f.BoolVar(&o.withAPIKey, "with-api-key", false, o.words.Say("command.flag.send_api_key"))
	f.BoolVar(&o.withAccessToken, "with-access-token", false, o.words.Say("command.flag.send_access_token"))
	f.BoolVar(&o.check, "check", false, o.words.Say("command.flag.check"))
	f.DurationVar(&o.timeout, "timeout", 0, o.words.Say("command.flag.timeout"))
	_ = c.RegisterFlagCompletionFunc("docker", containerNames("docker"))
	_ = c.RegisterFlagCompletionFunc("podman", containerNames("podman"))
	_ = c.RegisterFlagCompletionFunc("account", func(c *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return o.accountNames(c), cobra.ShellCompDirectiveNoFileComp
	})
	return c
}

// sendRequest is what the arguments ask for; misuse is the catalogue's name for
// what is wrong with them.
func (o *options) sendRequest(c *cobra.Command, s sending, hosts []string) (r flows.SendRequest, misuse string) {
	r = flows.SendRequest{Kind: flows.SignInFor, Targets: targets(s, hosts), SetFileStore: s.setFile}
	chosen := 0
	for kind, wanted := range map[flows.SendKind]bool{flows.SendLend: s.lend, flows.SendCopy: s.copy, flows.SendMove: s.move} {
		if wanted {
			r.Kind = kind
			chosen++
		}
	}
	r.SignIn, misuse = o.request(c)
	if r.SignIn.Method == "" {
		r.SignIn.Method = flows.Device
	}
	for _, t := range r.Targets {
		if flows.SecretLike(t.Name) {
			return r, "name_is_secret"
		}
	}
	switch {
	case misuse != "":
	case chosen > 1:
		misuse = "one_kind"
	case s.renew && !s.lend:
		misuse = "renew"
	case r.Kind == flows.SignInFor && s.account != "":
		misuse = "account_of_sign_in"
	case r.Kind != flows.SignInFor && r.SignIn.Method != flows.Device:
		misuse = "secret_and_kind"
	case len(r.Targets) == 0 && !s.renew:
		misuse = "no_target"
	}
	return r, misuse
}

func targets(s sending, hosts []string) []flows.Target {
	var out []flows.Target
	for _, group := range []struct {
		kind  credstore.MachineKind
		names []string
	}{{credstore.MachineSSH, hosts}, {credstore.MachineDocker, s.docker}, {credstore.MachinePodman, s.podman}} {
		for _, name := range group.names {
			out = append(out, flows.Target{Kind: group.kind, Name: name})
		}
	}
	return out
}

func (o *options) send(c *cobra.Command, s sending, hosts []string) error {
	r, misuse := o.sendRequest(c, s, hosts)
	if misuse != "" {
		return o.misused(c, misuse)
	}
	login, method, err := o.sender(c, s, &r)
	if err != nil {
		return err
	}
	if err := o.secretFor(c, login, &r); err != nil {
		return err
	}
	if r.Kind == flows.SendCopy && method == flows.AccountChatGPT && !s.yes {
		if err := o.confirmCopy(c); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancel(c.Context())
	defer cancel()
	courier := plain.Courier{Login: login, Voice: o.sendVoice(outlet{o.out, cancel}), Ask: atTerminal(), Talk: os.Stderr}
	if len(r.Targets) > 0 {
		err = courier.Send(ctx, r)
	}
	if s.renew && (err == nil || errors.Is(err, plain.ErrSomeFailed)) {
		err = errors.Join(err, courier.KeepLending(ctx))
	}
	return err
}

// sender opens the login, and finds the account that is to be sent and its
// method.
func (o *options) sender(c *cobra.Command, s sending, r *flows.SendRequest) (*flows.Login, string, error) {
	if s.account == "" {
		login, err := o.ready()
		if err != nil || r.Kind == flows.SignInFor {
			return login, "", err
		}
		// What is wrong with it, Send says.
		e, _ := login.Current(c.Context())
		return login, e.Method, nil
	}
	login, _, e, err := o.find(c, s.account)
	r.Account = e.ID
	return login, e.Method, err
}

// secretFor reads the key or token that the machines are to get.
func (o *options) secretFor(c *cobra.Command, login *flows.Login, r *flows.SendRequest) error {
	if r.SignIn.Method == flows.Device {
		return nil
	}
	session := plain.Session{Login: login, Voice: o.voice()}
	return o.complete(c, &session, &r.SignIn, plain.NewInput(os.Stdin))
}

// confirmCopy has a person say that two machines may have one session.
func (o *options) confirmCopy(c *cobra.Command) error {
	in := plain.NewInput(os.Stdin)
	if o.json || !in.Terminal() {
		return o.misused(c, "copy_needs_yes")
	}
	sure, err := o.talker().Confirm(c.Context(), in, flows.SendCopy)
	if err == nil && !sure {
		err = flows.ErrCancelled
		o.talker().Failed(err)
	}
	return err
}

func (o *options) sendVoice(out io.Writer) plain.SendVoice {
	if o.json {
		return &plain.Events{Say: o.words, Out: out}
	}
	l := o.talker()
	l.Out = out
	return l
}

// atTerminal reports whether somebody can be asked, whatever standard input is.
func atTerminal() bool {
	tty, err := openTerminal()
	if err != nil {
		return false
	}
	_ = tty.Close()
	return true
}

// hostNames are those of the person's ssh configuration that are not on the
// command line yet.
func hostNames(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var names []cobra.Completion
	given := " " + strings.Join(args, " ") + " "
	for _, t := range flows.Hosts(os.Getenv) {
		if !strings.Contains(given, " "+t.Name+" ") {
			names = append(names, t.Name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
