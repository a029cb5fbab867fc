package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/flows/sandbox"

	"github.com/spf13/cobra"
)

// demo runs the whole wizard on an issuer of its own, in a temporary
// CODEX_HOME that is removed at the end.
func (o *options) demo(c *cobra.Command) error {
	r, misuse := o.request()
	if misuse != "" {
		return o.misused(c, misuse)
	}
	folder, err := os.MkdirTemp("", "codex-login-demo-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	issuer, err := sandbox.Start(sandbox.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = issuer.Close() }()
	home, err := credstore.FindHome(func(name string) string {
		if name == "CODEX_HOME" {
			return folder
		}
		return ""
	})
	if err != nil {
		return err
	}
	// The address that keys are checked at is the sandbox's too.
	o.overrides = append([]string{fmt.Sprintf("openai_base_url=%q", issuer.URL()+"/v1")}, o.overrides...)
	login, err := o.openAt(home, flows.NewIssuer(issuer.URL(), "", userAgent(), func(string) string { return "" }))
	if err != nil {
		o.voice().Failed(err)
		return err
	}
	defer clearKeyring(login)
	_, _ = fmt.Fprintln(os.Stderr, login.Say.Say("demo.start", "Home", filepath.Clean(folder)))
	return o.run(c, login, r, func(ctx context.Context, ch *flows.Challenge) error {
		if ch.Method == flows.Device {
			return issuer.ApproveDevice(ctx, ch.UserCode, sandbox.MinaPlus)
		}
		_, err := issuer.Approve(ctx, ch.URL, sandbox.MinaPlus)
		return err
	})
}

// clearKeyring takes away what a demo may have put there.
func clearKeyring(login *flows.Login) {
	account, err := login.Current(context.Background())
	if err == nil && account.Place.Kind == credstore.KindKeyring {
		_ = credstore.Open(login.Home, credstore.ModeKeyring).Delete(context.Background())
	}
}
