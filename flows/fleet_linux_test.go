package flows

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"codex-login/credstore"
	"codex-login/flows/sandbox"
)

// fleet is a number of containers: a stand-in for docker that takes no other
// arguments than the ones agreed upon, and runs what it is given in an
// environment of its own. A container is a folder, and exists once it does.
type fleet struct {
	t   *testing.T
	dir string
}

func newFleet(t *testing.T) fleet {
	t.Helper()
	f := fleet{t, t.TempDir()}
	script := fmt.Sprintf(`#!/bin/sh
[ "$#" = 6 ] && [ "$1 $2 $4 $5" = "exec -i sh -c" ] || { echo "unknown arguments: $*" >&2; exit 125; }
[ -d %[1]s/"$3" ] || { echo "Error response from daemon: No such container: $3" >&2; exit 1; }
mkdir -p %[1]s/running && : >%[1]s/running/$$ && ls %[1]s/running | wc -l >>%[1]s/most
after=$(cat %[1]s/"$3".dies 2>/dev/null) && rm %[1]s/"$3".dies
tail=$(cat %[1]s/"$3".tail 2>/dev/null)
if [ -n "$after" ]; then
	dd bs=1 count="$after" 2>/dev/null | env -i PATH="$PATH" HOME=/ CODEX_HOME=%[1]s/"$3$tail" sh -c "$6"
else
	env -i PATH="$PATH" HOME=/ CODEX_HOME=%[1]s/"$3$tail" sh -c "$6"
fi
code=$?
rm -f %[1]s/running/$$
exit $code
`, f.dir)
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "docker"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	return f
}

// add makes containers; config is their config.toml.
func (f fleet) add(config string, names ...string) []Target {
	f.t.Helper()
	var out []Target
	for _, name := range names {
		if err := os.MkdirAll(filepath.Join(f.dir, name), 0o700); err != nil {
			f.t.Fatal(err)
		}
		if config != "" {
			f.write(name, "config.toml", config)
		}
		out = append(out, Target{Kind: credstore.MachineDocker, Name: name})
	}
	return out
}

func (f fleet) write(name, file, text string) {
	f.t.Helper()
	if err := os.WriteFile(filepath.Join(f.dir, name, file), []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

func (f fleet) home(name string) credstore.Home {
	home, err := credstore.FindHome(func(string) string { return filepath.Join(f.dir, name) })
	if err != nil {
		f.t.Fatal(err)
	}
	return home
}

// login is what a container has; nil for nothing.
func (f fleet) login(name string) *credstore.Auth {
	f.t.Helper()
	a, _, err := credstore.Open(f.home(name), credstore.ModeFile).Load(f.t.Context())
	if err != nil && !errors.Is(err, credstore.ErrNotFound) {
		f.t.Fatal(err)
	}
	return a
}

func newSend(t *testing.T, l *Login, r SendRequest) *Send {
	t.Helper()
	s, err := l.Send(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// sends is a Send that is expected to work everywhere.
func sends(t *testing.T, l *Login, r SendRequest) []Progress {
	t.Helper()
	s := newSend(t, l, r)
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, p := range s.Progress() {
		if p.State != SendDone || p.Err != nil {
			t.Fatalf("%s: %s, %v", p.Target, p.State, p.Err)
		}
	}
	return s.Progress()
}

func hasNote(notes []Note, code NoteCode) bool {
	return slices.ContainsFunc(notes, func(n Note) bool { return n.Code == code })
}

// approving answers every code that comes up, as seat.
func approving(t *testing.T, s *Send, issuer *sandbox.Server, seat sandbox.Seat) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() {
		seen := map[string]bool{}
		for ctx.Err() == nil {
			for _, p := range s.Progress() {
				if c := p.Challenge; c != nil && !seen[c.UserCode] {
					seen[c.UserCode] = true
					if err := issuer.ApproveDevice(ctx, c.UserCode, seat); err != nil && ctx.Err() == nil {
						t.Error(err)
					}
				}
			}
			time.Sleep(5 * time.Millisecond)
		}
	})
	return func() { cancel(); done.Wait() }
}

// hurried is a Login whose waits are short.
func hurried(t *testing.T, s *sandbox.Server) *Login {
	l := newLogin(t, s)
	l.Clock = Clock{Wait: func(ctx context.Context, _ time.Duration) error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
			return nil
		}
	}}
	return l
}
