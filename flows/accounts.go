package flows

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"codex-login/assets/display"
	"codex-login/credstore"
	"codex-login/policy"
)

// Entry is one account of this CODEX_HOME, safe to print: the active one or
// one of the account book.
type Entry struct {
	// Account says who it is. Place is where its secret is kept.
	Account
	// ID names the account for good: its kind and 16 hex digits.
	ID string
	// Label is the person's own name for it; "" without one.
	Label  string
	Active bool
	// LastUsed is when it was last switched to or away from, zero if never.
	LastUsed time.Time
	// Sessions counts the sign-ins of this account that are kept, the active
	// one included.
	Sessions int
	// Ended is why its session no longer works; nil while it may.
	Ended *SessionEndedError
	// Refused is the rule that this account breaks; nil when it may be used.
	Refused *policy.Violation
	// Unchecked is the rule that only the login's server can hold it to, which
	// nobody has asked; nil where there is none.
	Unchecked *policy.Violation
}

// Accounts is the account book as a list: the active account first, then by
// last use.
type Accounts struct {
	Entries []Entry
	// Notes is what was found half done, and what was done about it.
	Notes []Note
}

// Accounts lists every account of this CODEX_HOME. It mends what a killed run
// left half done and says so. It asks nobody on the network and reads no
// secret but the active login's.
func (l *Login) Accounts(ctx context.Context) (Accounts, error) {
	l.follow()
	active, place, err := l.store(l.Mode()).Load(ctx)
	if err != nil && !errors.Is(err, credstore.ErrNotFound) && ctx.Err() != nil {
		return Accounts{}, err
	}
	out := Accounts{Notes: l.mend(ctx, active, err)}
	if slices.ContainsFunc(out.Notes, func(n Note) bool { return n.Code == NoteNewerTaken }) {
		active, place, err = l.store(l.Mode()).Load(ctx)
	}
	if err != nil && !errors.Is(err, credstore.ErrNotFound) {
		// The others are still there to be switched to.
		out.Notes = append(out.Notes, Note{Code: NoteActiveUnreadable, Err: err})
	}
	cards, err := l.book().Cards(ctx)
	if err != nil {
		return out, err
	}
	activeID := ""
	if active != nil && !active.Empty() {
		activeID = credstore.ID(active)
	}
	found := false
	for _, c := range cards {
		e := l.entry(c)
		if c.ID == activeID {
			l.markActive(&e, c, active, place)
			found = true
		}
		out.Entries = append(out.Entries, e)
	}
	if activeID != "" && !found {
		c := credstore.CardOf(active)
		e := l.entry(c)
		l.markActive(&e, c, active, place)
		out.Entries = append(out.Entries, e)
	}
	slices.SortStableFunc(out.Entries, byUse)
	return out, nil
}

// book is the account book in the configured mode.
func (l *Login) book() *credstore.Book { return credstore.OpenBook(l.Home, l.Mode()) }

// entry is a card as the skins see it.
func (l *Login) entry(c credstore.Card) Entry {
	e := Entry{
		Account: accountOf(c), ID: c.ID, Label: c.Label, LastUsed: c.LastUsed, Sessions: c.Pages,
		Refused: judge(l.Rules, c.Mode, c.WorkspaceID, c.AccountID),
	}
	e.Unchecked = l.unchecked(c.Mode)
	e.Place, e.StoreMode = c.Place, l.Mode()
	if c.Ended != nil {
		e.Ended = &SessionEndedError{Reason: EndReason(c.Ended.Reason), At: c.Ended.At}
	}
	return e
}

// markActive replaces what the card says by what the active login says: Codex
// may have renewed it since.
func (l *Login) markActive(e *Entry, c credstore.Card, active *credstore.Auth, place credstore.Place) {
	e.Account, e.Active = describe(active), true
	e.Place, e.StoreMode = place, l.Mode()
	if active.Kind() == credstore.AuthPersonalAccessToken {
		e.Email, e.UserID, e.WorkspaceID = c.Email, c.UserID, c.WorkspaceID
	}
	e.Sessions++
	e.Refused, e.Unchecked = l.checkStored(active), l.unchecked(active.Kind())
	if c.Ended == nil || c.Ended.Session != active.Fingerprint() {
		e.Ended = nil
	}
}

