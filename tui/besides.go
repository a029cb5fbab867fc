package tui

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"codex-login/assets/display"
	"codex-login/flows"
)

// besides is the device code that stands beside a browser sign-in. What becomes
// of it is a note and changes nothing else.
type besides struct {
	challenge *flows.Challenge // nil until it is there
	qr        string           // drawn once
	notes     []flows.Note
	asking    bool
	ended     bool  // it works no more
	refused   error // why there is none
}

// free: a code may be asked for.
func (b besides) free() bool { return !b.asking && (b.challenge == nil || b.ended) }

// known: a code was asked for before, so that the preconditions were shown.
func (b besides) known() bool { return b.challenge != nil || b.refused != nil }

func (b besides) works() bool { return b.challenge != nil && !b.ended }

// arrived takes in what came of asking.
func (b besides) arrived(e *env, msg deviceAddedMsg) besides {
	var input *flows.InputError
	if errors.As(msg.err, &input) && input.Problem == flows.InputAlreadyWaiting {
		return besides{} // another way was faster
	}
	if msg.err != nil {
		return besides{refused: msg.err}
	}
	return besides{challenge: msg.device, qr: qrCode(msg.device.ScanURL(), e.theme.Glyphs.Unicode)}.look(e)
}

// look sees how the code stands.
func (b besides) look(e *env) besides {
	if b.challenge == nil {
		return b
	}
	b.notes = b.challenge.Notes()
	said := slices.ContainsFunc(b.notes, func(n flows.Note) bool { return n.Code == flows.NoteCodeEnded })
	until := b.challenge.ExpiresAt
	b.ended = said || !until.IsZero() && !until.After(e.now())
	return b
}

// view is the page, the code and how long it works; with the picture where that
// has room beside it. Nothing while there is no code.
func (b besides) view(e *env, w int, picture bool) string {
	t := e.theme
	switch {
	case b.asking:
		return t.Accent.Render(wrap(e.say("device.asking"), w))
	case !b.works():
		return ""
	}
	const gap, least = 3, 36
	if qw := width(b.qr); picture && b.qr != "" && w >= qw+gap+least {
		text := wrap(e.say("browser.code"), w-qw-gap) + "\n\n" + link(t, b.challenge.URL, w-qw-gap) + "\n\n" + b.typed(e, w-qw-gap) +
			"\n\n" + e.warning(e.say("device.warning"), w-qw-gap)
		return beside(b.qr, text, gap) + "\n" + b.left(e, w)
	}
	return wrap(e.say("browser.code"), w) + "\n" + link(t, b.challenge.URL, w) + "\n" + b.typed(e, w) + "\n" + b.left(e, w)
}

func (b besides) typed(e *env, w int) string {
	return e.theme.Code.Render(cut(display.Clean(b.challenge.UserCode), w, e.theme.Glyphs.Ellipsis))
}

// left is a row of its own, see device.foot.
func (b besides) left(e *env, w int) string {
	if b.challenge.ExpiresAt.IsZero() {
		return ""
	}
	return e.theme.Faint.Render(cut(e.say("device.valid", "Left", e.clock(b.challenge.ExpiresAt)), w, e.theme.Glyphs.Ellipsis))
}

// clock is the time until then, in minutes and seconds.
func (e *env) clock(until time.Time) string {
	left := max(until.Sub(e.now()), 0).Round(time.Second)
	return fmt.Sprintf("%d:%02d", int(left.Minutes()), int(left.Seconds())%60)
}
