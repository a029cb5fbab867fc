package tui

import (
	"strings"

	"codex-login/assets/display"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/x/ansi"
)

// The least window in which there is anything to see, and the widest body that
// still reads well.
const (
	leastW, leastH = 30, 10
	widest         = 96
)

// frame is the layout of one picture: a header that says where we are, the
// body, a line for what the last key did, and the keys that work.
type frame struct {
	env    *env
	w, h   int
	left   int // margin
	top    int // rows above the header
	header string
	body   []string // as high as it likes
	status string
	footer []string

	bodyW, bodyH   int
	focus          int  // the row to be kept in view; -1 for none
	arrows         bool // the arrow keys scroll
	scroll, hidden int  // rows above the place, rows that do not fit
	bare           string
}

func (r root) frame() frame {
	f := frame{env: r.env, w: r.w, h: r.h}
	if r.w == 0 || r.h == 0 {
		return f
	}
	if r.w < leastW || r.h < leastH {
		f.bare = r.env.tooSmall(r.w, r.h)
		return f
	}
	s := r.top()
	if q, ok := s.(qrAlone); ok {
		f.bare = q.View(r.w, r.h)
		return f
	}
	margin := 2
	if r.w < 60 {
		margin = 1
	}
	f.bodyW = min(r.w-2*margin, widest)
	f.left = (r.w - f.bodyW) / 2
	if r.h >= 30 {
		f.top = 1
	}
	f.header = r.header(f.bodyW)
	f.layout(s, r)
	return f
}

// layout gives the body what header and footer leave, and keeps in view what
// the person is at.
func (f *frame) layout(s screen, r root) {
	f.footer = f.footerLines(enabled(s.Keys()), r.helpKey(), r.asleep)
	f.bodyH = max(f.h-f.top-3-len(f.footer), 1)
	f.body = strings.Split(s.View(f.bodyW, f.bodyH), "\n")
	f.hidden = max(len(f.body)-f.bodyH, 0)
	f.focus = -1
	if s, ok := s.(focused); ok {
		f.focus = s.FocusedLine(f.bodyW, f.bodyH)
	}
	f.scroll = min(r.scroll, f.hidden)
	// Where the arrows are free, they can look away from the line in use.
	_, f.arrows = s.(typing)
	f.arrows = f.arrows || f.focus < 0
	if f.focus >= 0 && (!f.arrows || r.scroll == 0) {
		f.scroll = min(max(f.focus-f.bodyH/2, 0), f.hidden)
	}
	f.status = cut(r.status, f.bodyW, r.env.theme.Glyphs.Ellipsis)
}

func (e *env) scrollKey() key.Binding { return e.bind("scroll", e.say("frame.arrows"), "up", "down") }

// header: the name and the screen on the left, the place on the right.
func (r root) header(w int) string {
	t := r.env.theme
	g := t.Glyphs
	left := t.Accent.Render(g.Logo+" codex-login") + t.Faint.Render(" "+g.Crumb+" ") + t.Title.Render(r.top().Title())
	if r.env.demo != nil {
		left += "  " + t.Badge.Render(" "+r.env.say("frame.demo")+" ")
	}
	place := display.Clean(r.env.short(r.env.login.Home.Path)) + " " + g.Separator + " " + string(r.mode)
	rights := []string{place}
	for _, here := range r.env.here() {
		rights = append(rights, here+" "+g.Separator+" "+place)
	}
	for i := len(rights) - 1; i >= 0; i-- {
		right := t.Faint.Render(rights[i])
		if gap := w - ansi.StringWidth(left) - ansi.StringWidth(right); gap >= 2 {
			return left + strings.Repeat(" ", gap) + right
		}
	}
	return cut(left, w, g.Ellipsis)
}

// footerLines packs the keys into two lines at most; what does not fit is still
// told by the help, which always stands at the end of the last line.
func (f *frame) footerLines(keys []key.Binding, helpKey key.Binding, asleep bool) []string {
	t := f.env.theme
	if asleep {
		return []string{""}
	}
	const gap = "   "
	help := ""
	if helpKey.Enabled() {
		help = f.keyLabel(helpKey)
	}
	out := []string{""}
	for i, b := range keys {
		label := f.keyLabel(b)
		last := len(out) - 1
		line := label
		if out[last] != "" {
			line = out[last] + gap + label
		}
		room := f.bodyW
		if last == 1 || i == len(keys)-1 {
			room -= ansi.StringWidth(help) + len(gap)
		}
		switch {
		case ansi.StringWidth(line) <= room:
			out[last] = line
		case last == 0:
			out = append(out, cut(label, f.bodyW, t.Glyphs.Ellipsis))
		}
	}
	if help == "" {
		return out
	}
	last := len(out) - 1
	if pad := f.bodyW - ansi.StringWidth(out[last]) - ansi.StringWidth(help); pad >= 0 {
		out[last] += strings.Repeat(" ", pad) + help
	}
	return out
}

func (f *frame) keyLabel(b key.Binding) string {
	return f.env.theme.Strong.Render(b.Help().Key) + " " + f.env.theme.Faint.Render(b.Help().Desc)
}

// String draws the frame: h rows, none wider than w.
func (f frame) String() string {
	if f.bare != "" || f.body == nil {
		return f.bare
	}
	pad := strings.Repeat(" ", f.left)
	rows := make([]string, 0, f.h)
	add := func(s string) {
		if s != "" {
			s = pad + s
		}
		rows = append(rows, s)
	}
	for range f.top {
		add("")
	}
	add(f.header)
	add("")
	visible := f.body[f.scroll:min(f.scroll+f.bodyH, len(f.body))]
	// A short body in a high window stands a little below the header.
	drop := 0
	if room := f.bodyH - len(visible); f.h >= 30 {
		drop = min(room/4, 4)
	}
	for range drop {
		add("")
	}
	for _, line := range visible {
		add(line)
	}
	for range f.bodyH - len(visible) - drop {
		add("")
	}
	add(f.statusLine())
	for _, line := range f.footer {
		add(line)
	}
	return strings.Join(rows, "\n")
}

// statusLine says what the last key did, or that there is more below.
func (f frame) statusLine() string {
	t := f.env.theme
	switch {
	case f.status != "":
		return t.Good.UnsetBold().Render(f.status)
	case f.hidden > f.scroll:
		return t.Faint.Render(t.Glyphs.More + " " + f.env.say("frame.more", "Keys", f.env.scrollKey().Help().Key))
	}
	return ""
}

func (e *env) tooSmall(w, h int) string {
	text := strings.Split(wrap(e.say("frame.too_small", "Width", leastW, "Height", leastH), w), "\n")
	return strings.Join(text[:min(len(text), max(h, 1))], "\n")
}
