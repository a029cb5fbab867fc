package plain

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"codex-login/flows"

	"golang.org/x/term"
)

// maxInput is how much of standard input is taken as a secret; no key is
// nearly as long.
const maxInput = 64 << 10

// ErrTooMuchInput says that standard input holds more than a key.
var ErrTooMuchInput = errors.New("more than 64 KiB came in on standard input")

// Input is standard input, a terminal or a pipe.
type Input struct {
	file  *os.File
	lines *bufio.Reader
}

// NewInput reads f.
func NewInput(f *os.File) *Input { return &Input{file: f, lines: bufio.NewReader(f)} }

// Terminal reports whether a person types here.
func (in *Input) Terminal() bool { return term.IsTerminal(int(in.file.Fd())) }

// Reader is the rest of the input.
func (in *Input) Reader() io.Reader { return in.lines }

// Line returns the next line without its end and surrounding white space. It
// returns flows.ErrCancelled when ctx ends first, as the other two do: a read
// of a terminal or a pipe cannot be ended, so it is left behind.
func (in *Input) Line(ctx context.Context) (string, error) {
	return unlessEnded(ctx, func() (string, error) {
		text, err := in.lines.ReadString('\n')
		if err != nil && text == "" {
			return "", err
		}
		return strings.TrimSpace(text), nil
	})
}

// Hidden returns the next line; a terminal does not echo it.
func (in *Input) Hidden(ctx context.Context) (string, error) {
	if !in.Terminal() || in.lines.Buffered() > 0 {
		return in.Line(ctx)
	}
	fd := int(in.file.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	text, err := unlessEnded(ctx, func() (string, error) {
		text, err := term.ReadPassword(fd)
		return string(text), err
	})
	if errors.Is(err, flows.ErrCancelled) {
		restoreEcho(fd, before)
	}
	return text, err
}

// restoreEcho gives the terminal back that a reader left behind has changed. It
// waits until that reader has done so, for the moment between asking for the
// line and the echo's end.
func restoreEcho(fd int, before *term.State) {
	for range 50 {
		if now, err := term.GetState(fd); err != nil || *now != *before {
			break
		}
		time.Sleep(time.Millisecond)
	}
	_ = term.Restore(fd, before)
}

// All returns everything up to the end, ErrTooMuchInput for more than a key
// can have.
func (in *Input) All(ctx context.Context) (string, error) {
	text, err := in.Upto(ctx, maxInput+1)
	if err == nil && len(text) > maxInput {
		err = ErrTooMuchInput
	}
	return string(text), err
}

// Upto returns everything up to the end, or the first most bytes.
func (in *Input) Upto(ctx context.Context, most int64) ([]byte, error) {
	return unlessEnded(ctx, func() ([]byte, error) { return io.ReadAll(io.LimitReader(in.lines, most)) })
}

// unlessEnded reads beside the caller, so that a signal is obeyed meanwhile.
func unlessEnded[T any](ctx context.Context, read func() (T, error)) (T, error) {
	var nothing T
	if ctx.Err() != nil {
		return nothing, flows.ErrCancelled
	}
	type result struct {
		text T
		err  error
	}
	done := make(chan result, 1)
	go func() {
		text, err := read()
		done <- result{text, err}
	}()
	select {
	case r := <-done:
		return r.text, r.err
	case <-ctx.Done():
		return nothing, flows.ErrCancelled
	}
}

// nextLine returns a line of a pasted answer, and of one that is longer than
// any answer only so much that it is seen to be. It returns io.EOF at the end.
func nextLine(r *bufio.Reader) (string, error) {
	var text []byte
	for {
		part, more, err := r.ReadLine()
		if err != nil {
			if len(text) > 0 {
				err = nil
			}
			return strings.TrimSpace(string(text)), err
		}
		if len(text) <= maxInput {
			text = append(text, part...)
		}
		if !more {
			return strings.TrimSpace(string(text)), nil
		}
	}
}
