//go:build !windows

package flows

import "syscall"

// apart is a session of its own: no terminal, and none of its signals.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
