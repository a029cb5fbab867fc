package tui

import (
	"slices"
	"strings"
	"time"

	"codex-login/assets/display"
	"codex-login/flows/loginlog"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// tracePace is how often the screen looks for new lines.
const tracePace = 500 * time.Millisecond

// mostTraced is how many lines are shown and copied.
const mostTraced = 200

// trace shows what the workers do, as it happens, the same lines as in the
// login log. The screen beneath goes on, and comes back when it has an answer.
type trace struct {
	env   *env
	try   attempt
	lines []loginlog.Line
	seen  int
	whole bool // lines are wrapped, not cut
	up    int  // lines that were scrolled back; 0 follows
}

func newTrace(e *env) (trace, tea.Cmd) {
	s := trace{env: e, try: e.work.attempt()}
	s.look()
	return s, tickCmd(s.try.id, tracePace)
}

// look takes new lines in. What was scrolled to stays where it is.
func (s *trace) look() {
	log := s.env.login.Trace
	now := log.Len()
	if now == s.seen {
		return
	}
	news := log.Lines(s.seen)
	s.seen = now
	s.lines = append(slices.Clone(s.lines), news...)
	s.lines = s.lines[max(len(s.lines)-mostTraced, 0):]
	if s.up > 0 {
		s.up = min(s.up+len(news), max(len(s.lines)-1, 0))
	}
}

// Stop ends the ticks.
func (s trace) Stop() { s.try.cancel() }

func (s trace) back() key.Binding { return s.env.bind("back", "esc", "esc", "q", "t", "enter") }
func (s trace) copy() key.Binding {
	return when(len(s.lines) > 0, s.env.bind("copy", "c"))
}

func (s trace) wrap() key.Binding {
	id := "whole_lines"
	if s.whole {
		id = "short_lines"
	}
	return when(len(s.lines) > 0, s.env.bind(id, "w"))
}

func (s trace) scroll() key.Binding {
	return when(len(s.lines) > 1, s.env.bind("scroll", s.env.say("frame.arrows"), "up", "down", "k", "j"))
}

func (s trace) follow() key.Binding {
	return when(s.up > 0, s.env.bind("follow", "f", "f", "end", "G"))
}

func (s trace) Keys() []key.Binding {
	return []key.Binding{s.back(), s.copy(), s.wrap(), s.scroll(), s.follow()}
}

func (s trace) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	switch msg := msg.(type) {
	case tickMsg:
		if msg.attempt == s.try.id {
			s.look()
			return s, tickCmd(s.try.id, tracePace), nil
		}
	case tea.KeyMsg:
		switch {
		case pressed(msg, s.back()):
			return s, nil, wantBack{}
		case pressed(msg, s.copy()):
			return s, copyCmd(s.env.work.ctx, s.env.paper, s.env.getenv, "trace", s.text()), nil
		case pressed(msg, s.wrap()):
			s.whole = !s.whole
		case pressed(msg, s.follow()):
			s.up = 0
		case pressed(msg, s.scroll()) && (msg.String() == "up" || msg.String() == "k"):
			s.up = min(s.up+1, len(s.lines)-1)
		case pressed(msg, s.scroll()):
			s.up = max(s.up-1, 0)
		}
	}
	return s, nil, nil
}

// text is what is copied: the lines as the log has them.
func (s trace) text() string {
	var b strings.Builder
	for _, l := range s.lines {
		b.WriteString(display.Clean(l.String()) + "\n")
	}
	return b.String()
}

func (s trace) View(w, h int) string {
	foot := s.where(w)
	if len(s.lines) == 0 {
		return wrap(s.env.say("trace.nothing"), w) + "\n\n" + foot
	}
	room := max(h-height(foot)-1, 1)
	var rows []string
	// The last lines, as many as there is room for.
	for _, l := range slices.Backward(s.lines[:len(s.lines)-s.up]) {
		part := strings.Split(s.line(l, w), "\n")
		if len(rows) > 0 && len(rows)+len(part) > room {
			break
		}
		rows = append(part, rows...)
	}
	rows = rows[max(len(rows)-room, 0):]
	return strings.Join(rows, "\n") + "\n\n" + foot
}

// line is the time of day, a mark for what is not in order, and what was done.
func (s trace) line(l loginlog.Line, w int) string {
	t := s.env.theme
	at := t.Faint.Render(l.At.Local().Format("15:04:05")) + " "
	mark := "  "
	switch {
	case l.Level >= 8:
		mark = t.Bad.Render(t.Glyphs.Cross) + " "
	case l.Level >= 4:
		mark = t.Warn.Render(t.Glyphs.Warn) + " "
	}
	text := display.Clean(l.Target + ": " + l.Text)
	if s.whole {
		return hanging(at+mark, text, w)
	}
	return cut(at+mark+text, w, t.Glyphs.Ellipsis)
}

// where says in which file the same lines are.
func (s trace) where(w int) string { return s.env.logged("trace.file", w) }

// logged says where the login log is, or why there is none.
func (e *env) logged(id string, w int) string {
	t := e.theme
	if e.login.Trace == nil {
		return ""
	}
	path := e.login.Trace.Path()
	if path == "" {
		return t.Faint.Render(wrap(e.say("trace.no_file"), w))
	}
	if err := e.login.Trace.Err(); err != nil {
		return e.warning(e.explain(err).Title, w)
	}
	return t.Faint.Render(wrap(e.say(id, "Path", display.Clean(e.short(path))), w))
}

// traceKey opens the trace over a screen that waits or has failed.
func (e *env) traceKey(on bool) key.Binding { return when(on, e.bind("trace", "t")) }

func (s trace) Title() string { return s.env.say("frame.title.trace") }
func (s trace) Help() string  { return "help.trace" }
