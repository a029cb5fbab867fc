package flows

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"codex-login/assets"
	"codex-login/flows/sandbox"
	"codex-login/policy"
)

// TestBrowserSignIn goes the whole way: the authorize URL, the sandbox's own
// pages, the redirect to the listener, the success page.
func TestBrowserSignIn(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	c := begin(t, l, Request{Method: Browser})
	end := finishing(t.Context(), l, c)
	page, err := s.Approve(t.Context(), c.URL, sandbox.MinaHarbour)
	if err != nil {
		t.Fatal(err)
	}
	r, err := end()
	if err != nil {
		t.Fatal(err)
	}
	if r.Account.Email != sandbox.MinaHarbour.Person || r.Account.WorkspaceID != sandbox.HarbourID {
		t.Errorf("account: %+v", r.Account)
	}
	if !strings.Contains(page.Body, "You are signed in") || strings.Contains(page.URL, "code=") {
		t.Errorf("the browser ended at %s with %.200s", page.URL, page.Body)
	}
	if a := load(t, l); a.APIKey == nil || a.APIKey.Empty() {
		t.Error("no API key was exchanged for")
	}
}

func TestBrowserWithoutAnAPIOrganisation(t *testing.T) {
	s := startSandbox(t, sandbox.Options{Setup: func(b *sandbox.Behaviour) {
		b.Inject(sandbox.KeyExchange, sandbox.OAuthError(400, "invalid_request", "no organisation"))
	}})
	l := newLogin(t, s)
	c := begin(t, l, Request{Method: Browser})
	end := finishing(t.Context(), l, c)
	if _, err := s.Approve(t.Context(), c.URL, sandbox.JonasFree); err != nil {
		t.Fatal(err)
	}
	if _, err := end(); err != nil {
		t.Fatal(err)
	}
	if load(t, l).APIKey != nil {
		t.Error("an API key came from nowhere")
	}
}

func TestAuthorizeURL(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s, `forced_chatgpt_workspace_id=["ws-a","ws-b"]`)
	c := begin(t, l, Request{Method: Browser})
	_, query, _ := strings.Cut(c.URL, "?")
	var names []string
	for _, pair := range strings.Split(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		names = append(names, name)
	}
	// The order of codex-cli 0.169.0, observed.
	want := []string{
		"response_type", "client_id", "redirect_uri", "code_challenge", "code_challenge_method", "state", "scope",
		"id_token_add_organizations", "codex_cli_simplified_flow", "originator", "allowed_workspace_id",
	}
	if !slices.Equal(names, want) {
		t.Errorf("parameters %v", names)
	}
	v, _ := url.ParseQuery(query)
	if len(v.Get("code_challenge")) != 43 || len(v.Get("state")) != 43 || v.Get("allowed_workspace_id") != "ws-a,ws-b" {
		t.Errorf("values %v", v)
	}
	if f := c.flow.(*browserFlow); len(f.verifier) != 86 {
		t.Errorf("verifier of %d characters", len(f.verifier))
	}
}

// ask sends a request to the listener of c.
func ask(t *testing.T, c *Challenge, method, path string, header map[string]string) (int, string) {
	t.Helper()
	base := c.flow.(*browserFlow).redirectURI
	base = strings.TrimSuffix(base, callbackPath)
	req, err := http.NewRequestWithContext(t.Context(), method, base+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		if name == "Host" {
			req.Host = value
			continue
		}
		req.Header.Set(name, value)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body)
}

