package flows

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"codex-login/credstore"
	"codex-login/flows/sandbox"
)

// answered is a browser sign-in whose answer has been taken and whose code
// exchange waits for release.
func answered(t *testing.T) (l *Login, c *Challenge, page func() *sandbox.Page, end func() (Receipt, error), release func()) {
	t.Helper()
	held, let := make(chan struct{}), make(chan struct{})
	s := startSandbox(t, sandbox.Options{Setup: func(b *sandbox.Behaviour) {
		b.Inject(sandbox.CodeExchange, sandbox.Respond(func(w http.ResponseWriter, _ *http.Request) {
			close(held)
			<-let
			w.WriteHeader(http.StatusServiceUnavailable)
		}).First(1))
	}})
	l = newLogin(t, s)
	l.Clock = (&steppedClock{now: time.Now()}).clock()
	c = begin(t, l, Request{Method: Browser})
	end = finishing(t.Context(), l, c)
	shown := make(chan *sandbox.Page, 1)
	go func() {
		p, _ := s.Approve(context.Background(), c.URL, sandbox.MinaPlus)
		shown <- p
	}()
	<-held
	return l, c, func() *sandbox.Page { return <-shown }, end, func() { close(let) }
}

// Once an answer is taken, the page says what became of it and nothing else.
func TestClosingDoesNotSettleWhatIsBeingStored(t *testing.T) {
	l, c, page, end, release := answered(t)
	c.Close()
	if status, body := ask(t, c, "GET", "/cancel", map[string]string{"User-Agent": ""}); status != http.StatusConflict || strings.Contains(body, "cancelled") {
		t.Errorf("another Codex is told %d %s", status, body)
	}
	release()
	if _, err := end(); err != nil {
		t.Fatal(err)
	}
	if p := page(); !strings.Contains(p.Body, "You are signed in") {
		t.Errorf("the browser ended at %s with %.300s", p.URL, p.Body)
	}
	if load(t, l).Kind() != credstore.AuthChatGPT {
		t.Error("nothing was stored")
	}
	if _, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", portOf(c))); err == nil {
		t.Error("the listener is still there")
	}
}

// Closed before Finish began, a sign-in stays closed, answer or no answer.
func TestClosedBeforeItIsAwaited(t *testing.T) {
	l := newLogin(t, startSandbox(t, sandbox.Options{}))
	c := begin(t, l, Request{Method: Browser})
	if err := c.Answer("ac_0123456789abcdef"); err != nil {
		t.Fatal(err)
	}
	c.Close()
	if _, err := l.Finish(t.Context(), c); !errors.Is(err, ErrCancelled) {
		t.Errorf("got %v", err)
	}
}

// An answer that is no code has nothing to exchange.
func TestOnlyACodeIsExchanged(t *testing.T) {
	l := newLogin(t, startSandbox(t, sandbox.Options{}))
	for name, answer := range map[string]func(c *Challenge){
		"denied": func(c *Challenge) {
			_ = c.Answer("http://localhost:1455/auth/callback?error=access_denied&state=" + c.flow.(*browserFlow).state)
		},
		"taken over": func(c *Challenge) { rawCancel(t, c) },
		"closed":     func(c *Challenge) { c.Close() },
	} {
		c := begin(t, l, Request{Method: Browser})
		end := finishing(t.Context(), l, c)
		answer(c)
		if _, err := end(); err == nil || noted(c, NoteExchanging) {
			t.Errorf("%s: %v, notes %v", name, err, c.Notes())
		}
	}
}

// An empty error parameter is none.
func TestEmptyErrorIsNone(t *testing.T) {
	f := &browserFlow{state: "STATE"}
	a, err := f.parsePaste("http://localhost:1455/auth/callback?error=&code=ac_1&state=STATE")
	if err != nil || a.err != nil || a.code != "ac_1" {
		t.Errorf("%+v, %v", a, err)
	}
	var input *InputError
	if _, err = f.parsePaste("http://localhost:1455/auth/callback?error=&state=STATE"); !errors.As(err, &input) || input.Problem != InputNoCode {
		t.Errorf("got %v", err)
	}
}

// A browser that has gone is not waited for.
func TestBrowserThatLeavesIsNotOwedAPage(t *testing.T) {
	p := newPages()
	p.owe()
	p.owe()
	p.drop()
	told := make(chan struct{})
	go func() { p.wait(t.Context()); close(told) }()
	select {
	case <-told:
		t.Fatal("the second one still waits")
	default:
	}
	p.drop()
	<-told
	p.owe()
	p.show()
	p.wait(t.Context())
}

// The callback notices that its browser has gone.
func TestDroppedConnectionIsNoticed(t *testing.T) {
	l := newLogin(t, startSandbox(t, sandbox.Options{}))
	c := begin(t, l, Request{Method: Browser})
	f := c.flow.(*browserFlow)
	conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", portOf(c)))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = conn.Write([]byte("GET /auth/callback?code=abc&state=" + f.state + " HTTP/1.1\r\nHost: localhost\r\n\r\n"))
	<-f.pages.changed // owed
	_ = conn.Close()
	<-f.pages.changed // gone
	f.pages.wait(t.Context())
}

// A login that is in hand does not wait for an API key, nor depend on it.
func TestKeyExchangeHasItsOwnLimit(t *testing.T) {
	s := startSandbox(t, sandbox.Options{Setup: func(b *sandbox.Behaviour) { b.Inject(sandbox.KeyExchange, sandbox.Hang()) }})
	l := newLogin(t, s)
	clock := &steppedClock{now: time.Now()}
	l.Clock = clock.clock()
	c := begin(t, l, Request{Method: Browser})
	end := finishing(t.Context(), l, c)
	if _, err := s.Approve(t.Context(), c.URL, sandbox.MinaPlus); err != nil {
		t.Fatal(err)
	}
	if _, err := end(); err != nil {
		t.Fatal(err)
	}
	if load(t, l).APIKey != nil || len(clock.waits) != 1 || clock.waits[0] != enrichLimit {
		t.Errorf("waits %v", clock.waits)
	}
}

func TestTheListenerWritesNothing(t *testing.T) {
	c := begin(t, newLogin(t, startSandbox(t, sandbox.Options{})), Request{Method: Browser})
	if c.flow.(*browserFlow).server.ErrorLog == nil {
		t.Error("net/http writes over the wizard")
	}
}
