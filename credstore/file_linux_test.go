package credstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// noRaceSleep spares each process the second that the race detector waits at
// its end.
const noRaceSleep = "GORACE=atexit_sleep_ms=0"

// helper runs this test binary again as a process that does one thing:
//
//	save DIR KEY     saves an API key in the file store
//	saves DIR KEY N  does so N times
//	delete DIR       deletes what the file store has
//	seal DIR KEY     saves an API key in the encrypted file
//	book …           see bookHelper
func helper(args ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), "CREDSTORE_HELPER=1", noRaceSleep)
	return cmd
}

func TestMain(m *testing.M) {
	if os.Getenv("CREDSTORE_HELPER") == "" {
		os.Exit(m.Run())
	}
	// strace counts the calls of each thread by itself: all are to be in one.
	runtime.LockOSThread()
	if os.Args[1] == "book" {
		bookHelper(os.Args[2:])
	}
	store, times := Open(Home{Path: os.Args[2]}, ModeFile), 1
	if os.Args[1] == "seal" {
		store = &keyringStore{Home{Path: os.Args[2]}.encrypted(), onePassphrase{}}
	}
	if os.Args[1] == "saves" {
		times, _ = strconv.Atoi(os.Args[4])
	}
	for range times {
		var err error
		if os.Args[1] == "delete" {
			err = store.Delete(context.Background())
		} else {
			_, err = store.Save(context.Background(), apiKey(os.Args[3]), Steps{})
		}
		if err != nil {
			fmt.Println(err)
			var e *Error
			if errors.As(err, &e) {
				fmt.Println("problem:", e.Problem)
			}
			os.Exit(1)
		}
	}
	os.Exit(0)
}

func TestProcessesTakeTurns(t *testing.T) {
	home := testHome(t)
	store := Open(home, ModeFile)
	var writers []*exec.Cmd
	for i := range 3 {
		w := helper("saves", home.Path, strings.Repeat(strconv.Itoa(i), 5000+i), "30")
		if err := w.Start(); err != nil {
			t.Fatal(err)
		}
		writers = append(writers, w)
	}
	done := make(chan bool)
	go func() {
		defer close(done)
		for _, w := range writers {
			if err := w.Wait(); err != nil {
				t.Error(err)
			}
		}
	}()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		a, _, err := store.Load(t.Context())
		if errors.Is(err, ErrNotFound) && running {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		key := a.APIKey.Reveal()
		if i := int(key[0] - '0'); key != strings.Repeat(key[:1], 5000+i) {
			t.Fatal("a mixture was read")
		}
	}
	unchangedNames(t, home)
}

func unchangedNames(t *testing.T, home Home) {
	t.Helper()
	for _, name := range names(t, home.Path) {
		if tempName.MatchString(name) {
			t.Errorf("%s was left behind", name)
		}
	}
}

func testBinary(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return self
}

// again runs the test once more in a process of its own that start prepares,
// marked by the variable. It reports true in that process, where the test goes
// on, and false in this one, where it is over.
func again(t *testing.T, variable string, start func(self string, args []string) *exec.Cmd) bool {
	t.Helper()
	if os.Getenv(variable) != "" {
		return true
	}
	cmd := start(testBinary(t), []string{"-test.run=^" + t.Name() + "$", "-test.v", "-test.timeout=5m"})
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.Env = append(cmd.Env, variable+"=1", noRaceSleep)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	} else if strings.Contains(string(out), "--- SKIP") {
		t.Skipf("%s", out)
	}
	return false
}

// smallDisk mounts a disk of 64 KiB where nobody else sees it.
func smallDisk(t *testing.T) (Home, bool) {
	t.Helper()
	inside := again(t, "CREDSTORE_SMALL_DISK", func(self string, args []string) *exec.Cmd {
		cmd := exec.Command(self, args...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
		if os.Geteuid() != 0 || exec.Command("unshare", "-m", "true").Run() != nil {
			missing(t, "root and a mount namespace")
		}
		return cmd
	})
	if !inside {
		return Home{}, false
	}
	home := testHome(t)
	if err := syscall.Mount("tmpfs", home.Path, "tmpfs", 0, "size=64k,mode=0700"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(home.Path, syscall.MNT_DETACH) })
	return home, true
}

