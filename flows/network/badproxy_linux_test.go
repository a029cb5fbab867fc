package network

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// behave is a proxy that does with each CONNECT what it is told.
func behave(t *testing.T, do func(c net.Conn, target string)) string {
	t.Helper()
	return acceptEach(t, "127.0.0.1:0", func(c net.Conn) {
		if r, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
			do(c, r.Host)
		}
	})
}

func says(text string) func(net.Conn, string) {
	return func(c net.Conn, _ string) { _, _ = io.WriteString(c, text) }
}

// tunnel is a proxy that works.
func tunnel(c net.Conn, target string) {
	there, err := net.Dial("tcp", target)
	if err != nil {
		_, _ = io.WriteString(c, "HTTP/1.1 502 Bad Gateway\r\n\r\n")
		return
	}
	defer func() { _ = there.Close() }()
	_, _ = io.WriteString(c, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() { _, _ = io.Copy(there, c) }()
	_, _ = io.Copy(c, there)
}

// inspect is a proxy that reads along, with an authority of its own.
func inspect(config *tls.Config) func(net.Conn, string) {
	return func(c net.Conn, _ string) {
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
		secured := tls.Server(c, config)
		if _, err := http.ReadRequest(bufio.NewReader(secured)); err == nil {
			_, _ = io.WriteString(secured, "HTTP/1.1 503 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		}
		_ = secured.Close()
	}
}

// nobody is an address where nothing listens.
func nobody(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	return l.Addr().String()
}

// Each kind of broken proxy is told apart, and the real Codex gets nowhere
// through it either. The password is nowhere to be seen.
func TestBrokenProxies(t *testing.T) {
	needOutside(t)
	bin := codexBin(t)
	public, company := newAuthority(t, "Public Root"), newAuthority(t, "Inspection CA")
	server := strings.Replace(unavailable(t, public.server(nil)), "127.0.0.1", outside.String(), 1)
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(server, "https://"))
	forward(t, outside.String()+":"+port, "127.0.0.1:"+port)
	right := written(t, public.pem)
	company407 := "HTTP/1.1 407 No\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n"
	wants := map[string][]string{"407, Basic": {"Basic"}, "407, company": {"Negotiate", "NTLM"}}
	for name, test := range map[string]struct {
		proxy string
		cause Cause
		codex opinion
	}{
		"works":             {behave(t, tunnel), "", trusted},
		"refuses":           {nobody(t), CauseRefused, untrusted},
		"name is not known": {"proxy.invalid:8080", CauseName, ""},
		"407, Basic":        {behave(t, says("HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"a, b\"\r\n\r\n")), CauseAuthentication, untrusted},
		"407, company":      {behave(t, says(company407)), CauseAuthentication, untrusted},
		"407, no scheme":    {behave(t, says("HTTP/1.1 407 No\r\n\r\n")), CauseAuthentication, untrusted},
		"403":               {behave(t, says("HTTP/1.1 403 Forbidden\r\n\r\n")), CauseStatus, untrusted},
		"502":               {behave(t, says("HTTP/1.1 502 Bad\r\n\r\n")), CauseStatus, untrusted},
		"hangs":             {behave(t, func(c net.Conn, _ string) { _, _ = c.Read(make([]byte, 1)) }), CauseSilent, ""},
		"garbage":           {behave(t, says("SSH-2.0-OpenSSH_9.2\r\n")), CauseGarbage, untrusted},
		"hangs up":          {behave(t, says("")), CauseDropped, untrusted},
		"inspects":          {behave(t, inspect(company.server(nil))), CauseInspected, untrusted},
		"a web server":      {strings.TrimPrefix(unavailable(t, nil), "http://"), CauseStatus, untrusted},
	} {
		t.Run(name, func(t *testing.T) {
			env := map[string]string{"HTTPS_PROXY": "http://mina:hunter2@" + test.proxy, "CODEX_CA_CERTIFICATE": right}
			client := NewClient(environment(env))
			if test.cause == CauseSilent {
				client.own().limits.step = 300 * time.Millisecond
			}
			_, err := ask(t, client, server)
			var e *Error
			if errors.As(err, &e) != (test.cause != "") || e != nil && e.Cause != test.cause {
				t.Fatalf("got %v", err)
			}
			if e != nil && (e.Proxy.Variable != "HTTPS_PROXY" || e.Proxy.Address != "http://"+test.proxy || strings.Contains(fmt.Sprintf("%+v %v", *e, e), "hunter2")) {
				t.Errorf("the proxy is not named: %+v", e)
			}
			if e != nil && !slices.Equal(e.Schemes, wants[name]) {
				t.Errorf("it wants %q", e.Schemes)
			}
			c := client.Try(t.Context(), get(t, server), anyAnswer)
			var again *Error
			switch {
			case test.cause == "":
				if c.Stage != StageDone || c.Status != 503 || len(c.Presented) == 0 || !c.Private || len(c.Addresses) > 0 {
					t.Errorf("%+v", c)
				}
			case !errors.As(c.Err, &again) || again.Cause != test.cause || c.Proxy.Variable != "HTTPS_PROXY" || c.Host != again.Host:
				t.Errorf("%+v", c)
			}
			if test.codex != "" {
				if theirs, said := codexSays(t, bin, server, env); theirs != test.codex {
					t.Errorf("the real codex: %s", said)
				}
			}
		})
	}
	t.Run("inspects, and is trusted", func(t *testing.T) {
		env := map[string]string{"HTTPS_PROXY": "http://" + behave(t, inspect(company.server(nil))), "CODEX_CA_CERTIFICATE": written(t, company.pem)}
		ours, err := weSay(t, server, env)
		theirs, said := codexSays(t, bin, server, env)
		if ours != trusted || theirs != trusted {
			t.Errorf("%v, %s", err, said)
		}
	})
	t.Run("SOCKS", func(t *testing.T) {
		// It is spoken here; the real Codex speaks HTTP to it.
		env := map[string]string{"ALL_PROXY": "socks5h://" + socks(t), "CODEX_CA_CERTIFICATE": right}
		ours, err := weSay(t, server, env)
		theirs, said := codexSays(t, bin, server, env)
		if ours != trusted || theirs != untrusted {
			t.Errorf("%v, %s", err, said)
		}
	})
}

// forward listens on from for whoever connects, and leads to to.
func forward(t *testing.T, from, to string) {
	t.Helper()
	acceptEach(t, from, func(c net.Conn) {
		there, err := net.Dial("tcp", to)
		if err != nil {
			return
		}
		defer func() { _ = there.Close() }()
		go func() { _, _ = io.Copy(there, c) }()
		_, _ = io.Copy(c, there)
	})
}

// socks is a SOCKS5 proxy (RFC 1928) without authentication.
func socks(t *testing.T) string {
	t.Helper()
	return acceptEach(t, "127.0.0.1:0", func(c net.Conn) {
		head := make([]byte, 2)
		if _, err := io.ReadFull(c, head); err != nil || head[0] != 5 {
			return
		}
		_, _ = io.ReadFull(c, make([]byte, head[1]))
		_, _ = c.Write([]byte{5, 0})
		ask := make([]byte, 10) // version, connect, 0, IPv4, address, port
		if _, err := io.ReadFull(c, ask); err != nil || ask[3] != 1 {
			return
		}
		there, err := net.DialTCP("tcp", nil, &net.TCPAddr{IP: ask[4:8], Port: int(ask[8])<<8 | int(ask[9])})
		if err != nil {
			return
		}
		defer func() { _ = there.Close() }()
		_, _ = c.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
		go func() { _, _ = io.Copy(there, c) }()
		_, _ = io.Copy(c, there)
	})
}