// TestListenerRules asks what a stray or hostile program would ask, and then
// finishes the sign-in: none of it may have changed anything.
func TestListenerRules(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	c := begin(t, l, Request{Method: Browser})
	state := c.flow.(*browserFlow).state
	end := finishing(t.Context(), l, c)
	for _, test := range []struct {
		name, method, path string
		header             map[string]string
		status             int
	}{
		{"success without a login", "GET", "/success", nil, 404},
		{"no state", "GET", "/auth/callback?code=x", nil, 400},
		{"wrong state", "GET", "/auth/callback?code=x&state=wrong", nil, 400},
		{"two states", "GET", "/auth/callback?code=x&state=wrong&state=" + state, nil, 400},
		{"wrong state with an error", "GET", "/auth/callback?error=access_denied&state=wrong", nil, 400},
		{"POST", "POST", "/auth/callback?code=x&state=" + state, nil, 405},
		{"another host", "GET", "/auth/callback?code=x&state=" + state, map[string]string{"Host": "evil.test"}, 421},
		{"another host, our port", "GET", "/cancel", map[string]string{"Host": "evil.test:1455"}, 421},
		{"cancel by a page", "GET", "/cancel", map[string]string{"Origin": "https://evil.test"}, 403},
		{"cancel by a link", "GET", "/cancel", map[string]string{"Sec-Fetch-Mode": "navigate"}, 403},
		{"the root", "GET", "/", nil, 404},
		{"an icon", "GET", "/favicon.ico", nil, 404},
	} {
		if status, body := ask(t, c, test.method, test.path, test.header); status != test.status {
			t.Errorf("%s: %d, want %d: %.100s", test.name, status, test.status, body)
		}
	}
	if !noted(c, NoteWrongState) {
		t.Error("the wrong state was not said")
	}
	if _, err := s.Approve(t.Context(), c.URL, sandbox.MinaPlus); err != nil {
		t.Fatal(err)
	}
	if _, err := end(); err != nil {
		t.Fatal(err)
	}
}

// rawCancel is what the real Codex sends to take over the port.
func rawCancel(t *testing.T, c *Challenge) {
	t.Helper()
	conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", portOf(c)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, _ = io.WriteString(conn, "GET /cancel HTTP/1.1\r\nHost: 127.0.0.1:1455\r\nConnection: close\r\n\r\n")
	answer, _ := io.ReadAll(conn)
	if !strings.HasPrefix(string(answer), "HTTP/1.1 200") || !strings.HasSuffix(string(answer), "Login cancelled") {
		t.Errorf("answer: %.200s", answer)
	}
}

func portOf(c *Challenge) string {
	u, _ := url.Parse(c.flow.(*browserFlow).redirectURI)
	return u.Port()
}

func TestAnotherCodexTakesOver(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	c := begin(t, l, Request{Method: Browser})
	end := finishing(t.Context(), l, c)
	rawCancel(t, c)
	if _, err := end(); !errors.Is(err, ErrTakenOver) {
		t.Errorf("got %v", err)
	}
	nothingStored(t, l)
}

func TestBrowserRefusals(t *testing.T) {
	for name, test := range map[string]struct {
		refusal *sandbox.Refusal
		want    error
	}{
		"server_error": {&sandbox.Refusal{Error: "server_error", Description: "no \x1b[31mluck"}, &ServerError{}},
		"unavailable":  {&sandbox.Refusal{Error: "temporarily_unavailable"}, &ServerError{}},
		"denied":       {&sandbox.Refusal{Error: "access_denied", Description: "no \x1b[31mthanks"}, ErrDenied},
		"entitlement":  {sandbox.MissingEntitlement(), ErrNotEntitled},
	} {
		t.Run(name, func(t *testing.T) {
			s := startSandbox(t, sandbox.Options{Setup: func(b *sandbox.Behaviour) { b.Refuse = test.refusal }})
			l := newLogin(t, s)
			c := begin(t, l, Request{Method: Browser})
			end := finishing(t.Context(), l, c)
			if _, err := s.Approve(t.Context(), c.URL, sandbox.MinaPlus); err == nil {
				t.Log("the page said success") // what counts is below
			}
			_, err := end()
			var server *ServerError
			if isServer := errors.As(err, &server); isServer != errors.As(test.want, new(*ServerError)) || !isServer && !errors.Is(err, test.want) {
				t.Errorf("got %v", err)
			}
			if server != nil && !strings.Contains(Explain(l.Say, err).Title, "has trouble") {
				t.Errorf("said %+v", Explain(l.Say, err))
			}
			if e := Explain(l.Say, err); strings.ContainsRune(e.Text, '\x1b') {
				t.Errorf("an escape reached the screen: %q", e.Text)
			}
			nothingStored(t, l)
		})
	}
}

