package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTrustedProject: where the program is started decides whose settings
// count, also through a link, and whose they are is said.
func TestTrustedProject(t *testing.T) {
	p := newPerson(t, nil)
	folder, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	repository, link := filepath.Join(folder, "repository"), filepath.Join(folder, "link")
	settings := filepath.Join(repository, ".codex", "config.toml")
	if err := errors.Join(
		os.MkdirAll(filepath.Join(repository, ".git"), 0o700), os.WriteFile(filepath.Join(repository, ".git", "HEAD"), nil, 0o600),
		os.MkdirAll(filepath.Join(repository, "below"), 0o700), os.MkdirAll(filepath.Dir(settings), 0o700),
		os.WriteFile(settings, []byte("\nforced_login_method = \"chatgpt\"\n"), 0o600), os.Symlink(repository, link),
	); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, dir, level string
		refused          bool
	}{
		{"trusted", repository, "trusted", true},
		{"below", filepath.Join(repository, "below"), "trusted", true},
		{"through a link", filepath.Join(link, "below"), "trusted", true},
		{"beside", folder, "trusted", false},
		{"untrusted", repository, "untrusted", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			writeConfig(t, p, fmt.Sprintf("[projects.%q]\ntrust_level = %q\n", repository, c.level))
			cmd := p.command("login", "--with-api-key")
			cmd.Dir, cmd.Stdin = c.dir, strings.NewReader("sk-test-0123456789abcdef")
			cmd.Env = append(cmd.Env, "PWD="+c.dir)
			out, err := cmd.CombinedOutput()
			if refused := err != nil; refused != c.refused || refused != strings.Contains(string(out), settings+":2") {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// TestProjectLog: a trusted repository says where the login log is, which is
// pointed out, and a link that it has put there leads nowhere.
func TestProjectLog(t *testing.T) {
	p := newPerson(t, nil)
	repository, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	auth, logs := filepath.Join(p.home, "auth.json"), filepath.Join(repository, ".codex", "logs")
	if err := errors.Join(
		os.MkdirAll(filepath.Join(repository, ".git"), 0o700), os.WriteFile(filepath.Join(repository, ".git", "HEAD"), nil, 0o600),
		os.MkdirAll(logs, 0o700), os.Symlink(auth, filepath.Join(logs, "codex-login.log")),
		os.WriteFile(filepath.Join(repository, ".codex", "config.toml"), []byte("log_dir = \"logs\"\n"), 0o600),
	); err != nil {
		t.Fatal(err)
	}
	writeConfig(t, p, fmt.Sprintf("[projects.%q]\ntrust_level = \"trusted\"\n", repository))
	cmd := p.command("--with-api-key")
	cmd.Dir, cmd.Stdin = repository, strings.NewReader("sk-test-0123456789abcdef")
	cmd.Env = append(cmd.Env, "PWD="+repository)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "codex-login.log cannot be written") {
		t.Errorf("%v\n%s", err, out)
	}
	cmd = p.command("status")
	cmd.Dir = repository
	cmd.Env = append(cmd.Env, "PWD="+repository)
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "log_dir = ") {
		text, _ := os.ReadFile(auth)
		t.Errorf("%v\n%s\n%s", err, out, text)
	}
}
