package credstore

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"syscall"

	"codex-login/assets/display"

	"golang.org/x/sys/unix"
)

// lockHolder names the program that holds the flock on path, "codex (process
// 4711)", or "" where the system does not tell. /proc/locks lists a holder as
// "1: FLOCK  ADVISORY  WRITE 4711 08:01:131 0 EOF", the device in hex.
func lockHolder(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	file := fmt.Sprintf("%02x:%02x:%d", unix.Major(stat.Dev), unix.Minor(stat.Dev), stat.Ino)
	table, err := os.Open("/proc/locks")
	if err != nil {
		return ""
	}
	defer table.Close()
	for lines := bufio.NewScanner(table); lines.Scan(); {
		f := strings.Fields(lines.Text())
		if len(f) < 6 || f[1] != "FLOCK" || f[5] != file {
			continue
		}
		name, err := os.ReadFile("/proc/" + f[4] + "/comm")
		if err != nil {
			return "process " + f[4]
		}
		return fmt.Sprintf("%s (process %s)", display.Clean(string(name)), f[4])
	}
	return ""
}
