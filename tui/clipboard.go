package tui

import (
	"context"
	"runtime"
	"time"

	"github.com/atotto/clipboard"
)

// copied is what is known about a text that was to be copied.
type copied string

// What is known. The word is part of the catalogue id.
const (
	copiedHere copied = "here" // a clipboard program of this machine took it
	copiedSent copied = "sent" // the terminal was asked and does not answer
	copiedTmux copied = "tmux" // as sent, with tmux in between
	copiedNot  copied = "not"  // not even that
)

// copyText puts text on the clipboard of this machine where there is one, and
// on that of the terminal, which may be on another machine.
func copyText(ctx context.Context, t *terminal, getenv func(string) string, text string) copied {
	sent := t.copy(text, getenv)
	switch {
	case hasClipboard(getenv) && copyHere(ctx, text) == nil:
		return copiedHere
	case sent != nil:
		return copiedNot
	case getenv("TMUX") != "":
		return copiedTmux
	}
	return copiedSent
}

// hasClipboard: over SSH the clipboard of this machine is not the person's.
func hasClipboard(getenv func(string) string) bool {
	if clipboard.Unsupported || getenv("SSH_CONNECTION") != "" {
		return false
	}
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return true
	}
	return getenv("DISPLAY") != "" || getenv("WAYLAND_DISPLAY") != ""
}

// copyHere gives up on a clipboard program that hangs.
func copyHere(ctx context.Context, text string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- clipboard.WriteAll(text) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
