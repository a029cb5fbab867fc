package flows

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	"codex-login/assets"
	"codex-login/credstore"
)

// SendKind is what another machine gets.
type SendKind string

// The kinds.
const (
	SignInFor SendKind = "sign_in" // a sign-in of its own; nothing is stored here
	SendLend  SendKind = "lend"    // the access token alone, which works until it ends
	SendCopy  SendKind = "copy"    // the login as it is
	SendMove  SendKind = "move"    // the login as it is, which is forgotten here
)

// SendKinds lists the kinds in the order in which a person should meet them.
func SendKinds() []SendKind { return []SendKind{SignInFor, SendLend, SendCopy, SendMove} }

// Explain says what the kind is in a word or two, what it means, and what to
// beware of.
func (k SendKind) Explain(say *assets.Catalogue) (title, text, warning string) {
	id := "send.kind_" + string(k)
	return say.Say(id + ".title"), say.Say(id + ".text"), say.Say(id + ".warning")
}

// SendRequest says what is to be sent where.
type SendRequest struct {
	Kind    SendKind
	Targets []Target
	// Account is the account to be sent, "" for the active one.
	Account string
	// SignIn is the sign-in for SignInFor; its Store does not matter.
	SignIn Request
	// SetFileStore lets config.toml there be changed where it names another
	// store than the file.
	SetFileStore bool
}

// Sent is the proof of a login that another machine has, safe to print.
type Sent struct {
	Target Target
	Kind   SendKind
	// Account is the login as it is there, and Place is where.
	Account Account
	// Codex is the version of Codex there, and Said what it says about the
	// login; both are empty where none was found.
	Codex, Said string
	// Until is when a lent login ends; zero where that is not known, and for
	// the other kinds.
	Until time.Time
	// Previous is the login that it replaced there, which is in the account
	// book there; nil when there was none.
	Previous *Account
	Notes    []Note
}

func (s *Sent) add(n Note) {
	if !slices.ContainsFunc(s.Notes, func(o Note) bool { return o.Code == n.Code }) {
		s.Notes = append(s.Notes, n)
	}
}

// SendState is how far a target has come.
type SendState string

// The states.
const (
	SendWaiting    SendState = "waiting"    // for its turn
	SendConnecting SendState = "connecting" //
	SendAsks       SendState = "asks"       // ssh has to ask the person: see Send.Ask
	SendReached    SendState = "reached"    // Ask was there; Run goes on
	SendSigningIn  SendState = "signing_in" // for the person to answer the Challenge
	SendStoring    SendState = "storing"    //
	SendDone       SendState = "done"       // Sent is filled in
	SendFailed     SendState = "failed"     // Err says why; see Send.Retry
)

// Progress is one target as it stands.
type Progress struct {
	Target    Target
	State     SendState
	Challenge *Challenge // while the state is SendSigningIn
	Sent      Sent       // once it is SendDone
	Err       error      // when it is SendFailed or SendAsks
	// Unstored: the sign-in was finished, and is held until it is stored after
	// Ask or Retry, kept here by Keep, or ended by Discard.
	Unstored bool
	// Unsure: it may be stored there all the same. Then nothing but trying again
	// is safe.
	Unsure bool
}

// sendAtOnce is how many targets are worked on at the same time.
const sendAtOnce = 8

// Send is one login, or one sign-in each, on its way to other machines.
type Send struct {
	login   *Login
	request SendRequest
	rows    []*sendRow

	// auth is the login to be sent, for all kinds but SignInFor.
	id   string
	auth *credstore.Auth
}

// sendRow is one target's part of a Send.
type sendRow struct {
	login  *Login
	number int // from 1
	target Target

	// One worker at a time has these.
	there    *there
	unstored *identified // signed in for this target, and not stored there yet
	unsure   bool        // it may be stored there all the same

	mu       sync.Mutex
	progress Progress
}

func (r *sendRow) set(change func(*Progress)) {
	r.mu.Lock()
	before := r.progress.State
	change(&r.progress)
	now := r.progress
	r.mu.Unlock()
	if now.State != before {
		r.login.logMachine(r.number, now)
	}
}

func (r *sendRow) state(s SendState) { r.set(func(p *Progress) { p.State = s }) }

func (r *sendRow) now() Progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.progress
}

