package flows

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"codex-login/credstore"
	"codex-login/flows/loginlog"
)

// callbackPath is where the issuer sends the browser back to (RFC 8252 section
// 7.3). Codex 0.169 writes the host as 127.0.0.1.
const callbackPath = "/auth/callback"

// browserFlow is the authorization-code flow with PKCE (RFC 7636) and a
// loopback redirect. The first answer wins: the browser's, the pasted one, or
// that of the device code that AddDevice has put beside it.
type browserFlow struct {
	login     *Login
	challenge *Challenge

	state, verifier, redirectURI string

	answers chan authorization // holds the one answer that is taken
	server  *http.Server
	waiting context.Context // ends with the listener; a browser is watched for as long
	stop    context.CancelFunc
	settled chan struct{} // closed when the outcome is known
	// byDevice and byPaste say which way the answer came. Finish alone reads and
	// writes them.
	byDevice, byPaste bool
	pages             *pages

	mu      sync.Mutex
	device  *Challenge     // the second way, by a device code; nil without one
	taken   bool           // an answer was taken; what becomes of it is for Finish to say
	trial   bool           // it is a pasted code, which may turn out to be none
	next    *authorization // came meanwhile, and counts if it is none
	closing bool           // closed meanwhile
	awaited bool           // Finish is at work, and will close this when it is done
	decided bool
	outcome error // read after settled is closed
}

// authorization is what the issuer answered: through the browser by a code or
// an error, through the device way by a whole grant.
type authorization struct {
	code   string
	err    error
	device *grant
	pasted bool // by a person, who may have got it wrong
}

func (l *Login) beginBrowser(ctx context.Context, r Request) (*Challenge, error) {
	ports := l.ports
	if ports == nil {
		ports = callbackPorts
	}
	listeners, port, passed, err := listenLoopback(ctx, ports)
	for _, h := range passed {
		l.warn(loginlog.PortTaken, heldBy(h)...)
	}
	if err != nil {
		return nil, err
	}
	f := &browserFlow{
		login: l, state: randomText(stateBytes), verifier: randomText(verifierBytes),
		redirectURI: "http://127.0.0.1:" + strconv.Itoa(port) + callbackPath,
		answers:     make(chan authorization, 1), settled: make(chan struct{}), pages: newPages(),
	}
	f.waiting, f.stop = context.WithCancel(context.WithoutCancel(ctx))
	c := &Challenge{Method: Browser, URL: f.authorizeURL(), Port: port, login: l, request: r, flow: f}
	l.info(loginlog.Listening, loginlog.Count("port", port))
	c.request.Method = Browser
	f.challenge = c
	f.server = f.newServer()
	for _, ln := range listeners {
		go func() { _ = f.server.Serve(ln) }()
	}
	for _, h := range passed {
		c.note(Note{Code: NoteOtherPort, At: l.Clock.now(), Holder: h.Program, Err: h.Err})
	}
	if p, err := l.Client.ProxyFor(l.Issuer.base()); err == nil && p.Address != "" {
		c.note(Note{Code: NoteThroughProxy, At: l.Clock.now(), Holder: p.Address, Where: p.Variable})
	}
	c.open = l.Open
	go func() { _ = c.OpenBrowser(f.waiting) }()
	go f.warnOfWindows(f.waiting)
	return c, nil
}

// authorizeURL has Codex's parameters in Codex's order.
func (f *browserFlow) authorizeURL() string {
	ps := []parameter{
		{"response_type", "code"},
		{"client_id", f.login.Issuer.ClientID},
		{"redirect_uri", f.redirectURI},
		{"code_challenge", challengeS256(f.verifier)},
		{"code_challenge_method", "S256"},
		{"state", f.state},
		{"scope", scope},
		{"id_token_add_organizations", "true"},
		{"codex_cli_simplified_flow", "true"},
		{"originator", originator},
	}
	if ws := f.login.Rules.Workspaces(); len(ws) > 0 {
		ps = append(ps, parameter{"allowed_workspace_id", strings.Join(ws, ",")})
	}
	return f.login.Issuer.authorizeURL() + "?" + encodeParameters(ps)
}

// reserve reports whether the answer that asks is the first one. It must be
// delivered then.
func (f *browserFlow) reserve() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.reserveLocked(false)
}

func (f *browserFlow) reserveLocked(trial bool) bool {
	if f.taken {
		return false
	}
	f.taken, f.trial = true, trial
	if !trial {
		f.endDevice()
	}
	return true
}

// endDevice: nobody asks about the code any more.
func (f *browserFlow) endDevice() {
	if f.device != nil {
		f.device.Close()
	}
}

func (f *browserFlow) deliver(a authorization) {
	if a.code != "" || a.device != nil {
		f.sayOnBoth(Note{Code: NoteExchanging, At: f.login.Clock.now()})
	}
	f.answers <- a
}

