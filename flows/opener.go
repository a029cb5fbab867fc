package flows

import (
	"context"
	"errors"
	"io"
	"net/url"
	"os/exec"
	"runtime"
	"strings"

	"github.com/cli/browser"
)

// errNoBrowser says that opening a browser was not wanted.
var errNoBrowser = errors.New("no browser is to be opened")

// Opener returns what shows a URL in the person's browser: the given command,
// else the one that BROWSER names, else the system's own way. A command gets
// the URL as its last argument.
func Opener(command string, getenv func(string) string) func(ctx context.Context, url string) error {
	if command == "" {
		command = getenv("BROWSER")
	}
	return func(ctx context.Context, target string) error {
		u, err := url.Parse(target)
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") {
			return errors.New("only http and https addresses are opened")
		}
		if command != "" {
			words := strings.Fields(command)
			// No terminal for it: a text browser would draw over the wizard.
			return exec.CommandContext(ctx, words[0], append(words[1:], target)...).Run()
		}
		if !hasDisplay(getenv) {
			// xdg-open would go on to text browsers, which take the terminal.
			return errNoDisplay
		}
		browser.Stdout, browser.Stderr = io.Discard, io.Discard
		return browser.OpenURL(target)
	}
}

var errNoDisplay = errors.New("there is no display")

// hasDisplay reports whether a browser's window has a place to appear. Windows
// and macOS always have one; WSL has that of Windows.
func hasDisplay(getenv func(string) string) bool {
	switch runtime.GOOS {
	case "windows", "darwin":
		return true
	}
	for _, name := range []string{"DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"} {
		if getenv(name) != "" {
			return true
		}
	}
	return false
}

// OpenBrowser shows the challenge's page. A browser that does not start is a
// note, because the person can open the page in another way.
func (c *Challenge) OpenBrowser(ctx context.Context) error {
	if c.URL == "" || c.open == nil {
		return errNoBrowser
	}
	err := c.open(ctx, c.ScanURL())
	if err != nil {
		c.note(Note{Code: NoteBrowserFailed, Err: err})
	}
	return err
}
