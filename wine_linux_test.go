//go:build wine

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"codex-login/flows/sandbox"
	"codex-login/tui/termtest"
)

// TestWindows walks through the Windows build. Wine is no proof for Windows,
// but what fails here fails there too, or is wine's and says so below.
func TestWindows(t *testing.T) {
	p := newPC(t)
	part := func(name string, f func(p *pc)) {
		t.Run(name, func(t *testing.T) {
			here, who := *p, *p.person
			who.t, who.env = t, nil
			here.person = &who
			here.moveTo(`C:\cx\` + name)
			f(&here)
		})
	}
	part("the four ways", walkWays)
	part("accounts", walkAccounts)
	part("credential manager", walkKeyring)
	part("encrypted file", walkSealed)
	part("Ünï cödé", walkPaths)
	part("rules", walkRules)
	part("doctor", walkDoctor)
	part("network", walkNetwork)
	part("wizard", walkWizard)
}

func walkWays(p *pc) {
	p.says([]string{"--help"}, "Usage:")
	p.says([]string{"--version"}, "codex-login version")
	p.says([]string{"completion", "powershell"}, "Register-ArgumentCompleter")
	if r := p.run("", "status"); r.code != exitFailed || !strings.Contains(r.out+r.err, "Not logged in") {
		p.t.Error("status of nobody")
	}
	key := p.issuer.NewAPIKey(sandbox.MinaHarbour)
	p.saysTo(key+"\r\n", []string{"--with-api-key", "--check"}, "API key saved", p.cx+`\auth.json`)
	if text := p.authJSON(); text != "{\n  \"auth_mode\": \"apikey\",\n  \"OPENAI_API_KEY\": \""+key+"\"\n}" {
		p.t.Errorf("auth.json: %s", text)
	}
	p.codexSays("", "API key configured", "login", "status")
	p.saysTo(p.issuer.NewAccessToken(sandbox.MinaHarbour)+"\r\n", []string{"--with-access-token"}, "mina@")
	p.signIn("--device-auth")
	p.codexSays("", "Logged in using ChatGPT", "login", "status")
	p.signIn("--no-browser")
	p.codexSays("", "Logged in using ChatGPT", "login", "status")
	opened := p.disk("opened")
	p.signIn("--browser", `cmd /c echo %s > C:\opened`)
	if _, err := os.Stat(opened); err != nil {
		p.t.Error("the browser was not started")
	}
	p.says([]string{"status"}, "mina@", p.cx)
	// What Codex stores is read here, and what it forgets is gone.
	p.codexSays("sk-test-AAAABBBBCCCCDDDD\r\n", "API key saved", "login", "--with-api-key")
	if p.codex != "" {
		p.says([]string{"status"}, "sk-test-***CDDDD")
	}
	p.says([]string{"logout"})
	p.codexSays("", "Not logged in", "login", "status")
	log, err := os.ReadFile(filepath.Join(p.person.home, "log", "codex-login.log"))
	if err != nil || !bytes.Contains(log, []byte("codex-login")) {
		p.t.Errorf("login log: %v: %s", err, log)
	}
}

func walkAccounts(p *pc) {
	p.signIn("--device-auth")
	key := p.issuer.NewAPIKey(sandbox.MinaHarbour)
	p.saysTo(key+"\r\n", []string{"--with-api-key"})
	p.says([]string{"accounts"}, "mina@", "API key")
	p.says([]string{"switch", "mina"})
	p.codexSays("", "Logged in using ChatGPT", "login", "status")
	p.says([]string{"accounts", "label", "mina", "Büro"}, "Büro")
	p.says([]string{"switch", "-"})
	p.codexSays("", "API key configured", "login", "status")
	writeText(p.t.(*testing.T), p.disk("pass phrase.txt"), "correct horse battery staple\r\n")
	p.says([]string{"export", "Büro", "--encrypt", "--passphrase-file", `C:\pass phrase.txt`, "-o", `C:\cx\exported.age`})
	p.says([]string{"accounts", "--verify"})
	p.moveTo(`C:\cx\another`)
	p.says([]string{"import", "--passphrase-file", `C:\pass phrase.txt`, `C:\cx\exported.age`})
	p.says([]string{"status"}, "mina@")
	if r := p.run("", "export", "-o", `C:\cx\exported.age`); r.code != exitFailed {
		p.t.Error("a document was overwritten")
	}
	p.says([]string{"doctor", "--offline"}, "accounts: 1")
	p.says([]string{"logout"})
}

func walkKeyring(p *pc) {
	direct := "cli_auth_credentials_store = \"keyring\"\r\n[features]\r\nsecret_auth_storage = false\r\n"
	writeText(p.t.(*testing.T), filepath.Join(p.person.home, "config.toml"), direct)
	p.saysTo("sk-test-AAAABBBBCCCCDDDD\r\n", []string{"--with-api-key"})
	p.codexSays("", "API key configured - sk-test-***CDDDD", "login", "status")
	p.codexSays("sk-test-AAAABBBBCCCCEEEE\r\n", "API key saved", "login", "--with-api-key")
	if p.codex != "" {
		p.says([]string{"status"}, "sk-test-***CEEEE")
	}
	// 2560 bytes are all that one credential holds.
	long := p.run("sk-"+strings.Repeat("x", 1300), "--with-api-key")
	if long.code != exitFailed || !strings.Contains(long.err, "does not fit") {
		p.t.Error("a key that does not fit")
	}
	p.says([]string{"store", "file"})
	p.codexSays("", "API key configured", "login", "status")
	config, err := os.ReadFile(filepath.Join(p.person.home, "config.toml"))
	if want := strings.Replace(direct, `"keyring"`, `"file"`, 1); err != nil || string(config) != want {
		p.t.Errorf("config.toml: %q, want %q", config, want)
	}
	p.says([]string{"store", "auto"})
	p.says([]string{"logout"})
	p.codexSays("", "Not logged in", "login", "status")
}

// walkSealed: on Windows Codex keeps the login in an encrypted file by default,
// and the file's passphrase in the Credential Manager.
func walkSealed(p *pc) {
	writeText(p.t.(*testing.T), filepath.Join(p.person.home, "config.toml"), "cli_auth_credentials_store = \"keyring\"\r\n")
	p.signIn("--device-auth")
	sealed := filepath.Join(p.person.home, "secrets", "codex_auth.age")
	if _, err := os.Stat(sealed); err != nil || p.authJSON() != "" {
		p.t.Errorf("the login is not in the encrypted file: %v", err)
	}
	p.codexSays("", "Logged in using ChatGPT", "login", "status")
	p.codexSays("sk-test-AAAABBBBCCCCEEEE\r\n", "API key saved", "login", "--with-api-key")
	if p.codex != "" {
		p.says([]string{"status"}, "sk-test-***CEEEE")
	}
	p.says([]string{"logout"})
	p.codexSays("", "Not logged in", "login", "status")
	p.codexSays("sk-test-AAAABBBBCCCCFFFF\r\n", "API key saved", "login", "--with-api-key")
	if p.codex != "" {
		p.says([]string{"status"}, "sk-test-***CFFFF")
	}
}

func walkPaths(p *pc) {
	name := p.cx
	p.saysTo("sk-test-AAAABBBBCCCCDDDD\r\n", []string{"--with-api-key"}, name+`\auth.json`)
	for _, cx := range []string{strings.ToLower(name), strings.ReplaceAll(name, `\`, "/"), `\\?\` + name, name + `\`} {
		p.cx = cx
		p.says([]string{"status"}, "sk-test-***CDDDD")
		p.codexSays("", "API key configured", "login", "status")
	}
	// Another drive.
	elsewhere := p.t.TempDir()
	if err := os.Symlink(elsewhere, filepath.Join(p.prefix, "dosdevices", "x:")); err != nil {
		p.t.Fatal(err)
	}
	p.cx = `X:\`
	p.saysTo("sk-test-AAAABBBBCCCCDDDD\r\n", []string{"--with-api-key"}, `X:\auth.json`)
	p.codexSays("", "API key configured", "login", "status")
	p.cx = `C:\cx\none`
	if r := p.run("", "status"); r.code != exitFailed || !strings.Contains(r.err, `mkdir "C:\cx\none"`) {
		p.t.Error("a CODEX_HOME that is not there")
	}
}

func walkRules(p *pc) {
	t := p.t.(*testing.T)
	admin := p.disk("ProgramData", "OpenAI", "Codex")
	t.Cleanup(func() { _ = os.RemoveAll(admin) })
	// A byte order mark and line ends of Windows, as Notepad makes them.
	writeText(t, filepath.Join(admin, "requirements.toml"), "\ufeffallowed_login_methods = [\"chatgpt\"]\r\n")
	writeText(t, filepath.Join(admin, "config.toml"), "forced_chatgpt_workspace_id = \"ws-none\"\r\n")
	// Codex has given that one up on Windows, broken or not.
	for _, folder := range []string{admin, p.person.home} {
		writeText(t, filepath.Join(folder, "managed_config.toml"), "forced_login_method = [broken")
	}
	writeText(t, filepath.Join(p.person.home, "config.toml"), "\ufeffmodel = \"x\"\r\n")
	p.says([]string{"policy"}, `C:\ProgramData\OpenAI\Codex\requirements.toml:1`, `C:\ProgramData\OpenAI\Codex\config.toml:1`, "ws-none")
	if r := p.run("sk-test-AAAABBBBCCCCDDDD\r\n", "--with-api-key"); r.code != exitRefused {
		t.Error("a key was stored against the rules")
	}
	p.codexSays("sk-test-AAAABBBBCCCCDDDD\r\n", "API key login is disabled", "login", "--with-api-key")
	// A repository that the person trusts, in whatever case its path is written.
	_ = os.RemoveAll(admin)
	writeText(t, filepath.Join(p.person.home, "config.toml"), "[projects.\"c:\\\\REPO\"]\r\ntrust_level = \"trusted\"\r\n")
	writeText(t, p.disk("repo", ".codex", "config.toml"), "forced_login_method = \"chatgpt\"\r\n")
	writeText(t, p.disk("repo", ".git", "HEAD"), "ref: refs/heads/main\n")
	ours := p.host("wine", p.arguments("--with-api-key")...)
	ours.Dir = p.disk("repo")
	if r := p.ran("sk-test-AAAABBBBCCCCDDDD\r\n", ours); r.code != exitRefused {
		t.Error("a trusted repository's rule is not seen")
	}
}

func walkDoctor(p *pc) {
	p.saysTo("sk-test-AAAABBBBCCCCDDDD\r\n", []string{"--with-api-key"})
	text := p.says([]string{"doctor", "--offline"})
	for _, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "problem") || strings.HasPrefix(line, "warning") {
			p.t.Errorf("a sound machine is blamed: %s", line)
		}
	}
}

func walkNetwork(p *pc) {
	// Nobody listens there.
	p.env = []string{"https_proxy=http://127.0.0.1:9", "http_proxy=http://127.0.0.1:9", "no_proxy=none.example"}
	r := p.run("", "--device-auth", "--plain", "--experimental_issuer", "http://issuer.example")
	if r.code != exitFailed || !strings.Contains(r.err, "127.0.0.1:9") || !strings.Contains(r.err, "Start the proxy") {
		p.t.Error("a proxy that refuses is not named")
	}
	p.env = nil
	r = p.run("", "--device-auth", "--plain", "--experimental_issuer", "http://127.0.0.1:9")
	if r.code != exitFailed || !strings.Contains(r.err, "refused the connection") {
		p.t.Error("a refused connection is not called one")
	}
	p.env = []string{`SSL_CERT_FILE=C:\none.pem`}
	r = p.run("", "--device-auth", "--plain", "--experimental_issuer", "https://127.0.0.1:9")
	if r.code != exitFailed || !strings.Contains(r.err, `C:\none.pem`) {
		p.t.Error("a bundle that is not there is not named")
	}
}

func walkWizard(p *pc) {
	sit := func(args ...string) *termtest.Terminal {
		p.t.Helper()
		o := termtest.Options{Env: p.surroundings(), Answer: true, Timeout: time.Minute}
		return termtest.Start(p.t, o, "wine", p.arguments(args...)...)
	}
	// Wine's console counts escape sequences as text, so that the screen is torn.
	// What was written is looked at instead.
	written := func(term *termtest.Terminal, pattern string) string {
		p.t.Helper()
		sign, found := regexp.MustCompile(pattern), ""
		term.WaitUntil(pattern, func() bool {
			found = sign.FindString(ansi.Strip(string(term.Raw())))
			return found != ""
		})
		return found
	}
	term := sit()
	written(term, "ChatGPT with a device code")
	term.Key("2")
	written(term, "get a code")
	term.Key("enter")
	if err := p.issuer.ApproveDevice(p.t.Context(), written(term, deviceCode.String()), sandbox.MinaHarbour); err != nil {
		p.t.Error(err)
	}
	written(term, `enter\s+leave`) // a screen that has just come takes no keys yet
	term.Key("enter")
	if code := term.WaitExit(); code != exitDone {
		p.t.Errorf("exit %d", code)
	}
	p.codexSays("", "Logged in using ChatGPT", "login", "status")
	before := p.authJSON()
	// ctrl+c leaves, and the login stays.
	term = sit()
	written(term, "mina@example.test")
	term.Key("ctrl+c")
	if code := term.WaitExit(); code != exitCancelled || p.authJSON() != before {
		p.t.Errorf("ctrl+c: exit %d", code)
	}
}
