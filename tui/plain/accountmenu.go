package plain

import (
	"context"
	"errors"
	"io"
	"strconv"

	"codex-login/flows"
)

// act is what a person chose at the accounts.
type act string

const (
	actSwitch act = "switch"
	actAdd    act = "n"
	actOut    act = "o"
	actKeep   act = "0"
)

// accounts opens as the wizard does for somebody who has accounts: switch, add
// one, sign out. A nil error means that the person wants to sign in with
// another account; otherwise it says why the menu of the ways is not needed.
func (s *Session) accounts(ctx context.Context, m menu, list flows.Accounts, signedIn bool) error {
	m.lines.notes(list.Notes)
	var failed error
	for {
		do, e, err := m.account(ctx, list, signedIn)
		switch {
		case errors.Is(err, io.EOF) && failed != nil:
			return failed
		case err != nil:
			return err
		case do == actAdd:
			return nil
		case do == actKeep, do == actSwitch && e.Active && signedIn:
			return ErrKept
		case do == actOut:
			err = m.signOut(ctx, list)
		default:
			err = s.switchTo(ctx, m.lines, e)
		}
		if err == nil {
			return ErrDone
		}
		if errors.Is(err, flows.ErrCancelled) {
			return err
		}
		if !errors.Is(err, errStay) {
			failed = err
		}
	}
}

// errStay says that the person thought better of signing out.
var errStay = errors.New("nobody is signed out")

// switchTo switches and says so; what went wrong has been said.
func (s *Session) switchTo(ctx context.Context, lines *Lines, e flows.Entry) error {
	out, err := s.Login.Switch(ctx, e.ID)
	if err != nil {
		if !errors.Is(err, flows.ErrCancelled) {
			lines.Failed(err)
		}
		return err
	}
	lines.Switched(out)
	s.Switched = &out
	return nil
}

// account asks for one of the accounts, by its number or a name, or for
// something else to do.
func (m menu) account(ctx context.Context, list flows.Accounts, signedIn bool) (act, flows.Entry, error) {
	shown := m.rows(list.Entries)
	for {
		m.lines.talk("accounts.prompt", "Count", len(shown), "SignedIn", signedIn)
		text, err := m.in.Line(ctx)
		if err != nil {
			return "", flows.Entry{}, err
		}
		n, err := strconv.Atoi(text)
		switch {
		case text == string(actAdd):
			return actAdd, flows.Entry{}, nil
		case signedIn && (text == string(actOut) || text == string(actKeep)):
			return act(text), flows.Entry{}, nil
		case err == nil && n >= 1 && n <= len(shown):
			return actSwitch, shown[n-1], nil
		case text == "":
			continue
		}
		e, err := list.Find(text)
		var several *flows.AmbiguousError
		switch {
		case errors.As(err, &several):
			shown = m.rows(several.Matches)
		case err != nil:
			m.lines.Failed(err)
		default:
			return actSwitch, e, nil
		}
	}
}

// rows numbers the first of the accounts and returns them.
func (m menu) rows(all []flows.Entry) []flows.Entry {
	m.lines.talk("accounts.title")
	shown := all[:min(len(all), shownAtOnce)]
	for i, e := range shown {
		m.row(i, withState(m.lines.Say, e, brief(m.lines.Say, e)))
	}
	if more := len(all) - len(shown); more > 0 {
		m.lines.talk("entry.more", "Count", more)
	}
	return shown
}

// signOut asks what shall become of the session, and signs out. It returns
// errStay when nothing shall; other errors have been said.
func (m menu) signOut(ctx context.Context, list flows.Accounts) error {
	var active flows.Entry
	for _, e := range list.Entries {
		if e.Active {
			active = e
		}
	}
	ways := []string{"forget"}
	if active.Method == flows.AccountChatGPT {
		ways = []string{"revoke", "forget"}
	}
	if len(list.Entries) > 1 {
		ways = append(ways, "all")
	}
	m.lines.talk("signout.title", "Who", brief(m.lines.Say, active))
	for i, way := range ways {
		m.row(i, m.lines.Say.Say("plain.signout."+way))
	}
	for {
		m.lines.talk("signout.prompt", "Count", len(ways))
		text, err := m.in.Line(ctx)
		if errors.Is(err, io.EOF) || text == string(actKeep) {
			return errStay
		}
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > len(ways) {
			m.lines.talk("choose.again", "Count", len(ways))
			continue
		}
		var out flows.SignedOut
		if way := ways[n-1]; way == "all" {
			out, err = m.login.SignOutAll(ctx, true)
		} else {
			out, err = m.login.SignOut(ctx, way == "revoke")
		}
		if !errors.Is(err, flows.ErrCancelled) {
			m.lines.SignedOut(out, err)
		}
		return err
	}
}
