package doctor

import (
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-login/flows"
	"codex-login/flows/network"

	"github.com/gofrs/flock"
)

// far has every address that Codex needs on a name that no server is behind.
func (w *ward) far(scheme, name string) {
	w.issuer = scheme + "://" + name
	w.overrides = []string{`openai_base_url="` + scheme + `://api-` + name + `/v1"`, `chatgpt_base_url="` + scheme + `://chat-` + name + `"`}
}

// Which store is in force, a configuration that cannot be read does not say, and
// neither does the doctor.
func TestStoreThatNobodyKnows(t *testing.T) {
	w := newWard(t)
	must(w, os.Remove(w.path("auth.json")))
	w.config("# mine\nmodel oops")
	found := findings(w.examine())
	for code, said := range map[string]string{"login.unknown": "None is in ~/.codex/auth.json", "keyring.unknown": "Whether Codex needs it is not known"} {
		if f, ok := found[code]; !ok || f.Severity != Skipped || !strings.Contains(f.Explain(words).Measured, said) {
			t.Errorf("%s: %v %q", code, ok, f.Explain(words).Measured)
		}
	}
}

// One cause is one problem, in the row that it belongs to.
func TestOneCauseIsOneProblem(t *testing.T) {
	proxy := func(status string) func(*ward) {
		return func(w *ward) {
			w.far("https", "auth.invalid")
			w.env["HTTPS_PROXY"] = "http://" + listen(w, answers(status))
		}
	}
	for name, s := range map[string]struct {
		code, said string
		arrange    func(*ward)
	}{
		"no name server": {"names.unknown", "api-auth.invalid, auth.invalid", func(w *ward) { w.far("https", "auth.invalid") }},
		"a proxy that is not there": {"proxy.gone", "NO_PROXY: api-auth.invalid, auth.invalid", func(w *ward) {
			w.far("https", "auth.invalid")
			l, err := net.Listen("tcp", "127.0.0.1:0")
			must(w, err)
			_ = l.Close()
			w.env["HTTPS_PROXY"] = "http://" + l.Addr().String()
		}},
		"a proxy that wants a password": {"proxy.password", "(407)", proxy("407 Who\r\nProxy-Authenticate: Basic realm=x")},
		"a proxy that wants NTLM":       {"proxy.password_other", "NTLM", proxy("407 Who\r\nProxy-Authenticate: NTLM")},
		"a proxy without a way":         {"proxy.upstream", "(502)", proxy("502 Bad Gateway")},
		"a proxy that forbids":          {"proxy.forbidden", "auth.invalid", proxy("403 Forbidden")},
		"a web server for a proxy":      {"proxy.no_proxy", "is no proxy", proxy("404 Not Found")},
		"an HTTP server for SOCKS": {"proxy.no_proxy", "is no SOCKS5 proxy", func(w *ward) {
			proxy("400 Bad Request")(w)
			w.env["HTTPS_PROXY"] = strings.Replace(w.env["HTTPS_PROXY"], "http", "socks5h", 1)
		}},
		"a bundle that cannot be read":   {"certificates.broken", "it is not there", func(w *ward) { w.env["CODEX_CA_CERTIFICATE"] = filepath.Join(w.dir, "gone.pem") }},
		"a variable that cannot be read": {"proxy.unreadable", "HTTPS_PROXY", func(w *ward) { w.far("https", "auth.invalid"); w.env["HTTPS_PROXY"] = "http://a:b:c" }},
		"a certificate for all": {"issuer.self_signed", "Acme Co", func(w *ward) {
			s := httptest.NewTLSServer(w.server.Config.Handler)
			w.t.Cleanup(s.Close)
			w.issuer = s.URL
			w.overrides = []string{`openai_base_url="` + s.URL + `/v1"`, `chatgpt_base_url="` + s.URL + `"`}
		}},
		"settings that are a folder": {"configuration.broken", "none", func(w *ward) { w.overrides = []string{}; must(w, os.Mkdir(w.path("config.toml"), 0o700)) }},
		"both ports, one program":    {"ports.held", "1455 and 1457 are held", func(w *ward) { hold(w, "1455", "1457") }},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWard(t)
			s.arrange(w)
			r := w.examine()
			f, ok := findings(r)[s.code]
			x := f.Explain(words)
			if !ok || r.Problems != 1 || r.Notes > 0 || !strings.Contains(x.Measured+x.Expected+x.Do, s.said) {
				t.Errorf("%d problems:\n%s", r.Problems, text(r))
			}
		})
	}
}

