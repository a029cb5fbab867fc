package plain

import (
	"context"
	"errors"
	"io"
	"time"

	"codex-login/flows"
	"codex-login/policy"
)

// SendVoice says how logins get to other machines. Lines and Events are the two
// voices.
type SendVoice interface {
	sending(r flows.SendRequest, targets int)
	challenge(a asked)
	noteFor(t flows.Target, n flows.Note)
	// state is a step of a target that is neither its first nor its last.
	state(p flows.Progress)
	asks(rows []flows.Progress)
	// arrived and failed are the last word on a target; of several.
	arrived(p flows.Progress, several bool)
	failed(p flows.Progress, several bool)
	sent(k flows.SendKind, rows []flows.Progress)
	lending()
	renewed(p flows.Progress)
	lent(more bool)
	// Failed says why nothing was sent.
	Failed(err error)
}

// ErrSomeFailed says that not every target has a login. Each has been named.
var ErrSomeFailed = errors.New("not every machine has got a login")

// Courier takes logins to other machines. Standard input is not touched: ssh
// asks on the terminal itself.
type Courier struct {
	Login *flows.Login
	Voice SendVoice
	// Ask says that a person is there whom ssh can ask. What ssh says then goes
	// to Talk.
	Ask  bool
	Talk io.Writer
}

// Send sends, and says each target's end as it comes. The error has been said;
// it is that of the only target, ErrSomeFailed, or, where all that failed was
// refused by a rule, a *policy.Violation.
func (c Courier) Send(ctx context.Context, r flows.SendRequest) error {
	s, err := c.Login.Send(r)
	if err != nil {
		c.Voice.Failed(err)
		return err
	}
	defer s.Close()
	c.Voice.sending(r, len(s.Progress()))
	rows, err := c.deliver(ctx, s)
	if err != nil {
		c.Voice.Failed(err)
		return err
	}
	c.Voice.sent(r.Kind, rows)
	return outcome(ctx, rows)
}

// askRounds is how often ssh may ask about a machine: before a sign-in for it,
// and once more where the connection broke off before that was stored.
const askRounds = 2

// deliver brings every target to its end. A sign-in that could not be stored is
// ended then.
func (c Courier) deliver(ctx context.Context, s *flows.Send) ([]flows.Progress, error) {
	defer s.Discard(ctx, c.Voice.noteFor)
	w := c.watch(s)
	if err := c.run(ctx, s, w); err != nil {
		return nil, err
	}
	for range askRounds {
		waiting := asking(s.Progress())
		if len(waiting) == 0 || !c.Ask || ctx.Err() != nil {
			break
		}
		c.Voice.asks(waiting)
		s.Ask(ctx, c.Talk)
		if err := c.run(ctx, s, w); err != nil {
			return nil, err
		}
	}
	rows := s.Progress()
	c.unasked(rows)
	return rows, nil
}

// unasked says what ssh would have asked where nobody was asked, or to no
// avail.
func (c Courier) unasked(rows []flows.Progress) {
	for _, p := range asking(rows) {
		c.Voice.failed(p, len(rows) > 1)
	}
}

func asking(rows []flows.Progress) []flows.Progress {
	var out []flows.Progress
	for _, p := range rows {
		if p.State == flows.SendAsks {
			out = append(out, p)
		}
	}
	return out
}

func unsent(rows []flows.Progress) []flows.Progress {
	var out []flows.Progress
	for _, p := range rows {
		if p.State != flows.SendDone {
			out = append(out, p)
		}
	}
	return out
}

func outcome(ctx context.Context, rows []flows.Progress) error {
	left := unsent(rows)
	switch {
	case len(left) == 0:
		return nil
	case ctx.Err() != nil:
		return flows.ErrCancelled
	case len(rows) == 1:
		return left[0].Err
	}
	var violation *policy.Violation
	for _, p := range left {
		if !errors.As(p.Err, &violation) {
			return ErrSomeFailed
		}
	}
	return violation
}

// run works on what is left, and says the steps as they come.
func (c Courier) run(ctx context.Context, s *flows.Send, w watch) error {
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(noteInterval)
		defer tick.Stop()
		for {
			select {
			case <-end:
				w.look(s.Progress())
				return
			case <-tick.C:
				w.look(s.Progress())
			}
		}
	}()
	err := s.Run(ctx)
	close(end)
	<-ended
	return err
}

// watch says what has changed since it looked last.
type watch struct {
	voice   SendVoice
	login   *flows.Login
	several bool
	said    map[flows.Target]*said
}

// said is what has been said of a target.
type said struct {
	state     flows.SendState
	challenge *flows.Challenge
	notes     int
}

func (c Courier) watch(s *flows.Send) watch {
	return watch{voice: c.Voice, login: c.Login, several: len(s.Progress()) > 1, said: map[flows.Target]*said{}}
}

func (w watch) look(rows []flows.Progress) {
	for _, p := range rows {
		last := w.said[p.Target]
		if last == nil {
			last = &said{state: flows.SendWaiting}
			w.said[p.Target] = last
		}
		if p.Challenge != nil && p.Challenge != last.challenge {
			last.challenge, last.notes = p.Challenge, 0
			w.ask(p)
		}
		if last.challenge != nil {
			notes := last.challenge.Notes()
			for _, n := range notes[last.notes:] {
				w.voice.noteFor(p.Target, n)
			}
			last.notes = len(notes)
		}
		if p.State == last.state {
			continue
		}
		last.state = p.State
		switch p.State {
		case flows.SendDone:
			w.voice.arrived(p, w.several)
		case flows.SendFailed:
			w.voice.failed(p, w.several)
		default:
			w.voice.state(p)
		}
	}
}

func (w watch) ask(p flows.Progress) {
	if p.Challenge.URL == "" {
		return
	}
	a := asked{Challenge: p.Challenge, target: &p.Target}
	if a.Port != 0 {
		a.tunnel = tunnelTo(w.login, a.Port)
	}
	w.voice.challenge(a)
}

// KeepLending renews what has been lent until ctx ends or nothing is lent any
// more.
func (c Courier) KeepLending(ctx context.Context) error {
	loans, err := c.Login.Loans()
	if err == nil && len(loans) > 0 {
		c.Voice.lending()
		err = c.Login.KeepLending(ctx, c.Voice.renewed)
	}
	if ctx.Err() != nil {
		c.Voice.lent(true)
		return nil
	}
	if err != nil {
		c.Voice.Failed(err)
		return err
	}
	c.Voice.lent(false)
	return nil
}
