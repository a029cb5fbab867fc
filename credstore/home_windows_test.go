package credstore

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The account is the one that codex.exe 0.169 was seen to use: the hash of the
// verbatim path, however the folder was named.
func TestKeyringAccountOnWindows(t *testing.T) {
	if err := os.MkdirAll(`C:\cx-login\Home2`, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(`C:\cx-login\Home2`); _ = os.Remove(`C:\cx-login`) })
	want := "cli|" + shortHash(`\\?\C:\cx-login\Home2`)
	for _, path := range []string{`C:\cx-login\Home2`, `c:/CX-LOGIN/HOME2`, `C:\cx-login\Home2\`, `C:\cx-login\.\x\..\home2`, `\\?\C:\cx-login\Home2`} {
		home, err := FindHome(func(string) string { return path })
		if err != nil || home.keyringAccount() != want {
			t.Errorf("%s: %s, %s, want %s (%v)", path, home.keyringAccount(), home.canonical(), want, err)
		}
	}
	// Not there yet: what it will be.
	later := Home{Path: `c:\CX-login\home2\.codex`, byDefault: true}
	if got := later.canonical(); got != `\\?\C:\cx-login\Home2\.codex` {
		t.Error(got)
	}
}

// A login that another program has open stays, and the error says why.
func TestFileThatIsHeldOpen(t *testing.T) {
	ctx, home := testContext(t), testHome(t)
	store := Open(home, ModeFile)
	if _, err := store.Save(ctx, apiKey("sk-old"), Steps{}); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(home.AuthFile())
	if err != nil {
		t.Fatal(err)
	}
	_, err = store.Save(ctx, apiKey("sk-new"), Steps{})
	if !IsProblem(err, ProblemBusy) || !strings.Contains(err.Error(), "has it open") {
		t.Error(err)
	}
	if a, _, err := store.Load(ctx); err != nil || a.APIKey.Reveal() != "sk-old" {
		t.Error(a, err)
	}
	_ = f.Close()
	if _, err := store.Save(ctx, apiKey("sk-new"), Steps{}); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(home.Path, ".auth-*")); len(left) != 0 {
		t.Error(left)
	}
}

// Our reading keeps nobody from renaming or removing the login.
func TestReadingSharesTheFile(t *testing.T) {
	home := testHome(t)
	write(t, home.AuthFile(), "{}")
	f, err := openShared(home.AuthFile())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if err := os.Rename(home.AuthFile(), home.AuthFile()+".old"); err != nil {
		t.Error(err)
	}
}
