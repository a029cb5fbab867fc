package main

import (
	"os"
	"os/signal"
	"syscall"
)

// goOnUnheard has writing into a pipe that nobody reads fail, where it ends a
// Go program by a signal, in the middle of whatever it does. The signal is
// taken and not ignored: programs that are started would inherit that.
func goOnUnheard() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }

// outlet is standard output for a sign-in. Who does not hear what it says
// cannot answer it: gone is called, which ends it as an interrupt does, unless
// the login is being stored.
type outlet struct{ gone func() }

func (o outlet) Write(text []byte) (int, error) {
	n, err := os.Stdout.Write(text)
	if err != nil {
		o.gone()
	}
	return n, err
}
