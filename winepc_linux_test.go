//go:build wine

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"codex-login/flows/sandbox"
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
