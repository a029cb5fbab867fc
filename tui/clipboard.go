package tui

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/aymanbagabas/go-osc52/v2"
)

// copied is what is known about a text that was to be copied.
type copied string

// What is known. The word is part of the catalogue id.
const (
	copiedHere   copied = "here"   // a clipboard program of this machine took it
	copiedBuffer copied = "buffer" // tmux took it, and has passed it on to a terminal that does not answer
	copiedSent   copied = "sent"   // the terminal was asked and does not answer
	copiedTmux   copied = "tmux"   // as sent, with a tmux in between that may not pass it on
	copiedScreen copied = "screen" // as sent, with screen in between
	copiedNot    copied = "not"    // not even that
)

// copyLimit is how long a program may take: one that hangs is given up.
const copyLimit = 2 * time.Second

// mostCopied is what the narrowest of the common terminals takes: 100,000 bytes
// for the whole sequence, in base64.
const mostCopied = 74994

var (
	errNoClipboard = errors.New("no clipboard is known here")
	errTooMuch     = errors.New("it is more than terminals take")
)

// copyText puts text on the clipboard of this machine where there is one, and
// on that of the terminal, which may be on another machine: a session of tmux
// that began here may be looked at from there.
func copyText(ctx context.Context, t *terminal, getenv func(string) string, text string) copied {
	ctx, cancel := context.WithTimeout(ctx, copyLimit)
	defer cancel()
	sent := copyToTerminal(ctx, t, getenv, text)
	if copyHere(ctx, getenv, text) == nil {
		return copiedHere
	}
	return sent
}

// copyToTerminal asks the terminal (OSC 52), in the way that whatever stands in
// between lets through.
func copyToTerminal(ctx context.Context, t io.StringWriter, getenv func(string) string, text string) copied {
	result := copiedSent
	switch multiplexer(getenv) {
	case tmuxHere:
		// With its defaults tmux drops what a program sends to the clipboard,
		// and passes on what it is given as a buffer.
		if runWith(ctx, text, "tmux", "load-buffer", "-w", "-") == nil {
			return copiedBuffer
		}
		result = copiedTmux
	case tmuxOutside:
		result = copiedTmux
	case screenHere:
		result = copiedScreen
	case noTerminal:
		return copiedNot
	}
	sequences, err := clipboardSequences(getenv, text)
	if err != nil {
		return copiedNot
	}
	if _, err := t.WriteString(sequences); err != nil {
		return copiedNot
	}
	return result
}

// between is what stands between this program and the terminal.
type between int

const (
	nothing     between = iota
	tmuxHere            // on this machine: it can be asked
	tmuxOutside         // on the machine that the person came from
	screenHere
	either     // tmux or screen, over there
	noTerminal // the console has no clipboard, and shows what it does not know
)

func multiplexer(getenv func(string) string) between {
	term := getenv("TERM")
	switch {
	case getenv("TMUX") != "":
		return tmuxHere
	case getenv("STY") != "":
		return screenHere
	case term == "linux", term == "dumb":
		return noTerminal
	case strings.HasPrefix(term, "tmux"):
		return tmuxOutside
	case strings.HasPrefix(term, "screen"):
		return either
	}
	return nothing
}

// clipboardSequences is the request in each wrapping that may be needed. What
// is not meant for it, neither tmux nor screen passes on or shows.
func clipboardSequences(getenv func(string) string, text string) (string, error) {
	plain := osc52.New(text)
	if len(text) > mostCopied {
		return "", errTooMuch
	}
	switch multiplexer(getenv) {
	case tmuxHere, tmuxOutside:
		return plain.String() + plain.Tmux().String(), nil
	case screenHere:
		return plain.Screen().String(), nil
	case either:
		return plain.String() + plain.Screen().String(), nil
	case nothing, noTerminal:
	}
	return plain.String(), nil
}
