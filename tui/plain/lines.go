package plain

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"codex-login/assets"
	"codex-login/assets/display"
	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/policy"
)

// Lines speaks in lines.
type Lines struct {
	Say *assets.Catalogue
	// Out takes data, Err takes talk.
	Out, Err io.Writer
	// Width is how many columns a line of a table may take; 0 is any.
	Width int

	mu sync.Mutex // notes and results come from different goroutines
}

func (l *Lines) talk(id string, pairs ...any) { l.say(l.Say.Say("plain."+id, pairs...)) }

// say writes what a person reads.
func (l *Lines) say(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = fmt.Fprintln(l.Err, text)
}

// data writes what a script may read.
func (l *Lines) data(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = fmt.Fprintln(l.Out, text)
}

func (l *Lines) started(m flows.Method, _ position) {
	l.talk("started." + strings.ReplaceAll(string(m), "-", "_"))
}

func (l *Lines) challenge(c asked) {
	if c.target != nil {
		l.challengeFor(c)
		return
	}
	switch c.Method {
	case flows.Device:
		// Both before the code: what it needs, and whom it must not be given.
		l.talk("device.enable", "URL", flows.PersonalSettings)
		l.talk("device.warning")
		l.talk("device.where")
		l.data(c.URL)
		l.talk("device.code")
		l.data(c.UserCode)
		if c.beside {
			l.talk("device.beside", "Until", clock(c.ExpiresAt))
			break
		}
		l.talk("device.waiting", "Until", clock(c.ExpiresAt))
	case flows.Browser:
		l.talk("browser.open")
		l.data(c.URL)
		l.tunnel(c.tunnel)
		l.talk("browser.paste")
		l.talk("browser.device")
	case flows.APIKey, flows.AccessToken:
	}
	if c.demo {
		l.talk("demo.approve")
	}
}

func (l *Lines) note(n flows.Note) { l.say(flows.ExplainNote(l.Say, n)) }

func (l *Lines) warning(_, text string) { l.say(text) }

func (l *Lines) notes(all []flows.Note) {
	for _, n := range all {
		l.note(n)
	}
}

func (l *Lines) refused(err error) { l.explain(err) }

func (l *Lines) result(r flows.Receipt, p previous) {
	l.notes(r.Notes)
	// Codex's own words, for scripts that wait for them.
	if r.Account.Method == flows.AccountAPIKey {
		l.data("API key saved. Authentication is checked when you send a request.")
	} else {
		l.data("Successfully logged in")
	}
	for _, line := range accountLines(l.Say, r.Account) {
		l.data(line)
	}
	switch {
	case r.Previous == nil:
	case p.err != nil:
		l.talk("previous.not_revoked", "Who", who(l.Say, *r.Previous), "Why", flows.Explain(l.Say, p.err).Title)
	case p.asked:
		l.talk("previous.revoked", "Who", who(l.Say, *r.Previous))
	case r.Back == "":
		l.talk("previous.kept", "Who", who(l.Say, *r.Previous))
	}
	if back := goesBack(r, p); back != "" {
		name := back
		if left := r.Replaced(); left != nil {
			name = who(l.Say, *left)
		}
		l.talk("previous.back", "Who", name)
	}
	if r.Account.Method == flows.AccountChatGPT {
		l.talk("security", "Line", flows.ExplainSecurity(l.Say, r.Security()).Line)
	}
	if r.Account.Place.Kind == credstore.KindFile {
		l.talk("password")
	}
}

// goesBack is the id of the account before, "" when there is no going back to
// it: its session has been ended.
func goesBack(r flows.Receipt, p previous) string {
	if p.asked && p.err == nil && r.Previous != nil {
		return ""
	}
	return r.Back
}

// Failed says what went wrong and what to do next. A name that means several
// accounts comes with those.
func (l *Lines) Failed(err error) {
	var refused *flows.RefusedError
	if errors.As(err, &refused) {
		l.refusal(refused)
		return
	}
	why := flows.Explain(l.Say, err)
	var several *flows.AmbiguousError
	if errors.As(err, &several) {
		why.Text = l.matches(several.Matches)
	}
	var conflict *policy.ConflictError
	if errors.As(err, &conflict) {
		l.say(conflict.CodexMessage())
	}
	l.explained(why)
}

// matches are the first of some accounts, one a line.
func (l *Lines) matches(all []flows.Entry) string {
	var rows []string
	for i, e := range all {
		if i == shownAtOnce {
			rows = append(rows, l.Say.Say("plain.entry.more", "Count", len(all)-i))
			break
		}
		rows = append(rows, "- "+describe(l.Say, e))
	}
	return strings.Join(rows, "\n")
}

func (l *Lines) logged(path string) { l.talk("log", "Path", display.Clean(path)) }

func (l *Lines) explain(err error) { l.explained(flows.Explain(l.Say, err)) }

func (l *Lines) explained(e flows.Explanation) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = fmt.Fprintf(l.Err, "%s\n", l.Say.Say("plain.failed", "Title", e.Title))
	if e.Text != "" {
		_, _ = fmt.Fprintln(l.Err, e.Text)
	}
	for _, step := range strings.Split(e.Next, "\n") {
		if step != "" {
			_, _ = fmt.Fprintln(l.Err, l.Say.Say("plain.next", "Step", step))
		}
	}
}
