package credstore

import (
	"errors"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A sender that falls silent, its connection open, does not keep Codex there
// from its locks: whether it owes a request or the rest of a document, or takes
// no answer.
func TestRemoteLocksDoNotOutliveASilence(t *testing.T) {
	defer func(s string) { remoteScript = s }(remoteScript)
	script := strings.Replace(remoteScript, "\npatience=120\n", "\npatience=1\n", 1)
	if script == remoteScript {
		t.Fatal("no patience in it")
	}
	for _, shell := range []string{"dash", "bash --posix", "bash", "busybox sh", "mksh", "zsh --emulate sh"} {
		t.Run(shell, func(t *testing.T) {
			if _, err := exec.LookPath(strings.Fields(shell)[0]); err != nil {
				missing(t, shell)
			}
			remoteScript = script
			root := engines(t, shell)
			var at sync.WaitGroup
			defer at.Wait()
			for name, say := range map[string]string{
				"no request":   "",
				"half of one":  "rec",
				"no document":  "receive auth - ABCDEF 1000\n{",
				"never listen": "receive auth - ABCDEF 300000\n" + strings.Repeat("x", 300_000),
			} {
				home, ctx := testHome(t), testContext(t)
				r := reach(t, container(t, root, home, MachineDocker))
				at.Go(func() {
					if err := r.lock(ctx, r.place(remoteAuth)); err != nil {
						t.Error(name, err)
						return
					}
					// Who has lost patience before all was said is what this is about.
					if _, err := r.talk.in.Write([]byte(say)); err != nil && !errors.Is(err, syscall.EPIPE) {
						t.Error(name, err)
						return
					}
					if _, err := lock(ctx, filepath.Join(home.Path, "auth.lock"), 0o666, 20*time.Second); err != nil {
						t.Error(name, err)
					}
					// The shell removes its file before it lets go.
					if got := names(t, home.Path); !slices.Equal(got, []string{"auth.json.lock", "auth.lock"}) {
						t.Error(name, got)
					}
				})
			}
		})
	}
}
