package doctor

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// listen is a server on loopback that treats every connection alike.
func listen(w *ward, serve func(net.Conn)) string {
	w.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(w, err)
	w.t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serve(c)
		}
	}()
	return l.Addr().String()
}

func answers(status string) func(net.Conn) {
	return func(c net.Conn) {
		defer func() { _ = c.Close() }()
		_, _ = c.Read(make([]byte, 4096))
		_, _ = c.Write([]byte("HTTP/1.1 " + status + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
	}
}

func networkSetups() []setup {
	far := "https://auth.invalid" // a name that no name server has (RFC 6761)
	closed := func(w *ward) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		must(w, err)
		defer func() { _ = l.Close() }()
		return l.Addr().String()
	}
	proxied := func(w *ward, address string) {
		w.issuer = far
		w.env["HTTPS_PROXY"] = "http://ada:hunter2secret@" + address
	}
	return []setup{
		{"a name that nobody knows", "issuer.name", Problem, "auth.invalid", func(w *ward) { w.issuer = far }},
		{"a server that is not there", "issuer.connect", Problem, "nothing listens there", func(w *ward) { w.issuer = "http://" + closed(w) }},
		{"a server that fails", "chatgpt.server", Problem, "(500)", func(w *ward) {
			w.answer = func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusInternalServerError) }
		}},
		{"an API that fails, and a login for it", "api.server", Problem, "(500)", func(w *ward) {
			w.store(apiKey)
			w.answer = func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusInternalServerError) }
		}},
		{"an API that fails, and nobody who needs it", "api.server", Note, "(500)", func(w *ward) {
			w.answer = func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusInternalServerError) }
		}},
		{"a server without websockets", "socket.server", Problem, "(404)", func(w *ward) {
			sane := w.answer
			w.answer = func(rw http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Upgrade") != "" {
					http.NotFound(rw, r)
					return
				}
				sane(rw, r)
			}
		}},
		{"a certificate that nobody trusts", "issuer.untrusted", Problem, "Acme Co", func(w *ward) {
			s := httptest.NewTLSServer(http.HandlerFunc(w.answer))
			w.t.Cleanup(s.Close)
			w.issuer = s.URL
		}},
		{"a server that speaks no TLS", "issuer.tls", Problem, "something else answers there", func(w *ward) {
			w.issuer = "https://" + strings.TrimPrefix(w.server.URL, "http://")
		}},
		{"a server that breaks off", "issuer.tls", Problem, "No secure connection", func(w *ward) {
			w.issuer = "https://" + listen(w, func(c net.Conn) { _ = c.Close() })
		}},
		{"a bundle that is not there", "certificates.broken", Problem, "CODEX_CA_CERTIFICATE names ~/gone.pem", func(w *ward) {
			w.env["CODEX_CA_CERTIFICATE"] = filepath.Join(filepath.Dir(w.home), "gone.pem")
		}},
		{"a bundle without a certificate", "certificates.broken", Problem, "no certificate is in it", func(w *ward) {
			w.env["CODEX_CA_CERTIFICATE"] = w.write("bundle.pem", "hello\n", 0o600)
		}},
		{"a bundle cut short", "certificates.broken_line", Problem, "a block has no END line", func(w *ward) {
			w.env["SSL_CERT_FILE"] = w.write("bundle.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n", 0o600)
		}},
		{"a bundle spoils every request", "issuer.setup", Problem, "was not asked", func(w *ward) {
			w.env["CODEX_CA_CERTIFICATE"] = w.write("bundle.pem", "hello\n", 0o600)
		}},
		{"a proxy that is not there", "issuer.connect_proxied", Problem, "HTTPS_PROXY", func(w *ward) { proxied(w, closed(w)) }},
		{"a proxy that wants a password", "issuer.proxy_password", Problem, "(407)", func(w *ward) {
			proxied(w, listen(w, answers("407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=x")))
		}},
		{"a proxy that refuses", "issuer.proxy_refused", Problem, "does not let Codex through to auth.invalid", func(w *ward) {
			proxied(w, listen(w, answers("403 Forbidden")))
		}},
		{"a proxy variable that cannot be read", "proxy.unreadable", Problem, "HTTPS_PROXY", func(w *ward) {
			w.issuer = far
			w.env["HTTPS_PROXY"] = "http://ada:hunter2secret@a:b:c"
		}},
		{"one port held", "ports.held", Note, "1455 is held by ", func(w *ward) { hold(w, "1455") }},
		{"both ports held", "ports.held", Problem, "1455 is held by ", func(w *ward) { hold(w, "1455", "1457") }},
	}
}

func hold(w *ward, ports ...string) {
	w.t.Helper()
	for _, p := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:"+p)
		must(w, err)
		w.t.Cleanup(func() { _ = l.Close() })
	}
}

func surroundingsSetups() []setup {
	return []setup{
		{"a BROWSER that is not there", "browser.variable", Warning, "BROWSER", func(w *ward) { w.env["BROWSER"] = "/nowhere/browser" }},
		{"a --browser that is not there", "browser.command", Warning, "--browser", func(w *ward) { w.s.Browser = "/nowhere/browser" }},
		{"no display", "browser.no_display", Note, "no display", func(w *ward) {
			delete(w.env, "DISPLAY")
			delete(w.env, "BROWSER")
		}},
		{"a display, and no browser", "browser.missing", Warning, "no program", func(w *ward) {
			delete(w.env, "BROWSER")
			w.t.(*testing.T).Setenv("PATH", w.dir)
		}},
		{"tmux that keeps what is copied", "clipboard.tmux_off", Note, "set-clipboard off", func(w *ward) {
			w.env["TMUX"] = "/tmp/tmux-0/default,1,0"
			w.s.Output = func(_ context.Context, program string, _ ...string) (string, error) {
				if program == "tmux" {
					return "off\n", nil
				}
				return "codex-cli 0.169.0\n", nil
			}
		}},
		{"the console", "clipboard.none", Note, "has none", func(w *ward) { w.env["TERM"] = "linux" }},
		{"a dumb terminal", "terminal.dumb", Warning, "dumb", func(w *ward) { w.env["TERM"] = "dumb" }},
		{"a terminal without a name", "terminal.unnamed", Warning, "TERM", func(w *ward) { delete(w.env, "TERM") }},
		{"a small terminal", "terminal.small", Warning, "39x14", func(w *ward) { w.s.Size = func() (int, int, bool) { return 39, 14, true } }},
		{"a locale without UTF-8", "terminal.ascii", Note, "UTF-8", func(w *ward) { w.env["LC_ALL"] = "C" }},
		{"no codex", "codex.missing", Note, "PATH", func(w *ward) { w.s.LookPath = func(string) (string, error) { return "", os.ErrNotExist } }},
		{"a codex that does not run", "codex.broken", Warning, "/usr/bin/codex", func(w *ward) {
			w.s.Output = func(context.Context, string, ...string) (string, error) { return "", errors.New("exit status 127") }
		}},
		{"a codex that does not answer", "codex.silent", Warning, "/usr/bin/codex", func(w *ward) {
			w.s.deadline = 300 * time.Millisecond
			w.s.Output = func(ctx context.Context, _ string, _ ...string) (string, error) { <-ctx.Done(); return "", ctx.Err() }
		}},
	}
}
