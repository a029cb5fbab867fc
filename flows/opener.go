package flows

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"codex-login/assets/display"
	"codex-login/flows/loginlog"
)

// openGrace is how long a browser gets to say that it cannot start. Launchers
// say it at once; a browser that stays in the foreground says nothing.
const openGrace = 2 * time.Second

// errNoBrowser says that opening a browser was not wanted.
var errNoBrowser = errors.New("no browser is to be opened")

var errNoDisplay = errors.New("there is no display")

var errElsewhere = errors.New("the display of this machine is not where the ssh session comes from")

var errNoOpener = errors.New("no command to open a browser was found")

// graphicalOpeners show a page in a window.
var graphicalOpeners = []string{"xdg-open", "x-www-browser"}

// Opener returns what shows a URL in the person's browser: the given command,
// else the one that BROWSER names, else the system's own way.
//
// What it returns blocks until the browser's command has ended, or until ctx
// ends, which leaves the browser alone: it belongs to the person and runs in a
// session of its own, where neither ctrl+c nor the end of this program reaches
// it.
func Opener(command string, getenv func(string) string) func(ctx context.Context, url string) error {
	return func(ctx context.Context, target string) error {
		u, err := url.Parse(target)
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") {
			return errors.New("only http and https addresses are opened")
		}
		candidates, err := openCommands(command, target, getenv)
		if err != nil {
			return err
		}
		failed := errNoOpener
		for _, words := range candidates {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if failed = runDetached(ctx, words); failed == nil {
				return nil
			}
		}
		return failed
	}
}

// openCommands are the commands that may show the page, the first that works
// counts.
func openCommands(command, target string, getenv func(string) string) ([][]string, error) {
	switch {
	case strings.TrimSpace(command) != "":
		return browserCommands(command, target, false), nil
	case strings.TrimSpace(getenv("BROWSER")) != "":
		return browserCommands(getenv("BROWSER"), target, runtime.GOOS != "windows"), nil
	case windowElsewhere(getenv):
		return nil, errElsewhere
	case !hasDisplay(getenv):
		// xdg-open would go on to text browsers, which take the terminal.
		return nil, errNoDisplay
	}
	return systemCommands(target, getenv), nil
}

// BrowserCommand is the program that Opener would start first, without its
// arguments; the error says why there is none. It starts nothing.
func BrowserCommand(command string, getenv func(string) string) (string, error) {
	candidates, err := openCommands(command, "https://example.com", getenv)
	if err != nil {
		return "", err
	}
	for _, words := range candidates {
		if path, err := exec.LookPath(words[0]); err == nil {
			return display.Line(path, 200), nil
		}
	}
	return "", errNoOpener
}

// runDetached starts a command apart from this program and waits for its end
// as long as ctx lasts.
func runDetached(ctx context.Context, words []string) error {
	// No terminal for it: a text browser would draw over the wizard.
	cmd := exec.Command(words[0], words[1:]...)
	cmd.SysProcAttr = apart()
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return nil
	}
}

// systemCommands are the system's own ways to open a page, the first that is
// there counts.
func systemCommands(target string, getenv func(string) string) [][]string {
	switch {
	case runtime.GOOS == "windows":
		return [][]string{{"rundll32", "url.dll,FileProtocolHandler", target}}
	case runtime.GOOS == "darwin":
		return [][]string{{"open", target}}
	case inWSL(getenv):
		return windowsCommands(target, exec.LookPath)
	}
	for _, name := range append(graphicalOpeners, "www-browser") {
		if path, err := exec.LookPath(name); err == nil {
			return [][]string{{path, target}}
		}
	}
	return nil
}

// hasDisplay reports whether a browser's window has a place to appear. Windows
// and macOS always have one; WSL has that of Windows.
func hasDisplay(getenv func(string) string) bool {
	switch runtime.GOOS {
	case "windows", "darwin":
		return true
	}
	return getenv("DISPLAY") != "" || getenv("WAYLAND_DISPLAY") != "" || inWSL(getenv)
}

// windowElsewhere: a window would open on a Mac or a Windows machine that nobody sits
// at. Elsewhere a display that a session has is forwarded with it.
func windowElsewhere(getenv func(string) string) bool {
	return (runtime.GOOS == "windows" || runtime.GOOS == "darwin") && getenv("SSH_CONNECTION") != ""
}

// OpenBrowser shows the challenge's page. It returns nil when the browser runs
// or has taken the page over. A browser that does not start is a note, because
// the person can open the page in another way; so is one that fails later,
// while ctx lasts.
func (c *Challenge) OpenBrowser(ctx context.Context) error {
	if c.URL == "" || c.open == nil {
		return errNoBrowser
	}
	failed := make(chan error, 1)
	go func() {
		c.login.info(loginlog.BrowserOpened)
		err := c.tryOpen(ctx)
		if err != nil && ctx.Err() == nil {
			c.note(Note{Code: NoteBrowserFailed, Err: err})
		}
		failed <- err
	}()
	grace := time.NewTimer(openGrace)
	defer grace.Stop()
	select {
	case err := <-failed:
		return err
	case <-grace.C:
		return nil
	case <-ctx.Done():
		return nil
	}
}

// tryOpen makes an error of a panic, which would end the program with the
// terminal still in the wizard's hands.
func (c *Challenge) tryOpen(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("opening a browser failed: %v", p)
		}
	}()
	return c.open(ctx, c.ScanURL())
}
