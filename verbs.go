package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/tui/plain"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// reporter is a skin for the commands that only report.
type reporter interface {
	Status(s plain.Standing)
	SignedOut(out flows.SignedOut, err error)
	Accounts(list flows.Accounts, checked map[string]flows.Checked)
	Verified(e flows.Entry, c flows.Checked)
	Switched(s flows.Switched)
	Labelled(e flows.Entry)
	Forgotten(e flows.Entry, out flows.SignedOut, err error)
	Stores(places []flows.StoreChoice)
	Moved(m flows.Moved)
	Security(p plain.Protected)
	Failed(err error)
}

func (o *options) reporter() reporter {
	if o.json {
		return o.events()
	}
	return o.talker()
}

func (o *options) voice() plain.Voice { return o.voiceTo(o.out) }

func (o *options) voiceTo(out io.Writer) plain.Voice {
	if o.json {
		return &plain.Events{Say: o.words, Out: out}
	}
	l := o.talker()
	l.Out = out
	return l
}

func (o *options) events() *plain.Events { return &plain.Events{Say: o.words, Out: o.out} }

func (o *options) talker() *plain.Lines {
	l := &plain.Lines{Say: o.words, Out: o.out, Err: os.Stderr}
	if width, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil {
		l.Width = width
	}
	return l
}

// ready is open, with what went wrong said.
func (o *options) ready() (*flows.Login, error) {
	login, err := o.open()
	if err != nil {
		o.reporter().Failed(err)
	}
	return login, err
}

func (o *options) statusVerb() *cobra.Command {
	verify := false
	c := o.verb("status", func(c *cobra.Command) error { return o.status(c.Context(), verify) })
	c.Flags().BoolVar(&verify, "verify", false, o.words.Say("command.flag.verify"))
	return c
}

func (o *options) status(ctx context.Context, verify bool) error {
	login, err := o.open()
	if err != nil {
		o.reporter().Status(plain.Standing{Err: err})
		return err
	}
	s := o.standing(ctx, login)
	if verify && s.Err == nil {
		checked, err := login.Verify(ctx, "")
		if err != nil {
			s.Err = err
			o.reporter().Status(s)
			return err
		}
		if s.Checked = &checked; checked.Renewed {
			s.Account = checked.Account
		}
	}
	o.reporter().Status(s)
	var ended *flows.SessionEndedError
	var refused *flows.InputError
	switch {
	case s.Err != nil:
		// A login that a rule hides is no login: the same code as for nobody.
		return fmt.Errorf("not signed in: %v", s.Err) //nolint:errorlint // not to be taken for a refusal
	case s.Checked != nil && (errors.As(s.Checked.Err, &ended) || errors.As(s.Checked.Err, &refused)):
		return s.Checked.Err
	}
	return nil
}

// standing is what status says without asking anybody.
func (o *options) standing(ctx context.Context, login *flows.Login) plain.Standing {
	active, err := login.Current(ctx)
	s := plain.Standing{Account: active.Account, ID: active.ID, Label: active.Label, Ended: active.Ended, Err: err}
	if err == nil {
		s.Wins, s.Unchecked = login.Wins(active.Account), active.Unchecked
	} else {
		s.Wins = login.Wins(flows.Account{})
	}
	provider := login.Provider()
	s.Provider, s.Notes = &provider, append(login.ProviderFaultNotes(o.words), login.ProjectNotes(o.words)...)
	return s
}

func (o *options) logoutVerb() *cobra.Command {
	keepSession, all := false, false
	c := o.verb("logout", func(c *cobra.Command) error { return o.logout(c.Context(), !keepSession, all) })
	c.Flags().BoolVar(&keepSession, "keep-session", false, o.words.Say("command.flag.keep_session"))
	c.Flags().BoolVar(&all, "all", false, o.words.Say("command.flag.all"))
	return c
}

func (o *options) logout(ctx context.Context, revoke, all bool) error {
	login, err := o.open()
	if login == nil {
		o.reporter().SignedOut(flows.SignedOut{}, err)
		return err
	}
	// A broken configuration must not keep anybody signed in.
	signOut := login.SignOut
	if all {
		signOut = login.SignOutAll
	}
	out, err := signOut(ctx, revoke)
	o.reporter().SignedOut(out, err)
	if errors.Is(err, credstore.ErrNotFound) {
		return nil
	}
	return err
}

func (o *options) storeVerb() *cobra.Command {
	return &cobra.Command{
		Use: "store [MODE]", Short: o.words.Say("command.store"),
		Args: o.arguments(0, 1, "one_store"),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return o.stores(c.Context())
			}
			mode, ok := credstore.ParseMode(args[0])
			if !ok || mode == credstore.ModeEphemeral {
				return o.misused(c, "store_mode")
			}
			return o.moveStore(c.Context(), mode)
		},
		ValidArgsFunction: onlyFirst(func(*cobra.Command) []cobra.Completion {
			return []cobra.Completion{string(credstore.ModeFile), string(credstore.ModeKeyring), string(credstore.ModeAuto)}
		}),
	}
}

func (o *options) stores(ctx context.Context) error {
	login, err := o.ready()
	if err != nil {
		return err
	}
	o.reporter().Stores(login.Stores(ctx))
	return nil
}

func (o *options) moveStore(ctx context.Context, to credstore.Mode) error {
	login, err := o.ready()
	if err != nil {
		return err
	}
	moved, err := login.MoveStore(ctx, to)
	if err != nil {
		o.reporter().Failed(err)
		return err
	}
	o.reporter().Moved(moved)
	return nil
}
