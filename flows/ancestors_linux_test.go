package flows

import (
	"os"
	"testing"

	"github.com/shirou/gopsutil/v4/process"
)

// TestAncestorsEndBeforeTheFirstProcess: what runs as that in a container has
// taken in the orphans, and quitting it ends the container.
func TestAncestorsEndBeforeTheFirstProcess(t *testing.T) {
	depth := 0
	for pid := int32(os.Getppid()); pid > 1; depth++ {
		p := &process.Process{Pid: pid}
		next, err := p.PpidWithContext(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		pid = next
	}
	if got := ancestors(t.Context(), &process.Process{Pid: int32(os.Getpid())}); len(got) != depth {
		t.Errorf("%d processes are above this one without the first, not %d: %q", depth, len(got), got)
	}
}
