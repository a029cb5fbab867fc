package doctor

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"codex-login/credstore"
)

// setup is a machine that was broken on purpose, the finding that has to name
// it, and what that has to have measured.
type setup struct {
	name     string
	code     string
	severity Severity
	measured string
	arrange  func(w *ward)
}

// setups are those that need nothing but files and this process; held_test.go
// and the root's doctor tests have the others.
func setups() []setup {
	all := append(fileSetups(), loginSetups()...)
	all = append(all, ruleSetups()...)
	all = append(all, networkSetups()...)
	return append(all, surroundingsSetups()...)
}

// TestSetups: each is named by its cause, and the finding is not there on the
// sound machine.
func TestSetups(t *testing.T) {
	sane := findings(newWard(t).examine())
	failing := map[string]bool{}
	for _, s := range setups() {
		t.Run(s.name, func(t *testing.T) {
			w := newWard(t)
			s.arrange(w)
			r := w.examine()
			f, ok := findings(r)[s.code]
			if !ok {
				t.Fatalf("no %s:\n%s", s.code, text(r))
			}
			if f.Severity != s.severity {
				t.Errorf("it is a %s, not a %s", f.Severity, s.severity)
			}
			x := f.Explain(words)
			if !strings.Contains(x.Measured, s.measured) {
				t.Errorf("measured: %q, without %q", x.Measured, s.measured)
			}
			if (s.severity == Problem || s.severity == Warning) && (x.Expected == "" || x.Do == "") {
				t.Errorf("expected %q, to be done %q", x.Expected, x.Do)
			}
			for _, gap := range []string{"doctor.found", "doctor.word", "doctor.any", "doctor.address", "doctor.fix", "<no value>"} {
				if strings.Contains(text(r), gap) {
					t.Errorf("a text is missing:\n%s", text(r))
				}
			}
			// Nothing else is blamed, but for addresses of one server.
			check, _, _ := strings.Cut(s.code, ".")
			for code, o := range findings(r) {
				if !isAddress(check) && o.Check != check && check != "proxy" && (o.Severity == Problem || o.Severity == Warning) {
					t.Errorf("%s is found too: %s", code, o.Explain(words).Measured)
				}
			}
			if r.Sound() != (r.Problems == 0) || s.severity == Problem && r.Sound() {
				t.Error("it is called sound")
			}
		})
		if _, there := sane[s.code]; there {
			t.Errorf("%s is found on a sound machine too", s.code)
		}
		failing[strings.SplitN(s.code, ".", 2)[0]] = true
	}
	// Those of the keyring and of running programs need the real thing.
	for _, c := range checks {
		if !failing[c.id] && c.id != "keyring" && c.id != "running" {
			t.Errorf("no set-up makes %s find something", c.id)
		}
	}
}

