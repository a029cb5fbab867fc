//go:build !windows

package tui

import (
	"context"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// copyHere gives text to the first clipboard program that takes it.
func copyHere(ctx context.Context, getenv func(string) string, text string) error {
	for _, words := range clipboardPrograms(runtime.GOOS, getenv) {
		if runWith(ctx, text, words...) == nil {
			return nil
		}
	}
	return errNoClipboard
}

// ClipboardPrograms are the names of the programs that copyHere would try.
func ClipboardPrograms(getenv func(string) string) []string {
	var out []string
	for _, words := range clipboardPrograms(runtime.GOOS, getenv) {
		out = append(out, words[0])
	}
	return out
}

// clipboardPrograms are those that may reach the clipboard of the person: over
// SSH the one of this machine is not theirs.
func clipboardPrograms(system string, getenv func(string) string) [][]string {
	var out [][]string
	switch {
	case getenv("SSH_CONNECTION") != "" || getenv("SSH_TTY") != "":
		return nil
	case system == "darwin":
		return [][]string{{"pbcopy"}}
	case getenv("TERMUX_VERSION") != "":
		return [][]string{{"termux-clipboard-set"}}
	case getenv("WSL_DISTRO_NAME") != "":
		// It takes the text for one of Windows' old code page, which our
		// addresses and codes are the same in.
		return [][]string{{"clip.exe"}, {"/mnt/c/Windows/System32/clip.exe"}}
	}
	if getenv("WAYLAND_DISPLAY") != "" {
		out = append(out, []string{"wl-copy"})
	}
	if getenv("DISPLAY") != "" {
		out = append(out, []string{"xclip", "-in", "-selection", "clipboard"}, []string{"xsel", "--input", "--clipboard"})
	}
	return out
}

// runWith runs a program with text as its input. In X11 and Wayland it lives
// on as long as the text is on the clipboard: in a session of its own, which
// does not end with this terminal.
func runWith(ctx context.Context, text string, words ...string) error {
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Stdin = strings.NewReader(text)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.WaitDelay = time.Second
	return cmd.Run()
}
