package policy

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

func TestSetRootChangesOnlyItsBytes(t *testing.T) {
	for name, test := range map[string]struct{ before, after string }{
		"empty":               {"", "cli_auth_credentials_store = \"keyring\"\n"},
		"replaced":            {"a = 1\ncli_auth_credentials_store   =  'file'   # mine\n[t]\n", "a = 1\ncli_auth_credentials_store   =  \"keyring\"   # mine\n[t]\n"},
		"quoted key":          {"\"cli_auth_credentials_store\"='file'", "\"cli_auth_credentials_store\"=\"keyring\""},
		"key with equals":     {"\"a=b\" = 1\n", "\"a=b\" = 1\ncli_auth_credentials_store = \"keyring\"\n"},
		"wrong type":          {"cli_auth_credentials_store = [\n 'file', # why\n]\nz=1\n", "cli_auth_credentials_store = \"keyring\"\nz=1\n"},
		"multi-line text":     {"cli_auth_credentials_store = '''\nfile'''\nz=1\n", "cli_auth_credentials_store = \"keyring\"\nz=1\n"},
		"after the last root": {"# head\na = 1 # one\n\n# about t\n[t]\nb = 2\n", "# head\na = 1 # one\ncli_auth_credentials_store = \"keyring\"\n\n# about t\n[t]\nb = 2\n"},
		"before a table":      {"# about t\n[t]\nb = 2\n", "cli_auth_credentials_store = \"keyring\"\n\n# about t\n[t]\nb = 2\n"},
		"only comments":       {"# a\n# b", "# a\n# b\ncli_auth_credentials_store = \"keyring\"\n"},
		"no last newline":     {"a = 1", "a = 1\ncli_auth_credentials_store = \"keyring\"\n"},
		"CRLF":                {"a = 1\r\n\r\n[t]\r\n", "a = 1\r\ncli_auth_credentials_store = \"keyring\"\r\n\r\n[t]\r\n"},
		"CRLF, replaced":      {"cli_auth_credentials_store='file'\r\n", "cli_auth_credentials_store=\"keyring\"\r\n"},
		"byte order mark":     {"\ufeff[t]\n", "\ufeffcli_auth_credentials_store = \"keyring\"\n\n[t]\n"},
		"BOM, replaced":       {"\ufeffcli_auth_credentials_store='file'\n", "\ufeffcli_auth_credentials_store=\"keyring\"\n"},
		"same name in table":  {"[t]\ncli_auth_credentials_store = 'file'\n", "cli_auth_credentials_store = \"keyring\"\n\n[t]\ncli_auth_credentials_store = 'file'\n"},
		"already so":          {"cli_auth_credentials_store='keyring'", "cli_auth_credentials_store='keyring'"},
		"not a number":        {"x = nan\n", "x = nan\ncli_auth_credentials_store = \"keyring\"\n"},
		"nested values":       {"x = {a = [1,\n2], cli_auth_credentials_store = 1}\n", "x = {a = [1,\n2], cli_auth_credentials_store = 1}\ncli_auth_credentials_store = \"keyring\"\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := setRoot([]byte(test.before), StoreKey, "keyring", Source{})
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != test.after {
				t.Errorf("got\n%q, want\n%q", got, test.after)
			}
		})
	}
}

func TestSetUserValueRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"broken file":         "a = 1\nb = secret",
		"key is a table":      "[cli_auth_credentials_store]\nx = 1\n",
		"key is a dotted one": "cli_auth_credentials_store.x = 1\n",
		"table array":         "[[cli_auth_credentials_store]]\n",
	} {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			path := filepath.Join(home, "config.toml")
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			var config *ConfigError
			if err := SetUserValue(home, StoreKey, "file"); !errors.As(err, &config) || strings.Contains(err.Error(), "secret") {
				t.Errorf("error %v", err)
			}
			onlyFile(t, home, text)
		})
	}
	if err := SetUserValue(t.TempDir(), "a.b", "file"); err == nil {
		t.Error("a dotted key is not a root key")
	}
}

// onlyFile checks that a folder holds config.toml with this text and no litter.
func onlyFile(t *testing.T, home, text string) {
	t.Helper()
	got, err := os.ReadFile(filepath.Join(home, "config.toml"))
	if err != nil || string(got) != text {
		t.Errorf("file holds %q (%v), want %q", got, err, text)
	}
	entries, err := os.ReadDir(home)
	if err != nil || len(entries) != 1 {
		t.Errorf("folder holds %v (%v)", entries, err)
	}
}

