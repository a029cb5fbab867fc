package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// What is said about a wrong command line holds no argument and no value of a
// flag: a key that was typed in the wrong place must not stand in a log.

// usageError is a command line that cannot be meant. The person has been told.
type usageError struct{ error }

// misused is a use that the catalogue has a text for.
func (o *options) misused(c *cobra.Command, id string, values ...any) error {
	err := errors.New(o.words.Say("command.usage."+id, values...))
	_, _ = fmt.Fprintln(os.Stderr, o.words.Say("command.see", "Problem", err.Error(), "Command", c.CommandPath()))
	return usageError{err}
}

// flagName is how a flag may look that somebody has mistyped. A key has
// digits, capitals and a length.
var flagName = regexp.MustCompile(`^[a-z][a-z_-]{0,29}$`)

// misusedFlag says what is wrong with a flag by its name alone.
func (o *options) misusedFlag(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		name := unknown.GetSpecifiedName()
		switch {
		case unknown.GetSpecifiedShortnames() != "" && len(name) == 1:
			name = "-" + name
		case unknown.GetSpecifiedShortnames() == "" && flagName.MatchString(name):
			name = "--" + name
		default:
			name = ""
		}
		return o.misused(c, "unknown_flag", "Flag", name)
	case errors.As(err, &missing):
		return o.misused(c, "flag_no_value", "Flag", "--"+missing.GetFlag().Name)
	case errors.As(err, &invalid):
		if invalid.GetFlag().Name == "timeout" {
			return o.misused(c, "timeout")
		}
		return o.misused(c, "flag_value", "Flag", "--"+invalid.GetFlag().Name)
	}
	return o.misused(c, "flag_syntax")
}
