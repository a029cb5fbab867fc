package credstore

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

func diskFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL)
}

func readOnlyDisk(err error) bool { return errors.Is(err, windows.ERROR_WRITE_PROTECT) }

// syncDir has nothing to do: Windows knows no handle to flush a folder by, and
// NTFS journals the rename.
func syncDir(string) error { return nil }

func otherDisk(err error) bool { return errors.Is(err, windows.ERROR_NOT_SAME_DEVICE) }

// heldOpen reports whether somebody has the file open in a way that forbids
// what was tried. A rename says so with "access denied", though it gets that
// far only where the folder and the file may be written.
func heldOpen(err error) bool {
	var rename *os.LinkError
	return errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_LOCK_VIOLATION) ||
		errors.As(err, &rename) && errors.Is(err, windows.ERROR_ACCESS_DENIED)
}

// openShared opens a file to read it and leaves others every right to it. Of a
// file that os.Open has open, Codex could not store the next version, and the
// tokens that it has just renewed would be lost.
func openShared(path string) (*os.File, error) {
	h, err := open(path, windows.GENERIC_READ, windows.FILE_ATTRIBUTE_NORMAL)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(h), path), nil
}

func open(path string, access, flags uint32) (windows.Handle, error) {
	fail := func(err error) (windows.Handle, error) {
		return windows.InvalidHandle, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return fail(err)
	}
	const all = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	h, err := windows.CreateFile(name, access, all, nil, windows.OPEN_EXISTING, flags, 0)
	if err != nil {
		return fail(err)
	}
	return h, nil
}

// realPath is what Rust's canonicalize makes of a path: the verbatim form, with
// links, junctions and substituted drives followed, each name spelt as it is on
// the disk. (The account that Codex uses for C:\cx was seen to be the hash of
// \\?\C:\cx, for c:/CX too.) filepath.EvalSymlinks follows neither junctions
// nor drives.
func realPath(path string) (string, error) {
	// A folder cannot be opened without that flag.
	h, err := open(path, 0, windows.FILE_FLAG_BACKUP_SEMANTICS)
	if err != nil {
		return "", err
	}
	defer func() { _ = windows.CloseHandle(h) }()
	name := make([]uint16, 1<<15) // no path is longer
	n, err := windows.GetFinalPathNameByHandle(h, &name[0], uint32(len(name)), 0)
	if err != nil {
		return "", &fs.PathError{Op: "canonicalize", Path: path, Err: err}
	}
	return windows.UTF16ToString(name[:n]), nil
}
