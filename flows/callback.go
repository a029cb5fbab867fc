package flows

import (
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"codex-login/assets"
	"codex-login/assets/display"
	"codex-login/flows/loginlog"
	"codex-login/flows/network"
)

// pageLimit is how long the browser gets to fetch the last page before the
// listener goes away.
const pageLimit = 3 * time.Second

// The listener's rules: loopback names only (a page elsewhere must not reach
// it by DNS rebinding), GET only, state compared in constant time, one answer
// taken, a wrong state changes nothing, no secret in a URL or a page.
func (f *browserFlow) newServer() *http.Server {
	return &http.Server{
		Handler:           f.onlyLoopbackHost(http.HandlerFunc(f.serve)),
		ReadHeaderTimeout: 10 * time.Second,
		MaxHeaderBytes:    64 << 10,
		// Otherwise net/http writes over the wizard.
		ErrorLog: log.New(io.Discard, "", 0),
	}
}

// serve knows three paths, as they are written. A mux would answer another
// spelling of one with a redirect, whose page has the query and the code in it.
func (f *browserFlow) serve(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case callbackPath:
		f.callback(w, r)
	case "/success":
		f.success(w, r)
	case "/cancel":
		f.cancel(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (f *browserFlow) onlyLoopbackHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		switch strings.Trim(host, "[]") {
		case "127.0.0.1", "localhost", "::1":
			next.ServeHTTP(w, r)
		default:
			f.login.warn(loginlog.CallbackNot, loginlog.Word("why", "host"))
			http.Error(w, "Wrong host", http.StatusMisdirectedRequest)
		}
	})
}

// callback is the redirect of RFC 6749 section 4.1.2.
func (f *browserFlow) callback(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		f.login.warn(loginlog.CallbackNot, loginlog.Word("why", "method"))
		w.Header().Set("Allow", http.MethodGet)
		http.Error(w, "Only GET", http.StatusMethodNotAllowed)
		return
	}
	query := r.URL.Query()
	if !f.sameState(query) {
		f.challenge.note(Note{Code: NoteWrongState, At: f.login.Clock.now()})
		f.page(w, http.StatusBadRequest, "page.state")
		return
	}
	f.pages.owe()
	f.arrived(loginlog.Callback, f.authorizationOf(query))
	select {
	case <-f.settled:
	case <-r.Context().Done():
		f.pages.drop()
		return
	}
	if f.outcome == nil {
		// Away from the URL with the code in it, so that neither the history
		// nor a reload has it.
		noStore(w)
		http.Redirect(w, r, "/success", http.StatusFound)
		return
	}
	defer f.pages.show()
	why := Explain(f.login.Say, f.outcome)
	f.write(w, http.StatusBadRequest, assets.Page{
		Failed: true, Title: why.Title, Text: why.Text, Hint: f.login.Say.Say("page.failed.hint"),
	})
}

func (f *browserFlow) success(w http.ResponseWriter, r *http.Request) {
	select {
	case <-f.settled:
		if f.outcome == nil && r.Method == http.MethodGet {
			defer f.pages.show()
			f.write(w, http.StatusOK, assets.Page{
				Title: f.login.Say.Say("page.success.title"), Text: f.login.Say.Say("page.success.text"),
				Hint: f.login.Say.Say("page.success.hint"),
			})
			return
		}
	default:
	}
	http.NotFound(w, r)
}

// cancel lets another Codex sign-in on this machine take over the port, which
// is how Codex does it. A web page must not be able to, so any header that
// only a browser sends rules it out.
func (f *browserFlow) cancel(w http.ResponseWriter, r *http.Request) {
	for _, h := range []string{"Origin", "Referer", "User-Agent", "Cookie", "Accept-Language", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Fetch-Dest"} {
		if r.Header.Get(h) != "" {
			http.Error(w, "Not for browsers", http.StatusForbidden)
			return
		}
	}
	f.login.warn(loginlog.TakenOver)
	// Once an answer is being worked on there is nothing left to take over, and
	// saying so would be a lie over a login that is about to be stored.
	if !f.reserve() {
		http.Error(w, "Login in progress", http.StatusConflict)
		return
	}
	const said = "Login cancelled"
	w.Header().Set("Connection", "close")
	w.Header().Set("Content-Length", strconv.Itoa(len(said)))
	_, _ = w.Write([]byte(said))
	_ = http.NewResponseController(w).Flush()
	f.deliver(authorization{err: ErrTakenOver})
}

