package credstore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestRemoteEngineProblems(t *testing.T) {
	root := engines(t, "sh")
	for name, test := range map[string]struct {
		script string
		want   MachineProblem
	}{
		"stopped":  {`echo "Error response from daemon: Container 4f is not running" >&2; exit 1`, MachineNotRunning},
		"podded":   {`echo "Error: can only create exec sessions on running containers: container state improper" >&2; exit 255`, MachineNotRunning},
		"gone":     {`echo "Error response from daemon: No such container: gone" >&2; exit 1`, MachineUnknown},
		"podgone":  {`echo 'Error: no container with name or ID "podgone" found: no such container' >&2; exit 125`, MachineUnknown},
		"down":     {`echo "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?" >&2; exit 1`, MachineEngine},
		"denied":   {`echo "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock" >&2; exit 1`, MachineEngineDenied},
		"bare":     {`echo 'OCI runtime exec failed: exec failed: unable to start container process: exec: "sh": executable file not found in $PATH: unknown' >&2; exit 127`, MachineNoShell},
		"odd":      {`printf 'what\033[2J is this\n' >&2; exit 3`, MachineFailed},
		"homeless": {`exec env -i PATH="$PATH" sh -c "$6"`, MachineFailed},
	} {
		t.Run(name, func(t *testing.T) {
			says(t, root, name, test.script)
			_, err := Reach(testContext(t), Machine{MachineDocker, name}, false, nil)
			if !IsMachineProblem(err, test.want) || strings.Contains(err.Error(), "\033") {
				t.Errorf("%v", err)
			}
		})
	}
	t.Run("no engine's program", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		for _, kind := range []MachineKind{MachineDocker, MachinePodman, MachineSSH} {
			if _, err := Reach(testContext(t), Machine{kind, "web"}, false, nil); !IsMachineProblem(err, MachineNoProgram) {
				t.Error(err)
			}
		}
	})
	t.Run("no home", func(t *testing.T) {
		write(t, filepath.Join(root, "nowhere"), "")
		write(t, filepath.Join(root, "nowhere.env"), "CODEX_HOME=relative")
		if _, err := Reach(testContext(t), Machine{MachineDocker, "nowhere"}, false, nil); !IsMachineProblem(err, MachineNoHome) {
			t.Error(err)
		}
	})
	for _, name := range []string{"", "-v", "a b", "a;b", "$(x)", "a\nb", "é"} {
		for _, kind := range []MachineKind{MachineDocker, MachineSSH} {
			if _, err := Reach(testContext(t), Machine{kind, name}, false, nil); !IsMachineProblem(err, MachineBadName) {
				t.Errorf("%q: %v", name, err)
			}
		}
	}
}

func TestSSHProblems(t *testing.T) {
	for said, want := range map[string]MachineProblem{
		"ssh: Could not resolve hostname nope: Name or service not known\r\n":                                         MachineUnreachable,
		"ssh: connect to host a port 22: Connection refused\r\n":                                                      MachineUnreachable,
		"kex_exchange_identification: read: Connection reset by peer\r\nConnection reset by 10.0.0.1 port 22\r\n":     MachineUnreachable,
		"No ED25519 host key is known for a and you have requested strict checking.\r\nHost key verification failed.": MachineHostKey,
		"@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\nHost key verification failed.\r\n":              MachineHostKeyChanged,
		"ann@a: Permission denied (publickey,password).\r\n":                                                          MachineDenied,
		"Connection closed by 10.0.0.1 port 22\r\n":                                                                   MachineDropped,
		"/home/ann/.ssh/config: line 3: Bad configuration option: nonsense":                                           MachineFailed,
	} {
		if err := (Machine{MachineSSH, "a"}).ended(false, sshFailed, said, nil); !IsMachineProblem(err, want) {
			t.Errorf("%q: %v", said, err)
		}
	}
	if err := (Machine{MachineSSH, "a"}).ended(false, 1, "This account is currently not available.\n", nil); !IsMachineProblem(err, MachineNoShell) {
		t.Error(err)
	}
}

