package main

import (
	"context"
	"errors"
	"os"
	"strings"

	"codex-login/flows"
	"codex-login/tui/plain"

	"github.com/spf13/cobra"
)

func (o *options) accountsVerb() *cobra.Command {
	verify := false
	c := o.verb("accounts", func(c *cobra.Command) error { return o.accounts(c.Context(), verify) })
	c.Flags().BoolVar(&verify, "verify", false, o.words.Say("command.flag.verify_all"))
	c.AddCommand(o.labelVerb(), o.forgetVerb())
	return c
}

func (o *options) accounts(ctx context.Context, verify bool) error {
	login, err := o.ready()
	if err != nil {
		return err
	}
	list, err := login.Accounts(ctx)
	var checked map[string]flows.Checked
	if err == nil && verify {
		checked = o.verifyDue(ctx, login, list)
		notes := list.Notes
		if list, err = login.Accounts(ctx); err == nil {
			list.Notes = append(notes, list.Notes...)
		}
	}
	if err != nil {
		o.reporter().Failed(err)
		return err
	}
	o.reporter().Accounts(list, checked)
	return nil
}

// verifyDue renews what is due and says what came of each as it comes.
func (o *options) verifyDue(ctx context.Context, login *flows.Login, list flows.Accounts) map[string]flows.Checked {
	entries := map[string]flows.Entry{}
	for _, e := range list.Entries {
		entries[e.ID] = e
	}
	checked := map[string]flows.Checked{}
	r := o.reporter()
	login.VerifyDue(ctx, list.Entries, func(c flows.Checked) {
		checked[c.ID] = c
		r.Verified(entries[c.ID], c)
	})
	return checked
}

func (o *options) labelVerb() *cobra.Command {
	clear := false
	c := &cobra.Command{
		Use: "label NAME LABEL", Short: o.words.Say("command.label"), Long: o.about("command.label"),
		Args: func(c *cobra.Command, args []string) error {
			if clear && len(args) == 1 || !clear && len(args) == 2 && strings.TrimSpace(args[1]) != "" {
				return nil
			}
			return o.misused(c, "label")
		},
		RunE: func(c *cobra.Command, args []string) error {
			return o.label(c, args[0], strings.Join(args[1:], ""))
		},
		ValidArgsFunction: onlyFirst(o.accountNames),
	}
	c.Flags().BoolVar(&clear, "clear", false, o.words.Say("command.flag.clear"))
	return c
}

func (o *options) label(c *cobra.Command, name, label string) error {
	login, list, e, err := o.find(c, name)
	if err != nil {
		return err
	}
	if err = login.Label(c.Context(), e.ID, label); err == nil {
		list, err = login.Accounts(c.Context())
	}
	if err == nil {
		e, err = list.Find(e.ID)
	}
	if err != nil {
		o.reporter().Failed(err)
		return err
	}
	o.reporter().Labelled(e)
	return nil
}

func (o *options) forgetVerb() *cobra.Command {
	keepSession := false
	c := &cobra.Command{
		Use: "forget NAME", Short: o.words.Say("command.forget"), Long: o.about("command.forget"),
		Args: o.arguments(1, 1, "one_name"),
		RunE: func(c *cobra.Command, args []string) error {
			login, _, e, err := o.find(c, args[0])
			if err != nil {
				return err
			}
			out, err := login.Forget(c.Context(), e.ID, !keepSession)
			o.reporter().Forgotten(e, out, err)
			return err
		},
		ValidArgsFunction: onlyFirst(o.accountNames),
	}
	c.Flags().BoolVar(&keepSession, "keep-session", false, o.words.Say("command.flag.keep_session"))
	return c
}

func (o *options) switchVerb() *cobra.Command {
	c := &cobra.Command{
		Use: "switch [NAME|-]", Short: o.words.Say("command.switch"), Long: o.about("command.switch"),
		Args: o.arguments(0, 1, "one_name"),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return o.chooseAccount(c)
			}
			return o.switchTo(c, args[0])
		},
		ValidArgsFunction: onlyFirst(o.accountNames),
	}
	c.Flags().BoolVar(&o.requireEffective, "require-effective", false, o.words.Say("command.flag.require_effective"))
	return c
}

// about is the help of a command that takes a name.
func (o *options) about(id string) string {
	return o.words.Say(id) + ".\n\n" + o.words.Say("command.name")
}

// chooseAccount lets a person choose; nobody else can.
func (o *options) chooseAccount(c *cobra.Command) error {
	if o.json || !plain.NewInput(os.Stdin).Terminal() {
		return o.misused(c, "no_name")
	}
	login, err := o.ready()
	if err != nil {
		return err
	}
	return o.run(c, login, flows.Request{}, nil)
}

func (o *options) switchTo(c *cobra.Command, name string) error {
	login, list, e, err := o.find(c, name)
	if err != nil {
		return err
	}
	out, err := login.Switch(c.Context(), e.ID)
	if err != nil {
		o.reporter().Failed(err)
		return err
	}
	out.Notes = append(list.Notes, out.Notes...)
	o.reporter().Switched(out)
	return o.effective(&out)
}

// find returns the account that a name on the command line means. What went
// wrong has been said.
func (o *options) find(c *cobra.Command, name string) (*flows.Login, flows.Accounts, flows.Entry, error) {
	if strings.TrimSpace(name) == "" {
		return nil, flows.Accounts{}, flows.Entry{}, o.misused(c, "no_name")
	}
	login, err := o.ready()
	if err != nil {
		return nil, flows.Accounts{}, flows.Entry{}, err
	}
	list, err := login.Accounts(c.Context())
	var e flows.Entry
	if err == nil {
		e, err = list.Find(name)
	}
	var nobody *flows.NoAccountError
	switch {
	case errors.As(err, &nobody) && flows.SecretLike(name):
		err = o.misused(c, "name_is_secret")
	case err != nil:
		o.reporter().Failed(err)
	}
	return login, list, e, err
}

// errHeld says that the switch was done and may not reach every program.
var errHeld = errors.New("a running program holds another account, or may")

// effective is errHeld where the person wants to know; s may be nil.
func (o *options) effective(s *flows.Switched) error {
	if o.requireEffective && s != nil && !s.Holders.None() {
		return errHeld
	}
	return nil
}
