//go:build !windows

package loginlog

import (
	"io/fs"
	"os"
	"syscall"
)

// open does not wait for anybody to read a pipe, and follows no link that
// took the file's place a moment ago.
func open(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND|syscall.O_NOFOLLOW|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0o600)
}

// mine: nobody else could have put it there. Root may do anything already.
func mine(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && (int(stat.Uid) == os.Geteuid() || stat.Uid == 0)
}

// onlyName reports whether the file has no second name: a hard link to
// auth.json looks like any other file.
func onlyName(f *os.File) (bool, error) {
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && stat.Nlink == 1, nil
}