func TestSetUserValueWritesFile(t *testing.T) {
	unix := runtime.GOOS != "windows"
	mode := func(path string) fs.FileMode {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Mode().Perm()
	}
	home := t.TempDir()
	path := filepath.Join(home, "config.toml")
	if err := SetUserValue(home, StoreKey, "keyring"); err != nil {
		t.Fatal(err)
	}
	onlyFile(t, home, "cli_auth_credentials_store = \"keyring\"\n")
	if unix && mode(path) != 0o600 {
		t.Errorf("a new file has mode %o", mode(path))
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := SetUserValue(home, StoreKey, "a\"b\\c\n\x7fé"); err != nil {
		t.Fatal(err)
	}
	onlyFile(t, home, "cli_auth_credentials_store = \"a\\\"b\\\\c\\u000a\\u007fé\"\n")
	if unix && mode(path) != 0o644 {
		t.Errorf("the mode became %o", mode(path))
	}

	r, err := Load(Options{Home: home, System: t.TempDir()})
	if err == nil || r == nil {
		t.Error("Load reads the file that was written")
	}
}

func TestSetUserValueFollowsLinks(t *testing.T) {
	for name, exists := range map[string]bool{"file": true, "dangling": false} {
		t.Run(name, func(t *testing.T) {
			home, elsewhere := t.TempDir(), t.TempDir()
			target := filepath.Join(elsewhere, "config.toml")
			if exists {
				if err := os.WriteFile(target, []byte("a = 1\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			link := filepath.Join(home, "config.toml")
			if err := os.Symlink(target, link); err != nil {
				noLinks(t, err)
			}
			if err := SetUserValue(home, StoreKey, "auto"); err != nil {
				t.Fatal(err)
			}
			if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
				t.Errorf("the link is gone: %v", err)
			}
			want := "cli_auth_credentials_store = \"auto\"\n"
			if exists {
				want = "a = 1\n" + want
			}
			onlyFile(t, elsewhere, want)
		})
	}
	t.Run("circle", func(t *testing.T) {
		home := t.TempDir()
		link := filepath.Join(home, "config.toml")
		if err := os.Symlink(link, link); err != nil {
			noLinks(t, err)
		}
		if err := SetUserValue(home, StoreKey, "auto"); err == nil {
			t.Error("a circle of links was written")
		}
	})
}

// A file that someone else wrote since it was read is not overwritten.
func TestReplaceFileSeesChanges(t *testing.T) {
	home := t.TempDir()
	path := filepath.Join(home, "config.toml")
	if err := os.WriteFile(path, []byte("theirs"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, old := range [][]byte{nil, []byte("read before")} {
		if err := replaceFile(path, old, []byte("ours")); !errors.Is(err, errChanged) {
			t.Errorf("error %v", err)
		}
		onlyFile(t, home, "theirs")
	}
}

func TestReplaceFileKeepsReadOnly(t *testing.T) {
	if !heldBack(t) {
		return
	}
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, "config.toml"), []byte("a = 1\n"), 0o400); err != nil {
		t.Fatal(err)
	}
	if err := SetUserValue(home, StoreKey, "auto"); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("error %v", err)
	}
	onlyFile(t, home, "a = 1\n")
}

// In whatever parses, only the one key changes, and what stood there before
// and after its value stays byte for byte.
func FuzzSetRoot(f *testing.F) {
	for _, seed := range []string{
		"", "\ufeff", "a = 1", "a.b = 1 # x\r\n[t]\r\n", "# c", "k = [1,\n2] # x\nz = 1", "'k' = {a = 1}\n",
		"[[t]]\nk = 1\n", "k.x = 1\n", "\"a=b\" = '''\n'''\n", "x = nan\n\n\n[t]", "\t k\t=\t1979-05-27 07:32:00Z\t# y",
	} {
		f.Add(seed, "file")
	}
	f.Add("k = 1\n", "\x00\x7f\"\\\xff\u2028")
	f.Fuzz(func(t *testing.T, text, value string) {
		value = strings.ToValidUTF8(value, "\uFFFD")
		edited, err := setRoot([]byte(text), "k", value, Source{Layer: LayerUser, File: "f"})
		if err != nil {
			return
		}
		var before, after map[string]any
		if err := toml.Unmarshal(bytes.TrimPrefix([]byte(text), utf8BOM), &before); err != nil {
			t.Fatal(err)
		}
		if err := toml.Unmarshal(bytes.TrimPrefix(edited, utf8BOM), &after); err != nil {
			t.Fatal(err)
		}
		if after["k"] != value || !sameBut("k", before, after) {
			t.Fatalf("%q became %q", text, edited)
		}
		head, tail := 0, 0
		for head < min(len(text), len(edited)) && text[head] == edited[head] {
			head++
		}
		for tail < min(len(text), len(edited))-head && text[len(text)-1-tail] == edited[len(edited)-1-tail] {
			tail++
		}
		if _, had := before["k"]; !had && head+tail != len(text) {
			t.Fatalf("%q became %q: more than an insertion", text, edited)
		}
	})
}

func TestCanSetUserValue(t *testing.T) {
	home := t.TempDir()
	path := filepath.Join(home, "config.toml")
	if err := CanSetUserValue(home, StoreKey, "keyring"); err != nil {
		t.Errorf("no file: %v", err)
	}
	if entries, err := os.ReadDir(home); err != nil || len(entries) > 0 {
		t.Errorf("something was written: %v, %v", entries, err)
	}
	if err := os.WriteFile(path, []byte("model = \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var config *ConfigError
	if err := CanSetUserValue(home, StoreKey, "keyring"); !errors.As(err, &config) || config.Line != 1 {
		t.Errorf("broken file: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(home, "nowhere", "config.toml"), path); err != nil {
		t.Fatal(err)
	}
	for name, try := range map[string]func(string, string, string) error{"Can": CanSetUserValue, "": SetUserValue} {
		if err := try(home, StoreKey, "keyring"); !errors.As(err, &config) || config.File == "" {
			t.Errorf("%sSetUserValue into a folder that is not there: %v", name, err)
		}
	}
}

// noLinks skips by name where links cannot be made, which CI can.
func noLinks(t *testing.T, err error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal("needs symbolic links: ", err)
	}
	t.Skip("needs symbolic links: ", err)
}
