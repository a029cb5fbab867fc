package plain

import (
	"errors"
	"fmt"
	"io"
	"strconv"
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
		l.talk("device.where")
		l.data(c.URL)
		l.talk("device.code")
		l.data(c.UserCode)
		l.talk("device.warning")
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

func (l *Lines) result(r flows.Receipt) {
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
	if r.Previous != nil {
		l.talk("previous", "Who", who(l.Say, *r.Previous))
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

// Choose asks for a way to sign in by its number. It returns io.EOF when the
// input ends without one.
// With keep, 0 leaves everything as it is and returns ErrKept.
func (l *Lines) Choose(login *flows.Login, in *Input, keep bool) (flows.Method, error) {
	choices := login.Choices()
	l.talk("choose.title")
	for i, c := range choices {
		id := "choose." + strings.ReplaceAll(string(c.Method), "-", "_")
		line := l.Say.Say("plain." + id)
		if c.Refused != nil {
			line = l.Say.Say("plain.choose.refused", "Line", line, "Rule", c.Refused.Rule, "Source", c.Refused.Source.String())
		}
		_, _ = fmt.Fprintf(l.Err, "%d. %s\n", i+1, line)
	}
	for {
		_, _ = fmt.Fprintln(l.Err, l.Say.Say("plain.choose.prompt", "Count", len(choices)))
		text, err := in.Line()
		if err != nil {
			return "", err
		}
		n, err := strconv.Atoi(text)
		switch {
		case err == nil && n == 0 && keep:
			return "", ErrKept
		case err != nil || n < 1 || n > len(choices):
			l.talk("choose.again", "Count", len(choices))
		case choices[n-1].Refused != nil:
			l.explain(choices[n-1].Refused)
		default:
			return choices[n-1].Method, nil
		}
	}
}

// Secret asks for a key or token and does not show what is typed.
func (l *Lines) Secret(m flows.Method, in *Input) (credstore.Secret, error) {
	l.talk("secret." + strings.ReplaceAll(string(m), "-", "_"))
	parse := flows.ParseAPIKey
	if m == flows.AccessToken {
		parse = flows.ParseAccessToken
	}
	for {
		text, err := in.Hidden()
		if err != nil {
			return credstore.Secret{}, err
		}
		secret, err := parse(text)
		if err == nil {
			return secret, nil
		}
		var input *flows.InputError
		if !errors.As(err, &input) {
			return credstore.Secret{}, err
		}
		l.explain(err)
	}
}
