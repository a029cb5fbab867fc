package loginlog

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"codex-login/credstore"
	"codex-login/flows/network"
)

type letter string

func (letter) LogCode() {}

// What does not have the form of its kind is not written.
func TestFactsHaveTheFormOfTheirKind(t *testing.T) {
	const sentence, token = "what a server said", "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"
	for _, c := range []struct {
		fact Fact
		want string
	}{
		{OneOf("container", "podman", "docker", "podman"), "container=podman"},
		{OneOf("container", sentence, "docker", "podman"), "container=other"},
		{OneOf("container", "", "docker"), ""},
		{System("plan9\x1b"), "os=other"},
		{Code("note", letter("slow_down")), "note=slow_down"},
		{Code("note", letter(sentence)), "note=other"},
		{Code("note", letter(token)), "note=other"},
		{Stage(letter("tls"), 0), "tls=0ms"},
		{Stage(letter("a b"), 0), "other=0ms"},
		{Kind("kind", credstore.MachinePodman), "kind=podman"},
		{Kind("kind", credstore.MachineKind("ann@box")), "kind=other"},
		{ID("account", "chatgpt-0123456789abcdef"), "account=chatgpt-0123456789abcdef"},
		{ID("account", "chatgpt-0123456789abcdef.0123456789abcdef"), "account=chatgpt-0123456789abcdef.0123456789abcdef"},
		{ID("account", "mina@example.com"), "account=other"},
		{RequestID("req_0123"), "request_id=req_0123"},
		{RequestID(token), "request_id=other"},
		{Said("Invalid_Grant"), "said=invalid_grant"},
		{Said(sentence), "said=other"},
		{Said(""), ""},
		{Program("python3"), "program=python3"},
		{Program("a\x1b[31m\nb"), `program="a[31m b"`},
		{Host("https://ann:pw@gateway.example:8443/key?k=1"), "host=gateway.example:8443"},
		{Proxy(network.ProxyChoice{Variable: "HTTPS_PROXY", Address: "http://proxy.example:3128"}), "proxy=HTTPS_PROXY"},
		{Proxy(network.ProxyChoice{Variable: "NO_PROXY", Exempt: true}), ""},
		{TLS(0x0304), "tls_version=1.3"},
		{TLS(0), ""},
	} {
		if got := Text([]Fact{c.fact}); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	for _, p := range []struct {
		place credstore.Place
		want  string
	}{
		{credstore.Place{Kind: credstore.KindFile, Where: "/home/ann/.codex/auth.json"}, "store=file file=/home/ann/.codex/auth.json"},
		{credstore.Place{Kind: credstore.KindMachine, Where: "ann@box:/home/ann/.codex/auth.json"}, "store=machine"},
	} {
		if got := Text(Place(p.place)); got != p.want {
			t.Errorf("%q, want %q", got, p.want)
		}
	}
}

// Another room cannot write a text into the log: that does not compile.
func TestNoTextCompiles(t *testing.T) {
	statements := []struct {
		compiles bool
		text     string
	}{
		{true, `_ = loginlog.Word("why", "host")`},
		{true, `_ = loginlog.OneOf("method", text, "GET", "POST")`},
		{true, `var e loginlog.Event = loginlog.Stored; _ = e`},
		{false, `_ = loginlog.Word("why", text)`},
		{false, `_ = loginlog.Word(text, "host")`},
		{false, `_ = loginlog.OneOf("why", text, text)`},
		{false, `_ = loginlog.Code("why", text)`},
		{false, `_ = loginlog.Code("why", strange(text))`},
		{false, `_ = loginlog.Kind("store", text)`},
		{false, `_ = loginlog.Count(text, 1)`},
		{false, `_ = loginlog.Fact{"body", text}`},
		{false, `_ = loginlog.Event{"login", text}`},
		{false, `_ = loginlog.Event(text)`},
		{false, `(&loginlog.Trace{}).Add(time.Time{}, 0, text)`},
	}
	const head = "package main\n\nimport (\n\t\"time\"\n\n\t\"codex-login/flows/loginlog\"\n)\n\ntype strange string\n\nvar text = time.Now().String()\n\nfunc main() {\n"
	program := head
	for _, s := range statements {
		program += s.text + "\n"
	}
	file := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(file, []byte(program+"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "build", "-gcflags=-e", "-o", os.DevNull, file).CombinedOutput()
	if err == nil {
		t.Fatal("all of it compiles")
	}
	first := strings.Count(head, "\n") + 1
	for i, s := range statements {
		if refused := strings.Contains(string(out), "main.go:"+strconv.Itoa(first+i)+":"); refused == s.compiles {
			t.Errorf("%s: refused %v\n%s", s.text, refused, out)
		}
	}
}

// Of an address only what is ours is logged: a gateway's path may have its key.
func TestLogHasNoConfiguredPath(t *testing.T) {
	for address, want := range map[string]string{
		"https://auth.openai.com/oauth/token":               "/oauth/token",
		"http://u:pw@h/pathSECRET/oauth/token":              "/oauth/token",
		"https://gateway.example/keySECRET/v1/models?k=1":   "/v1/models",
		"https://gateway.example/keySECRET/models":          "/models",
		"https://override.example/renew/SECRET":             "",
		"https://x/SECRET/v1/user-auth-credential/whoami":   "/v1/user-auth-credential/whoami",
		"https://x/api/accounts/deviceauth/token#fragment":  "/api/accounts/deviceauth/token",
		"https://x/SECRET/api/accounts/deviceauth/usercode": "/api/accounts/deviceauth/usercode",
	} {
		if got := Path(address).value; got != want {
			t.Errorf("%s: %q", address, got)
		}
	}
}

// FuzzLogLine: whatever a fact holds, it is one line of plain text.
func FuzzLogLine(f *testing.F) {
	f.Add("key", "value")
	f.Add("a b", "\x1b]0;x\x07\u202e\n\u2028\"=\xff")
	f.Fuzz(func(t *testing.T, value, second string) {
		// A second fact, so that the first cannot pass for it.
		text := line(Note, []Fact{{"key", value}, {"account", second}})
		if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) }) {
			t.Fatalf("not one line of plain text: %q", text)
		}
	})
}
