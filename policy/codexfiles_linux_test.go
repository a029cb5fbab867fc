package policy

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// oddFiles put something else in the place of a layer.
var oddFiles = map[string]struct {
	make    func(path string) error
	differs string
}{
	"folder":       {make: func(path string) error { return os.Mkdir(path, 0o700) }},
	"link to none": {make: func(path string) error { return os.Symlink(path+".none", path) }},
	"link to self": {make: func(path string) error { return os.Symlink(path, path) }},
	"link to a file": {make: func(path string) error {
		return errors.Join(os.WriteFile(path+".real", []byte("forced_login_method = 1"), 0o600), os.Symlink(path+".real", path))
	}},
	"pipe":       {make: func(path string) error { return unix.Mkfifo(path, 0o600) }},
	"empty":      {make: func(path string) error { return os.WriteFile(path, nil, 0o600) }},
	"not UTF-8":  {make: func(path string) error { return os.WriteFile(path, []byte("a = '\xff'"), 0o600) }},
	"UTF-16":     {make: func(path string) error { return os.WriteFile(path, []byte("\xff\xfea\x00"), 0o600) }},
	"very large": {make: func(path string) error { return os.WriteFile(path, []byte(strings.Repeat("#\n", maxLayer)), 0o600) }, differs: "a file of more than 1 MiB is no configuration"},
}

// TestFilesAgainstCodex holds what we do with files that are none against the
// real Codex, for each file that it reads.
func TestFilesAgainstCodex(t *testing.T) {
	binary, err := codexBinary()
	need(t, "the real Codex (CODEX_BIN, .deps or PATH)", err)
	if !apart(t) {
		return
	}
	for what, odd := range oddFiles {
		for _, layer := range []string{"/etc/codex/config.toml", "$HOME/config.toml", "$WORK/repo/.codex/config.toml", "/etc/codex/managed_config.toml", "/etc/codex/requirements.toml"} {
			t.Run(what+" as "+filepath.Base(filepath.Dir(layer))+"/"+filepath.Base(layer), func(t *testing.T) {
				r := codexRun{t: t, binary: binary, codexCase: codexCase{configuration: configuration{
					overrides: []string{`projects={"$WORK/repo"={trust_level="trusted"}}`},
					files:     tree{"repo/.git/HEAD": "", "repo/.codex/": ""}, dir: "repo",
				}}}
				r.layOut()
				path := strings.NewReplacer("$HOME", r.home, "$WORK", filepath.Dir(r.cwd)).Replace(layer)
				if err := odd.make(path); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = errors.Join(os.Remove(path), os.RemoveAll(path+".real")) })
				_, err := Load(r.options())
				theirs := r.refusesConfig()
				if apart := (err != nil) != theirs; apart != (odd.differs != "") {
					t.Errorf("we say %v, Codex refuses: %t; difference: %q", err, theirs, odd.differs)
				}
				var config *ConfigError
				if err != nil && (!errors.As(err, &config) || config.File != path && what != "link to a file") {
					t.Errorf("%v does not name %s", err, path)
				}
			})
		}
	}
}