// Send prepares a request: each target once, in the order given. It reaches
// nobody yet. It returns a *credstore.MachineError for a name that cannot be
// one, or an *InputError. Whoever gets a Send has to Close it.
func (l *Login) Send(r SendRequest) (*Send, error) {
	s := &Send{login: l, request: r}
	var seen []Target
	for _, t := range r.Targets {
		if err := t.Check(); err != nil {
			return nil, err
		}
		if !slices.Contains(seen, t) {
			seen = append(seen, t)
			s.rows = append(s.rows, &sendRow{login: l, number: len(s.rows) + 1, target: t, progress: Progress{Target: t, State: SendWaiting}})
		}
	}
	switch {
	case len(s.rows) == 0:
		return nil, &InputError{Problem: InputNoTarget}
	case r.Kind == SendMove && len(s.rows) > 1:
		return nil, &InputError{Problem: InputOneTarget}
	}
	return s, nil
}

// Progress is every target as it stands, in the order of the request. It may be
// called while Run or Ask is at work.
func (s *Send) Progress() []Progress {
	out := make([]Progress, len(s.rows))
	for i, r := range s.rows {
		out[i] = r.now()
	}
	return out
}

// Run works on every target that waits or was reached, some at a time, and
// returns when each is done, has failed or asks. How it went stands in Progress;
// the error is about the login to be sent, and then nobody was reached. It is
// called again after Ask and after Retry.
func (s *Send) Run(ctx context.Context) error {
	if s.request.Kind != SignInFor {
		if err := s.prepare(ctx); err != nil {
			return cancelled(ctx, err)
		}
	}
	var running sync.WaitGroup
	room := make(chan struct{}, sendAtOnce)
	for _, r := range s.rows {
		if p := r.now(); p.State != SendWaiting && p.State != SendReached {
			continue
		}
		room <- struct{}{}
		running.Go(func() {
			defer func() { <-room }()
			s.work(ctx, r)
		})
	}
	running.Wait()
	return nil
}

// Ask connects to the targets whose ssh has to ask the person something, one
// after the other, on the person's terminal, which nobody else may use
// meanwhile. What ssh says on standard error goes to talk. Then Run goes on.
func (s *Send) Ask(ctx context.Context, talk io.Writer) {
	for _, r := range s.rows {
		if r.now().State == SendAsks && ctx.Err() == nil {
			s.connect(ctx, r, true, talk)
		}
	}
}

// Retry lets the next Run try again what has failed. A sign-in that was finished
// and could not be stored is not lost, and not asked for again, for as long as
// the Send is there.
func (s *Send) Retry() {
	for _, r := range s.rows {
		r.set(func(p *Progress) {
			if p.State == SendFailed {
				p.State, p.Err = SendWaiting, nil
			}
		})
	}
}

// SetFileStore lets the next Run change config.toml there where it names another
// store than the file.
func (s *Send) SetFileStore() { s.request.SetFileStore = true }

// Asks reports whether a target waits for Ask.
func (s *Send) Asks() bool {
	return slices.ContainsFunc(s.rows, func(r *sendRow) bool { return r.now().State == SendAsks })
}

// Close ends the connections that are still there. It is called after Run and
// Ask have returned.
func (s *Send) Close() {
	for _, r := range s.rows {
		if r.there != nil {
			r.there.close()
		}
	}
}

// prepare reads the login that is to be sent. Tokens that are due are renewed
// first: of two machines with one session, one would lock the other out at once.
func (s *Send) prepare(ctx context.Context) error {
	found, err := s.login.locate(ctx, s.request.Account)
	if err != nil {
		return err
	}
	var checked Checked
	if found.auth.Kind() == credstore.AuthChatGPT {
		if checked, err = s.login.Verify(ctx, found.id); err != nil {
			return err
		}
		var ended *SessionEndedError
		if errors.As(checked.Err, &ended) {
			return ended
		}
		if found, err = s.login.locate(ctx, found.id); err != nil {
			return err
		}
	}
	if s.id != "" && s.id != found.id {
		return &NoAccountError{Name: s.id} // another one became the active one meanwhile
	}
	s.id, s.auth = found.id, found.auth
	if v := s.login.checkStored(found.auth); v != nil {
		return v
	}
	if s.request.Kind != SendLend {
		return nil
	}
	s.auth, err = borrowed(found.auth)
	if until := found.auth.ExpiresAt(); err == nil && !until.IsZero() && !until.After(s.login.Clock.now()) {
		err = checked.Err
		if err == nil {
			err = &SessionEndedError{Reason: EndExpired, At: s.login.Clock.now()}
		}
	}
	return err
}
