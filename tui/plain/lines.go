package plain

import (
	"fmt"
	"io"
	"strings"
	"sync"

	"codex-login/assets"
	"codex-login/credstore"
	"codex-login/flows"
)

// Lines speaks in lines.
type Lines struct {
	Say *assets.Catalogue
	// Out takes data, Err takes talk.
	Out, Err io.Writer

	mu sync.Mutex // notes and results come from different goroutines
}

func (l *Lines) talk(id string, pairs ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = fmt.Fprintln(l.Err, l.Say.Say("plain."+id, pairs...))
}

// data writes what a script may read.
func (l *Lines) data(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = fmt.Fprintln(l.Out, text)
}

func (l *Lines) started(m flows.Method) {
	l.talk("started." + strings.ReplaceAll(string(m), "-", "_"))
}

func (l *Lines) challenge(c *flows.Challenge, demo bool) {
	switch c.Method {
	case flows.Device:
		// Both before the code: what it needs, and whom it must not be given.
		l.talk("device.enable", "URL", flows.PersonalSettings)
		l.talk("device.warning")
		l.talk("device.where")
		l.data(c.URL)
		l.talk("device.code")
		l.data(c.UserCode)
		l.talk("device.waiting", "Until", clock(c.ExpiresAt))
	case flows.Browser:
		l.talk("browser.open")
		l.data(c.URL)
		l.talk("browser.paste")
	case flows.APIKey, flows.AccessToken:
	}
	if demo {
		l.talk("demo.approve")
	}
}

func (l *Lines) note(n flows.Note) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = fmt.Fprintln(l.Err, flows.ExplainNote(l.Say, n))
}

func (l *Lines) refused(err error) { l.explain(err) }

func (l *Lines) result(r flows.Receipt, p previous) {
	for _, n := range r.Notes {
		l.note(n)
	}
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
	default:
		l.talk("previous.kept", "Who", who(l.Say, *r.Previous))
	}
	if r.Account.Place.Kind == credstore.KindFile {
		l.talk("password")
	}
}

// Failed says what went wrong and what to do next.
func (l *Lines) Failed(err error) { l.explain(err) }

func (l *Lines) explain(err error) {
	e := flows.Explain(l.Say, err)
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
