package tui

import (
	"strings"

	"codex-login/assets/display"
	"codex-login/flows"

	"github.com/charmbracelet/x/ansi"
)

// The machines as they are drawn: one line each, and at the end what came of
// them.

func (s sending) View(w, h int) string {
	if s.inner != nil {
		return s.inner.View(w, h)
	}
	if r := s.rows[0]; len(s.rows) == 1 && !r.running && r.state() == flows.SendFailed {
		return paragraphs(s.env.explained(r.now.Err, w), s.held(w), s.change(w))
	}
	parts := []string{s.heading(w)}
	if only := s.only(w); only != "" {
		parts = append(parts, only)
	} else {
		parts = append(parts, s.list(w))
	}
	if len(s.asks()) > 0 {
		parts = append(parts, s.env.theme.Accent.Render(wrap(s.env.say("sendto.asks"), w)))
	}
	if s.atRest() {
		parts = append(parts, s.notes(w), s.after(w), s.reasons(w))
	}
	return paragraphs(parts...)
}

// heading says what is done, and how far it is.
func (s sending) heading(w int) string {
	var targets []flows.Target
	for _, r := range s.rows {
		targets = append(targets, r.now.Target)
	}
	id, done := "sendto.doing.", len(s.done())
	if done == len(s.rows) {
		id = "sendto.done."
	}
	text := s.env.say(id+string(s.request.Kind), "To", s.env.names(targets))
	switch {
	case done == len(s.rows):
		return s.env.succeeded(text, w)
	case s.atRest() && done == 0 && len(s.failed()) == len(s.rows):
		return s.env.failedHeading(s.env.say("sendto.failed", "To", s.env.names(targets)), w)
	case len(s.rows) == 1:
		return s.env.theme.Title.Render(wrap(text, w))
	}
	count := s.env.say("sendto.count", "Done", done, "All", len(s.rows), "Failed", len(s.failed()))
	return s.env.theme.Title.Render(wrap(text, w)) + "\n" + s.env.theme.Faint.Render(wrap(count, w))
}

// only is the card of the only machine, when it has a login.
func (s sending) only(w int) string {
	if len(s.rows) != 1 || s.rows[0].state() != flows.SendDone {
		return ""
	}
	sent := s.rows[0].now.Sent
	var facts []fact
	add := func(name, text string) {
		if text = display.Clean(text); text != "" {
			facts = append(facts, fact{s.env.say(name), text})
		}
	}
	add("sendto.fact.machine", sent.Target.String())
	add("done.fact.email", s.env.who(sent.Account))
	add("done.fact.plan", capital(sent.Account.Plan))
	add("done.fact.place", sent.Account.Place.Where)
	add("sendto.fact.until", s.env.time(sent.Until))
	add("sendto.fact.codex", sent.Codex)
	add("sendto.fact.said", sent.Said)
	return s.env.card(facts, w)
}

// list has a line for each machine.
func (s sending) list(w int) string {
	t := s.env.theme
	names, signs := 0, ansi.StringWidth(t.Glyphs.On)
	for _, r := range s.rows {
		names = max(names, ansi.StringWidth(display.Clean(r.now.Target.String())))
	}
	names = min(names, max(w/2-signs-1, 8))
	var out []string
	for _, r := range s.rows {
		name := cut(display.Clean(r.now.Target.String()), names, t.Glyphs.Ellipsis)
		mark, text := s.state(r)
		out = append(out, cut(padded(mark, signs)+" "+padded(name, names+3)+text, w, t.Glyphs.Ellipsis))
	}
	return strings.Join(out, "\n")
}

// state is how a machine stands: a mark and a few words.
func (s sending) state(r sendRow) (mark, text string) {
	t := s.env.theme
	say := func() string { return s.env.say("sendto.state." + string(r.state())) }
	switch r.state() {
	case flows.SendDone:
		text = s.env.who(r.now.Sent.Account)
		if until := s.env.time(r.now.Sent.Until); until != "" {
			text = s.env.say("sendto.until", "Who", text, "Until", until)
		}
		return t.Good.Render(t.Glyphs.Check), text
	case flows.SendFailed:
		return t.Bad.Render(t.Glyphs.Cross), t.Bad.UnsetBold().Render(s.env.explain(r.now.Err).Title)
	case flows.SendAsks:
		return t.Warn.Render(t.Glyphs.Warn), say()
	case flows.SendWaiting:
		return t.Faint.Render(t.Glyphs.Separator), t.Faint.Render(say())
	case flows.SendConnecting, flows.SendReached, flows.SendSigningIn, flows.SendStoring:
	}
	return t.Accent.Render(t.Glyphs.Separator), t.Accent.UnsetBold().Render(say())
}

// reasons says of every machine without a login why, and what can be done.
func (s sending) reasons(w int) string {
	t := s.env.theme
	var out []string
	for _, i := range s.failed() {
		r := s.rows[i]
		x := s.env.explain(r.now.Err)
		out = append(out, t.Strong.Render(cut(display.Clean(r.now.Target.String()), w, t.Glyphs.Ellipsis))+"\n"+wrap(x.Title+". "+x.Text, w)+"\n"+s.env.steps(x, w))
	}
	return paragraphs(append(out, s.held(w), s.change(w))...)
}

// held says that a finished sign-in is not lost.
func (s sending) held(w int) string {
	var targets []flows.Target
	for _, i := range s.unstored() {
		targets = append(targets, s.rows[i].now.Target)
	}
	if len(targets) == 0 {
		return ""
	}
	return s.env.theme.Accent.Render(wrap(s.env.say("sendto.held", "To", s.env.names(targets)), w))
}

// change offers what would help where Codex reads no file.
func (s sending) change(w int) string {
	if len(s.elsewhere()) == 0 {
		return ""
	}
	return s.env.theme.Accent.Render(wrap(s.env.say("sendto.set_file"), w))
}

// notes is what else there is to say of the machines that have a login: the
// same words once, with all that they are about.
func (s sending) notes(w int) string {
	about := map[string][]string{}
	var texts []string
	for _, i := range s.done() {
		for _, n := range s.rows[i].now.Sent.Notes {
			text := s.env.explainNote(n)
			if about[text] == nil {
				texts = append(texts, text)
			}
			about[text] = append(about[text], display.Clean(s.rows[i].now.Target.String()))
		}
	}
	for i, text := range texts {
		if names := about[text]; len(s.rows) > 1 {
			who := strings.Join(names, ", ")
			if len(names) > 3 {
				who = s.env.say("sendto.machines", "Count", len(names))
			}
			text = who + ": " + text
		}
		texts[i] = s.env.warning(text, w)
	}
	return strings.Join(texts, "\n")
}

// after is what should be known of a login that is there.
func (s sending) after(w int) string {
	if len(s.done()) == 0 {
		return ""
	}
	return s.env.theme.Faint.Render(wrap(s.env.say("sendto.after."+string(s.request.Kind))+" "+s.env.say("store.password"), w))
}
