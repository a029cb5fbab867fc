//go:build !linux && !windows

package doctor

import (
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// fileSystemOf is not told apart here.
func fileSystemOf(string) (kind string, free uint64, ok bool) { return "", 0, false }

// writable is nil where this user may make a file in the folder. It makes none.
func writable(dir string) error { return unix.Access(dir, unix.W_OK|unix.X_OK) }

// owner is the user id that a file belongs to.
func owner(info fs.FileInfo) (uid int, ok bool) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(s.Uid), true
}

// me is the user id of this process.
func me() int { return os.Geteuid() }
