package tui

import (
	"cmp"
	"strings"
	"time"

	"codex-login/assets/display"
	"codex-login/flows"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
)

// fact is a line of a card: what it is, and what it says.
type fact struct{ name, text string }

// facts says whose login it is, leaving out what is unknown.
func (e *env) facts(a flows.Account) []fact {
	all := []fact{
		{"email", a.Email},
		{"plan", capital(a.Plan)},
		{"workspace", a.WorkspaceID},
		{"key", a.KeyHint},
		{"method", e.method(a.Method)},
		{"place", e.place(a.Place)},
		{"expires", e.time(a.ExpiresAt)},
	}
	var out []fact
	for _, f := range all {
		if f.text = display.Clean(f.text); f.text != "" {
			out = append(out, fact{e.say("done.fact." + f.name), f.text})
		}
	}
	return out
}

// entryFacts is what a row of the accounts has no room for, the most important
// first.
func (e *env) entryFacts(a flows.Entry) []fact {
	all := []fact{
		{"workspace", a.WorkspaceID},
		{"place", e.place(a.Place)},
		{"expires", e.time(a.ExpiresAt)},
		{"sessions", e.sessions(a)},
	}
	var out []fact
	for _, f := range all {
		if f.text = display.Clean(f.text); f.text != "" {
			out = append(out, fact{e.say("done.fact." + f.name), f.text})
		}
	}
	return out
}

// sessions counts what is kept besides the one in use.
func (e *env) sessions(a flows.Entry) string {
	switch {
	case a.Sessions < 2:
		return ""
	case a.Sessions == 2:
		return e.say("accounts.session")
	}
	return e.say("accounts.sessions", "Count", a.Sessions-1)
}

// why says what keeps an account from being used; "" when nothing does.
func (e *env) why(a flows.Entry) string {
	switch {
	case a.Refused != nil:
		return e.say("accounts.refused", "Demand", e.demand(a.Refused), "Source", display.Clean(e.short(a.Refused.Source.String())))
	case a.Ended != nil:
		return e.say("accounts.why." + endedID(a))
	case a.Unchecked != nil:
		return display.Clean(flows.UncheckedText(e.words, a.Unchecked))
	}
	return ""
}

// endedID names the end of a session, or of a key, in the catalogue.
func endedID(a flows.Entry) string {
	if a.Method != flows.AccountChatGPT {
		return "key"
	}
	return string(a.Ended.Reason.Known())
}

// method names a login in words; a kind that only Codex makes keeps its name.
func (e *env) method(m string) string {
	switch m {
	case flows.AccountChatGPT, flows.AccountAPIKey, flows.AccountAccessToken:
		return e.say("done.method." + strings.ReplaceAll(m, "-", "_"))
	}
	return m
}

func (e *env) time(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04")
}

func capital(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// card draws facts in a box, or without one where every cell counts.
func (e *env) card(facts []fact, w int) string {
	t := e.theme
	boxed := w >= 50
	inner := w
	if boxed {
		inner = min(w, 76) - 6
	}
	names := 0
	for _, f := range facts {
		names = max(names, ansi.StringWidth(f.name))
	}
	var rows []string
	for _, f := range facts {
		name := t.Faint.Render(f.name) + strings.Repeat(" ", names-ansi.StringWidth(f.name)+2)
		rows = append(rows, hanging(name, f.text, inner))
	}
	text := strings.Join(rows, "\n")
	if !boxed {
		return text
	}
	border := lipgloss.RoundedBorder()
	if !t.Glyphs.Unicode {
		border = lipgloss.ASCIIBorder()
	}
	return t.Strong.UnsetBold().Border(border).Padding(0, 2).Render(text)
}

// who is the shortest name of an account.
func (e *env) who(a flows.Account) string {
	for _, name := range []string{a.Email, a.KeyHint, a.WorkspaceID} {
		if name = display.Clean(name); name != "" {
			return name
		}
	}
	return cmp.Or(e.method(a.Method), e.say("done.somebody"))
}
