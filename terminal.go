package main

import (
	"os"
	"runtime"
)

// openTerminal opens the terminal of this process, wherever its standard files
// lead.
func openTerminal() (*os.File, error) {
	name := "/dev/tty"
	if runtime.GOOS == "windows" {
		name = "CONIN$"
	}
	return os.OpenFile(name, os.O_RDWR, 0)
}
