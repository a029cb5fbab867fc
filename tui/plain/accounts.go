package plain

import (
	"codex-login/assets/display"
	"codex-login/flows"
)

// Accounts says which accounts there are, one a line on standard output.
// checked is what Verified said already; nil when nobody looked.
func (l *Lines) Accounts(list flows.Accounts, checked map[string]flows.Checked) {
	if checked != nil && len(checked) == 0 {
		l.talk("verify.none")
	}
	for _, line := range table(l.Say, list.Entries, l.Width) {
		l.data(line)
	}
	for _, line := range refusals(l.Say, list.Entries) {
		l.say(line)
	}
	if len(list.Entries) == 0 {
		l.talk("entry.none")
	}
	l.notes(list.Notes)
}

// Verified says what came of looking whether an account works.
func (l *Lines) Verified(e flows.Entry, c flows.Checked) {
	name := fullName(l.Say, e)
	switch {
	case c.Err != nil:
		l.talk("verify.failed", "Who", name, "Why", flows.Explain(l.Say, c.Err).Title)
	case c.Renewed:
		l.talk("verify.renewed", "Who", name)
	case c.Asked:
		l.talk("verify.works", "Who", name)
	default:
		l.talk("verify.not_due", "Who", name)
	}
}

// Switched says who is in use now, what was left, and what still holds it.
func (l *Lines) Switched(s flows.Switched) {
	l.data(l.Say.Say("plain.switched.now", "Who", brief(l.Say, s.Account)))
	switch {
	case !s.Changed:
		l.talk("switched.unchanged")
	case s.Left != nil:
		l.talk("switched.left", "Who", brief(l.Say, *s.Left), "Session", s.Left.Method == flows.AccountChatGPT)
	}
	l.notes(s.Notes)
	l.holders(s.Holders)
}

// holders says what has to be started again, and what nobody can know.
func (l *Lines) holders(h flows.Holders) {
	if len(h.Programs) > 0 {
		l.talk("switched.held")
	}
	for _, p := range h.Programs {
		what, restart := flows.ExplainHolder(l.Say, p)
		l.say(l.Say.Say("plain.switched.holder", "What", display.Clean(what), "Restart", restart))
	}
	for _, id := range h.Unseen {
		l.say(flows.ExplainUnseen(l.Say, id))
	}
}

// Labelled says what an account is called from now on.
func (l *Lines) Labelled(e flows.Entry) {
	if e.Label == "" {
		l.data(l.Say.Say("plain.label.cleared", "Who", brief(l.Say, e)))
		return
	}
	label := display.Clean(e.Label)
	e.Label = ""
	l.data(l.Say.Say("plain.label.set", "Label", label, "Who", brief(l.Say, e)))
}

// Forgotten says what forgetting an account did. err is what
// flows.Login.Forget returned.
func (l *Lines) Forgotten(e flows.Entry, out flows.SignedOut, err error) {
	if err != nil {
		l.explain(err)
		return
	}
	l.data(l.Say.Say("plain.forgotten.gone", "Who", brief(l.Say, e)))
	if e.Active {
		l.talk("forgotten.active")
	}
	l.session(out, e.Account)
	l.stillLent(out.Lent)
}
