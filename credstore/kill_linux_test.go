package credstore

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	gokeyring "github.com/zalando/go-keyring"
)

// A writer is killed at every system call that a save makes. After each the
// old login or the new one is there, whole, and the next save works and leaves
// nothing behind.
func TestKillAtEverySystemCall(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		missing(t, "strace")
	}
	if err := exec.Command("strace", "-o", "/dev/null", "true").Run(); err != nil {
		missing(t, "strace with the right to trace")
	}
	home, ctx := testHome(t), testContext(t)
	store := Open(home, ModeFile)
	oldKey, newKey := "sk-"+strings.Repeat("o", 3000), "sk-"+strings.Repeat("n", 9000)
	kills, outcomes := 0, map[string]int{}
	for _, name := range []string{"flock", "newfstatat", "getdents64", "unlinkat", "fchmod", "write", "fsync", "renameat", "openat", "close"} {
		for nth := 1; ; nth++ {
			if _, err := store.Save(ctx, apiKey(oldKey), Steps{}); err != nil {
				t.Fatal(err)
			}
			unchangedNames(t, home)
			self := helper("save", home.Path, newKey)
			inject := fmt.Sprintf("inject=%s:signal=KILL:when=%d", name, nth)
			cmd := exec.Command("strace", append([]string{"-f", "-o", "/dev/null", "-e", "trace=" + name, "-e", inject, testBinary(t)}, self.Args[1:]...)...)
			cmd.Env = self.Env
			err := cmd.Run()
			a, _, loadErr := store.Load(ctx)
			if loadErr != nil {
				t.Fatalf("killed at %s %d: %v", name, nth, loadErr)
			}
			if key := a.APIKey.Reveal(); key != oldKey && key != newKey {
				t.Fatalf("killed at %s %d: a key of %d bytes", name, nth, len(key))
			} else if err != nil {
				outcomes[key[3:4]]++
			}
			if err == nil {
				break
			}
			kills++
		}
	}
	if outcomes["o"] == 0 || outcomes["n"] == 0 {
		t.Errorf("%d kills, none on one side of the change: %v", kills, outcomes)
	}
	t.Logf("%d kills: %d times the old login, %d times the new one", kills, outcomes["o"], outcomes["n"])
}

// The same for the encrypted file, at the calls that change something: the old
// map or the new one is there, whole, with what else was in it.
func TestKillWhileEncrypting(t *testing.T) {
	if err := exec.Command("strace", "-o", "/dev/null", "true").Run(); err != nil {
		missing(t, "strace with the right to trace")
	}
	home, ctx := testHome(t).encrypted(), testContext(t)
	store := &keyringStore{home, onePassphrase{}}
	sealAs(t, home, onePassphrase{}.text(), `{"version":1,"secrets":{"global/OTHER":"kept"}}`, 2)
	outcomes := map[string]int{}
	for _, name := range []string{"write", "fchmod", "fsync", "renameat", "unlinkat"} {
		for nth := 1; ; nth++ {
			if _, err := store.Save(ctx, apiKey("old"), Steps{}); err != nil {
				t.Fatal(err)
			}
			if left := names(t, filepath.Dir(home.EncryptedFile())); len(left) != 1 {
				t.Fatalf("left behind: %q", left)
			}
			write(t, home.AuthFile(), "{}")
			self := helper("seal", home.Path, "new")
			inject := fmt.Sprintf("inject=%s:signal=KILL:when=%d", name, nth)
			cmd := exec.Command("strace", append([]string{"-f", "-o", "/dev/null", "-e", "trace=" + name, "-e", inject, testBinary(t)}, self.Args[1:]...)...)
			cmd.Env = self.Env
			err := cmd.Run()
			a, _, loadErr := store.Load(ctx)
			if loadErr != nil || a.APIKey.Reveal() != "old" && a.APIKey.Reveal() != "new" {
				t.Fatalf("killed at %s %d: %v", name, nth, loadErr)
			}
			if text := unsealed(t, home, onePassphrase{}); !strings.Contains(text, `"global/OTHER":"kept"`) {
				t.Fatalf("killed at %s %d: another secret is lost", name, nth)
			}
			if err == nil {
				break
			}
			outcomes[a.APIKey.Reveal()]++
		}
	}
	if outcomes["old"] == 0 || outcomes["new"] == 0 {
		t.Errorf("no kill on one side of the change: %v", outcomes)
	}
	t.Logf("%d times the old login, %d times the new one", outcomes["old"], outcomes["new"])
}

// onePassphrase is a keyring with one entry.
type onePassphrase struct{}

func (onePassphrase) text() string { return strings.Repeat("A", 43) + "=" }

func (k onePassphrase) get(_ context.Context, service, _ string) (string, error) {
	if service != secretsService {
		return "", gokeyring.ErrNotFound
	}
	return k.text(), nil
}
func (onePassphrase) set(context.Context, string, string, string) error { return nil }
func (onePassphrase) remove(context.Context, string, string) error      { return gokeyring.ErrNotFound }

// The order that makes a save last through a power cut: the content reaches
// the disk before the name does, and the name before the save returns.
func TestSaveFlushesFileAndFolder(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		missing(t, "strace")
	}
	home := testHome(t)
	trace := filepath.Join(t.TempDir(), "trace")
	self := helper("save", home.Path, "sk-1")
	cmd := exec.Command("strace", append([]string{"-f", "-y", "-o", trace, "-e", "trace=flock,fsync,renameat,rename,renameat2", testBinary(t)}, self.Args[1:]...)...)
	cmd.Env = self.Env
	if out, err := cmd.CombinedOutput(); err != nil {
		missing(t, "strace with the right to trace: "+string(out))
	}
	var steps []string
	for line := range strings.Lines(read(t, trace)) {
		for _, step := range []struct{ has, name string }{
			{"/auth.lock>, LOCK_EX", "lock home"},
			{"/auth.json.lock>, LOCK_EX", "lock file"},
			{"/.auth-", "file"},
			{"fsync(", "folder"},
			{"LOCK_UN", "unlock"},
		} {
			if strings.Contains(line, step.has) {
				if step.name == "file" {
					step.name = map[bool]string{true: "flush file", false: "rename"}[strings.Contains(line, "fsync(")]
				}
				steps = append(steps, step.name)
				break
			}
		}
	}
	if got, want := strings.Join(steps, ", "), "lock home, lock file, flush file, rename, folder, unlock, unlock"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}