func TestFullDisk(t *testing.T) {
	home, ok := smallDisk(t)
	if !ok {
		return
	}
	ctx, store := testContext(t), Open(home, ModeFile)
	if _, err := store.Save(ctx, apiKey("sk-old"), Steps{}); err != nil {
		t.Fatal(err)
	}
	_, err := store.Save(ctx, apiKey("sk-"+strings.Repeat("n", 200_000)), Steps{})
	if !IsProblem(err, ProblemFull) || !strings.Contains(err.Error(), home.AuthFile()) {
		t.Error(err)
	}
	unchanged(t, home, "sk-old")
	// Even with not one block left, signing out works.
	write(t, filepath.Join(home.Path, "ballast"), "")
	if f, err := os.OpenFile(filepath.Join(home.Path, "ballast"), os.O_WRONLY, 0); err == nil {
		for _, err = f.Write(make([]byte, 4096)); err == nil; {
			_, err = f.Write(make([]byte, 4096))
		}
		_ = f.Close()
	}
	if err := store.Delete(ctx); err != nil || exists(home.AuthFile()) {
		t.Error(err)
	}
}

func TestReadOnlyDisk(t *testing.T) {
	home, ok := smallDisk(t)
	if !ok {
		return
	}
	ctx, store := testContext(t), Open(home, ModeFile)
	if _, err := store.Save(ctx, apiKey("sk-old"), Steps{}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("", home.Path, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	_, err := store.Save(ctx, apiKey("sk-new"), Steps{})
	if !IsProblem(err, ProblemReadOnly) || !strings.Contains(err.Error(), home.Path) {
		t.Error(err)
	}
	if err := store.Delete(ctx); !IsProblem(err, ProblemReadOnly) {
		t.Error(err)
	}
	unchanged(t, home, "sk-old")
}

// Permissions do not hold root back, so the writer runs as nobody.
func TestPermissions(t *testing.T) {
	home := testHome(t)
	store := Open(home, ModeFile)
	if _, err := store.Save(testContext(t), apiKey("sk-old"), Steps{}); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() != 0 {
		if err := os.Chmod(home.AuthFile()+".lock", 0); err != nil {
			t.Fatal(err)
		}
	}
	if out := asNobody(t, home, "save", home.Path, "sk-new"); !strings.Contains(out, "problem: permission") || !strings.Contains(out, home.Path) {
		t.Error(out)
	}
	if err := os.Chmod(home.AuthFile()+".lock", 0o600); err != nil {
		t.Fatal(err)
	}
	unchanged(t, home, "sk-old")
}

// asNobody runs a helper that permissions hold back.
func asNobody(t *testing.T, home Home, args ...string) string {
	t.Helper()
	cmd := helper(args...)
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		for dir := home.Path; dir != filepath.Clean(os.TempDir()) && dir != "/"; dir = filepath.Dir(dir) {
			if info, err := os.Stat(dir); err == nil && info.Mode().Perm()&0o001 == 0 {
				if err := os.Chmod(dir, info.Mode().Perm()|0o055); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	out, _ := cmd.CombinedOutput()
	return string(out)
}

// A file that a link leads to and that cannot be read may be a login: nobody is
// told that it is gone.
func TestSigningOutThroughALinkToAFileThatIsShut(t *testing.T) {
	home := testHome(t)
	target := filepath.Join(home.Path, "real.json")
	write(t, target, string(apiKey("sk-old").Encode()))
	if err := os.Symlink(target, home.AuthFile()); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(target, 0); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		for _, path := range []string{home.Path, target} {
			if err := os.Chown(path, 65534, 65534); err != nil {
				t.Fatal(err)
			}
		}
	}
	if out := asNobody(t, home, "delete", home.Path); !strings.Contains(out, "problem: permission") || !strings.Contains(out, target) || strings.Contains(out, ".lock") {
		t.Error(out)
	}
	if !exists(target) || !exists(home.AuthFile()) {
		t.Error("it is gone")
	}
}

func TestPipeDoesNotBlock(t *testing.T) {
	home := testHome(t)
	if err := syscall.Mkfifo(home.AuthFile(), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Open(home, ModeFile).Load(testContext(t)); !IsProblem(err, ProblemIO) {
		t.Error(err)
	}
}

// The other process is one that is known by name.
func TestLockHolderIsNamed(t *testing.T) {
	if _, err := exec.LookPath("flock"); err != nil {
		missing(t, "flock")
	}
	home := testHome(t)
	path := filepath.Join(home.Path, "auth.lock")
	cmd := exec.Command("flock", "--no-fork", path, "sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	for range 1000 {
		if holder := lockHolder(path); holder == fmt.Sprintf("sleep (process %d)", cmd.Process.Pid) {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Error(lockHolder(path))
}
