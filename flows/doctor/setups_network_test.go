package doctor

import (
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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
		{"a name that nobody knows", "names.unknown", Problem, "auth.invalid", func(w *ward) { w.issuer = far }},
		{"a server that is not there", "issuer.connect", Problem, "nothing listens there", func(w *ward) { w.issuer = "http://" + closed(w) }},
		{"a server that fails", "issuer.server", Problem, "(500)", func(w *ward) {
			w.answer = func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusInternalServerError) }
		}},
		{"a ChatGPT back end that fails", "chatgpt.server", Problem, "(500)", func(w *ward) {
			w.answer = func(rw http.ResponseWriter, r *http.Request) {
				if strings.HasPrefix(r.URL.Path, "/codex/responses") {
					rw.WriteHeader(http.StatusInternalServerError)
				}
			}
		}},
		{"an API that fails, and a login for it", "api.server", Problem, "(500)", func(w *ward) {
			w.store(apiKey)
			w.answer = func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusInternalServerError) }
		}},
		{"an API that fails, and nobody who needs it", "api.server", Note, "(500)", func(w *ward) {
			w.answer = func(rw http.ResponseWriter, r *http.Request) {
				if strings.HasPrefix(r.URL.Path, "/v1/models") {
					rw.WriteHeader(http.StatusInternalServerError)
				}
			}
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
		{"a certificate that nobody trusts", "issuer.self_signed", Problem, "Acme Co", func(w *ward) {
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
		{"a bundle cut short", "certificates.broken", Problem, "block 1 (CERTIFICATE), line 1, a block has no END line", func(w *ward) {
			w.env["SSL_CERT_FILE"] = w.write("bundle.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n", 0o600)
		}},
		{"a bundle spoils every request", "issuer.see", Skipped, "see Certificates", func(w *ward) {
			w.env["CODEX_CA_CERTIFICATE"] = w.write("bundle.pem", "hello\n", 0o600)
		}},
		{"an issuer that is no address", "issuer.no_address", Problem, "no address", func(w *ward) { w.issuer = "nowhere" }},
		{"a proxy that is not there", "proxy.gone", Problem, "HTTPS_PROXY", func(w *ward) { proxied(w, closed(w)) }},
		{"a proxy that wants a password", "proxy.password", Problem, "(407)", func(w *ward) {
			proxied(w, listen(w, answers("407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=x")))
		}},
		{"a proxy that refuses", "proxy.forbidden", Problem, "does not let Codex through to auth.invalid", func(w *ward) {
			proxied(w, listen(w, answers("403 Forbidden")))
		}},
		{"a proxy variable that cannot be read", "proxy.unreadable", Problem, "HTTPS_PROXY", func(w *ward) {
			w.issuer = far
			w.env["HTTPS_PROXY"] = "http://ada:hunter2secret@a:b:c"
		}},
		{"a proxy that never answers", "proxy.silent", Problem, "does not answer in time", func(w *ward) {
			w.s.deadline = 400 * time.Millisecond
			proxied(w, listen(w, func(net.Conn) {}))
		}},
		{"a SOCKS proxy", "proxy.socks", Warning, "ALL_PROXY", func(w *ward) {
			w.issuer = far
			w.env["ALL_PROXY"] = "socks5://" + closed(w)
		}},
		{"a company's own certificate", "issuer.own", Sound, "Acme Co", func(w *ward) {
			s := httptest.NewTLSServer(http.HandlerFunc(w.answer))
			w.t.Cleanup(s.Close)
			w.issuer = s.URL
			w.env["CODEX_CA_CERTIFICATE"] = w.write("bundle.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})), 0o600)
		}},
		{"one port held", "ports.held", Note, "1455 is held by ", func(w *ward) { hold(w, "1455") }},
		{"both ports held", "ports.held", Problem, "1455 and 1457 are held by ", func(w *ward) { hold(w, "1455", "1457") }},
	}
}

// hold has another program listen on ports.
func hold(w *ward, ports ...string) {
	w.t.Helper()
	holder := exec.Command(os.Args[0])
	holder.Env = append(os.Environ(), "DOCTOR_HOLDS="+strings.Join(ports, " "))
	in, err := holder.StdinPipe()
	must(w, err)
	out, err := holder.StdoutPipe()
	must(w, err)
	must(w, holder.Start())
	w.t.Cleanup(func() {
		_ = in.Close()
		_ = holder.Wait()
	})
	if n, err := out.Read(make([]byte, 8)); n == 0 {
		w.t.Fatalf("nobody holds them: %v", err)
	}
}

// holdPorts is that program: it ends with its input.
func holdPorts(ports []string) {
	for _, p := range ports {
		if _, err := net.Listen("tcp", "127.0.0.1:"+p); err != nil {
			os.Exit(1)
		}
	}
	fmt.Println("held")
	_, _ = io.Copy(io.Discard, os.Stdin)
}
