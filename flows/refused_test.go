package flows

import (
	"errors"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"codex-login/flows/sandbox"
)

const wrongCode = "wrongcodewrongcode1234"

// refusedCodes counts how often a pasted code was said to be none.
func refusedCodes(c *Challenge) (n int) {
	for _, note := range c.Notes() {
		if note.Code == NoteCodeRefused {
			n++
		}
	}
	return n
}

// pasteWrong pastes a code that is none, and waits until that is said.
func pasteWrong(t *testing.T, c *Challenge) {
	t.Helper()
	before := refusedCodes(c)
	if err := pasted(t, c, wrongCode); err != nil {
		t.Fatal(err)
	}
	for refusedCodes(c) == before {
		if t.Context().Err() != nil {
			t.Fatal("the refusal was not said")
		}
		runtime.Gosched()
	}
}

// pasted pastes as soon as the answer before has been refused for good.
func pasted(t *testing.T, c *Challenge, text string) error {
	t.Helper()
	for {
		err := c.Answer(text)
		var input *InputError
		if !errors.As(err, &input) || input.Problem != InputAlreadyWaiting || t.Context().Err() != nil {
			return err
		}
		runtime.Gosched()
	}
}

// TestWrongCodeEndsNothing: after a pasted code that is none, or two, each way
// is as good as before.
func TestWrongCodeEndsNothing(t *testing.T) {
	for name, win := range map[string]func(*testing.T, *sandbox.Server, *Challenge, *Challenge, gate){
		"callback": func(t *testing.T, s *sandbox.Server, c, _ *Challenge, _ gate) {
			page, err := s.Approve(t.Context(), c.URL, sandbox.MinaHarbour)
			if err != nil || !strings.Contains(page.Body, "You are signed in") {
				t.Errorf("%v: %.300s", err, page.Body)
			}
		},
		"paste": func(t *testing.T, s *sandbox.Server, c, _ *Challenge, _ gate) {
			if err := pasted(t, c, redirectOf(t, s, c, sandbox.MinaHarbour)); err != nil {
				t.Error(err)
			}
		},
		"device": func(t *testing.T, s *sandbox.Server, _, d *Challenge, polls gate) {
			if err := s.ApproveDevice(t.Context(), d.UserCode, sandbox.MinaHarbour); err != nil {
				t.Error(err)
			}
			close(polls)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, l, c, d, polls := racing(t, nil)
			end := finishing(t.Context(), l, c)
			pasteWrong(t, c)
			pasteWrong(t, c)
			if d.flow.(secondWay).done.Err() != nil {
				t.Error("nobody asks about the device code any more")
			}
			if !noted(d, NoteCodeRefused) || ExplainNote(l.Say, c.Notes()[1]) != "The code that was pasted is not valid. Still waiting." {
				t.Errorf("said %+v, %+v", c.Notes(), d.Notes())
			}
			win(t, s, c, d, polls)
			r, err := end()
			if err != nil || r.Account.Email != sandbox.MinaHarbour.Person {
				t.Fatalf("%+v, %v", r.Account, err)
			}
			if got := load(t, l).APIKey != nil; got != (name != "device") {
				t.Errorf("an API key: %v", got)
			}
			if n := len(s.RequestsTo(sandbox.CodeExchange)); n != 3 {
				t.Errorf("%d codes were traded", n)
			}
		})
	}
}

