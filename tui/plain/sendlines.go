package plain

import (
	"context"
	"errors"
	"io"
	"strings"

	"codex-login/assets/display"
	"codex-login/flows"
)

func (l *Lines) sending(r flows.SendRequest, targets int) {
	title, text, warning := r.Kind.Explain(l.Say)
	l.talk("send.start", "Kind", title, "Count", targets)
	l.say(text)
	l.say(warning)
	if r.Kind == flows.SignInFor && r.SignIn.Method == flows.Device {
		l.talk("device.enable", "URL", flows.PersonalSettings)
		l.talk("device.warning")
	}
}

// challengeFor is a sign-in for another machine in one line.
func (l *Lines) challengeFor(c asked) {
	if c.Method == flows.Device {
		l.data(l.Say.Say("plain.send.code", "Machine", c.target.String(), "URL", c.URL, "Code", c.UserCode, "Until", clock(c.ExpiresAt)))
		return
	}
	l.data(l.Say.Say("plain.send.page", "Machine", c.target.String(), "URL", c.URL))
	l.tunnel(c.tunnel)
}

func (l *Lines) noteFor(t flows.Target, n flows.Note) {
	if n.Code != flows.NoteExchanging {
		l.say(t.String() + ": " + flows.ExplainNote(l.Say, n))
	}
}

// state says nothing: a target has one line, at its end.
func (l *Lines) state(flows.Progress) {}

func (l *Lines) asks(rows []flows.Progress) {
	l.talk("send.asks", "Machines", names(rows))
}

// arrived has the notes of one target; those of several come at the end, where
// what is the same of many can be said once.
func (l *Lines) arrived(p flows.Progress, several bool) {
	s := p.Sent
	line := l.Say.Say("plain.send.done", "Machine", p.Target.String(), "Kind", string(s.Kind), "Who", who(l.Say, s.Account), "Said", display.Clean(s.Said))
	if s.Kind == flows.SendLend && !s.Until.IsZero() {
		line = l.Say.Say("plain.send.until", "Line", line, "Until", clock(s.Until))
	}
	l.data(line)
	if several {
		return
	}
	for _, n := range s.Notes {
		l.noteFor(p.Target, n)
	}
}

// mostNames is how many machines are named before they are only counted.
const mostNames = 5

// remarks says what else there is to say of several targets, the same words once.
func (l *Lines) remarks(rows []flows.Progress) {
	about := map[string][]flows.Progress{}
	var texts []string
	for _, p := range rows {
		if p.State != flows.SendDone {
			continue
		}
		for _, n := range p.Sent.Notes {
			text := flows.ExplainNote(l.Say, n)
			if about[text] == nil {
				texts = append(texts, text)
			}
			about[text] = append(about[text], p)
		}
	}
	for _, text := range texts {
		who := names(about[text])
		if n := len(about[text]); n > mostNames {
			who = l.Say.Say("sendto.machines", "Count", n)
		}
		l.say(who + ": " + text)
	}
}

// failed names one of several targets; the reason comes at the end.
func (l *Lines) failed(p flows.Progress, several bool) {
	if several {
		l.data(l.Say.Say("plain.send.failed", "Machine", p.Target.String()))
	}
}

func (l *Lines) sent(k flows.SendKind, rows []flows.Progress) {
	left := unsent(rows)
	if len(rows) > 1 {
		l.remarks(rows)
	}
	if len(left) < len(rows) {
		l.talk("send.password")
	}
	if len(left) == 0 {
		return
	}
	if len(rows) == 1 {
		l.explain(left[0].Err)
		return
	}
	l.talk("send.left", "Count", len(left), "All", len(rows))
	var next []string
	for _, p := range left {
		why := flows.Explain(l.Say, p.Err)
		l.say(l.Say.Say("plain.send.reason", "Machine", p.Target.String(), "Why", strings.TrimSpace(why.Title+". "+why.Text)))
		next = append(next, strings.Split(why.Next, "\n")...)
	}
	for _, step := range once(next) {
		l.talk("next", "Step", step)
	}
}

func (l *Lines) lending() { l.talk("send.lending") }

func (l *Lines) renewed(p flows.Progress) {
	if p.State == flows.SendDone {
		l.data(l.Say.Say("plain.send.renewed", "Machine", p.Target.String(), "Until", clock(p.Sent.Until)))
		return
	}
	l.talk("send.not_renewed", "Machine", p.Target.String(), "Why", flows.Explain(l.Say, p.Err).Title)
}

func (l *Lines) lent(more bool) {
	if more {
		l.talk("send.lent")
		return
	}
	l.talk("send.nothing_lent")
}

func names(rows []flows.Progress) string {
	var out []string
	for _, p := range rows {
		out = append(out, p.Target.String())
	}
	return strings.Join(out, ", ")
}

// once leaves out what was there before, and what is empty.
func once(texts []string) []string {
	var out []string
	seen := map[string]bool{"": true}
	for _, t := range texts {
		if !seen[t] {
			seen[t] = true
			out = append(out, t)
		}
	}
	return out
}

// Confirm asks whether a kind that has its dangers is meant.
func (l *Lines) Confirm(ctx context.Context, in *Input, k flows.SendKind) (bool, error) {
	_, _, warning := k.Explain(l.Say)
	l.say(warning)
	l.talk("send.confirm")
	text, err := in.Line(ctx)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return strings.EqualFold(text, "yes"), err
}
