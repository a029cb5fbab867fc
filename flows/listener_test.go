package flows

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"

	"codex-login/assets"
	"codex-login/flows/sandbox"
)

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
	if why := busy.Ports[0].Err; !errors.Is(why, syscall.EADDRINUSE) && !errors.Is(why, syscall.Errno(10048)) {
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
