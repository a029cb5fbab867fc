package doctor

import (
	"context"
	"regexp"
	"strings"

	"codex-login/flows"
)

// checkBrowser looks whether a browser can be opened from here.
func checkBrowser(_ context.Context, p *patient) []Finding {
	program, err := flows.BrowserCommand(p.Browser, p.getenv)
	if err == nil {
		return []Finding{sound(with{"Program": p.path(program)})}
	}
	display := p.getenv("DISPLAY") != "" || p.getenv("WAYLAND_DISPLAY") != ""
	switch {
	case p.Browser != "":
		return []Finding{warning("command", nil)}
	case p.getenv("BROWSER") != "":
		return []Finding{warning("variable", with{"Variable": variable("BROWSER")})}
	case display:
		return []Finding{warning("missing", nil)}
	}
	return []Finding{note("no_display", nil)}
}

// checkClipboard looks which way a text gets to the person's clipboard.
func checkClipboard(ctx context.Context, p *patient) []Finding {
	for _, program := range p.Clipboard {
		if path, ok := p.lookPath(program); ok {
			return []Finding{{Cause: "program", Severity: Sound, values: with{"Program": p.path(path)}}}
		}
	}
	term := p.getenv("TERM")
	switch {
	case p.getenv("TMUX") != "":
		said, err := p.output(ctx, "tmux", "show-options", "-gv", "set-clipboard")
		if err == nil && strings.TrimSpace(said) == "off" {
			return []Finding{note("tmux_off", nil)}
		}
		return []Finding{{Cause: "tmux", Severity: Sound}}
	case p.getenv("STY") != "":
		return []Finding{{Cause: "screen", Severity: Sound}}
	case term == "dumb" || term == "": // of which the terminal's row speaks
		return []Finding{{Cause: "unnamed", Severity: Skipped}}
	case term == "linux":
		return []Finding{note("none", nil)}
	}
	return []Finding{sound(nil)}
}

// The least window in which everything can be used.
const leastColumns, leastRows = 40, 15

// checkTerminal looks whether the wizard can be drawn.
func checkTerminal(_ context.Context, p *patient) []Finding {
	term := p.getenv("TERM")
	var found []Finding
	columns, rows, ok := 0, 0, false
	if p.Size != nil {
		columns, rows, ok = p.Size()
	}
	at := with{"Term": name(term), "Columns": count(columns), "Rows": count(rows)}
	if !ok {
		return []Finding{{Cause: "none", Severity: Skipped}}
	}
	unsized := columns == 0 || rows == 0 // as script(1) and some CI leave it
	switch {
	case term == "dumb":
		found = append(found, warning("dumb", at))
	case term == "":
		found = append(found, warning("unnamed", at))
	}
	if !unsized && (columns < leastColumns || rows < leastRows) {
		found = append(found, warning("small", at))
	}
	if !utf8Locale(p.getenv) {
		found = append(found, note("ascii", at))
	}
	if len(found) == 0 && unsized {
		return []Finding{{Cause: "unsized", Severity: Skipped, values: at}}
	}
	return or(found, at)
}

// utf8Locale reports whether the first locale that is set is one of UTF-8.
func utf8Locale(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := getenv(name); v != "" {
			v = strings.ToLower(v)
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return false
}

var versionLike = regexp.MustCompile(`^codex(-cli)? ([0-9][0-9A-Za-z.\-+]{0,40})`)

// checkCodex looks for the real Codex.
func checkCodex(ctx context.Context, p *patient) []Finding {
	path, ok := p.lookPath("codex")
	if !ok {
		return []Finding{note("missing", nil)}
	}
	at := with{"Path": p.path(path)}
	said, err := p.output(ctx, path, "--version")
	version := versionLike.FindStringSubmatch(strings.TrimSpace(said))
	switch {
	case err != nil && ctx.Err() != nil:
		return []Finding{warning("silent", at)}
	case err != nil:
		return []Finding{warning("broken", at)}
	case version == nil:
		return []Finding{note("unknown", at)}
	}
	at["Version"] = name(version[2])
	return []Finding{sound(at)}
}

func (p *patient) lookPath(program string) (string, bool) {
	if p.LookPath == nil {
		return "", false
	}
	path, err := p.LookPath(program)
	return path, err == nil
}

func (p *patient) output(ctx context.Context, program string, args ...string) (string, error) {
	if p.Output == nil {
		return "", errLate
	}
	return p.Output(ctx, program, args...)
}
