package flows

import (
	"io/fs"
	"os"
)

func openLog(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
}

// mine is what the folder's own rights say: a link takes a privilege to make.
func mine(fs.FileInfo) bool { return true }
