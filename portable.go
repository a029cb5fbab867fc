package main

import (
	"context"
	"errors"
	"io"
	"os"

	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/tui/plain"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// exporting is the command line of export.
type exporting struct {
	encrypt, yes         bool
	file, passphraseFile string
}

func (o *options) exportVerb() *cobra.Command {
	var x exporting
	c := &cobra.Command{
		Use: "export [NAME]", Short: o.words.Say("command.export"),
		Long: o.about("command.export") + "\n\n" + o.words.Say("command.passphrase"),
		Args: o.arguments(0, 1, "one_name"),
		RunE: func(c *cobra.Command, args []string) error {
			name := ""
			if len(args) > 0 {
				name = args[0]
			}
			return o.export(c, x, name)
		},
		ValidArgsFunction: onlyFirst(o.accountNames),
	}
	f := c.Flags()
	f.BoolVar(&x.encrypt, "encrypt", false, o.words.Say("command.flag.encrypt"))
	f.StringVar(&x.passphraseFile, "passphrase-file", "", o.words.Say("command.flag.passphrase_file"))
	f.StringVarP(&x.file, "output", "o", "", o.words.Say("command.flag.output"))
	f.BoolVar(&x.yes, "yes", false, o.words.Say("command.flag.yes_export"))
	return c
}

func (o *options) export(c *cobra.Command, x exporting, name string) error {
	switch {
	case x.passphraseFile != "" && !x.encrypt:
		return o.misused(c, "passphrase_unused")
	case x.file == "" && !x.encrypt && !x.yes && term.IsTerminal(int(os.Stdout.Fd())):
		return o.misused(c, "export_terminal")
	}
	login, e, err := o.exported(c, name)
	if err != nil {
		return err
	}
	// Before a passphrase is asked for in vain.
	if err := absent(x.file); err != nil {
		o.voice().Failed(err)
		return err
	}
	var passphrase credstore.Secret
	if x.encrypt {
		if passphrase, err = o.newPassphrase(c, x.passphraseFile); err != nil {
			return err
		}
	}
	document, err := login.Export(c.Context(), e.ID, passphrase)
	if err == nil && x.file != "" {
		err = writeNew(x.file, document)
	}
	if err != nil {
		o.voice().Failed(err)
		return err
	}
	out := plain.Exported{Entry: e, Encrypted: x.encrypt, File: x.file}
	if x.file == "" {
		out.Document = document
	}
	o.exporter().Exported(out)
	return nil
}

// exported is the account that a name means, the active one for none.
func (o *options) exported(c *cobra.Command, name string) (*flows.Login, flows.Entry, error) {
	if name != "" {
		login, _, e, err := o.find(c, name)
		return login, e, err
	}
	login, err := o.ready()
	if err != nil {
		return nil, flows.Entry{}, err
	}
	e, err := login.Current(c.Context())
	if err != nil {
		o.reporter().Failed(err)
	}
	return login, e, err
}

func (o *options) importVerb() *cobra.Command {
	passphraseFile := ""
	c := &cobra.Command{
		Use: "import [FILE]", Short: o.words.Say("command.import"),
		Long: o.words.Say("command.import") + ".\n\n" + o.words.Say("command.import_long") + "\n\n" + o.words.Say("command.passphrase"),
		Args: o.arguments(0, 1, "one_file"),
		RunE: func(c *cobra.Command, args []string) error {
			file := "-"
			if len(args) > 0 {
				file = args[0]
			}
			return o.importLogin(c, file, passphraseFile)
		},
	}
	c.Flags().StringVar(&passphraseFile, "passphrase-file", "", o.words.Say("command.flag.passphrase_file"))
	return c
}

func (o *options) importLogin(c *cobra.Command, file, passphraseFile string) error {
	if file == "-" && term.IsTerminal(int(os.Stdin.Fd())) {
		return o.misused(c, "import_terminal")
	}
	login, err := o.ready()
	if err != nil {
		return err
	}
	text, err := document(c.Context(), file)
	if err != nil {
		o.voice().Failed(err)
		return err
	}
	receipt, err := o.opened(c, login, text, passphraseFile)
	if err != nil {
		return err
	}
	o.exporter().Imported(receipt)
	return nil
}

// passphraseTries is how often somebody may mistype a passphrase.
const passphraseTries = 3

// opened imports a document, and asks for the passphrase where it takes one.
func (o *options) opened(c *cobra.Command, login *flows.Login, text []byte, passphraseFile string) (flows.Receipt, error) {
	var passphrase credstore.Secret
	for try := 1; ; try++ {
		if flows.Sealed(text) {
			var err error
			if passphrase, err = o.passphrase(c, passphraseFile); err != nil {
				return flows.Receipt{}, err
			}
		}
		receipt, err := login.Import(c.Context(), text, passphrase)
		if err == nil {
			return receipt, nil
		}
		var wrong *flows.DocumentError
		o.voice().Failed(err)
		if !errors.As(err, &wrong) || wrong.Problem != flows.DocumentPassphraseWrong || passphraseFile != "" || try == passphraseTries {
			return receipt, err
		}
	}
}

// document reads a file, or standard input, as far as a login can reach.
func document(ctx context.Context, file string) ([]byte, error) {
	in := os.Stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, fileTrouble("read", file, err)
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	const enough = 4 << 20 // more is told by its size, whatever is in it
	text, err := plain.NewInput(in).Upto(ctx, enough)
	if err != nil && !errors.Is(err, flows.ErrCancelled) && !errors.Is(err, io.EOF) {
		err = fileTrouble("read", file, err)
	}
	return text, err
}

// exporter is the skin for logins that come and go as documents.
type exporter interface {
	Exported(x plain.Exported)
	Imported(r flows.Receipt)
}

func (o *options) exporter() exporter {
	if o.json {
		return o.events()
	}
	return o.talker()
}