// What is said of a bundle that is there already, of a proxy's own certificate
// and of OpenAI's own hosts depends on them.
func TestConnected(t *testing.T) {
	p := newPatient(nil, Surroundings{})
	distrusted := &network.Error{
		Problem: network.TLS, Cause: network.CauseInspected, Host: "chatgpt.com", Presented: []network.Certificate{{Issuer: "Corp CA"}},
	}
	for name, s := range map[string]struct {
		c           flows.Connection
		code        string
		has, hasNot string
	}{
		"no bundle":             {flows.Connection{Connection: network.Connection{Host: "chatgpt.com:443", Err: distrusted}}, "inspected", "set CODEX_CA_CERTIFICATE", "add it to"},
		"a bundle":              {flows.Connection{Connection: network.Connection{Host: "chatgpt.com:443", Err: distrusted, Roots: network.Roots{Variable: "CODEX_CA_CERTIFICATE", Path: "/etc/own.pem"}}}, "inspected", "add it to /etc/own.pem", "set CODEX"},
		"OpenAI's server":       {flows.Connection{Connection: network.Connection{Host: "auth.openai.com:443", Err: &flows.ServerError{Status: 503}}}, "server", "status.openai.com", "ask whoever"},
		"a server of one's own": {flows.Connection{Connection: network.Connection{Host: "llm.example:443", Err: &flows.ServerError{Status: 503}}}, "server", "ask whoever runs llm.example", "status.openai.com"},
		"inspected":             {flows.Connection{Connection: network.Connection{Host: "auth.openai.com:443", Private: true}}, "private", "reads along", "zz"},
		"an in-house server":    {flows.Connection{Connection: network.Connection{Host: "openai.com.example:443", Private: true}}, "own", "makes good", "reads along"},
	} {
		t.Run(name, func(t *testing.T) {
			f := p.connected(s.c)
			f.Check = "chatgpt"
			x := f.Explain(words)
			if said := x.Measured + x.Expected + x.Do; f.Cause != s.code || !strings.Contains(said, s.has) || strings.Contains(said, s.hasNot) {
				t.Errorf("%s: %s", f.Cause, said)
			}
		})
	}
}

// Each kind of file that is no bundle has advice of its own.
func TestBundleAdvice(t *testing.T) {
	for name, s := range map[string]struct{ file, text, want string }{
		"binary":  {"root.der", "0\x82\x01\x00" + strings.Repeat("x", 60), "x509 -inform DER"},
		"PKCS#12": {"root.p12", "0\x82\x01\x00" + strings.Repeat("x", 60), "openssl pkcs12"},
		"PKCS#7":  {"root.p7b", "-----BEGIN PKCS7-----\nMIIB\n-----END PKCS7-----\n", "openssl pkcs7"},
		"a key":   {"key.pem", "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n", "That is a key"},
		"cut off": {"cut.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n", "fetch the file again"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWard(t)
			w.env["CODEX_CA_CERTIFICATE"] = w.write(s.file, s.text, 0o600)
			f, ok := findings(w.examine())["certificates.broken"]
			if x := f.Explain(words); !ok || !strings.Contains(x.Do, s.want) {
				t.Errorf("%s: %s", x.Measured, x.Do)
			}
		})
	}
}

// What was not looked at is not called sound, and a login that Codex does not
// read is not taken away.
func TestUnread(t *testing.T) {
	for name, s := range map[string]struct {
		code     string
		severity Severity
		arrange  func(*ward)
	}{
		"no keyring, and a file": {"leftovers.unread", Note, func(w *ward) { w.overrides = []string{`cli_auth_credentials_store="keyring"`} }},
		"ephemeral, and a file":  {"leftovers.unread", Note, func(w *ward) { w.overrides = []string{`cli_auth_credentials_store="ephemeral"`} }},
		"no keyring, and no file": {"leftovers.unknown", Skipped, func(w *ward) {
			w.overrides = []string{`cli_auth_credentials_store="keyring"`}
			must(w, os.Remove(w.path("auth.json")))
		}},
		"nobody":                  {"leftovers.nobody", Skipped, func(w *ward) { must(w, os.Remove(w.path("auth.json"))) }},
		"nobody, and no settings": {"credential.unknown", Skipped, func(w *ward) { w.config("["); must(w, os.Remove(w.path("auth.json"))) }},
		"a provider that needs none": {"credential.none", Sound, func(w *ward) {
			w.config("model_provider = \"own\"\n[model_providers.own]\nname = \"Own\"\nbase_url = \"http://127.0.0.1:9\"\n")
		}},
		"a terminal without a size": {"terminal.unsized", Skipped, func(w *ward) { w.s.Size = func() (int, int, bool) { return 0, 0, true } }},
		"a dumb terminal":           {"clipboard.unnamed", Skipped, func(w *ward) { w.env["TERM"] = "dumb" }},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWard(t)
			s.arrange(w)
			r := w.examine()
			f, ok := findings(r)[s.code]
			if check, _, _ := strings.Cut(s.code, "."); !ok || f.Severity != s.severity || f.Fix != nil || f.Severity == Skipped && findings(r)[check+".sound"].Check != "" {
				t.Error(text(r))
			}
		})
	}
}

// A lock that somebody holds by now stays, and is not called mended.
func TestMendLeavesALockThatIsHeld(t *testing.T) {
	w := newWard(t)
	path := w.write("codex-login/accounts/chatgpt-0000000000000000.lock", "", 0o600)
	fixes := w.examine().Fixes()
	l := flock.New(path)
	if ok, err := l.TryLock(); !ok || err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Unlock() }()
	if out := Mend(t.Context(), fixes); len(out) != 1 || out[0].Err == nil {
		t.Errorf("%v", out)
	}
}

// Texts agree with their numbers.
func TestGrammar(t *testing.T) {
	w := newWard(t)
	w.env["CODEX_ACCESS_TOKEN"] = "at-0123456789abcdef"
	w.config("")
	said := text(w.examine())
	for _, bad := range []string{"app-server uses", "1 files", "with 1\n", "cannot be reached: it cannot"} {
		if strings.Contains(said, bad) {
			t.Errorf("%q in\n%s", bad, said)
		}
	}
	if !strings.Contains(said, "app-server use the token") {
		t.Error(said)
	}
}
