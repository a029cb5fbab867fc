//go:build !windows

package main

import (
	"bytes"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"codex-login/assets"
	"codex-login/credstore"
	"codex-login/flows/sandbox"
	"codex-login/policy"
)

// demo runs a demo with a key of the person's in the environment.
func demo(p *person, input string, args ...string) ran {
	cmd := p.command()
	cmd.Args = append([]string{program, "demo"}, args...)
	cmd.Stdin = strings.NewReader(input)
	var out, talk bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &talk
	_ = cmd.Run()
	return ran{out.String(), talk.String(), cmd.ProcessState.ExitCode()}
}

// The person's own key is not offered in a demo, and the demo leaves nothing.
func TestDemoKeepsToItself(t *testing.T) {
	p := newPerson(t, nil)
	tmp := t.TempDir()
	p.env = []string{"TMPDIR=" + tmp, "OPENAI_API_KEY=" + wrongKey}
	r := demo(p, "3\ne\n", "--plain")
	if r.code != exitDone || !strings.Contains(r.out, "API key saved") || strings.Contains(r.out+r.err, "sk-proj-***56789") {
		t.Errorf("%+v", r)
	}
	if left, _ := os.ReadDir(tmp); len(left) != 0 {
		t.Errorf("%v is left", left)
	}
	if p.authJSON() != "" {
		t.Error("the demo wrote into CODEX_HOME")
	}
}

// A rule of the system neither refuses the demo nor leads a key elsewhere.
func TestDemoHasNoSystemLayer(t *testing.T) {
	for name, text := range map[string]string{
		"managed_config.toml": "forced_login_method = \"chatgpt\"\nopenai_base_url = \"http://127.0.0.1:9/v1\"\n",
		"requirements.toml":   "allowed_login_methods = [\"chatgpt\"]\n",
	} {
		begin := systemFile(t, name, text)
		p := newPerson(t, nil)
		cmd := p.command()
		cmd.Args = append(begin, program, "demo", "--plain", "--check", "--with-api-key")
		path, err := exec.LookPath(begin[0])
		if err != nil {
			t.Fatal(err)
		}
		cmd.Path = path
		cmd.Stdin = strings.NewReader(wrongKey)
		var all bytes.Buffer
		cmd.Stdout, cmd.Stderr = &all, &all
		_ = cmd.Run()
		if !strings.Contains(all.String(), "OpenAI does not accept this key") {
			t.Errorf("%s: %s", name, all.String())
		}
	}
}

// Every address that Codex needs is the sandbox's in a demo, also where the
// command line names another, and the sandbox answers there.
func TestDemoStaysOnThisMachine(t *testing.T) {
	issuer, err := sandbox.Start(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = issuer.Close() }()
	folder := t.TempDir()
	home, err := credstore.FindHome(only("CODEX_HOME", folder))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("HTTP_PROXY", "http://198.51.100.1:9")
	t.Setenv("CODEX_CA_CERTIFICATE", filepath.Join(folder, "none"))
	o := &options{words: assets.Speak("en"), overrides: []string{`chatgpt_base_url="https://chatgpt.com/backend-api"`}}
	login, err := o.openDemo(home, policy.Options{System: filepath.Join(folder, "system")}, issuer)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range login.Endpoints() {
		at, err := url.Parse(e.URL)
		if err != nil || "http://"+at.Host != issuer.URL() {
			t.Errorf("%s is %s", e.Purpose, e.URL)
			continue
		}
		if c := login.Connect(t.Context(), e); c.Err != nil {
			t.Errorf("%s: %v", e.URL, c.Err)
		}
	}
}

func TestDemoSaysWhyItCannotBegin(t *testing.T) {
	p := newPerson(t, nil)
	p.env = []string{"TMPDIR=" + filepath.Join(t.TempDir(), "gone")}
	if r := demo(p, ""); r.code != exitFailed || !strings.Contains(r.err, "needs a temporary folder") {
		t.Errorf("%+v", r)
	}
	if r := demo(p, "", "--json"); r.code != exitFailed || !strings.Contains(eachLineIsJSON(t, r.out)[0].Message, "needs a temporary folder") {
		t.Errorf("%+v", r)
	}
}
