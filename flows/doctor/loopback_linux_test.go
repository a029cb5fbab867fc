package doctor

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"codex-login/flows"
)

// A port is not blamed on a program where the machine has no 127.0.0.1. The
// test is run again in a network that has nothing.
func TestNoLoopback(t *testing.T) {
	const inside = "DOCTOR_WITHOUT_LOOPBACK"
	if os.Getenv(inside) == "" {
		child := exec.Command("/proc/self/exe", "-test.run=^TestNoLoopback$", "-test.count=1")
		child.Env = append(os.Environ(), inside+"=1")
		child.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
		out, err := child.CombinedOutput()
		switch {
		case errors.Is(err, fs.ErrPermission):
			missing(t, "a network namespace")
		case err != nil:
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	if out, err := exec.Command("ip", "address", "flush", "dev", "lo").CombinedOutput(); err != nil {
		missing(t, "ip of iproute2: "+string(out))
	}
	found := checkPorts(t.Context(), newPatient(&flows.Login{}, Surroundings{}))
	if len(found) != 1 || found[0].Cause != "no_address" || found[0].Severity != Problem {
		t.Fatal(found)
	}
	found[0].Check = "ports"
	if x := found[0].Explain(words); !strings.Contains(x.Measured, "1455 or 1457") || !strings.Contains(x.Do, "--device-auth") {
		t.Error(x)
	}
}
