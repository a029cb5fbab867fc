package credstore

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// SameHome reports whether the home there is this one: a container or a host
// can have it mounted, and be this very machine. It puts a file of a random name
// into the folder here, asks for it there, and removes it again. Where the folder
// here does not exist or cannot be written there is nothing to compare: false.
// The error is a *MachineError or ctx's.
func (r *Remote) SameHome(ctx context.Context, home Home) (bool, error) {
	if err := r.connect(ctx); err != nil {
		return false, err
	}
	if _, err := os.Stat(home.Path); err != nil || ownDir(home, "tmp") != nil {
		return false, nil
	}
	dir := filepath.Join(home.Path, "codex-login", "tmp")
	removeMarks(dir)
	name, word := rand.Text(), rand.Text()
	path := filepath.Join(dir, mark+name)
	if os.WriteFile(path, []byte(word), 0o600) != nil {
		_ = os.Remove(path)
		return false, nil
	}
	defer os.Remove(path)
	_, code, err := r.call(ctx, nil, "here", name, word)
	return code == "ok", err
}

const mark = "here-"

// removeMarks removes what killed runs left. An answer takes a minute at most.
func removeMarks(dir string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if info, err := e.Info(); err == nil && strings.HasPrefix(e.Name(), mark) && time.Since(info.ModTime()) > time.Hour {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}
