package doctor

import (
	"context"
	"os"
	"slices"
	"time"

	"codex-login/credstore"
)

// A lock on the login is held for one write. One that is held at each of some
// looks is in somebody's way.
const (
	lockLooks  = 4
	lockPeriod = 100 * time.Millisecond
	// oldTemp is older than a file of a writer that is at work gets.
	oldTemp = time.Minute
)

// checkLocks looks at who is in the way of a write, and at what killed writers
// have left.
func checkLocks(ctx context.Context, p *patient) []Finding {
	home := p.login.Home
	states := append(credstore.CodexLocks(home), credstore.OwnLocks(home)...)
	for look := 1; look < lockLooks && slices.ContainsFunc(states, func(s credstore.LockState) bool { return s.Held }); look++ {
		select {
		case <-time.After(lockPeriod):
		case <-ctx.Done():
			return nil
		}
		states = append(credstore.CodexLocks(home), credstore.OwnLocks(home)...)
	}
	var found []Finding
	for _, s := range states {
		switch {
		case s.Err != nil:
			info, err := os.Stat(s.Path)
			found = append(found, problem("foreign", with{"Path": p.path(s.Path), "Cause": cause(s.Err), "NoFile": yes(err != nil || !info.Mode().IsRegular())}))
		case s.Held:
			holder := name(s.Holder)
			if s.Holder == "" {
				holder = word("another_program")
			}
			found = append(found, warning("held", with{"Path": p.path(s.Path), "Holder": holder}))
		}
	}
	for _, path := range credstore.StaleLocks(home) {
		found = append(found, note("stale", with{"Path": p.path(path)}).mended(p.dropLock(path)))
	}
	for _, path := range credstore.Temps(home) {
		if info, err := os.Lstat(path); err == nil && p.now().Sub(info.ModTime()) >= oldTemp {
			found = append(found, warning("temporary", with{"Path": p.path(path)}).mended(p.dropTemps()))
		}
	}
	return or(found, with{"Count": count(len(states))})
}
