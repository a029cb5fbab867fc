package credstore

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// bashThere is a machine whose person has bash with these start files.
func bashThere(t *testing.T, rc string) (root string, m Machine) {
	t.Helper()
	if _, err := exec.LookPath("bash"); err != nil {
		missing(t, "bash")
	}
	root = engines(t, "sh")
	home := filepath.Join(root, "home")
	if err := os.Mkdir(home, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(home, ".profile"), ". ~/.bashrc\n")
	write(t, filepath.Join(home, ".bashrc"), rc)
	write(t, filepath.Join(root, "web"), "")
	write(t, filepath.Join(root, "web.env"), "SHELL=/bin/bash")
	return root, Machine{MachineDocker, "web"}
}

// A folder that no line can name is refused, wherever its name was set, and
// forges no fact.
func TestRemoteRefusesAHomeOfSeveralLines(t *testing.T) {
	for name, value := range map[string]string{
		"break": `/tmp/a\nknown=yes`, "last": `/tmp/a\n`, "escape": `/tmp/\033[2Ja`, "tab": `/tmp/a\tb`,
	} {
		t.Run(name, func(t *testing.T) {
			_, m := bashThere(t, "export CODEX_HOME=$'"+value+"'\n")
			if _, err := Reach(testContext(t), m, false, nil); !IsMachineProblem(err, MachineNoHome) {
				t.Errorf("set by a start file: %v", err)
			}
			root := engines(t, "sh")
			said, _ := strconv.Unquote(`"` + value + `"`)
			says(t, root, "set", "export CODEX_HOME="+shellQuote(said)+" HOME=/\nunset SHELL\nexec sh -c 'eval \"$(dd bs=1 count="+strconv.Itoa(len("token=\n")+26+len(remoteScript))+" 2>/dev/null)\"'\n")
			if _, err := Reach(testContext(t), Machine{MachineDocker, "set"}, false, nil); !IsMachineProblem(err, MachineNoHome) {
				t.Errorf("set in the environment: %v", err)
			}
		})
	}
}

func TestRemoteCleansItsHome(t *testing.T) {
	for set, want := range map[string]string{"/srv/cx/": "/srv/cx", "//srv//cx": "/srv/cx", "/srv/x/../cx": "/srv/cx", "/srv/./cx y": "/srv/cx y"} {
		f, ok := parseFacts([]byte("known=yes\nhome=" + set + "\n"))
		if !ok || f.Home != want {
			t.Error(set, f.Home, ok)
		}
	}
}

// What a start file leaves running keeps nobody waiting.
func TestRemoteLeavesBackgroundProgramsAlone(t *testing.T) {
	for _, shell := range []string{"", "busybox"} {
		t.Run(shell, func(t *testing.T) {
			root, m := bashThere(t, "")
			own := filepath.Join(root, "own")
			pid := filepath.Join(root, "pid")
			write(t, filepath.Join(root, "home", ".bashrc"), "sleep 55 &\necho $! >>"+pid+"\nexport CODEX_HOME="+own+"\n")
			t.Cleanup(func() {
				for _, p := range strings.Fields(read(t, pid)) {
					_ = exec.Command("kill", p).Run()
				}
			})
			if shell != "" {
				program, err := exec.LookPath(shell)
				if err != nil {
					missing(t, shell)
				}
				bin := t.TempDir()
				if err := os.Symlink(program, filepath.Join(bin, "sed")); err != nil {
					t.Fatal(err)
				}
				t.Setenv("CONTAINER_PATH", bin+":"+os.Getenv("PATH"))
			}
			defer func(d time.Duration) { beginPatience = d }(beginPatience)
			beginPatience = 25 * time.Second
			if f := reach(t, m).Facts(); f.Home != own {
				t.Errorf("%+v", f)
			}
		})
	}
}