func byUse(a, b Entry) int {
	switch {
	case a.Active != b.Active:
		if a.Active {
			return -1
		}
		return 1
	case !a.LastUsed.Equal(b.LastUsed):
		return b.LastUsed.Compare(a.LastUsed)
	}
	return strings.Compare(a.Name(), b.Name())
}

// Due reports whether the tokens of the account are to be renewed by the rules
// of Codex, as far as a list can tell, and may be: a session that has ended is
// not asked about, nor an account that may not be used.
func (e Entry) Due(now time.Time) bool {
	return e.Method == AccountChatGPT && e.Ended == nil && e.Refused == nil && dueBy(e.ExpiresAt, e.LastRefresh, now) != ""
}

// Name is what a person would call the account: its label, else its e-mail
// address, else the hint of its key, else its id.
func (e Entry) Name() string {
	for _, name := range []string{e.Label, e.Email, e.KeyHint} {
		if name != "" {
			return name
		}
	}
	return e.ID
}

// Find returns the one account that name means: "-" is the one before the
// active one; then the whole label, e-mail address or id; then the unique
// beginning of one of them, upper and lower case alike. It returns a
// *NoAccountError or an *AmbiguousError.
func (a Accounts) Find(name string) (Entry, error) {
	if name == "-" {
		for _, e := range a.Entries {
			if !e.Active && !e.LastUsed.IsZero() {
				return e, nil
			}
		}
		return Entry{}, &NoAccountError{Name: name}
	}
	wanted := strings.ToLower(strings.TrimSpace(name))
	for _, fits := range []func(text string) bool{
		func(text string) bool { return strings.EqualFold(text, wanted) },
		func(text string) bool { return strings.HasPrefix(strings.ToLower(text), wanted) },
	} {
		var matches []Entry
		for _, e := range a.Entries {
			if wanted != "" && slices.ContainsFunc(e.names(), fits) {
				matches = append(matches, e)
			}
		}
		switch len(matches) {
		case 0:
		case 1:
			return matches[0], nil
		default:
			return Entry{}, &AmbiguousError{Name: name, Matches: matches}
		}
	}
	return Entry{}, &NoAccountError{Name: name}
}

// names are the texts by which an account can be called: the id also without
// its kind, and the address together with the workspace or the plan, where the
// address alone means several.
func (e Entry) names() []string {
	_, digits, _ := strings.Cut(e.ID, "-")
	names := []string{e.ID, digits}
	if e.Label != "" {
		names = append(names, e.Label)
	}
	if e.KeyHint != "" {
		names = append(names, e.KeyHint)
	}
	if e.Email != "" {
		names = append(names, e.Email, e.Email+"/"+e.WorkspaceID, e.Email+"/"+cmp.Or(e.Plan, e.Method))
	}
	return names
}

// NoAccountError says that no account goes by that name; "-" when there is
// none before the active one.
type NoAccountError struct{ Name string }

func (e *NoAccountError) Error() string { return "no account is called " + display.Line(e.Name, 80) }

// AmbiguousError says that a name means several accounts.
type AmbiguousError struct {
	Name    string
	Matches []Entry
}

func (e *AmbiguousError) Error() string {
	return display.Line(e.Name, 80) + " could be several accounts"
}

// mostNamed is how many accounts a message names.
const mostNamed = 10

// such is a longer name of the first of them, which means no other one.
func (e *AmbiguousError) such() string {
	first := e.Matches[0]
	workspace, _, _ := strings.Cut(first.WorkspaceID, "-")
	for _, name := range []string{first.Label, first.Email + "/" + workspace, first.Email + "/" + cmp.Or(first.Plan, first.Method)} {
		if found, err := (Accounts{Entries: e.Matches}).Find(name); err == nil && found.ID == first.ID {
			return name
		}
	}
	return first.ID
}

// list tells the accounts apart on a line.
func (e *AmbiguousError) list() string {
	var names []string
	for i, m := range e.Matches {
		if i == mostNamed {
			names = append(names, "…")
			break
		}
		about := []string{m.ID}
		for _, more := range []string{m.Plan, m.WorkspaceID} {
			if more != "" {
				about = append(about, more)
			}
		}
		names = append(names, m.Name()+" ("+strings.Join(about, ", ")+")")
	}
	return strings.Join(names, "; ")
}
