package policy

import (
	"errors"
	"io/fs"
	"reflect"
	"strings"
	"testing"
	"unicode"
)

// inside reports whether a place is one of a text.
func inside(text string, line, column int) bool {
	lines := strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n")
	return line >= 1 && line <= len(lines) && column >= 1 && column <= len(lines[line-1])+1
}

// What parses has a place for each value, and every complaint is about a place
// in the file.
func FuzzParseDocument(f *testing.F) {
	for _, seed := range []string{
		"", "\ufeffa = 1", "a.b.'c d' = 1\r\n[t]\r\nx = {y = [1, {z = 2}]}\n[[l]]\nq = 1\n[[l]]\nq = 2\n",
		"a = nan\nb = 1979-05-27T07:32:00Z", "forced_login_method = \"zebra\" x", `"a"=1`, "a = \"\"\"\nb\"\"\"\nc = 1",
		"a", "a = {", "[", "a = \"\\", "é = \xff", "a = [\n1,\n2", "[a]\n[a]", "a = 1\na.b = 2",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := parseDocument([]byte(text), Source{Layer: LayerUser, File: "f"})
		if err != nil {
			if err.Problem == "" || err.Line == 0 && err.Column != 0 || err.Line != 0 && !inside(text, err.Line, max(err.Column, 1)) {
				t.Fatalf("%+v", err)
			}
			return
		}
		var look func(table)
		look = func(level table) {
			for key, e := range level {
				if !inside(text, e.source.Line, e.column) {
					t.Fatalf("%q is at %d:%d", key, e.source.Line, e.column)
				}
				if inner, ok := e.value.(table); ok {
					look(inner)
				}
			}
		}
		look(doc)
	})
}

func FuzzOverride(f *testing.F) {
	for _, seed := range []string{"a=1", "a.b=[1,", "=", "a", "a.b.c={x=1}", "a='", "a=1\n[t]", "a={b=1}", ".=.", "a=\"\\"} {
		f.Add(seed, "a.b=2")
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		doc := table{}
		for _, o := range []string{first, second} {
			key, _, _ := strings.Cut(o, "=")
			err := doc.override(o, Source{Layer: LayerCommandLine})
			if bad := !strings.Contains(o, "=") || strings.TrimSpace(key) == ""; bad != (err != nil) {
				t.Fatalf("%q: %v", o, err)
			}
			if err != nil {
				continue
			}
			if _, set := doc.find(strings.Split(strings.TrimSpace(key), ".")); !set {
				t.Fatalf("%q is not set", o)
			}
		}
	})
}

// Whatever the layers say, the verdict is the same twice, faults lie in their
// layers, and nothing that is shown moves a cursor.
func FuzzLayers(f *testing.F) {
	f.Add("", "forced_login_method = 'api'", "", "", "")
	f.Add("[projects.x]\ntrust_level = 1", "model_provider = 'x'\n[model_providers.x]\nbase_url = 'http://u:p@h'", "log_dir = '~'", "allowed_login_methods = []", "model_providers.x.env_key=K")
	f.Add("features = 1", "model_providers = 1", "model_providers.x = 2", "model_provider = 1\nmodel_providers.openai.auth = 1", "model_providers.=1")
	f.Add("forced_chatgpt_workspace_id = ['\\u001b', '\u202e']", "profile = ''", "cli_auth_credentials_store = ['file']", "cli_auth_credentials_store = 'auto'", "features.secret_auth_storage.x=1")
	f.Fuzz(func(t *testing.T, system, user, managed, required, override string) {
		files := map[string]string{
			"/etc/codex/config.toml": system, "/h/config.toml": user,
			"/etc/codex/managed_config.toml": managed, "/etc/codex/requirements.toml": required,
		}
		o := Options{Home: "/h", ReadFile: func(path string) ([]byte, error) {
			if text, ok := files[path]; ok && text != "" {
				return []byte(text), nil
			}
			return nil, fs.ErrNotExist
		}}
		if override != "" {
			o.Overrides = []string{override}
		}
		r, err := Load(o)
		again, err2 := Load(o)
		if !reflect.DeepEqual(err, err2) || !reflect.DeepEqual(r.Settings(), again.Settings()) || !reflect.DeepEqual(r.Demands(), again.Demands()) {
			t.Fatalf("%v and %v", err, err2)
		}
		var config *ConfigError
		if errors.As(err, &config) {
			if config.Line > 0 && config.File != "" && !inside(files[config.File], config.Line, max(config.Column, 1)) {
				t.Fatalf("%v lies outside", err)
			}
			if r.Allows(API) == nil || r.Allows(ChatGPT) == nil {
				t.Fatalf("%v, and yet a sign-in is allowed", err)
			}
		}
		if len(r.LogoutStores()) == 0 {
			t.Fatal("nobody could sign out")
		}
		for _, s := range r.Settings() {
			for _, one := range s.Said {
				if strings.ContainsFunc(s.Key+one.Value+one.Source.String(), unicode.IsControl) || one.Hidden && one.Value != "" {
					t.Fatalf("%+v", s)
				}
			}
		}
		_ = r.Provider.Kind()
		r.Layers()
	})
}
