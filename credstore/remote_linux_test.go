package credstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// engines puts stand-ins for docker and podman on PATH: programs that refuse any
// other arguments than the ones agreed upon, and run the real thing that was to
// run in the container, on their own standard input, in an environment of its
// own. The container's CODEX_HOME is the folder that is linked as its name. It
// returns the folder of those links.
func engines(t *testing.T, shell string) string {
	t.Helper()
	bin, root := t.TempDir(), t.TempDir()
	script := fmt.Sprintf(`#!/bin/sh
[ "$#" = 6 ] && [ "$1 $2 $4 $5" = "exec -i sh -c" ] || { echo "unknown arguments: $*" >&2; exit 125; }
case $6 in *[\'\"][^\']*sk-*) exit 125;; esac
[ ! -x %[1]s/"$3".says ] || exec %[1]s/"$3".says
[ -e %[1]s/"$3" ] || { echo "Error response from daemon: No such container: $3" >&2; exit 1; }
unset BASH_ENV ENV
exec env -i PATH="${CONTAINER_PATH:-$PATH}" HOME=%[1]s/home $(cat %[1]s/"$3".env 2>/dev/null || echo CODEX_HOME=%[1]s/"$3") setsid %[2]s -c "$6"
`, root, shell)
	for _, name := range []string{"docker", "podman"} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	return root
}

// container links a home folder as a container and returns it.
func container(t *testing.T, root string, home Home, kind MachineKind) Machine {
	t.Helper()
	name := "c" + shortHash(home.Path)
	if err := os.Symlink(home.Path, filepath.Join(root, name)); err != nil && !errors.Is(err, os.ErrExist) {
		t.Fatal(err)
	}
	return Machine{kind, name}
}