// TestPaste finishes a sign-in with what people bring from another machine.
func TestPaste(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	c := begin(t, l, Request{Method: Browser})
	f := c.flow.(*browserFlow)
	good := "http://127.0.0.1:1455/auth/callback?code=ac_0123456789abcdef&state=" + f.state
	for _, test := range []struct {
		name, text string
		problem    InputProblem
	}{
		{"as it is", good, ""},
		{"localhost", strings.Replace(good, "127.0.0.1", "localhost", 1), ""},
		{"another port", strings.Replace(good, "1455", "1457", 1), ""},
		{"no scheme", strings.TrimPrefix(good, "http://"), ""},
		{"wrapped and quoted", " \"" + good[:40] + "\n    " + good[40:70] + "\r\n" + good[70:] + "\"\n", ""},
		{"zero width", "\u200b" + good + "\ufeff", ""},
		{"only the query", good[strings.Index(good, "?"):], ""},
		{"only the pairs", good[strings.Index(good, "?")+1:], ""},
		{"a bare code", "ac_0123456789abcdef.xyz", ""},
		{"IPv6", strings.Replace(good, "127.0.0.1:1455", "[::1]:1455", 1), ""},
		{"with a fragment", good + "#", ""},
		{"escaped for HTML", strings.Replace(good, "&", "&amp;", 1), ""},
		{"escaped twice", strings.Replace(good, "&", "&amp;amp;", 1), ""},
		{"escaped for JSON", strings.Replace(good, "&", `\u0026`, 1), ""},
		{"escaped for a shell", strings.NewReplacer("&", `\&`, "?", `\?`, "=", `\=`).Replace(good), ""},
		{"escaped for cmd", strings.Replace(good, "&", "^&", 1), ""},
		{"the end of a sentence", "(" + good + ").", ""},
		{"in a chat", "<" + good + ">,", ""},
		{"capital letters", strings.Replace(good, "http://127.0.0.1", "HTTP://LocalHost", 1), ""},
		{"made https by the browser", strings.Replace(good, "http:", "https:", 1), ""},
		{"out of a pane", "│ " + good[:50] + " │\n│ " + good[50:] + "   │", ""},
		{"out of a mail", "> " + good[:50] + "\n> " + good[50:], ""},
		{"a wrapped bare code", "ac_012345678\n  9abcdef.xyz\r\n", ""},
		{"a bare code in quotes", "'ac_0123456789abcdef.xyz'.", ""},
		{"a state that was cut", good[:len(good)-1], InputWrongState},
		{"two states", good + "&state=other", InputWrongState},
		{"nothing", "  \n ", InputEmpty},
		{"a word", "hello", InputNotARedirect},
		{"the authorize URL", c.URL, InputNotARedirect},
		{"another site", "https://evil.test/auth/callback?code=ac_0123456789abcdef&state=" + f.state, InputNotARedirect},
		{"another path", "http://localhost:1455/success?code=x&state=" + f.state, InputNotARedirect},
		{"another sign-in", "http://localhost:1455/auth/callback?code=ac_0123456789abcdef&state=other", InputWrongState},
		{"no state", "http://localhost:1455/auth/callback?code=ac_0123456789abcdef", InputWrongState},
		{"no code", "http://localhost:1455/auth/callback?state=" + f.state, InputNoCode},
		{"far too long", strings.Repeat("x", 20<<10), InputTooLong},
	} {
		got, err := f.parsePaste(test.text)
		var input *InputError
		switch {
		case test.problem == "" && (err != nil || got.err != nil || !strings.HasPrefix(got.code, "ac_0123456789abcdef")):
			t.Errorf("%s: %+v, %v", test.name, got, err)
		case test.problem != "" && (!errors.As(err, &input) || input.Problem != test.problem):
			t.Errorf("%s: %v, want %s", test.name, err, test.problem)
		}
	}
}