// take accepts the first answer and no other. While that is a pasted code, an
// answer of the issuer itself is kept until it is known what the code is worth.
func (f *browserFlow) take(a authorization) bool {
	f.mu.Lock()
	first := f.reserveLocked(a.pasted && a.code != "")
	if !first && f.trial && f.next == nil && !a.pasted {
		f.next = &a
	}
	f.mu.Unlock()
	if first {
		f.deliver(a)
	}
	return first
}

func (f *browserFlow) await(ctx context.Context) (grant, error) {
	f.mu.Lock()
	f.awaited = true
	closed := f.decided
	f.mu.Unlock()
	if closed {
		return grant{}, ErrCancelled
	}
	select {
	case <-ctx.Done():
		return grant{}, ctx.Err()
	case a := <-f.answers:
		f.byDevice, f.byPaste = a.device != nil, a.pasted
		if a.device != nil {
			return *a.device, nil
		}
		return grant{code: a.code, verifier: f.verifier, redirectURI: f.redirectURI}, a.err
	}
}

// exchange trades the code. A pasted one that is refused ends nothing: a slip
// of the person would cost them the page and the code that still wait.
func (f *browserFlow) exchange(ctx context.Context, g grant) (identified, error) {
	for {
		found, err := f.login.exchangeCode(ctx, f.challenge, g)
		if !f.byPaste || !refusesCode(err) {
			f.conclude()
			return found, err
		}
		f.sayOnBoth(Note{Code: NoteCodeRefused, At: f.login.Clock.now(), Err: err})
		f.reopen()
		if g, err = f.await(ctx); err != nil {
			return identified{}, err
		}
	}
}

// unsupportedCountry is the code of an issuer that serves nobody here.
const unsupportedCountry = "unsupported_country_region_territory"

// refusesCode reports whether the token endpoint has said for good that a code
// is none (RFC 6749 section 5.2), and not that it is in trouble or serves
// nobody here.
func refusesCode(err error) bool {
	var e *ServerError
	return errors.As(err, &e) && e.Status >= 400 && !isTrouble(e.Status) && e.Code != unsupportedCountry
}

// conclude: the answer that was taken is the last one.
func (f *browserFlow) conclude() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.trial, f.next = false, nil
	f.endDevice()
}

// reopen lets another answer be the first one, or takes the one that has come
// meanwhile.
func (f *browserFlow) reopen() {
	f.mu.Lock()
	next := f.next
	f.trial, f.next = false, nil
	if next == nil && f.closing {
		next = &authorization{err: ErrCancelled}
	}
	f.taken = next != nil
	if f.taken {
		f.endDevice()
	}
	f.mu.Unlock()
	if next != nil {
		f.deliver(*next)
	}
}

// enrich trades the ID token for an API key, as Codex does after a browser
// sign-in (RFC 8693). Accounts without an API organisation get none, and that
// is no failure. Nor is a server that takes its time: a login is in hand.
// Codex's device sign-in gets no key.
func (f *browserFlow) enrich(ctx context.Context, a *credstore.Auth) {
	if f.byDevice {
		return
	}
	ctx, cancel := f.login.Clock.limit(ctx, enrichLimit)
	defer cancel()
	answer, err := f.login.postForm(
		ctx, f.login.Issuer.tokenURL(),
		parameter{"grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"},
		parameter{"client_id", f.login.Issuer.ClientID},
		parameter{"requested_token", "openai-api-key"},
		parameter{"subject_token", a.Tokens.IDToken.Reveal()},
		parameter{"subject_token_type", "urn:ietf:params:oauth:token-type:id_token"},
	)
	if err != nil || !answer.ok() {
		return
	}
	var body struct {
		AccessToken string `json:"access_token"`
	}
	if answer.decode(&body) == nil && body.AccessToken != "" {
		key := credstore.NewSecret(body.AccessToken)
		a.APIKey = &key
	}
}

// decide makes the outcome known, once.
func (f *browserFlow) decide(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.decided {
		f.decided, f.outcome = true, err
		close(f.settled)
	}
}

// settle makes the outcome known to a browser that waits for it, and returns
// when that browser has been told, or will not be.
func (f *browserFlow) settle(err error) {
	f.decide(err)
	ctx, cancel := context.WithTimeout(context.Background(), pageLimit)
	defer cancel()
	f.pages.wait(ctx)
}

// close ends a sign-in that nobody has answered. One that was answered and is
// being worked on goes on, with the browser still waiting for how it ends, and
// is closed by Finish.
func (f *browserFlow) close() {
	if f.reserve() {
		f.deliver(authorization{err: ErrCancelled})
		f.decide(ErrCancelled)
	}
	f.mu.Lock()
	f.closing = true
	busy := f.awaited && !f.decided
	f.mu.Unlock()
	if busy {
		return
	}
	f.decide(ErrCancelled)
	f.stop() // the device way with it
	_ = f.server.Close()
}
