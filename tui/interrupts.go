package tui

import (
	"context"
	"os"
	"os/signal"
	"time"
)

// interrupts ends the wizard on SIGINT. While the terminal is lent to ssh, one
// is meant for ssh, although the terminal sends it to both.
type interrupts struct{ mine chan os.Signal }

// interruptible returns a context that ends on SIGINT.
func interruptible(ctx context.Context) (context.Context, *interrupts, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	i := &interrupts{make(chan os.Signal, 1)}
	signal.Notify(i.mine, os.Interrupt)
	go func() {
		select {
		case <-i.mine:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, i, func() { cancel(); signal.Stop(i.mine) }
}

// lend lets interrupts be another program's until they are taken back. Nil where
// there are none.
func (i *interrupts) lend() *lent {
	if i == nil {
		return nil
	}
	l := &lent{of: i, theirs: make(chan os.Signal, 1), guard: make(chan os.Signal, 1)}
	// One of them always listens, or a signal would end the process.
	signal.Notify(l.guard, os.Interrupt)
	signal.Notify(l.theirs, os.Interrupt)
	signal.Stop(i.mine)
	return l
}

// lent is the time in which interrupts are another program's.
type lent struct {
	of            *interrupts
	theirs, guard chan os.Signal
}

// late is how much later than ssh this process may hear of an interrupt.
const late = 300 * time.Millisecond

// interrupted reports whether there was one since it was asked last.
func (l *lent) interrupted() bool {
	if l == nil {
		return false
	}
	select {
	case <-l.theirs:
		return true
	case <-time.After(late):
		return false
	}
}

func (l *lent) takeBack() {
	if l == nil {
		return
	}
	signal.Stop(l.theirs)
	signal.Notify(l.of.mine, os.Interrupt)
	signal.Stop(l.guard)
}