func TestPasteFinishesTheSignIn(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	c := begin(t, l, Request{Method: Browser})
	end := finishing(t.Context(), l, c)
	// The browser is on another machine: the page at the end does not load,
	// and its address is what the person can copy.
	_ = c.flow.(*browserFlow).server.Close()
	_, err := s.Approve(t.Context(), c.URL, sandbox.MinaPlus)
	var unreachable *url.Error
	if !errors.As(err, &unreachable) {
		t.Fatalf("got %v", err)
	}
	redirect := unreachable.URL
	if err := c.Answer(redirect); err != nil {
		t.Fatal(err)
	}
	if _, err := end(); err != nil {
		t.Fatal(err)
	}
	var input *InputError
	if err := c.Answer(redirect); !errors.As(err, &input) {
		t.Errorf("a second answer was taken: %v", err)
	}
}

func TestWrongWorkspaceStoresNothing(t *testing.T) {
	s := startSandbox(t, sandbox.Options{Setup: func(b *sandbox.Behaviour) { b.WorkspaceID = "ws-other" }})
	l := newLogin(t, s, `forced_chatgpt_workspace_id="`+sandbox.HarbourID+`"`)
	c := begin(t, l, Request{Method: Browser})
	end := finishing(t.Context(), l, c)
	_, _ = s.Approve(t.Context(), c.URL, sandbox.MinaHarbour)
	_, err := end()
	var v *policy.Violation
	if !errors.As(err, &v) || v.Rule != policy.ForcedWorkspace {
		t.Fatalf("got %v", err)
	}
	nothingStored(t, l)
	if n := len(s.RequestsTo(sandbox.KeyExchange)); n != 0 {
		t.Errorf("%d API keys were asked for a login that was refused", n)
	}
}

func TestBothPortsBusy(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	l.ports = callbackPorts
	for _, addr := range []string{"127.0.0.1:1455", "127.0.0.1:1457"} {
		ln, err := net.Listen("tcp", addr)
		if err != nil {
			portTaken(t, addr)
		}
		defer func() { _ = ln.Close() }()
	}
	_, err := l.Begin(t.Context(), Request{Method: Browser})
	var busy *PortBusyError
	if !errors.As(err, &busy) || len(busy.Ports) != 2 {
		t.Fatalf("got %v", err)
	}
	if !errors.Is(busy.Ports[0].Err, syscall.EADDRINUSE) {
		t.Errorf("why: %v", busy.Ports[0].Err)
	}
	if busy.Ports[0].Program == "" || busy.Ports[0].PID == 0 {
		t.Errorf("the holder is not named: %+v", busy.Ports)
	}
	if e := Explain(l.Say, err); !strings.Contains(e.Text, busy.Ports[0].Program) {
		t.Errorf("text: %s", e.Text)
	}
}

// portTaken skips by name. In a network namespace of its own nobody else can
// have the port, so there it is a failure.
func portTaken(t *testing.T, addr string) {
	t.Helper()
	if sandbox.Isolated() || os.Getenv("CI") == "true" {
		t.Fatalf("%s is in use", addr)
	}
	t.Skipf("%s is in use on this machine", addr)
}

func TestSecondPortIsNamed(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	l.ports = callbackPorts
	ln, err := net.Listen("tcp", "127.0.0.1:1455")
	if err != nil {
		portTaken(t, "127.0.0.1:1455")
	}
	defer func() { _ = ln.Close() }()
	c := begin(t, l, Request{Method: Browser})
	if c.Port != 1457 || !noted(c, NoteOtherPort) || !strings.Contains(c.URL, "127.0.0.1%3A1457") {
		t.Errorf("port %d, notes %v", c.Port, c.Notes())
	}
}

