package network

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// answering is a proxy that gives every request this answer, and tells the
// header of the first.
func answering(t *testing.T, answer string) (address string, asked <-chan http.Header) {
	t.Helper()
	headers := make(chan http.Header, 1)
	return acceptEach(t, "127.0.0.1:0", func(c net.Conn) {
		if r, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
			select {
			case headers <- r.Header:
			default:
			}
		}
		_, _ = io.WriteString(c, answer)
	}), headers
}

// acceptEach listens on an address and serves each connection, which is closed
// at the end of the test at the latest. It returns the address.
func acceptEach(t *testing.T, address string, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { close(done); _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { <-done; _ = c.Close() }()
			go func() {
				defer func() { _ = c.Close() }()
				serve(c)
			}()
		}
	}()
	return l.Addr().String()
}

// What a proxy answers is not repeated, in whatever way it is wrong, and it is
// not told what language this program is written in.
func TestProxyAnswersAreNotRepeated(t *testing.T) {
	const secret = "hunter2"
	for name, test := range map[string]struct {
		answer string
		cause  Cause
	}{
		"status line": {"HTTP/1.1 " + secret + "\r\n\r\n", CauseGarbage},
		"header line": {"HTTP/1.1 200 OK\r\n" + secret + " run this\r\n\r\n", CauseGarbage},
		"length":      {"HTTP/1.1 200 OK\r\nContent-Length: " + secret + "\r\n\r\n", CauseOther},
		"coding":      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: " + secret + "\r\n\r\n", CauseOther},
		"403":         {"HTTP/1.1 403 " + secret + "\r\n\r\n", CauseStatus},
	} {
		t.Run(name, func(t *testing.T) {
			address, asked := answering(t, test.answer)
			c := NewClient(environment(set("HTTPS_PROXY", "http://"+address))).Try(t.Context(), get(t, "https://auth.test:8443"), anyAnswer)
			var e *Error
			if !errors.As(c.Err, &e) || e.Problem != Proxy || e.Cause != test.cause && test.cause != CauseOther {
				t.Fatalf("%v", c.Err)
			}
			if all := fmt.Sprintf("%+v %v", *e, c.Err); strings.Contains(all, secret) {
				t.Error(all)
			}
			if agent := (<-asked).Get("User-Agent"); agent != "" {
				t.Errorf("the proxy is told of %s", agent)
			}
		})
	}
}

// A password that stands where a scheme belongs is not repeated.
func TestSchemesThatAreRepeated(t *testing.T) {
	for value, want := range map[string]string{"ftp://proxy.test": "ftp", "hunter2://proxy.test": ""} {
		_, err := parseProxy("HTTPS_PROXY", value)
		var variable *ProxyVariableError
		if !errors.As(err, &variable) || variable.Scheme != want || (variable.Problem == ProxyScheme) != (want != "") {
			t.Errorf("%s: %+v", value, variable)
		}
	}
}
