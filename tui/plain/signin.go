package plain

import (
	"bufio"
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"codex-login/flows"
)

// Voice says how a sign-in goes. Lines and Events are the two voices.
type Voice interface {
	started(m flows.Method, at position)
	challenge(a asked)
	note(n flows.Note)
	warning(code, text string) // beside a sign-in, not of its worker
	provider(p flows.ProviderStanding)
	refused(err error) // a pasted text that cannot be used; the sign-in goes on
	result(r flows.Receipt, p previous)
	// Failed says why there is no login.
	Failed(err error)
	// logged says where the login log is, after that.
	logged(path string)
}

// Session is one run of a command.
type Session struct {
	Login *flows.Login
	Voice Voice
	// In is where pasted answers come from; nil reads none.
	In io.Reader
	// Approve stands in for the person in the demo; nil otherwise.
	Approve func(context.Context, *flows.Challenge) error
	// RevokePrevious ends the session that the sign-in replaces.
	RevokePrevious bool
	// Switched is set by Ask when the person chose another account instead.
	Switched *flows.Switched
}

// previous is what became of the session that was replaced, where there was
// one.
type previous struct {
	asked bool // it was to be revoked
	err   error
}

// SignIn runs one sign-in to its end. The error has been said already.
func (s Session) SignIn(ctx context.Context, r flows.Request) error {
	s.Voice.started(r.Method, positionOf(s.Login))
	c, err := s.Login.Begin(ctx, r)
	if err != nil {
		return s.failed(err, false)
	}
	noted := s.Login.Trace.Err() != nil // with what c has to say
	if c.URL != "" {
		s.Voice.challenge(s.asked(c))
	}
	stop := s.report(c)
	mute := s.readAnswers(ctx, c)
	receipt, err := s.Login.Finish(ctx, c)
	mute()
	stop()
	if err != nil {
		return s.failed(err, noted)
	}
	p := previous{asked: s.RevokePrevious}
	if p.asked && receipt.Previous != nil {
		p.err = s.Login.RevokePrevious(ctx, receipt)
	}
	s.warn(receipt.Account, true)
	s.Voice.result(receipt, p)
	return nil
}

// failed says why there is no login, and where more about it stands, unless
// the person just left; or why it stands nowhere, unless that was noted.
func (s Session) failed(err error, noted bool) error {
	s.Voice.Failed(err)
	broken := s.Login.Trace.Err()
	switch path := s.Login.Trace.Path(); {
	case errors.Is(err, flows.ErrCancelled), noted, path == "":
	case broken != nil:
		why := flows.Explain(s.Login.Say, broken)
		s.Voice.warning(string(flows.NoteLogNotWritten), why.Title+": "+why.Text)
	default:
		s.Voice.logged(path)
	}
	return err
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
// input, or stays in a read that nobody waits for; once mute was called it says
// nothing any more, since the result is the last word.
func (s Session) readAnswers(ctx context.Context, c *flows.Challenge) (mute func()) {
	if s.In == nil || c.URL == "" {
		return func() {}
	}
	var mu sync.Mutex
	muted := false
	go func() {
		lines := bufio.NewReader(s.In)
		for {
			text, err := nextLine(lines)
			if err != nil {
				return
			}
			if err := s.answer(ctx, c, text); err != nil {
				mu.Lock()
				if !muted {
					s.Voice.refused(err)
				}
				mu.Unlock()
			}
		}
	}()
	return func() {
		mu.Lock()
		defer mu.Unlock()
		muted = true
	}
}

// answer returns what is wrong with a line.
func (s Session) answer(ctx context.Context, c *flows.Challenge, text string) error {
	switch {
	case text == "":
		return nil
	case text == "a" && s.Approve != nil:
		return s.Approve(ctx, c)
	case text == "d" && c.Method == flows.Browser:
		return s.addDevice(ctx, c)
	}
	return c.Answer(text)
}

// addDevice puts a one-time code beside the page and the paste.
func (s Session) addDevice(ctx context.Context, c *flows.Challenge) error {
	second, err := c.AddDevice(ctx)
	if err != nil {
		return err
	}
	s.Voice.challenge(asked{Challenge: second, beside: true})
	return nil
}