// A port that the system keeps for itself is nobody's.
func TestPortThatTheSystemKeeps(t *testing.T) {
	say := assets.Speak("en")
	for _, why := range []error{syscall.EACCES, &net.OpError{Op: "listen", Err: os.NewSyscallError("bind", wsaAccess)}} {
		holder := holderOf(t.Context(), 1455, why)
		if !errors.Is(holder.Err, why) || holder.Program != "" {
			t.Errorf("%+v", holder)
		}
		if e := Explain(say, &PortBusyError{Ports: []PortHolder{holder}}); !strings.Contains(e.Text, "1455: not permitted by the system (reserved range)") {
			t.Error(e.Text)
		}
		if text := ExplainNote(say, Note{Code: NoteOtherPort, Err: holder.Err}); !strings.Contains(text, "the system") {
			t.Error(text)
		}
	}
}

func TestBrowserThatDoesNotStart(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	l.Open = Opener("/nonexistent/browser", func(string) string { return "" })
	c := begin(t, l, Request{Method: Browser})
	if err := c.OpenBrowser(t.Context()); err == nil || !noted(c, NoteBrowserFailed) {
		t.Errorf("error %v, notes %v", err, c.Notes())
	}
}

func TestOpenerRefusesOtherSchemes(t *testing.T) {
	open := Opener("/bin/true", func(string) string { return "" })
	for _, target := range []string{"file:///etc/passwd", "javascript:alert(1)", "-flag"} {
		if open(t.Context(), target) == nil {
			t.Errorf("%s was opened", target)
		}
	}
}

// What the server sends instead of tokens must store nothing and be said.
func TestBadTokenAnswers(t *testing.T) {
	for name, fault := range map[string]sandbox.Fault{
		"garbage": sandbox.Garbage(), "empty": sandbox.Empty(), "1 GB": sandbox.Endless(1 << 30),
		"cut": sandbox.Cut(), "dropped": sandbox.Drop(), "503": sandbox.Status(503, "<html>\x1b[2J</html>"),
		"400": sandbox.OAuthError(400, "invalid_grant", "used \x1b[31malready"),
	} {
		t.Run(name, func(t *testing.T) {
			s := startSandbox(t, sandbox.Options{Setup: func(b *sandbox.Behaviour) { b.Inject(sandbox.CodeExchange, fault) }})
			l := newLogin(t, s)
			c := begin(t, l, Request{Method: Device})
			if err := s.ApproveDevice(t.Context(), c.UserCode, sandbox.MinaPlus); err != nil {
				t.Fatal(err)
			}
			l.Clock = (&steppedClock{now: time.Now()}).clock()
			_, err := l.Finish(t.Context(), c)
			if err == nil {
				t.Fatal("no error")
			}
			nothingStored(t, l)
			e := Explain(l.Say, err)
			if e.Title == "" || strings.Contains(e.Title+e.Text+e.Next, "\x1b") || strings.HasPrefix(e.Title, "explain.") {
				t.Errorf("explanation: %+v", e)
			}
			for _, r := range s.RequestsTo(sandbox.CodeExchange) {
				if r.Sent > 8<<20 {
					t.Errorf("%d bytes were taken", r.Sent)
				}
			}
		})
	}
}

func FuzzPaste(f *testing.F) {
	f.Add("http://127.0.0.1:1455/auth/callback?code=abc&state=STATE")
	f.Add("code=1&state=STATE&error=x")
	f.Add("│ localhost:1455/auth/callback?code=abc&amp;st │\n> ate=STATE).")
	f.Add(`\u0026amp;amp;^\?code=&#38;`)
	flow := &browserFlow{state: "STATE"}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := flow.parsePaste(text)
		if err != nil {
			var input *InputError
			if !errors.As(err, &input) {
				t.Errorf("untyped error %v", err)
			}
			return
		}
		if a.code == "" && a.err == nil {
			t.Error("taken without a code and without an error")
		}
	})
}
