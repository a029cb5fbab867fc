// Command codex-login signs a person in to OpenAI Codex: a full-screen wizard,
// and the same verbs as plain commands. It parses the command line, wires the
// rooms together and turns errors into exit codes; it decides nothing itself.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/flows/loginlog"
	"codex-login/flows/network"
	"codex-login/policy"
)

// The exit codes, as the README lists them.
const (
	exitDone      = 0
	exitFailed    = 1
	exitUsage     = 2
	exitRefused   = 3
	exitHeld      = 4
	exitCancelled = 130
)

// grace is how long a signal may take to end the program in good order.
const grace = 2 * time.Second

func main() {
	goOnUnheard()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	// A program that a signal could not end, as one that hangs in a dead file
	// system, is ended by the next.
	defer context.AfterFunc(ctx, func() { time.AfterFunc(grace, stop) })()
	err := execute(ctx, os.Args[1:])
	stop()
	os.Exit(exitCode(err))
}

// execute runs a command line.
func execute(ctx context.Context, args []string) error {
	o := newOptions(args)
	return o.heard(o.command(args).ExecuteContext(ctx))
}

func exitCode(err error) int {
	var violation *policy.Violation
	var conflict *policy.ConflictError
	var pinned *flows.StorePinnedError
	var unasked *flows.UnaskedError
	var config *policy.ConfigError
	var usage usageError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &usage):
		return exitUsage
	case errors.Is(err, flows.ErrCancelled), errors.Is(err, flows.ErrTakenOver), errors.Is(err, context.Canceled):
		return exitCancelled
	case errors.Is(err, errHeld):
		return exitHeld
	case errors.As(err, &unasked):
		return exitRefused
	case errors.As(err, &config):
		return exitFailed
	case errors.As(err, &violation), errors.As(err, &conflict), errors.As(err, &pinned):
		return exitRefused
	}
	return exitFailed
}

// open wires the rooms for one CODEX_HOME. The Login is never nil and good for
// signing out even when an error says that the configuration is not.
func (o *options) open() (*flows.Login, error) {
	home, err := credstore.FindHome(os.Getenv)
	if err != nil {
		return nil, err
	}
	dir, err := os.Getwd()
	if err != nil {
		dir = "" // it is gone, and no project is there
	}
	return o.openAt(home, policy.Options{Dir: dir}, flows.NewIssuer(o.issuer, o.clientID, userAgent(), os.Getenv), os.Getenv)
}

// openAt wires for a home with the layers that are beside it. getenv is what
// the workers see of the environment; the browser is the person's in any case.
func (o *options) openAt(home credstore.Home, layers policy.Options, issuer flows.Issuer, getenv func(string) string) (*flows.Login, error) {
	layers.Home, layers.Overrides = home.Path, o.overrides
	rules, err := policy.Load(layers)
	home.Encrypted = rules.SecretAuthStorage()
	login := &flows.Login{
		Home: home, Rules: rules, Issuer: issuer, Timeout: o.timeout,
		Client: network.NewClient(getenv), Say: o.words, Environment: getenv,
		Where: flows.Here(flows.ThisMachine(os.Getenv)),
		// A configuration that cannot be read does not say where to write either.
		Trace: loginlog.NewTrace(cmp.Or(rules.LogDir.Value, filepath.Join(home.Path, "log"))),
	}
	if o.trace {
		login.Trace.Follow(func(l loginlog.Line) {
			if _, err := fmt.Fprintln(os.Stderr, l); err != nil {
				login.Trace.Follow(nil)
			}
		})
	}
	if !o.noBrowser {
		login.Open = flows.Opener(o.browser, os.Getenv)
	}
	return login, err
}

// version is set by the linker for a release; otherwise the module's own.
var version = ""

func currentVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "0.1.0-dev"
}

func userAgent() string {
	return "codex-login/" + currentVersion() + " (" + runtime.GOOS + "; " + runtime.GOARCH + ")"
}