// arrived takes an answer of the issuer. The first one counts.
func (f *browserFlow) arrived(e loginlog.Event, a authorization) bool {
	if a.err != nil {
		f.login.failed(e, a.err)
	} else {
		f.login.info(e)
	}
	if f.take(a) {
		return true
	}
	f.login.warn(loginlog.CallbackNot, loginlog.Word("why", "second"))
	return false
}

// sameState demands exactly one state, equal to ours.
func (f *browserFlow) sameState(query url.Values) bool {
	got := query["state"]
	return len(got) == 1 && subtle.ConstantTimeCompare([]byte(got[0]), []byte(f.state)) == 1
}

// authorizationOf reads the authorization response; its state has been
// checked. An empty error is none.
func (f *browserFlow) authorizationOf(query url.Values) authorization {
	code, description := display.Line(query.Get("error"), 80), display.Line(query.Get("error_description"), 300)
	if code == "" && query.Get("code") != "" {
		return authorization{code: query.Get("code")}
	}
	if b := barred(&ServerError{Code: code, Detail: description}); b != nil {
		b.Host = network.HostOf(f.login.Issuer.base())
		return authorization{err: b}
	}
	switch {
	case code == "server_error":
		// What a redirect cannot say by an HTTP status (RFC 6749 section
		// 4.1.2.1), and no refusal.
		return authorization{err: f.trouble(http.StatusInternalServerError, description)}
	case code == "temporarily_unavailable":
		return authorization{err: f.trouble(http.StatusServiceUnavailable, description)}
	case code != "":
		return authorization{err: &DeniedError{Code: code, Description: description}}
	}
	return authorization{err: errNoCode}
}

func (f *browserFlow) trouble(status int, description string) error {
	return &ServerError{Host: network.HostOf(f.login.Issuer.base()), Endpoint: "/oauth/authorize", Status: status, Detail: description}
}

// pages counts the browsers that wait for the outcome.
type pages struct {
	mu      sync.Mutex
	owed    int
	shown   bool
	changed chan struct{}
}

func newPages() *pages { return &pages{changed: make(chan struct{}, 1)} }

func (p *pages) owe()  { p.change(func() { p.owed++ }) }
func (p *pages) drop() { p.change(func() { p.owed-- }) } // the browser has gone
func (p *pages) show() { p.change(func() { p.shown = true }) }

func (p *pages) change(how func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	how()
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

// wait returns when a browser has been told or none waits any more.
func (p *pages) wait(ctx context.Context) {
	for {
		p.mu.Lock()
		done := p.owed == 0 || p.shown
		p.mu.Unlock()
		if done {
			return
		}
		select {
		case <-p.changed:
		case <-ctx.Done():
			return
		}
	}
}

var errNoCode = errors.New("the issuer sent the browser back without a code")

func (f *browserFlow) page(w http.ResponseWriter, status int, id string) {
	f.write(w, status, assets.Page{
		Failed: true, Title: f.login.Say.Say(id + ".title"), Text: f.login.Say.Say(id + ".text"),
		Hint: f.login.Say.Say(id + ".hint"),
	})
}

func noStore(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("X-Content-Type-Options", "nosniff")
}

func (f *browserFlow) write(w http.ResponseWriter, status int, p assets.Page) {
	noStore(w)
	nonce := randomText(16)
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+nonce+"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	p.Nonce = nonce
	var body bytes.Buffer
	_ = p.Write(&body)
	w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes())
	// Whole and on its way before anybody takes the listener down.
	_ = http.NewResponseController(w).Flush()
}