// heldBack holds the answer about the first code back until the test lets it go.
func heldBack(t *testing.T, status int) (fault sandbox.Fault, asked, answer chan struct{}) {
	asked, answer = make(chan struct{}), make(chan struct{})
	return sandbox.Respond(func(w http.ResponseWriter, r *http.Request) {
		close(asked)
		select {
		case <-answer:
		case <-t.Context().Done():
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{"error":"invalid_grant"}`))
	}).First(1), asked, answer
}

// An answer of the issuer that comes while a wrong code is tried is not lost.
func TestAnswerBehindAWrongCode(t *testing.T) {
	fault, asked, answer := heldBack(t, http.StatusBadRequest)
	s, l, c, d, _ := racing(t, func(b *sandbox.Behaviour) { b.Inject(sandbox.CodeExchange, fault) })
	end := finishing(t.Context(), l, c)
	redirect := redirectOf(t, s, c, sandbox.MinaHarbour)
	if err := c.Answer(wrongCode); err != nil {
		t.Fatal(err)
	}
	<-asked
	var input *InputError
	if err := c.Answer(wrongCode); !errors.As(err, &input) || input.Problem != InputAlreadyWaiting {
		t.Errorf("a second paste meanwhile: %v", err)
	}
	status := make(chan int, 1)
	go func() {
		resp, err := http.Get(redirect)
		if err != nil {
			status <- 0
			return
		}
		_ = resp.Body.Close()
		status <- resp.StatusCode
	}()
	f := c.flow.(*browserFlow)
	for waits := false; !waits && t.Context().Err() == nil; runtime.Gosched() {
		f.mu.Lock()
		waits = f.next != nil
		f.mu.Unlock()
	}
	close(answer)
	r, err := end()
	if err != nil || r.Account.Email != sandbox.MinaHarbour.Person {
		t.Fatalf("%+v, %v", r.Account, err)
	}
	if got := <-status; got != http.StatusOK {
		t.Errorf("the browser was answered by %d", got)
	}
	if d.flow.(secondWay).done.Err() == nil {
		t.Error("the device code is still asked about")
	}
}

// Who closes a sign-in while a wrong code is tried does not wait for another.
func TestClosedBehindAWrongCode(t *testing.T) {
	fault, asked, answer := heldBack(t, http.StatusBadRequest)
	_, l, c, _, _ := racing(t, func(b *sandbox.Behaviour) { b.Inject(sandbox.CodeExchange, fault) })
	end := finishing(t.Context(), l, c)
	if err := c.Answer(wrongCode); err != nil {
		t.Fatal(err)
	}
	<-asked
	c.Close()
	close(answer)
	if _, err := end(); !errors.Is(err, ErrCancelled) {
		t.Errorf("%v", err)
	}
	nothingStored(t, l)
}

// TestPastedCodeAndTrouble: what says nothing about the code is insisted on, and
// ends the sign-in as ever; a code that came by the callback is the last one.
func TestPastedCodeAndTrouble(t *testing.T) {
	for name, test := range map[string]struct {
		fault  sandbox.Fault
		traded int
		works  bool
		paste  bool
	}{
		"one 503":      {sandbox.Status(503, "").First(1), 2, true, true},
		"503":          {sandbox.Status(503, ""), insistTries, false, true},
		"429":          {sandbox.Status(429, ""), insistTries, false, true},
		"country":      {sandbox.OAuthError(403, unsupportedCountry, "not here"), 1, false, true},
		"the callback": {sandbox.OAuthError(400, "invalid_grant", "no"), 1, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := startSandbox(t, sandbox.Options{Setup: func(b *sandbox.Behaviour) { b.Inject(sandbox.CodeExchange, test.fault) }})
			l := newLogin(t, s)
			l.Clock = (&steppedClock{}).clock()
			c := begin(t, l, Request{Method: Browser})
			end := finishing(t.Context(), l, c)
			if redirect := redirectOf(t, s, c, sandbox.MinaPlus); !test.paste {
				if resp, err := http.Get(redirect); err == nil {
					_ = resp.Body.Close()
				}
			} else if err := c.Answer(redirect); err != nil {
				t.Fatal(err)
			}
			_, err := end()
			if n := len(s.RequestsTo(sandbox.CodeExchange)); (err == nil) != test.works || n != test.traded || noted(c, NoteCodeRefused) {
				t.Errorf("%v, traded %d times, notes %v", err, n, c.Notes())
			}
		})
	}
}