// Nothing is half written: with no room, in a folder that is read-only, and
// when the way there breaks off at any byte of a document.
func TestRemoteLeavesTheOldLogin(t *testing.T) {
	root, ctx := engines(t, "sh"), testContext(t)
	old, fresh := apiKey("sk-"+strings.Repeat("o", 3000)), apiKey("sk-"+strings.Repeat("n", 60_000))
	intact := func(t *testing.T, home Home) {
		t.Helper()
		a, err := Parse([]byte(read(t, home.AuthFile())), Place{})
		if err != nil {
			t.Fatal(err)
		}
		same(t, a, old)
		for _, name := range names(t, home.Path) {
			if tempName.MatchString(name) {
				t.Errorf("%s was left", name)
			}
		}
	}
	mounted := func(t *testing.T, options string) Home {
		home := testHome(t)
		if err := syscall.Mount("tmpfs", home.Path, "tmpfs", 0, options); err != nil {
			missing(t, "the right to mount")
		}
		t.Cleanup(func() { _ = syscall.Unmount(home.Path, syscall.MNT_DETACH) })
		write(t, home.AuthFile(), string(old.Encode()))
		return home
	}
	t.Run("full disk", func(t *testing.T) {
		home := mounted(t, "size=32k")
		r := reach(t, container(t, root, home, MachineDocker))
		if _, err := r.Save(ctx, fresh, Steps{}); !IsProblem(err, ProblemFull) {
			t.Error(err)
		}
		intact(t, home)
		// The conversation ended; the next one is another.
		if _, err := r.Save(ctx, apiKey("sk-1"), Steps{}); err != nil {
			t.Error(err)
		}
	})
	t.Run("read-only", func(t *testing.T) {
		home := mounted(t, "size=1m")
		if err := syscall.Mount("tmpfs", home.Path, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
			t.Fatal(err)
		}
		r := reach(t, container(t, root, home, MachineDocker))
		if _, err := r.Save(ctx, fresh, Steps{}); !IsProblem(err, ProblemReadOnly) || r.Facts().Writable {
			t.Error(err, r.Facts())
		}
		intact(t, home)
	})
	t.Run("a folder in its place", func(t *testing.T) {
		home := testHome(t)
		if err := os.Mkdir(home.AuthFile(), 0o700); err != nil {
			t.Fatal(err)
		}
		r := reach(t, container(t, root, home, MachineDocker))
		if _, err := r.Save(ctx, fresh, Steps{}); !IsProblem(err, ProblemIO) {
			t.Error(err)
		}
	})
	t.Run("cut off", func(t *testing.T) {
		home := testHome(t)
		write(t, home.AuthFile(), string(old.Encode()))
		size := len(remoteScript) + len(fresh.Encode())
		cut := 0
		for at := 100; at < size+400; at += size/23 + 1 {
			m := container(t, root, home, MachineDocker)
			says(t, root, m.Name, fmt.Sprintf(`dd bs=1 count=%d 2>/dev/null | env -i PATH="$PATH" CODEX_HOME=%q HOME=/ setsid sh -c 'eval "$(dd bs=1 count='%d' 2>/dev/null)"'`, at, home.Path, len("token=\n")+26+len(remoteScript)))
			r, err := Reach(ctx, m, false, nil)
			if err == nil {
				_, err = r.Save(ctx, fresh, Steps{})
				r.Close()
			}
			var e *MachineError
			if err == nil {
				if at < size {
					t.Fatalf("cut off at %d and saved", at)
				}
				break
			}
			if !errors.As(err, &e) || e.Unsure {
				t.Errorf("at %d: %v", at, err)
			}
			intact(t, home)
			cut++
		}
		if cut < 15 {
			t.Errorf("cut off %d times", cut)
		}
	})
}
