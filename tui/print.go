package tui

import (
	"bufio"
	"context"
	"fmt"
	"io"

	tea "github.com/charmbracelet/bubbletea"
)

// printedMsg says that the wizard is back on the screen.
type printedMsg struct{}

// printCmd leaves the wizard's screen, writes an address on a line of its own
// where every terminal can select it, and comes back at enter.
func printCmd(ctx context.Context, before, text, after string) tea.Cmd {
	return tea.Exec(&printout{ctx: ctx, before: before, text: text, after: after}, func(error) tea.Msg { return printedMsg{} })
}

// printout is a tea.ExecCommand, so that Bubble Tea gives it the terminal.
type printout struct {
	ctx                 context.Context
	before, text, after string
	in                  io.Reader
	out                 io.Writer
}

func (p *printout) SetStdin(r io.Reader)  { p.in = r }
func (p *printout) SetStdout(w io.Writer) { p.out = w }
func (p *printout) SetStderr(io.Writer)   {}

// Run ends with the wizard's context too: a read of a terminal cannot be
// interrupted, so the goroutine is left behind then, and the process ends.
func (p *printout) Run() error {
	if _, err := fmt.Fprintf(p.out, "\n%s\n\n%s\n\n%s ", p.before, p.text, p.after); err != nil {
		return err
	}
	read := make(chan error, 1)
	go func() {
		_, err := bufio.NewReader(p.in).ReadString('\n')
		read <- err
	}()
	select {
	case err := <-read:
		return err
	case <-p.ctx.Done():
		return p.ctx.Err()
	}
}
