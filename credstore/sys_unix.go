//go:build !windows

package credstore

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

func diskFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

func readOnlyDisk(err error) bool { return errors.Is(err, syscall.EROFS) }

func otherDisk(err error) bool { return errors.Is(err, syscall.EXDEV) }

// heldOpen is false: what somebody has open can be replaced here.
func heldOpen(error) bool { return false }

func openShared(path string) (*os.File, error) { return os.Open(path) }

// realPath is the path with all symbolic links resolved.
func realPath(path string) (string, error) { return filepath.EvalSymlinks(path) }

// syncDir makes a rename or a removal in dir last through a power cut.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		return nil // a file system that cannot, some network ones
	}
	return err
}
