package main

import (
	"context"
	"os/exec"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// containerNames completes the names of the containers that run. An engine that
// does not answer must not hold up a key press.
func containerNames(engine string) cobra.CompletionFunc {
	return func(c *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(c.Context(), 2*time.Second)
		defer cancel()
		out, err := exec.CommandContext(ctx, engine, "ps", "--format", "{{.Names}}").Output()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return strings.Fields(strings.ReplaceAll(string(out), ",", "\n")), cobra.ShellCompDirectiveNoFileComp
	}
}
