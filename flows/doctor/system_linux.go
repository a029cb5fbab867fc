package doctor

import (
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// The file systems that matter for a login, by statfs(2).
var fileSystems = map[int64]string{
	0x6969: "nfs", 0x517B: "smb", 0xFE534D42: "smb", 0xFF534D42: "smb", 0x00C36400: "ceph", 0x5346414F: "afs",
	0x4d44: "vfat", 0x2011BAB0: "exfat", 0x5346544e: "ntfs", 0x7366746e: "ntfs", 0x01021997: "9p",
}

// fileSystemOf is the kind of the file system, "" for one that does not matter,
// and what is free there in bytes.
func fileSystemOf(path string) (kind string, free uint64, ok bool) {
	var s unix.Statfs_t
	if unix.Statfs(path, &s) != nil {
		return "", 0, false
	}
	if s.Blocks == 0 { // one that keeps nothing, as /proc, is never full
		return "", 0, false
	}
	return fileSystems[int64(s.Type)&0xFFFFFFFF], s.Bavail * uint64(s.Bsize), true
}

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
