//go:build !windows

package flows

import (
	"os/exec"
	"strings"
	"testing"
)

// TestTunnelIsUnderstood by the real ssh, which resolves and connects nothing
// here.
func TestTunnelIsUnderstood(t *testing.T) {
	ssh, err := exec.LookPath("ssh")
	if err != nil {
		missing(t, "ssh")
	}
	for server, host := range map[string]string{"198.51.100.4": "198.51.100.4", "2001:db8::4": "2001:db8::4"} {
		tunnel, _ := Where{User: `CORP\ann`, SSH: session(server, 2222)}.Tunnel(1455)
		// Through a shell, as a person does it.
		command := ssh + " -F /dev/null -G" + strings.TrimPrefix(tunnel.Command, "ssh")
		out, err := exec.Command("sh", "-c", command).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", command, err, out)
		}
		for _, line := range []string{"hostname " + host, `user CORP\ann`, "port 2222", "localforward 1455 [localhost]:1455"} {
			if !strings.Contains("\n"+string(out), "\n"+line+"\n") {
				t.Errorf("%s: no %q in %s", command, line, out)
			}
		}
	}
}
