package main

import (
	"context"

	"codex-login/flows"

	"github.com/spf13/cobra"
)

func (o *options) policyVerb() *cobra.Command {
	c := o.verb("policy", func(c *cobra.Command) error { return o.policy(c.Context()) })
	c.Long = o.words.Say("command.policy_long")
	return c
}

// policy prints what can be read, also of a configuration under which nobody
// can sign in.
func (o *options) policy(ctx context.Context) error {
	login, err := o.open()
	if login == nil {
		o.voice().Failed(err)
		return err
	}
	o.rulebook().Policy(login.Ruling(ctx), err)
	return err
}

func (o *options) rulebook() interface {
	Policy(r flows.Ruling, problem error)
} {
	if o.json {
		return o.events()
	}
	return o.talker()
}
