package main

import (
	"os"

	"codex-login/credstore"
	"codex-login/flows"

	"github.com/spf13/cobra"
)

func (o *options) recipesVerb() *cobra.Command {
	var s sending
	c := &cobra.Command{
		Use: "recipes [HOST...]", Short: o.words.Say("command.recipes"),
		RunE:              func(c *cobra.Command, args []string) error { return o.recipes(c, s, args) },
		ValidArgsFunction: hostNames,
	}
	c.Flags().StringArrayVar(&s.docker, "docker", nil, o.words.Say("command.flag.recipe_docker"))
	c.Flags().StringArrayVar(&s.podman, "podman", nil, o.words.Say("command.flag.recipe_podman"))
	_ = c.RegisterFlagCompletionFunc("docker", containerNames("docker"))
	_ = c.RegisterFlagCompletionFunc("podman", containerNames("podman"))
	return c
}

func (o *options) recipes(c *cobra.Command, s sending, hosts []string) error {
	login, err := o.ready()
	if err != nil {
		return err
	}
	all := targets(s, hosts)
	for _, t := range all {
		if flows.SecretLike(t.Name) {
			return o.misused(c, "name_is_secret")
		}
		if err := t.Check(); err != nil {
			o.voice().Failed(err)
			return err
		}
	}
	if len(all) == 0 {
		all = examples()
	}
	// Whoever is not signed in may look at recipes too.
	e, err := login.Current(c.Context())
	if err != nil {
		e = flows.Entry{}
	}
	o.cook().Recipes(flows.Recipes(e, login.Home, all), e)
	return nil
}

// examples are a host of the person's own, where there is one, and a container.
func examples() []flows.Target {
	host := flows.Target{Kind: credstore.MachineSSH, Name: "user@host"}
	if known := flows.Hosts(os.Getenv); len(known) > 0 {
		host = known[0]
	}
	return []flows.Target{host, {Kind: credstore.MachineDocker, Name: "container"}}
}

func (o *options) cook() interface {
	Recipes(all []flows.Recipe, active flows.Entry)
} {
	if o.json {
		return o.events()
	}
	return o.talker()
}
