//go:build wine

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"codex-login/flows/sandbox"
	"codex-login/tui/termtest"
)

// pc is a Windows machine: a wine prefix of its own, with our build on it and,
// where make deps-wine was run, the real Codex for Windows.
type pc struct {
	*person
	prefix string
	codex  string // a path of Linux; "" where there is none
	cx     string // CODEX_HOME as Windows writes it
}

const (
	codexForWindows = ".deps/windows/package/vendor/x86_64-pc-windows-msvc/bin/codex.exe"
	ourProgram      = `C:\codex-login.exe`
)

// prng is what Go asks Windows for random numbers; wine 8 has no such library.
const prng = `#include <windows.h>
#include <ntsecapi.h>
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE p, SIZE_T n) { return RtlGenRandom(p, (ULONG)n); }
`

func newPC(t *testing.T) *pc {
	t.Helper()
	if !sandbox.Isolated() {
		t.Fatal("needs a network namespace: nothing here may reach another machine")
	}
	for name, from := range map[string]string{"wine": "wine", "wineboot": "wine", "wineserver": "wine", "x86_64-w64-mingw32-gcc": "gcc-mingw-w64-x86-64"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Fatalf("needs %s (make deps-wine; on Debian the package %s)", name, from)
		}
	}
	p := &pc{person: newPerson(t, nil), prefix: filepath.Join(t.TempDir(), "wine")}
	p.moveTo(`C:\cx\home`)
	t.Cleanup(func() { _ = p.host("wineserver", "-k").Run() })
	p.must(p.host("wineboot", "-i"))
	library := p.disk("windows", "system32", "bcryptprimitives.dll")
	if _, err := os.Stat(library); err != nil {
		source := filepath.Join(t.TempDir(), "prng.c")
		writeText(t, source, prng)
		p.must(p.host("x86_64-w64-mingw32-gcc", "-shared", "-O1", "-s", "-o", library, source, "-ladvapi32"))
	}
	build := p.host("go", "build", "-o", p.disk("codex-login.exe"), ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=windows", "GOARCH=amd64")
	p.must(build)
	if path, err := filepath.Abs(codexForWindows); err == nil {
		if _, err := os.Stat(path); err == nil {
			p.codex = path
		}
	}
	return p
}

// disk is a path on drive C, as Linux names it.
func (p *pc) disk(parts ...string) string {
	return filepath.Join(append([]string{p.prefix, "drive_c"}, parts...)...)
}

// moveTo makes another CODEX_HOME.
func (p *pc) moveTo(path string) {
	p.t.Helper()
	p.cx = path
	p.person.home = p.disk(strings.Split(strings.TrimPrefix(path, `C:\`), `\`)...)
	if err := os.MkdirAll(p.person.home, 0o700); err != nil {
		p.t.Fatal(err)
	}
}

func (p *pc) must(cmd *exec.Cmd) {
	p.t.Helper()
	if out, err := cmd.CombinedOutput(); err != nil {
		p.t.Fatalf("%v: %v: %s", cmd.Args, err, out)
	}
}

// host is a program of Linux in the prefix's surroundings.
func (p *pc) host(name string, args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	p.t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = p.surroundings()
	return cmd
}

func (p *pc) surroundings() []string {
	url := p.issuer.URL()
	return append([]string{
		"WINEPREFIX=" + p.prefix, "WINEDEBUG=-all", "DISPLAY=", "HOME=" + os.Getenv("HOME"), "PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "TZ=UTC",
		"CODEX_HOME=" + p.cx,
		"CODEX_REFRESH_TOKEN_URL_OVERRIDE=" + url + "/oauth/token",
		"CODEX_REVOKE_TOKEN_URL_OVERRIDE=" + url + "/oauth/revoke",
		"CODEX_AUTHAPI_BASE_URL=" + url + "/api/accounts",
	}, p.env...)
}

func (p *pc) arguments(args ...string) []string {
	return append([]string{ourProgram, "--experimental_issuer", p.issuer.URL(), "-c", `openai_base_url="` + p.issuer.URL() + `/v1"`}, args...)
}

// run is the person's, on the other machine.
func (p *pc) run(input string, args ...string) ran {
	p.t.Helper()
	return p.ran(input, p.host("wine", p.arguments(args...)...))
}

func (p *pc) ran(input string, cmd *exec.Cmd) ran {
	p.t.Helper()
	cmd.Stdin = strings.NewReader(input)
	var out, talk bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &talk
	_ = cmd.Run()
	r := ran{strings.ReplaceAll(out.String(), "\r\n", "\n"), strings.ReplaceAll(talk.String(), "\r\n", "\n"), cmd.ProcessState.ExitCode()}
	p.t.Logf("%q: exit %d\n%s%s", cmd.Args[1:], r.code, r.out, r.err)
	return r
}

// says runs a command that has to succeed and to say each of the texts.
func (p *pc) says(args []string, texts ...string) string {
	p.t.Helper()
	return p.saysTo("", args, texts...)
}

func (p *pc) saysTo(input string, args []string, texts ...string) string {
	p.t.Helper()
	r := p.run(input, args...)
	if r.code != exitDone {
		p.t.Errorf("%v: exit %d", args, r.code)
	}
	for _, text := range texts {
		if !strings.Contains(r.out+r.err, text) {
			p.t.Errorf("%v does not say %q", args, text)
		}
	}
	return r.out + r.err
}

// codexSays asks the real Codex for Windows, if it is there.
func (p *pc) codexSays(input, text string, args ...string) {
	p.t.Helper()
	if p.codex == "" {
		p.t.Log("not compared with Codex: needs codex.exe (make deps-wine)")
		return
	}
	if r := p.ran(input, p.host("wine", append([]string{p.codex}, args...)...)); !strings.Contains(r.out+r.err, text) {
		p.t.Errorf("codex.exe %v does not say %q", args, text)
	}
}

// signIn approves what the program asks for, as soon as it is out.
func (p *pc) signIn(args ...string) {
	p.t.Helper()
	cmd := p.host("wine", p.arguments(append([]string{"--json"}, args...)...)...)
	var talk bytes.Buffer
	cmd.Stderr = &talk
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		p.t.Fatal(err)
	}
	signedIn := false
	for lines := json.NewDecoder(out); lines.More(); {
		var e event
		if err := lines.Decode(&e); err != nil {
			p.t.Fatalf("not JSON: %v", err)
		}
		signedIn = signedIn || e.Event == "result" && e.SignedIn
		switch e.Event {
		case "code":
			err = p.issuer.ApproveDevice(p.t.Context(), e.UserCode, sandbox.MinaHarbour)
		case "url":
			_, err = p.issuer.Approve(p.t.Context(), e.URL, sandbox.MinaHarbour)
		}
		if err != nil {
			p.t.Error(err)
		}
	}
	if err := cmd.Wait(); err != nil || !signedIn {
		p.t.Errorf("%v: %v, signed in: %t; %s", args, err, signedIn, talk.String())
	}
}

func writeText(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

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
