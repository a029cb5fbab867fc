package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"codex-login/assets"
	"codex-login/assets/display"
	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/tui/theme"

	tea "github.com/charmbracelet/bubbletea"
)

// framesPerSecond: the first frame and every key's echo wait for one tick of
// the renderer, and every tick wakes the processor.
const framesPerSecond = 50

// Options say what the wizard works with.
type Options struct {
	Login *flows.Login
	Say   *assets.Catalogue
	// Demo stands in for the person in the browser; nil outside of the demo.
	Demo *Demo
	// Start goes straight to a way to sign in; empty begins with the choice.
	Start flows.Method
	// Store is where the login shall be kept; empty is the configured mode.
	Store credstore.Mode
	// Problem is why nobody can sign in: a *policy.ConflictError or a
	// *policy.ConfigError. The wizard says so, looks and signs out then.
	Problem error
	// Motion allows the spinner.
	Motion bool

	// Input and Output are the terminal; nil is that of the process.
	Input  io.Reader
	Output *os.File
}

// Demo is what can be done without a browser.
type Demo struct {
	Approve func(ctx context.Context, c *flows.Challenge) error
}

// Outcome says how the wizard ended.
type Outcome struct {
	// Receipt is the login that was stored; nil when there is none, or when
	// the person went on to another account.
	Receipt *flows.Receipt
	// Switched is the last switch to another account, if nothing came after it.
	Switched *flows.Switched
	// Err is why there is no login: the rule that forbids it, the failure that
	// the person left at, or flows.ErrCancelled. It is nil with a receipt or a
	// switch, and when the person left while signed in or after signing out.
	Err error
	// Said is what the wizard has done while it was left, a sentence each.
	Said []string
}

// Run shows the wizard until the person leaves, ctx ends, or a signal (INT,
// TERM, HUP) arrives. An INT while ssh has the terminal is ssh's alone, so ctx
// must not end by one. The terminal is as before then, and no work that changes
// the stored login is under way. The error says that there is no terminal to
// draw on.
func Run(ctx context.Context, o Options) (Outcome, error) {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	ctx, interrupts, cancel := interruptible(ctx)
	defer cancel()

	var crash *crashError
	var once sync.Once
	e := newEnv(ctx, o)
	e.interrupts = interrupts
	model := newRoot(e, o.Start, e.mode(o.Store), func(p any) {
		once.Do(func() { crash = newCrash(p) })
		cancel()
	}).blockedBy(o.Problem)
	options := []tea.ProgramOption{
		tea.WithAltScreen(), tea.WithFPS(framesPerSecond),
		tea.WithOutput(e.paper), tea.WithoutSignalHandler(),
	}
	if o.Input != nil {
		options = append(options, tea.WithInput(o.Input))
	}
	program := tea.NewProgram(model, options...)
	// Quit and not tea.WithContext: killing the program would not wait for the
	// goroutine that reads the terminal.
	defer context.AfterFunc(ctx, program.Quit)()
	last, err := program.Run()
	interrupted := ctx.Err() != nil
	past := e.work.close()
	// After close, nothing that could crash runs any more.
	once.Do(func() {})
	out := Outcome{Said: e.work.told}
	switch {
	case past.receipt != nil || past.switched != nil:
		out.Receipt, out.Switched = past.receipt, past.switched
	case crash != nil:
		out.Err = errors.New(e.say("error.crash", "Problem", display.Clean(crash.Error())))
	case past.signedOut:
	case interrupted:
		out.Err = flows.ErrCancelled
	case err != nil:
		return Outcome{}, fmt.Errorf("the terminal cannot be used: %w", err)
	default:
		out.Err = last.(root).err
	}
	return out, nil
}

func newEnv(ctx context.Context, o Options) *env {
	now := o.Login.Clock.Time
	if now == nil {
		now = time.Now
	}
	out := o.Output
	if out == nil {
		out = os.Stdout
	}
	home, _ := os.UserHomeDir()
	words, look := o.Say, theme.New(os.Getenv)
	if !look.Glyphs.Unicode {
		words = words.ASCII()
	}
	return &env{
		login: o.Login, words: words, theme: look, demo: o.Demo, motion: o.Motion,
		now: now, getenv: os.Getenv, home: home, work: newWork(ctx), paper: &terminal{File: out},
	}
}

// mode is where a login is kept when nothing else is chosen.
func (e *env) mode(wanted credstore.Mode) credstore.Mode {
	if wanted != "" {
		return wanted
	}
	return e.login.Mode()
}
