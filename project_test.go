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
