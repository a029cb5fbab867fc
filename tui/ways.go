package tui

import (
	"strings"

	"codex-login/assets/display"
	"codex-login/flows"
)

// The wait for a browser on another machine: the ways in which its answer gets
// here, all open at once.

// elsewhere: the browser is on another machine than this one.
func (s browser) elsewhere() bool { return s.challenge != nil && s.env.login.Where.Remote() }

// tunnel is how the browser over there reaches the listener here.
func (s browser) tunnel() (flows.TunnelText, bool) {
	if !s.elsewhere() {
		return flows.TunnelText{}, false
	}
	t, known := s.env.login.Where.Tunnel(s.challenge.Port)
	if !known {
		return flows.TunnelText{}, false
	}
	x := flows.ExplainTunnel(s.env.words, t)
	for _, text := range []*string{&x.Intro, &x.Command, &x.Name, &x.Escape, &x.Hint} {
		*text = display.Clean(*text)
	}
	return x, true
}

// texts are what may be needed on the other machine, for the plain print.
func (s browser) texts() []string {
	out := []string{s.challenge.URL}
	if x, known := s.tunnel(); known {
		out = append(out, lines(x.Intro, x.Command, x.Escape))
	}
	if s.code.works() {
		out = append(out, lines(s.env.say("browser.code"), s.code.challenge.ScanURL(), s.code.challenge.UserCode))
	}
	return out
}

// fullness is how much of the screen of the ways there is room for.
type fullness struct {
	airy    bool // empty lines between the ways
	hints   bool // what may be skipped
	picture bool // the QR code
	first   bool // the address before the ways, not after them
	unseen  bool // the address is out of sight: how to get it instead of the heading
}

// ways draws the address and the ways, as full as the place allows. row is that
// of the field.
func (s browser) ways(w, h int) (view string, row int) {
	for _, f := range []fullness{
		{airy: true, hints: true, picture: true, first: true},
		{hints: true, picture: true, first: true},
		{picture: true, first: true},
		{airy: true, hints: true, first: true},
		{hints: true, first: true},
		{first: true},
		{},
		{unseen: !s.Typing()},
	} {
		view, row = s.waysAs(f, w)
		if height(view) <= h {
			break
		}
	}
	return view, row
}

func (s browser) waysAs(f fullness, w int) (view string, row int) {
	t := s.env.theme
	heading := "browser.heading"
	if f.unseen {
		heading = "browser.link_keys"
	}
	title := t.Title.Render(wrap(s.env.say(heading), w))
	address := wrap(s.env.say("browser.open_there"), w) + "\n" + link(t, s.challenge.URL, w)
	var blocks []string
	add := func(text string) {
		if text != "" {
			blocks = append(blocks, text)
		}
	}
	if f.first {
		add(title + "\n" + address)
	} else {
		add(title)
	}
	for _, n := range s.said() {
		add(s.env.warning(n, w))
	}
	if s.env.demo != nil {
		add(t.Accent.Render(wrap(s.env.say("frame.demo_approve"), w)))
	}
	gap := "\n"
	if f.airy {
		gap = "\n\n"
	}
	head := strings.Join(blocks, gap)
	if f.first {
		head += "\n"
	}
	list, at := s.numbered(f, gap, w)
	view = head + "\n" + list + gap + s.waitLine(s.until("browser.waiting_any"), w)
	if !f.first {
		view += "\n" + address
	}
	return view, height(head) + at
}

// numbered are the ways; at is the row of the field in them.
func (s browser) numbered(f fullness, gap string, w int) (list string, at int) {
	t := s.env.theme
	var out []string
	add := func(text string) {
		mark := t.Accent.Render(string(rune('1'+len(out)))) + "  "
		out = append(out, mark+strings.TrimPrefix(indent(text, 3), "   "))
	}
	hint := s.hint(s.env.say("browser.paste_way"), w-3)
	if s.failed == nil {
		hint = wrap(s.env.say("browser.paste_way"), w-3)
	}
	add(hint + "\n" + s.paste.view(w-3))
	at = height(hint)
	if x, known := s.tunnel(); known {
		hints := ""
		if more := strings.TrimSpace(x.Hint + " " + x.Name); f.hints && more != "" {
			hints = t.Faint.Render(wrap(more, w-3))
		}
		escape := ""
		if x.Escape != "" {
			escape = wrap(x.Escape, w-3)
		}
		add(lines(wrap(x.Intro, w-3), t.Accent.UnsetBold().Render(wrap(x.Command, w-3)), escape, hints))
	}
	code := s.code.view(s.env, w-3, f.picture)
	if code == "" {
		code = wrap(s.env.say("browser.code_way"), w-3)
	}
	add(code)
	return strings.Join(out, gap), at
}
