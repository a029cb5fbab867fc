package policy

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// configuration is a set of layers as a test writes them down.
type configuration struct {
	requirements, managed, system, user string
	overrides                           []string
	// files are below a folder of the case, which stands for $WORK in every
	// text; dir is the working directory there.
	files tree
	dir   string
}

// tree are files by path. A path that ends in a slash is a folder, a text
// that begins with an arrow the target of a link.
type tree map[string]string

func (files tree) write(t testing.TB, work string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path, text := filepath.Join(work, name), strings.ReplaceAll(files[name], "$WORK", work)
		target, isLink := strings.CutPrefix(text, "→")
		err := os.MkdirAll(filepath.Dir(path), 0o700)
		switch {
		case strings.HasSuffix(name, "/"):
			err = errors.Join(err, os.MkdirAll(path, 0o700))
		case isLink:
			err = errors.Join(err, os.Symlink(target, path))
		default:
			err = errors.Join(err, os.WriteFile(path, []byte(text), 0o600))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// in puts a folder's name into the texts.
func (c configuration) in(work string) configuration {
	for _, text := range []*string{&c.requirements, &c.managed, &c.system, &c.user} {
		*text = strings.ReplaceAll(*text, "$WORK", work)
	}
	c.overrides = slices.Clone(c.overrides)
	for i, o := range c.overrides {
		c.overrides[i] = strings.ReplaceAll(o, "$WORK", work)
	}
	return c
}

// options lays the layers out in folders of the test.
func (c configuration) options(t testing.TB) Options {
	t.Helper()
	work, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c = c.in(work)
	o := Options{Home: t.TempDir(), System: t.TempDir(), Overrides: c.overrides}
	if c.files != nil {
		c.files.write(t, work)
		o.Dir = filepath.Join(work, c.dir)
	}
	for path, text := range map[string]string{
		filepath.Join(o.System, "requirements.toml"):   c.requirements,
		filepath.Join(o.System, "managed_config.toml"): c.managed,
		filepath.Join(o.System, "config.toml"):         c.system,
		filepath.Join(o.Home, "config.toml"):           c.user,
	} {
		if text == "" {
			continue
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

func (c configuration) load(t testing.TB) *Rules {
	t.Helper()
	r, err := Load(c.options(t))
	if err != nil {
		t.Fatal(err)
	}
	return r
}
