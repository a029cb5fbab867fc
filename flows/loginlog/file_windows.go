package loginlog

import (
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

func open(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
}

// mine is what the folder's own rights say: a link takes a privilege to make.
func mine(fs.FileInfo) bool { return true }

// onlyName reports whether the file has no second name.
func onlyName(f *os.File) (bool, error) {
	var about windows.ByHandleFileInformation
	err := windows.GetFileInformationByHandle(windows.Handle(f.Fd()), &about)
	return about.NumberOfLinks == 1, err
}
