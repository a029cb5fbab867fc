package main

import (
	"codex-login/flows"

	"github.com/spf13/cobra"
)

func (o *options) compareVerb() *cobra.Command {
	return o.verb("compare", func(*cobra.Command) error {
		o.scales().Compare(flows.Compare(o.words))
		return nil
	})
}

func (o *options) scales() interface{ Compare(all []flows.Aspect) } {
	if o.json {
		return o.events()
	}
	return o.talker()
}
