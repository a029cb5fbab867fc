package tui

import (
	"errors"
	"strings"
	"time"

	"codex-login/assets/display"
	"codex-login/flows"
	"codex-login/flows/network"

	"github.com/charmbracelet/x/ansi"
)

// rootsLine says what certificates are held against, as soon as an address
// tells.
func (s connection) rootsLine(w int) string {
	for _, c := range s.came {
		if c == nil || c.Roots.Variable == "" && !c.Roots.System {
			continue
		}
		text := s.env.say("connection.roots", "Roots", display.Clean(flows.SayRoots(s.env.words, c.Roots)))
		if c.Roots.Expired > 0 || s.unneeded() {
			return s.env.warning(text+s.aside(), w)
		}
		return s.env.theme.Faint.Render(wrap(text, w))
	}
	return ""
}

// aside says that a bundle is in force without which all would be trusted.
func (s connection) aside() string {
	if !s.unneeded() {
		return ""
	}
	return " " + s.env.say("connection.unneeded")
}

func (s connection) unneeded() bool {
	if s.busy() {
		return false
	}
	secured := false
	for _, c := range s.came {
		secured = secured || len(c.Presented) > 0
		if c.Err != nil || c.Private || c.Roots.Variable == "" {
			return false
		}
	}
	return secured
}

// rows are the addresses, a line each, and below the selected one all that
// there is to say of it.
func (s connection) rows(w int) []string {
	names := 0
	for _, e := range s.to {
		names = max(names, ansi.StringWidth(s.name(e)))
	}
	var out []string
	for i, e := range s.to {
		out = append(out, s.line(i, fill(s.name(e), names), w))
		if i == s.row && s.came[i] != nil && !s.Typing() && !s.reads && !s.vain {
			out = append(out, indent(s.details(*s.came[i], w-4), 4))
		}
	}
	return out
}

func (s connection) name(e flows.Endpoint) string {
	return s.env.say("connection.name." + string(e.Purpose))
}

func (s connection) line(i int, name string, w int) string {
	t := s.env.theme
	c, at := s.came[i], "  "
	if i == s.row {
		at, name = t.Accent.Render(t.Glyphs.Pointer)+" ", t.Accent.Render(name)
	}
	mark, text := t.Faint.Render(t.Glyphs.Separator), t.Faint.Render(s.env.say("connection.trying"))
	switch {
	case c == nil:
	case errors.Is(c.Err, flows.ErrCancelled):
		text = t.Faint.Render(s.env.say("connection.given_up"))
	case c.Err != nil:
		mark, text = t.Bad.Render(t.Glyphs.Cross), s.env.explain(c.Err).Title
	default:
		mark = t.Good.Render(t.Glyphs.Check)
		text = s.env.say("connection.reached", "Host", hostShown(*c), "Took", c.Took.Round(time.Millisecond).String())
	}
	return at + mark + " " + name + "  " + cut(text, w-6-ansi.StringWidth(name), t.Glyphs.Ellipsis)
}

// hostShown leaves the usual port out.
func hostShown(c flows.Connection) string { return strings.TrimSuffix(display.Clean(c.Host), ":443") }

// details are the way, what the server showed, and what is wrong.
func (s connection) details(c flows.Connection, w int) string {
	t := s.env.theme
	if errors.Is(c.Err, flows.ErrCancelled) {
		return t.Faint.Render(wrap(display.Clean(c.Endpoint.URL), w))
	}
	out := []string{t.Faint.Render(wrap(s.env.say("connection.way", "Host", hostShown(c), "Way", display.Clean(flows.SayProxy(s.env.words, c.Proxy))), w))}
	if c.Proxy.Socks {
		out = append(out, s.env.warning(s.env.say("connection.socks"), w))
	}
	if len(c.Presented) > 0 && !distrusted(c.Err) { // then the explanation tells
		own := c.Presented[0]
		text := s.env.say("connection.presented", "Subject", display.Clean(own.Subject), "Issuer", display.Clean(own.Issuer), "Until", own.NotAfter.UTC().Format(time.DateOnly))
		if c.Private {
			out = append(out, s.env.warning(text+" "+s.env.say("connection.private"), w))
		} else {
			out = append(out, t.Faint.Render(wrap(text, w)))
		}
	}
	if c.Err != nil {
		x := s.env.explain(c.Err)
		if ansi.StringWidth(x.Title) > w-20 { // it was cut above
			out = append(out, wrap(x.Title, w))
		}
		out = append(out, wrap(x.Text, w), s.env.steps(x, w))
	}
	return strings.Join(out, "\n")
}

// distrusted: what the server showed is at fault.
func distrusted(err error) bool {
	var e *network.Error
	return errors.As(err, &e) && len(e.Presented) > 0
}

// bundleState is the field for a bundle, and what became of the last one.
func (s connection) bundleState(w int) string {
	t := s.env.theme
	switch {
	case s.reads:
		return t.Accent.Render(wrap(s.env.say("connection.reading"), w))
	case s.failed != nil:
		x := s.env.explain(s.failed)
		return lines(t.Bad.Render(wrap(x.Title, w)), wrap(x.Text, w), s.env.steps(x, w), s.path.view(w))
	case s.Typing():
		return lines(t.Faint.Render(wrap(s.env.say("connection.ask"), w)), s.path.view(w))
	case s.trial != nil && s.busy():
		return t.Accent.Render(wrap(s.env.say("connection.tried", "Path", display.Clean(s.env.short(s.chosen))), w))
	case s.kept != "":
		return lines(
			s.env.succeeded(s.env.say("connection.works"), w),
			wrap(s.env.say("connection.profile"), w),
			t.Accent.Render(wrap(display.Clean(network.BundleLine(s.kept)), w)),
		)
	case s.vain:
		return s.env.warning(s.env.say("connection.vain", "Path", display.Clean(s.env.short(s.chosen))), w)
	}
	return ""
}
