package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/tui/plain"

	"github.com/spf13/cobra"
)

// A passphrase comes from a file that is named, or from the terminal: never
// from an argument, a variable, or standard input, where the document may be.

// newPassphrase is one that is chosen now, and so typed twice.
func (o *options) newPassphrase(c *cobra.Command, file string) (credstore.Secret, error) {
	return o.passphraseFrom(c, file, func(tty *plain.Input, say func(id string)) (string, error) {
		for range passphraseTries {
			first, err := hidden(c.Context(), tty, say, "new_passphrase")
			if err != nil {
				return "", err
			}
			again, err := hidden(c.Context(), tty, say, "passphrase_again")
			if err != nil || first == again {
				return first, err
			}
			say("passphrase_differs")
		}
		return "", flows.ErrCancelled
	})
}

// passphrase is the one of a document.
func (o *options) passphrase(c *cobra.Command, file string) (credstore.Secret, error) {
	return o.passphraseFrom(c, file, func(tty *plain.Input, say func(id string)) (string, error) {
		return hidden(c.Context(), tty, say, "passphrase")
	})
}

func hidden(ctx context.Context, tty *plain.Input, say func(id string), id string) (string, error) {
	say(id)
	return tty.Hidden(ctx)
}

func (o *options) passphraseFrom(c *cobra.Command, file string, ask func(tty *plain.Input, say func(id string)) (string, error)) (credstore.Secret, error) {
	text, err := "", error(nil)
	if file != "" {
		text, err = firstLine(file)
	} else {
		tty, openErr := openTerminal()
		if openErr != nil {
			return credstore.Secret{}, o.misused(c, "no_passphrase")
		}
		defer func() { _ = tty.Close() }()
		text, err = ask(plain.NewInput(tty), func(id string) { _, _ = fmt.Fprintln(os.Stderr, o.words.Say("plain.portable."+id)) })
	}
	switch {
	case errors.Is(err, io.EOF), err == nil && text == "":
		return credstore.Secret{}, o.misused(c, "empty_passphrase")
	case err != nil:
		o.voice().Failed(err)
	}
	return credstore.NewSecret(text), err
}

// firstLine is the passphrase in a file; /dev/fd/3 is a file too.
func firstLine(file string) (string, error) {
	const enough = 4 << 10
	f, err := os.Open(file)
	if err != nil {
		return "", fileTrouble("read", file, err)
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, enough))
	if err != nil {
		return "", fileTrouble("read", file, err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSuffix(line, "\r"), nil
}
