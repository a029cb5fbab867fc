package doctor

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"codex-login/credstore"
)

// Values are made in one file and nowhere else.
func TestValuesAreMadeInOnePlace(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") || e.Name() == "shown.go" {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CompositeLit:
				if id, ok := n.Type.(*ast.Ident); ok && id.Name == "shown" {
					t.Errorf("%s makes a value", e.Name())
				}
			case *ast.SelectorExpr:
				if n.Sel.Name == "Reveal" || n.Sel.Name == "Raw" {
					t.Errorf("%s reveals a secret", e.Name())
				}
			}
			return true
		})
	}
}

// No function that makes a value takes a secret or a login.
func TestNoSecretIsAValue(t *testing.T) {
	p := newPatient(nil, Surroundings{})
	for _, f := range []any{
		p.path, p.place, p.position, host, count, mode, moment, span, variable, name, word, detail, cause, clean,
	} {
		for i := range reflect.TypeOf(f).NumIn() {
			in := reflect.TypeOf(f).In(i)
			if in == reflect.TypeFor[credstore.Secret]() || in == reflect.TypeFor[*credstore.Auth]() {
				t.Errorf("%T takes a %s", f, in)
			}
		}
	}
}

func TestShown(t *testing.T) {
	p := newPatient(nil, Surroundings{Getenv: func(name string) string { return map[string]string{"HOME": "/home/mina"}[name] }})
	for _, c := range []struct {
		got  shown
		want string
	}{
		{p.path("/home/mina/.codex"), "~/.codex"},
		{p.path("/home/mina"), "~"},
		{p.path("/home/minatour/x"), "/home/minatour/x"},
		{p.path("/tmp/\x1b[2Ja\u202eb"), "/tmp/[2Jab"},
		{p.path("/tmp/sk-proj-0123456789abcdef"), "/tmp/[redacted]"},
		{host("http://ada:hunter2@proxy.example:3128/x?key=1"), "proxy.example:3128"},
		{host("127.0.0.1:80"), "127.0.0.1:80"},
		{host("ada:hunter2@proxy"), ""},
		{name("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.sig"), "[redacted]"},
		{name("see http://ada:hunter2@x"), "see http:[redacted]x"},
		{variable("HTTPS_PROXY"), "HTTPS_PROXY"},
		{variable("sk-proj=oops"), ""},
		{mode(0o644), "0644"},
		{span(-2 * time.Hour), "2 h 0 min"},
		{span(90 * time.Second), "1 min"},
		{span(72 * time.Hour), "3 d"},
		{moment(time.Time{}), ""},
		{clean(strings.Repeat("é", 400)), strings.Repeat("é", mostShown) + "…"},
	} {
		if c.got.text != c.want {
			t.Errorf("%q, not %q", c.got.text, c.want)
		}
		if c.want == "" && words.Say(c.got.id) == c.got.id {
			t.Errorf("no word: %q", c.got.id)
		}
	}
}

// TestNoSecret feeds secrets into everything that is looked at, sound and
// broken, and looks for them in all that is said.
func TestNoSecret(t *testing.T) {
	secrets := []string{
		"hunter2secret", "rt-topsecret-0123456789", "sk-proj-TOPSECRET0123456789", "at-TOPSECRET0123456789", "bearer-topsecret", "argument-topsecret",
	}
	poison := func(w *ward) {
		w.store(chatGPT(noon.Add(24*time.Hour), secrets[1]))
		for _, name := range []string{"CODEX_API_KEY", "OPENAI_API_KEY", "ACME_KEY"} {
			w.env[name] = secrets[2]
		}
		w.env["CODEX_ACCESS_TOKEN"] = secrets[3]
		for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"} {
			w.env[name] = "http://ada:" + secrets[0] + "@127.0.0.1:9"
		}
		w.config("model_provider = \"acme\"\n[model_providers.acme]\nname = \"Acme\"\nbase_url = \"http://ada:" + secrets[0] +
			"@127.0.0.1:9/?key=" + secrets[4] + "\"\nenv_key = \"ACME_KEY\"\nexperimental_bearer_token = \"" + secrets[4] + "\"\n[model_providers.acme.auth]\ncommand = \"token\"\nargs = [\"" + secrets[5] + "\"]\n")
		w.write("auth.json.bak", apiKey, 0o644)
		w.write("codex-login/unreadable/auth-0.json", secrets[1], 0o644)
	}
	look := func(t *testing.T, r Report) {
		t.Helper()
		said := text(r)
		for _, secret := range append(secrets, "0123456789abcdef0123456789", "eyJ") {
			if strings.Contains(said, secret) {
				t.Errorf("%q is said:\n%s", secret, said)
			}
		}
	}
	for name, more := range map[string]func(w *ward){
		"as it is":          func(*ward) {},
		"a broken document": func(w *ward) { w.store(`{"OPENAI_API_KEY":"` + secrets[2] + `","tokens":"` + secrets[1] + `"}`) },
		"a cut document":    func(w *ward) { w.store(`{"OPENAI_API_KEY":"` + secrets[2]) },
		"broken settings":   func(w *ward) { w.config("experimental_bearer_token = " + secrets[4]) },
		"a setting of a wrong kind": func(w *ward) {
			w.config("cli_auth_credentials_store = \"" + secrets[2] + "\"\nmodel_provider = \"" + secrets[2] + "\"\n")
		},
		"an unknown provider": func(w *ward) { w.config("model_provider = \"" + secrets[2] + "\"\n") },
		"an issuer with a user": func(w *ward) {
			w.issuer = "https://ada:" + secrets[0] + "@auth.invalid/" + secrets[2]
			delete(w.env, "HTTPS_PROXY")
			delete(w.env, "ALL_PROXY")
		},
		"an address with a user": func(w *ward) {
			w.overrides = []string{`chatgpt_base_url="http://ada:` + secrets[0] + `@127.0.0.1:9/x"`}
		},
		"a proxy that cannot be read": func(w *ward) { w.env["HTTPS_PROXY"] = "ada:" + secrets[0] + "@a:b:c" },
		"a key for a bundle":          func(w *ward) { w.env["CODEX_CA_CERTIFICATE"] = secrets[2] },
		"a key for a home":            func(w *ward) { w.env["CODEX_HOME"] = "/" + secrets[2] },
		"a key for a browser":         func(w *ward) { w.env["BROWSER"] = secrets[2] },
		"a key for a terminal":        func(w *ward) { w.env["TERM"] = secrets[2] },
		"a key for a variable's name": func(w *ward) {
			w.config("model_provider = \"acme\"\n[model_providers.acme]\nname = \"A\"\nbase_url = \"x\"\nenv_key = \"" + secrets[2] + "\"\n")
		},
		"a key for a workspace":        func(w *ward) { w.system("managed_config.toml", "forced_chatgpt_workspace_id = \""+secrets[2]+"\"\n") },
		"a Codex that prints a secret": func(w *ward) { w.s.Output = secretOutput(secrets[2]) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWard(t)
			poison(w)
			more(w)
			look(t, w.examine())
		})
	}
}
