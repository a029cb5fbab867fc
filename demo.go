package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"

	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/flows/sandbox"
	"codex-login/policy"

	"github.com/spf13/cobra"
)

// demo runs the whole wizard on an issuer of its own, in a temporary
// CODEX_HOME that is removed at the end. Nothing of the person's is read: no
// rule of the system, no key and no address out of the environment.
func (o *options) demo(c *cobra.Command) error {
	r, misuse := o.request(c)
	if misuse != "" {
		return o.misused(c, misuse)
	}
	folder, err := os.MkdirTemp("", "codex-login-demo-")
	if err != nil {
		return o.noDemo("no_folder", err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	issuer, err := sandbox.Start(sandbox.Options{Setup: askedOften})
	if err != nil {
		return o.noDemo("no_issuer", err)
	}
	defer func() { _ = issuer.Close() }()
	home, err := credstore.FindHome(only("CODEX_HOME", folder))
	if err != nil {
		return o.noDemo("no_folder", err)
	}
	layers := policy.Options{System: filepath.Join(folder, "system")}
	login, err := o.openDemo(home, layers, issuer)
	if err != nil {
		o.voice().Failed(err)
		return err
	}
	defer clearKeyring(login, layers, r.Store)
	_, _ = fmt.Fprintln(os.Stderr, login.Say.Say("demo.start", "Home", filepath.Clean(folder)))
	var signIns atomic.Int32
	return o.run(c, login, r, func(ctx context.Context, ch *flows.Challenge) error {
		// Somebody else each time, so that there are accounts to switch between.
		seats := []sandbox.Seat{sandbox.MinaPlus, sandbox.MinaHarbour, sandbox.JonasMeridian}
		seat := seats[int(signIns.Add(1)-1)%len(seats)]
		if ch.Method == flows.Device {
			return issuer.ApproveDevice(ctx, ch.UserCode, seat)
		}
		_, err := issuer.Approve(ctx, ch.URL, seat)
		return err
	})
}

// openDemo leads every address that Codex needs to the sandbox, whatever the
// command line says.
func (o *options) openDemo(home credstore.Home, layers policy.Options, issuer *sandbox.Server) (*flows.Login, error) {
	o.overrides = append(o.overrides,
		fmt.Sprintf("%s=%q", policy.OpenAIBaseURLKey, issuer.URL()+"/v1"),
		fmt.Sprintf("%s=%q", policy.ChatGPTBaseURLKey, issuer.URL()+"/backend-api"))
	pretended := only("OPENAI_API_KEY", issuer.NewAPIKey(sandbox.MinaPlus))
	return o.openAt(home, layers, flows.NewIssuer(issuer.URL(), "", userAgent(), only("", "")), pretended)
}

// noDemo says why there is none.
func (o *options) noDemo(id string, err error) error {
	err = errors.New(o.words.Say("demo."+id, "Problem", err.Error()))
	o.voice().Failed(err)
	return err
}

// only is an environment with one variable.
func only(name, value string) func(string) string {
	return func(asked string) string {
		if asked == name {
			return value
		}
		return ""
	}
}

// clearKeyring takes away what a demo may have put into the person's keyring:
// the login, the pages of the account book, and the keys of files. A keyring
// that was not used is not touched, because it could ask for its password.
func clearKeyring(login *flows.Login, layers policy.Options, asked credstore.Mode) {
	ctx := context.Background()
	modes := []credstore.Mode{asked, login.Mode()}
	layers.Home = login.Home.Path
	if rules, err := policy.Load(layers); err == nil {
		// The wizard writes down where it keeps the login.
		mode, _ := credstore.ParseMode(rules.Store.Value)
		modes = append(modes, mode)
	}
	used := slices.Contains(modes, credstore.ModeKeyring) || slices.Contains(modes, credstore.ModeAuto)
	if used {
		_ = credstore.Open(login.Home, credstore.ModeKeyring).Delete(ctx)
	}
	book := credstore.OpenBook(login.Home, credstore.ModeKeyring)
	pages, _ := book.List(ctx)
	for _, id := range pages {
		_ = book.Remove(ctx, id)
	}
	if used {
		credstore.DropKeys(ctx, login.Home)
	}
}

// askedOften has the pretend issuer asked each second: nobody is to wait for it.
func askedOften(b *sandbox.Behaviour) {
	b.EditDeviceCode = func(answer map[string]any) { answer["interval"] = "1" }
}
