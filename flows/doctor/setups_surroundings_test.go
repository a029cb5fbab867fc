package doctor

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"
)

func surroundingsSetups() []setup {
	return []setup{
		{"a BROWSER that is not there", "browser.variable", Warning, "BROWSER", func(w *ward) { w.env["BROWSER"] = "/nowhere/browser" }},
		{"a --browser that is not there", "browser.command", Warning, "--browser", func(w *ward) { w.s.Browser = "/nowhere/browser" }},
		{"no display", "browser.no_display", Note, "no display", func(w *ward) {
			delete(w.env, "DISPLAY")
			delete(w.env, "BROWSER")
		}},
		{"a display, and no browser", "browser.missing", Warning, "no program", func(w *ward) {
			delete(w.env, "BROWSER")
			w.t.(*testing.T).Setenv("PATH", w.dir)
		}},
		{"tmux that keeps what is copied", "clipboard.tmux_off", Note, "set-clipboard off", func(w *ward) {
			w.env["TMUX"] = "/tmp/tmux-0/default,1,0"
			w.s.Output = func(_ context.Context, program string, _ ...string) (string, error) {
				if program == "tmux" {
					return "off\n", nil
				}
				return "codex-cli 0.169.0\n", nil
			}
		}},
		{"the console", "clipboard.none", Note, "has none", func(w *ward) { w.env["TERM"] = "linux" }},
		{"a dumb terminal", "terminal.dumb", Warning, "dumb", func(w *ward) { w.env["TERM"] = "dumb" }},
		{"a terminal without a name", "terminal.unnamed", Warning, "TERM", func(w *ward) { delete(w.env, "TERM") }},
		{"a small terminal", "terminal.small", Warning, "39x14", func(w *ward) { w.s.Size = func() (int, int, bool) { return 39, 14, true } }},
		{"a locale without UTF-8", "terminal.ascii", Note, "UTF-8", func(w *ward) { w.env["LC_ALL"] = "C" }},
		{"no codex", "codex.missing", Note, "PATH", func(w *ward) { w.s.LookPath = func(string) (string, error) { return "", os.ErrNotExist } }},
		{"a codex that does not run", "codex.broken", Warning, "/usr/bin/codex", func(w *ward) {
			w.s.Output = func(context.Context, string, ...string) (string, error) { return "", errors.New("exit status 127") }
		}},
		{"a codex that does not answer", "codex.silent", Warning, "/usr/bin/codex", func(w *ward) {
			w.s.deadline = 300 * time.Millisecond
			w.s.Output = func(ctx context.Context, _ string, _ ...string) (string, error) { <-ctx.Done(); return "", ctx.Err() }
		}},
	}
}
