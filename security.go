package main

import (
	"errors"

	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/tui/plain"

	"github.com/spf13/cobra"
)

func (o *options) securityVerb() *cobra.Command {
	return &cobra.Command{
		Use: "security [NAME]", Short: o.words.Say("command.security"), Long: o.about("command.security"),
		Args: o.arguments(0, 1, "one_name"),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				_, _, e, err := o.find(c, args[0])
				if err != nil {
					return err
				}
				return o.security(c, e)
			}
			return o.security(c, flows.Entry{})
		},
		ValidArgsFunction: onlyFirst(o.accountNames),
	}
}

// security says how an account is protected; the zero Entry is the one in use,
// and where nobody is signed in the advice is for everybody.
func (o *options) security(c *cobra.Command, e flows.Entry) error {
	login, err := o.ready()
	if err != nil {
		return err
	}
	if e.ID == "" {
		e, err = login.Current(c.Context())
		switch {
		case errors.Is(err, credstore.ErrNotFound):
			o.reporter().Security(plain.Protected{Security: flows.AdviseAll()})
			return nil
		case e.ID == "" && err != nil:
			o.reporter().Failed(err)
			return err
		}
	}
	_, found, err := login.Security(c.Context(), e.ID)
	if err != nil {
		o.reporter().Failed(err)
		return err
	}
	o.reporter().Security(plain.Protected{Entry: e, Security: found})
	return nil
}
