package plain

import (
	"bufio"
	"errors"
	"io"
	"os"
	"strings"

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

// Line returns the next line without its end and surrounding white space.
func (in *Input) Line() (string, error) {
	text, err := in.lines.ReadString('\n')
	if err != nil && text == "" {
		return "", err
	}
	return strings.TrimSpace(text), nil
}

// Hidden returns the next line; a terminal does not echo it.
func (in *Input) Hidden() (string, error) {
	if !in.Terminal() || in.lines.Buffered() > 0 {
		return in.Line()
	}
	text, err := term.ReadPassword(int(in.file.Fd()))
	return string(text), err
}

// All returns everything up to the end, ErrTooMuchInput for more than a key
// can have.
func (in *Input) All() (string, error) {
	text, err := io.ReadAll(io.LimitReader(in.lines, maxInput+1))
	if err == nil && len(text) > maxInput {
		err = ErrTooMuchInput
	}
	return string(text), err
}
