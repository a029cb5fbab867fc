package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
)

// goOnUnheard has writing into a pipe that nobody reads fail, where it ends a
// Go program by a signal, in the middle of whatever it does. The signal is
// taken and not ignored: programs that are started would inherit that.
func goOnUnheard() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }

// outlet is standard output for a sign-in, here or for another machine. Who does
// not hear what it says cannot answer it: gone is called, which ends it as an
// interrupt does, unless the login is being stored.
type outlet struct {
	out  io.Writer
	gone func()
}

func (o outlet) Write(text []byte) (int, error) {
	n, err := o.out.Write(text)
	if err != nil {
		o.gone()
	}
	return n, err
}

// output is standard output for everything else. It remembers that something
// was lost: an export to a full disk must not end as one that is done.
type output struct {
	mu   sync.Mutex
	lost error
}

func (o *output) Write(text []byte) (int, error) {
	n, err := os.Stdout.Write(text)
	if err != nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.lost = errors.Join(o.lost, err)
	}
	return n, err
}

// heard is what a command comes to, once what it has said is counted in.
func (o *options) heard(err error) error {
	o.out.mu.Lock()
	lost := o.out.lost
	o.out.mu.Unlock()
	if lost == nil {
		return err
	}
	if !brokenPipe(lost) { // who has stopped reading knows
		why := lost
		var path *os.PathError
		if errors.As(lost, &path) {
			why = path.Err
		}
		_, _ = fmt.Fprintln(os.Stderr, o.words.Say("command.output_lost", "Error", why.Error()))
	}
	if err == nil {
		return lost
	}
	return err
}

// brokenPipe reports whether the reader has gone. Windows says so in two ways,
// which package syscall has no EPIPE for.
func brokenPipe(err error) bool {
	const windowsBrokenPipe, windowsNoData = syscall.Errno(109), syscall.Errno(232)
	return errors.Is(err, syscall.EPIPE) ||
		runtime.GOOS == "windows" && (errors.Is(err, windowsBrokenPipe) || errors.Is(err, windowsNoData))
}