func reach(t *testing.T, m Machine) *Remote {
	t.Helper()
	r, err := Reach(testContext(t), m, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// says replaces a container by a program.
func says(t *testing.T, root, name, script string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(root, name+".says"), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
}

// A machine is a Store like the others, under every shell that there is.
func TestRemoteIsAStore(t *testing.T) {
	for _, shell := range []string{"dash", "bash --posix", "bash", "busybox sh", "mksh", "zsh --emulate sh"} {
		t.Run(shell, func(t *testing.T) {
			if _, err := exec.LookPath(strings.Fields(shell)[0]); err != nil {
				missing(t, shell)
			}
			root := engines(t, shell)
			kind := MachineDocker
			if shell == "bash" {
				kind = MachinePodman
			}
			testStore(t, func(h Home) Store { return reach(t, container(t, root, h, kind)) }, KindMachine)
		})
	}
}

// What is written there is what Codex would find here: mode, locks, nothing
// left over, a link's target replaced.
func TestRemoteWritesAsCodexDoes(t *testing.T) {
	root, home, ctx := engines(t, "sh"), testHome(t), testContext(t)
	elsewhere := t.TempDir()
	target := filepath.Join(elsewhere, "real.json")
	write(t, target, `{"OPENAI_API_KEY":"sk-old"}`)
	if err := os.Chmod(target, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, home.AuthFile()); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(home.Path, ".auth-Abc123"), "left by a killed writer")
	r := reach(t, container(t, root, home, MachineDocker))
	if f := r.Facts(); f.Home != filepath.Join(root, r.Machine().Name) || !f.Named || !f.Exists || !f.Writable || !f.Locks {
		t.Errorf("%+v", f)
	}
	if _, err := r.Save(ctx, apiKey("sk-new"), Steps{}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(target)
	if err != nil || info.Mode().Perm() != 0o600 || read(t, target) != string(apiKey("sk-new").Encode()) {
		t.Error(info, err)
	}
	if link, err := os.Readlink(home.AuthFile()); err != nil || link != target {
		t.Error(link, err)
	}
	if got := names(t, home.Path); !slices.Equal(got, []string{"auth.json", "auth.lock"}) {
		t.Error(got)
	}
	if got := names(t, elsewhere); !slices.Equal(got, []string{"real.json", "real.json.lock"}) {
		t.Error(got)
	}
	if err := r.Delete(ctx); err != nil || exists(target) || exists(home.AuthFile()) {
		t.Error(err)
	}
}

// A Codex there that is writing is waited for.
func TestRemoteTakesCodexsLocks(t *testing.T) {
	root, home, ctx := engines(t, "sh"), testHome(t), testContext(t)
	r := reach(t, container(t, root, home, MachineDocker))
	held, err := lockLogin(ctx, home)
	if err != nil {
		t.Fatal(err)
	}
	before := false
	done := make(chan error)
	go func() {
		_, err := r.Save(ctx, apiKey("sk-1"), Steps{Before: func(context.Context) error { before = true; return nil }})
		done <- err
	}()
	select {
	case err := <-done:
		t.Fatal("it did not wait:", err)
	case <-time.After(200 * time.Millisecond):
	}
	held.unlock()
	if err := <-done; err != nil || !before {
		t.Fatal(err)
	}
	if _, err := r.Save(ctx, apiKey("sk-2"), Steps{Before: func(context.Context) error {
		if l, err := lock(ctx, filepath.Join(home.Path, "auth.lock"), 0o666, time.Millisecond); err == nil {
			_ = l.Unlock()
			t.Error("the lock was free")
		}
		return nil
	}}); err != nil {
		t.Fatal(err)
	}
	l, err := lockLogin(ctx, home)
	if err != nil {
		t.Fatal("a lock stayed:", err)
	}
	l.unlock()
}

// CODEX_HOME and PATH as the person's own shell sets them, in a file that a
// command over ssh does not read; its greetings do not disturb.
func TestRemoteReadsStartFiles(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		missing(t, "bash")
	}
	root, ctx := engines(t, "sh"), testContext(t)
	home := filepath.Join(root, "home")
	own := filepath.Join(home, "elsewhere", "codex home")
	bin := filepath.Join(home, "bin")
	for _, dir := range []string{home, bin} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(home, ".bashrc"), "case $- in *i*) ;; *) return;; esac\necho Welcome; read answer; export CODEX_HOME='"+own+"'\n")
	write(t, filepath.Join(home, ".profile"), ". ~/.bashrc\nPATH=$HOME/bin:$PATH\nprintf 'no line end'\n")
	if err := os.WriteFile(filepath.Join(bin, "codex"), []byte("#!/bin/sh\nread x; case $1 in --version) echo codex-cli 1.2;; *) echo \"WARNING: x\"; echo \"$* $CODEX_HOME\" >&2; exit 1;; esac\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(root, "web"), "")
	write(t, filepath.Join(root, "web.env"), "SHELL=/bin/bash")
	r := reach(t, Machine{MachineDocker, "web"})
	f := r.Facts()
	if f.Home != own || !f.Named || f.Exists || !f.Writable || f.Codex != filepath.Join(bin, "codex") || f.Version != "codex-cli 1.2" {
		t.Errorf("%+v", f)
	}
	place, err := r.Save(ctx, apiKey("sk-1"), Steps{})
	if err != nil || place.Where != "docker:web:"+own+"/auth.json" {
		t.Fatal(place, err)
	}
	if info, err := os.Stat(own); err != nil || info.Mode().Perm() != 0o700 {
		t.Error(info, err)
	}
	if said, in, err := r.Status(ctx); err != nil || in || said != "login status "+own {
		t.Error(said, in, err)
	}
}

// What is about to be replaced there goes to the account book there, in its
// own form.
func TestRemoteKeepsWhatItReplaces(t *testing.T) {
	root, home, ctx := engines(t, "sh"), testHome(t), testContext(t)
	r := reach(t, container(t, root, home, MachineDocker))
	first, later, other := chatGPT("u", "w", "s1", someTime), chatGPT("u", "w", "s1", someTime.Add(time.Hour)), chatGPT("u", "w", "s2", someTime)
	for _, a := range []*Auth{first, later, first, other, apiKey("sk-1")} {
		if err := r.Keep(ctx, a); err != nil {
			t.Fatal(err)
		}
	}
	book := OpenBook(home, ModeFile)
	kept, err := book.Load(ctx, ID(first))
	if err != nil {
		t.Fatal(err)
	}
	same(t, kept, later)
	if kept, err = book.Load(ctx, SessionID(other)); err != nil {
		t.Fatal(err)
	}
	same(t, kept, other)
	cards, err := book.Cards(ctx)
	if err != nil || len(cards) != 2 {
		t.Error(cards, err)
	}
	write(t, home.AuthFile(), `{"OPENAI_API_KEY":`)
	place, err := r.KeepUnreadable(ctx)
	if err != nil {
		t.Fatal(err)
	}
	_, path, _ := strings.Cut(strings.TrimPrefix(place.Where, "docker:"), ":")
	if read(t, path) != `{"OPENAI_API_KEY":` {
		t.Error(place)
	}
}

// config.toml is replaced only if it still is what was read; its mode stays.
func TestRemoteReplacesConfig(t *testing.T) {
	root, home, ctx := engines(t, "sh"), testHome(t), testContext(t)
	path := filepath.Join(home.Path, "config.toml")
	r := reach(t, container(t, root, home, MachineDocker))
	if err := r.ReplaceConfig(ctx, nil, []byte("a = 1\n")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	old, err := r.Read(ctx, RemoteConfig)
	if err != nil || string(old) != "a = 1\n" {
		t.Fatal(string(old), err)
	}
	if err := r.ReplaceConfig(ctx, old, []byte("a = 2")); err != nil || read(t, path) != "a = 2" {
		t.Error(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Error(info.Mode(), err)
	}
	for _, stale := range [][]byte{old, nil} {
		if err := r.ReplaceConfig(ctx, stale, []byte("a = 3")); !errors.Is(err, ErrChanged) || read(t, path) != "a = 2" {
			t.Error(err)
		}
	}
	if got := names(t, home.Path); !slices.Equal(got, []string{"config.toml"}) {
		t.Error(got)
	}
}

// A login that is stored while somebody else replaces config.toml does not take
// the half-written file for a leftover; an old one is.
func TestRemoteConfigBesideASave(t *testing.T) {
	root, home, ctx := engines(t, "sh"), testHome(t), testContext(t)
	m := container(t, root, home, MachineDocker)
	one, two := reach(t, m), reach(t, m)
	for name, age := range map[string]time.Duration{".config-OLDOLD": 2 * time.Hour, ".config-FRESH1": 0} {
		path := filepath.Join(home.Path, name)
		write(t, path, "a = 0\n")
		if err := os.Chtimes(path, time.Time{}, time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	between := func() error {
		_, err := two.Save(ctx, apiKey("sk-1"), Steps{})
		return err
	}
	if err := one.replace(ctx, one.place(RemoteConfig), []byte("a = 1\n"), between, string(RemoteConfig), "-"); err != nil {
		t.Error(err)
	}
	if got := names(t, home.Path); !slices.Equal(got, []string{".config-FRESH1", "auth.json", "auth.json.lock", "auth.lock", "config.toml"}) {
		t.Error(got)
	}
}

// The secret is in no argument and in no environment, at any moment of a save.
func TestRemoteSecretTravelsOnStandardInput(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		missing(t, "strace")
	}
	root, home, ctx := engines(t, "sh"), testHome(t), testContext(t)
	m := container(t, root, home, MachineDocker)
	trace := filepath.Join(t.TempDir(), "trace")
	says(t, root, m.Name, fmt.Sprintf(`exec strace -f -v -s 99999 -e trace=execve -o %s env -i PATH="$PATH" CODEX_HOME=%q HOME=/ sh -c 'eval "$(dd bs=1 count='%d' 2>/dev/null)"'`, trace, home.Path, len("token=\n")+26+len(remoteScript)))
	r := reach(t, m)
	if _, err := r.Save(ctx, apiKey("sk-very-secret-0123456789"), Steps{}); err != nil {
		t.Fatal(err)
	}
	r.Close()
	calls := read(t, trace)
	if strings.Contains(calls, "very-secret") || strings.Count(calls, "execve") < 10 {
		t.Error("it was in an argument, or nothing was traced")
	}
}

func TestLoans(t *testing.T) {
	home, ctx := testHome(t), testContext(t)
	if loans, err := Loans(home); err != nil || loans != nil {
		t.Fatal(loans, err)
	}
	a := ID(chatGPT("u", "w", "s", someTime))
	var at sync.WaitGroup
	for i := range 8 {
		at.Go(func() {
			if err := Lend(ctx, home, Loan{Machine{MachineSSH, fmt.Sprint("h", i)}, a, "f", someTime}); err != nil {
				t.Error(err)
			}
		})
	}
	at.Wait()
	if err := Lend(ctx, home, Loan{Machine{MachineSSH, "h0"}, a, "g", someTime}); err != nil {
		t.Fatal(err)
	}
	if err := TakeBack(ctx, home, Machine{MachineSSH, "h1"}); err != nil {
		t.Fatal(err)
	}
	loans, err := Loans(home)
	if err != nil || len(loans) != 7 || loans[6].Token != "g" || !loans[6].Until.Equal(someTime) {
		t.Error(loans, err)
	}
	// Somebody else lends a machine another account, or takes one back, while the
	// loan that was there is being renewed.
	other := ID(chatGPT("v", "w", "s", someTime))
	if err := Lend(ctx, home, Loan{Machine{MachineSSH, "h2"}, other, "o", someTime}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"h1", "h2", "h3"} {
		if err := Relend(ctx, home, Loan{Machine{MachineSSH, name}, a, "late", someTime}); err != nil {
			t.Error(err)
		}
	}
	if err := TakeBackLoan(ctx, home, Loan{Machine: Machine{MachineSSH, "h2"}, Account: a}); err != nil {
		t.Error(err)
	}
	loans, err = Loans(home)
	if err != nil || len(loans) != 7 || loans[5].Token != "o" || loans[6].Token != "late" || loans[6].Machine.Name != "h3" {
		t.Error(loans, err)
	}
	write(t, lentFile(home), `{"lent":[{"machine":{"kind":"ssh","name":"-oProxyCommand=x"},"account":"`+a+`"}]}`)
	if loans, err := Loans(home); err != nil || len(loans) != 0 {
		t.Error(loans, err)
	}
}
