package main

import (
	"cmp"
	"os"
	"strings"

	"codex-login/credstore"

	"github.com/spf13/cobra"
)

// onlyFirst completes the first argument of a command, and no file name in
// any place.
func onlyFirst(names func(*cobra.Command) []cobra.Completion) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return names(c), cobra.ShellCompDirectiveNoFileComp
	}
}

// accountNames are the labels and ids of the accounts, out of their cards: a
// key press must not open a keyring.
func (o *options) accountNames(c *cobra.Command) []cobra.Completion {
	home, err := credstore.FindHome(os.Getenv)
	if err != nil {
		return nil
	}
	cards, err := credstore.OpenBook(home, credstore.ModeFile).Cards(c.Context())
	if err != nil {
		return nil
	}
	var names []cobra.Completion
	for _, card := range cards {
		who := strings.TrimSpace(cmp.Or(card.Email, card.KeyHint) + " " + card.Plan)
		if card.Label != "" {
			names = append(names, cobra.CompletionWithDesc(card.Label, who))
		}
		names = append(names, cobra.CompletionWithDesc(card.ID, who))
	}
	return names
}