func must(w *ward, err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func fileSetups() []setup {
	return []setup{
		{"no such home", "home.missing", Problem, "~/nowhere", func(w *ward) { w.env["CODEX_HOME"] = filepath.Join(filepath.Dir(w.home), "nowhere") }},
		{"a file for a home", "home.not_folder", Problem, "~/.codex/auth.json", func(w *ward) { w.env["CODEX_HOME"] = w.path("auth.json") }},
		{"a home that leads nowhere", "home.dangling", Problem, "~/link is a link to ~/nowhere", func(w *ward) {
			link := filepath.Join(filepath.Dir(w.home), "link")
			must(w, os.Symlink("nowhere", link))
			w.env["CODEX_HOME"] = link
		}},
		{"an ordinary home that leads nowhere", "home.dangling", Problem, "~/.codex is a link to ~/nowhere", func(w *ward) {
			delete(w.env, "CODEX_HOME")
			must(w, os.RemoveAll(w.home))
			must(w, os.Symlink("nowhere", w.home))
		}},
		{"no home yet, nor the one around it", "home.not_yet", Note, ".codex is not there yet", func(w *ward) {
			delete(w.env, "CODEX_HOME")
			w.env["HOME"] = filepath.Join(w.dir, "not", "yet")
		}},
		{"a home that never answers", "home.silent", Problem, "~/.codex does not answer", func(w *ward) {
			w.dead = true
		}},
		{"a home through a link", "home.link", Note, "~/.codex", func(w *ward) {
			link := filepath.Join(filepath.Dir(w.home), "link")
			must(w, os.Symlink(w.home, link))
			w.env["CODEX_HOME"] = link
		}},
		{"no home yet", "home.not_yet", Note, "~/.codex is not there yet", func(w *ward) {
			delete(w.env, "CODEX_HOME")
			must(w, os.RemoveAll(w.home))
		}},
		{"a login that others may read", "permissions.loose", Problem, "~/.codex/auth.json has mode 0644", func(w *ward) { must(w, os.Chmod(w.path("auth.json"), 0o644)) }},
		{"a login behind a link that others may read", "permissions.loose", Problem, "~/.codex/auth.json, which leads out of CODEX_HOME to ~/here/real.json, has mode 0640", func(w *ward) {
			real := filepath.Join(w.dir, "real.json")
			must(w, os.Rename(w.path("auth.json"), real))
			must(w, os.Chmod(real, 0o640))
			must(w, os.Symlink(real, w.path("auth.json")))
		}},
		{"a book that others may read", "permissions.open", Warning, "~/.codex/codex-login has mode 0755", func(w *ward) {
			must(w, os.MkdirAll(w.path("codex-login"), 0o700))
			must(w, os.Chmod(w.path("codex-login"), 0o755))
		}},
		{"a log that others may read", "permissions.open", Warning, "codex-login.log has mode 0644", func(w *ward) {
			w.write("log/codex-login.log", "", 0o644)
		}},
		{"a home that anybody may write", "permissions.writable", Problem, "~/.codex has mode 0777", func(w *ward) { must(w, os.Chmod(w.home, 0o777)) }},
		{"settings that a group may write", "permissions.group", Note, "~/.codex/config.toml has mode 0664", func(w *ward) { w.write("config.toml", "", 0o664) }},
		{"settings with a token that others may read", "permissions.loose", Problem, "~/.codex/config.toml has mode 0644", func(w *ward) {
			w.write("config.toml", "model_provider = \"acme\"\n[model_providers.acme]\nname = \"Acme\"\nbase_url = \"http://127.0.0.1:9\"\nexperimental_bearer_token = \"token-0123456789\"\n", 0o644)
		}},
		{"a login that is read-only", "permissions.shut", Warning, "mode 0400", func(w *ward) { must(w, os.Chmod(w.path("auth.json"), 0o400)) }},
		{"a lock of a killed run", "locks.stale", Note, "0000000000000000.lock", func(w *ward) {
			w.write("codex-login/accounts/chatgpt-0000000000000000.lock", "", 0o600)
		}},
		{"a file of a killed writer", "locks.temporary", Warning, "~/.codex/.auth-abc123", func(w *ward) {
			path := w.write(".auth-abc123", "{", 0o600)
			must(w, os.Chtimes(path, noon.Add(-time.Hour), noon.Add(-time.Hour)))
		}},
		{"a lock that is a folder", "locks.foreign", Problem, "~/.codex/auth.lock cannot be opened", func(w *ward) { must(w, os.Mkdir(w.path("auth.lock"), 0o700)) }},
		{"a copy of the login", "backups.login", Warning, "~/.codex/auth.json.bak", func(w *ward) { w.write("auth.json.bak", apiKey, 0o600) }},
		{"a copy that others may read", "backups.loose", Problem, "mode 0644", func(w *ward) { w.write("auth.json.bak", apiKey, 0o644) }},
		{"a copy by an editor", "backups.login", Warning, "~/.codex/auth.json~", func(w *ward) { w.write("auth.json~", apiKey, 0o600) }},
		{"a lock that leads nowhere", "locks.foreign", Problem, "it is not there", func(w *ward) { must(w, os.Symlink("no/where", w.path("auth.lock"))) }},
		{"a file for the account book", "book.unreadable", Problem, "something on the way there is no folder", func(w *ward) { w.write("codex-login", "", 0o600) }},
		{"a page of the account book that is cut off", "book.page", Warning, "accounts/apikey-0123456789abcdef.json cannot be read as a login", func(w *ward) {
			w.write("codex-login/accounts/apikey-0123456789abcdef.json", "{", 0o600)
		}},
		{"documents kept aside", "backups.unreadable", Note, "1 in ~/.codex/codex-login/unreadable", func(w *ward) { w.write("codex-login/unreadable/auth-0.json", "{", 0o600) }},
		{"a move that was cut off", "book.moving", Problem, "from keyring to file", func(w *ward) {
			w.write("codex-login/moving", `{"from":"keyring","to":"file"}`, 0o600)
		}},
		{"an account whose session has ended", "book.ended", Note, "work has ended", func(w *ward) {
			w.write("codex-login/accounts/chatgpt-0123456789abcdef.json", apiKey, 0o600)
			w.write("codex-login/accounts/chatgpt-0123456789abcdef.card", `{"schema":1,"label":"work","ended":{"reason":"revoked","session":"x"}}`, 0o600)
		}},
		{"an encrypted file that does not open", "leftovers.encrypted_shut", Note, "~/.codex/secrets/codex_auth.age", func(w *ward) { w.write("secrets/codex_auth.age", "age", 0o600) }},
	}
}

func loginSetups() []setup {
	return []setup{
		{"a login cut short", "login.broken", Problem, "~/.codex/auth.json:1:12", func(w *ward) { w.store(`{"auth_mode`) }},
		{"a login of a wrong type", "login.broken", Problem, "~/.codex/auth.json:2:", func(w *ward) { w.store("{\n\"OPENAI_API_KEY\": 7}") }},
		{"no login in the document", "login.empty", Warning, "signs nobody in", func(w *ward) { w.store(`{}`) }},
		{"nobody", "login.nobody", Note, "store file", func(w *ward) { must(w, os.Remove(w.path("auth.json"))) }},
		{"a link that leads nowhere", "login.dangling", Warning, "~/.codex/auth.json leads to ~/gone.json", func(w *ward) {
			must(w, os.Remove(w.path("auth.json")))
			must(w, os.Symlink(filepath.Join(filepath.Dir(w.home), "gone.json"), w.path("auth.json")))
		}},
		{"a folder for a login", "login.unreadable", Problem, "~/.codex/auth.json cannot be read", func(w *ward) {
			must(w, os.Remove(w.path("auth.json")))
			must(w, os.Mkdir(w.path("auth.json"), 0o700))
		}},
		{"a lent login that is over", "session.expired", Problem, "2026-11-22 11:00 UTC", func(w *ward) { w.store(chatGPT(noon.Add(-time.Hour), "")) }},
		{"a lent login about to end", "session.ends_soon", Warning, "in 2 h 0 min", func(w *ward) { w.store(chatGPT(noon.Add(2*time.Hour), "")) }},
		{"a lent login", "session.lent", Note, "2026-11-29", func(w *ward) { w.store(chatGPT(noon.Add(7*24*time.Hour), "")) }},
		{"a login due to be renewed", "session.due", Note, "2026-11-22 11:00 UTC", func(w *ward) { w.store(chatGPT(noon.Add(-time.Hour), "rt-1")) }},
		{"a session that has ended", "session.ended", Problem, "somebody signed out", func(w *ward) {
			a, _, err := credstore.Open(w.open().Home, credstore.ModeFile).Load(context.Background())
			must(w, err)
			must(w, credstore.OpenBook(w.login.Home, credstore.ModeFile).Note(context.Background(), a, func(c *credstore.Card) {
				c.Ended = &credstore.Ended{Reason: "revoked", At: noon, Session: a.Fingerprint()}
			}))
		}},
		{"a clock two hours behind", "clock.off", Problem, "2 h 0 min behind", func(w *ward) {
			w.s.Now = func() time.Time { return noon.Add(-2 * time.Hour) }
		}},
		{"a clock three minutes ahead", "clock.off", Warning, "3 min ahead", func(w *ward) {
			w.s.Now = func() time.Time { return noon.Add(3 * time.Minute) }
		}},
		{"a clock before the login, and no network", "clock.before_login", Problem, "3 h 0 min before", func(w *ward) {
			w.s.Offline = true
			w.s.Now = func() time.Time { return noon.Add(-4 * time.Hour) }
		}},
		{"a key that beats the login", "credential.beaten_by_key", Warning, "codex exec uses the key in CODEX_API_KEY", func(w *ward) {
			w.env["CODEX_API_KEY"] = "sk-proj-0123456789abcdef"
		}},
		{"a token that beats the login", "credential.beaten", Warning, "CODEX_ACCESS_TOKEN", func(w *ward) { w.env["CODEX_ACCESS_TOKEN"] = "at-0123456789abcdef" }},
		{"a key that a rule forbids", "credential.refused", Problem, "forced_login_method", func(w *ward) {
			w.env["CODEX_API_KEY"] = "sk-proj-0123456789abcdef"
			w.config(`forced_login_method = "chatgpt"`)
		}},
		{"nothing to use", "credential.nothing", Note, "nobody is signed in", func(w *ward) { must(w, os.Remove(w.path("auth.json"))) }},
	}
}

func ruleSetups() []setup {
	return []setup{
		{"settings that are no TOML", "configuration.broken", Problem, "~/.codex/config.toml:2:7", func(w *ward) { w.config("# mine\nmodel oops") }},
		{"a setting of a wrong kind", "configuration.broken", Problem, "~/.codex/config.toml:1", func(w *ward) { w.config(`cli_auth_credentials_store = "drawer"`) }},
		{"rules that are no TOML", "configuration.broken", Problem, "requirements.toml:1", func(w *ward) { w.system("requirements.toml", "[[") }},
		{"rules that leave no way", "rules.conflict", Problem, "allowed_login_methods", func(w *ward) {
			w.config(`forced_login_method = "chatgpt"`)
			w.system("requirements.toml", `allowed_login_methods = ["api"]`)
		}},
		{"a login that breaks a forced rule", "rules.violated", Problem, "forced_chatgpt_workspace_id = other", func(w *ward) {
			w.system("managed_config.toml", `forced_chatgpt_workspace_id = "other"`)
		}},
		{"a login that breaks an allowed rule", "rules.violated_hidden", Problem, "allowed_login_methods = api", func(w *ward) {
			w.system("requirements.toml", `allowed_login_methods = ["api"]`)
		}},
		{"a store that the admin fixes", "rules.store", Note, "requirements.toml:1", func(w *ward) {
			w.system("requirements.toml", `cli_auth_credentials_store = "file"`)
		}},
		{"a repository that is not trusted", "project.untrusted", Note, ".codex/config.toml is ignored", func(w *ward) { w.project(false) }},
		{"a repository that decides", "project.decides", Warning, "forced_login_method", func(w *ward) { w.project(true) }},
		{"a provider without its key", "provider.no_variable", Problem, "ACME_KEY", func(w *ward) {
			w.config("model_provider = \"acme\"\n[model_providers.acme]\nname = \"Acme\"\nbase_url = \"http://127.0.0.1:9\"\nenv_key = \"ACME_KEY\"\nenv_key_instructions = \"Ask Ada.\"\n")
		}},
		{"a provider's table with the name of a built-in one", "provider.fault_reserved", Problem, "[model_providers.ollama] (~/.codex/config.toml:1)", func(w *ward) { w.config("[model_providers.ollama]") }},
		{"a cloud's table with a name", "provider.fault_foreign", Problem, "sets name", func(w *ward) { w.config("[model_providers.gcp]\nname = 'x'") }},
		{"a provider with two credentials", "provider.fault_twice", Problem, "both auth and env_key", func(w *ward) {
			w.config("[model_providers.a]\nname = 'x'\nenv_key = 'X'\nauth = {command = 'x'}")
		}},
		{"a provider without a command", "provider.fault_command", Problem, "auth without a command", func(w *ward) { w.config("[model_providers.a]\nname = 'x'\nauth = {args = []}") }},
		{"a provider with aws", "provider.fault_aws", Problem, "has aws", func(w *ward) { w.config("[model_providers.a]\nname = 'x'\naws = {}") }},
		{"a provider of yesterday", "provider.fault_wire", Problem, "wire_api", func(w *ward) { w.config("[model_providers.a]\nname = 'x'\nwire_api = 'chat'") }},
		{"a provider without a name", "provider.fault_name", Problem, "has no name", func(w *ward) { w.config("[model_providers.a]\nbase_url = 'http://x'") }},
		{"a provider that nobody knows", "provider.unknown", Problem, "no provider nosuch", func(w *ward) { w.config(`model_provider = "nosuch"`) }},
	}
}

// project puts the person into a repository that sets something.
func (w *ward) project(trusted bool) {
	w.t.Helper()
	must(w, os.MkdirAll(filepath.Join(w.dir, ".git"), 0o700))
	must(w, os.MkdirAll(filepath.Join(w.dir, ".codex"), 0o700))
	must(w, os.WriteFile(filepath.Join(w.dir, ".codex", "config.toml"), []byte(`forced_login_method = "chatgpt"`), 0o600))
	if trusted {
		w.config("[projects." + `"` + w.dir + `"` + "]\ntrust_level = \"trusted\"\n")
	}
}
