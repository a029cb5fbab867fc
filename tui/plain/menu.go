package plain

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"codex-login/assets"
	"codex-login/assets/display"
	"codex-login/credstore"
	"codex-login/flows"
)

// menu asks by numbers.
type menu struct {
	lines *Lines
	login *flows.Login
	in    *Input
}

// method asks for a way to sign in, and with s for the place of the login. It
// returns io.EOF when the input ends without a choice. With keep, 0 leaves
// everything as it is and returns ErrKept.
func (m menu) method(ctx context.Context, r *flows.Request, keep bool) error {
	choices := m.login.Choices()
	at := positionOf(m.login)
	take := 0
	m.lines.talk("choose.title")
	for i, c := range choices {
		line := m.lines.Say.Say("plain.choose." + strings.ReplaceAll(string(c.Method), "-", "_"))
		if c.Refused != nil {
			line = m.lines.Say.Say("plain.choose.refused", "Line", line, "Rule", c.Refused.Rule, "Source", c.Refused.Source.String())
		}
		if c.Method == at.method {
			take = i + 1
			line = m.lines.Say.Say("plain.choose.recommended", "Line", line, "Why", at.where.ExplainReason(m.lines.Say, at.reason))
		}
		m.row(i, line)
	}
	m.lines.talk("choose.store")
	for {
		m.lines.talk("choose.prompt", "Count", len(choices), "Take", take)
		text, err := m.in.Line(ctx)
		if err != nil {
			return err
		}
		if text == "" && take > 0 {
			text = strconv.Itoa(take)
		}
		n, err := strconv.Atoi(text)
		switch {
		case text == "s":
			if err := m.store(ctx, r); err != nil {
				return err
			}
		case err == nil && n == 0 && keep:
			return ErrKept
		case err != nil || n < 1 || n > len(choices):
			m.lines.talk("choose.again", "Count", len(choices))
		case choices[n-1].Refused != nil:
			m.lines.explain(choices[n-1].Refused)
		default:
			r.Method = choices[n-1].Method
			return nil
		}
	}
}

// store asks where the login shall be kept; an empty line leaves it as it is.
func (m menu) store(ctx context.Context, r *flows.Request) error {
	places := m.login.Stores(ctx)
	if ctx.Err() != nil {
		return flows.ErrCancelled
	}
	m.lines.talk("place.title")
	for i, p := range places {
		chosen := r.Store == p.Mode || r.Store == "" && p.Configured
		m.row(i, place(m.lines.Say, p, chosen))
	}
	for {
		m.lines.talk("place.prompt", "Count", len(places))
		text, err := m.in.Line(ctx)
		if err != nil || text == "" {
			return err
		}
		n, err := strconv.Atoi(text)
		switch {
		case err != nil || n < 1 || n > len(places):
			m.lines.talk("choose.again", "Count", len(places))
		case places[n-1].Pinned != nil:
			m.lines.explain(&flows.StorePinnedError{Demanded: m.login.Mode(), Source: *places[n-1].Pinned})
		case places[n-1].Problem != nil:
			m.lines.explain(places[n-1].Problem)
		default:
			r.Store = places[n-1].Mode
			m.lines.talk("place.chosen", "Mode", string(r.Store))
			return nil
		}
	}
}

// place is a place for the login in a line, with how it stands.
func place(say *assets.Catalogue, p flows.StoreChoice, chosen bool) string {
	line := say.Say("plain.place." + string(p.Mode))
	if p.Encrypted {
		line = say.Say("plain.encrypted." + string(p.Mode))
	}
	if p.Where != "" {
		line = say.Say("plain.place.at", "Line", line, "Where", display.Clean(p.Where))
	}
	switch {
	case p.Pinned != nil:
		return say.Say("plain.place.pinned", "Line", line, "Source", p.Pinned.String())
	case p.Problem != nil:
		return say.Say("plain.place.unusable", "Line", line, "Why", flows.Explain(say, p.Problem).Title)
	case chosen:
		return say.Say("plain.place.now", "Line", line)
	}
	return line
}

func (m menu) row(i int, line string) {
	m.lines.say(fmt.Sprintf("%d. %s", i+1, line))
}

// secret asks for a key or token and does not show what is typed. offered is
// one that e takes instead; empty for none.
func (l *Lines) secret(ctx context.Context, m flows.Method, offered credstore.Secret, in *Input) (credstore.Secret, error) {
	l.talk("secret." + strings.ReplaceAll(string(m), "-", "_"))
	if !offered.Empty() {
		l.talk("secret.environment", "Key", offered.Hint())
	}
	parse := flows.ParseAPIKey
	if m == flows.AccessToken {
		parse = flows.ParseAccessToken
	}
	for {
		text, err := in.Hidden(ctx)
		if err != nil {
			return credstore.Secret{}, err
		}
		if strings.TrimSpace(text) == "e" && !offered.Empty() {
			return offered, nil
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
