package plain

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"codex-login/flows"
)

// Voice says how a sign-in goes. Lines and Events are the two voices.
type Voice interface {
	started(m flows.Method)
	challenge(c *flows.Challenge, demo bool)
	note(n flows.Note)
	refused(err error) // a pasted text that cannot be used; the sign-in goes on
	result(r flows.Receipt)
	// Failed says why there is no login.
	Failed(err error)
}

// Session is one run of a command.
type Session struct {
	Login *flows.Login
	Voice Voice
	// In is where pasted answers come from; nil reads none.
	In io.Reader
	// Approve stands in for the person in the demo; nil otherwise.
	Approve func(context.Context, *flows.Challenge) error
}

// SignIn runs one sign-in to its end. The error has been said already.
func (s Session) SignIn(ctx context.Context, r flows.Request) error {
	s.Voice.started(r.Method)
	c, err := s.Login.Begin(ctx, r)
	if err != nil {
		s.Voice.Failed(err)
		return err
	}
	if c.URL != "" {
		s.Voice.challenge(c, s.Approve != nil)
	}
	stop := s.report(c)
	s.readAnswers(ctx, c)
	receipt, err := s.Login.Finish(ctx, c)
	stop()
	if err != nil {
		s.Voice.Failed(err)
		return err
	}
	s.Voice.result(receipt)
	return nil
}

// noteInterval is how often the notes of a waiting worker are read.
const noteInterval = 200 * time.Millisecond

// report says the notes of c as they come, until the returned function was
// called, which says the last ones.
func (s Session) report(c *flows.Challenge) (stop func()) {
	said := 0
	say := func() {
		notes := c.Notes()
		for _, n := range notes[said:] {
			s.Voice.note(n)
		}
		said = len(notes)
	}
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(noteInterval)
		defer tick.Stop()
		for {
			select {
			case <-end:
				say()
				return
			case <-tick.C:
				say()
			}
		}
	}()
	return func() { close(end); <-ended }
}

// readAnswers hands pasted lines to the challenge. The goroutine ends with its
// input, or stays in a read that nobody waits for.
func (s Session) readAnswers(ctx context.Context, c *flows.Challenge) {
	if s.In == nil || c.URL == "" {
		return
	}
	go func() {
		lines := bufio.NewScanner(s.In)
		for lines.Scan() {
			text := strings.TrimSpace(lines.Text())
			switch {
			case text == "":
				continue
			case text == "a" && s.Approve != nil:
				if err := s.Approve(ctx, c); err != nil {
					s.Voice.refused(err)
				}
				continue
			}
			var input *flows.InputError
			if err := c.Answer(text); errors.As(err, &input) {
				s.Voice.refused(err)
			}
		}
	}()
}
