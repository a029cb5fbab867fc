package plain

import (
	"errors"
	"slices"
	"time"

	"codex-login/assets"
	"codex-login/assets/display"
	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/policy"
)

// codexStatus is the first line of `codex login status` for an account.
func codexStatus(a flows.Account) string {
	switch a.Mode {
	case credstore.AuthAPIKey:
		return "API key configured - " + a.KeyHint
	case credstore.AuthPersonalAccessToken:
		return "Logged in using personal access token"
	case credstore.AuthBedrockAPIKey:
		return "Logged in using Amazon Bedrock API key"
	case credstore.AuthBedrockAccessKeys:
		return "Logged in using Amazon Bedrock AWS access keys"
	case credstore.AuthAgentIdentity:
		return "Logged in using access token"
	default:
		return "Logged in using ChatGPT"
	}
}

// Standing is who is signed in and which credential the clients of Codex use.
type Standing struct {
	Account flows.Account
	// ID and Label are the account's in the book; "" where it is not known.
	ID, Label string
	Wins      []flows.Winner
	// Provider is the active model provider; nil where nobody can tell.
	Provider *flows.ProviderStanding
	// Notes are what a repository has changed about the login.
	Notes []string
	// Unchecked is the rule that only the login's server can hold it to.
	Unchecked *policy.Violation
	// Ended is why its session is known to work no longer; nil while it may.
	Ended *flows.SessionEndedError
	// Checked is what came of looking whether the login works; nil when nobody
	// looked.
	Checked *flows.Checked
	// Err is what flows.Login.Current returned.
	Err error
}

// Status says who is signed in.
func (l *Lines) Status(s Standing) {
	var v *policy.Violation
	switch {
	case errors.Is(s.Err, credstore.ErrNotFound):
		l.data("Not logged in")
	case errors.As(s.Err, &v):
		l.data("Not logged in")
		refused := &flows.RefusedError{Violation: v}
		errors.As(s.Err, &refused)
		l.refusal(refused)
	case s.Err != nil:
		l.explain(s.Err)
	default:
		l.data(codexStatus(s.Account))
		if s.Label != "" {
			l.data(l.Say.Say("plain.account.label", "Value", display.Clean(s.Label)))
		}
		for _, line := range accountLines(l.Say, s.Account) {
			l.data(line)
		}
		if why := s.Account.Place.Fallback; why != nil {
			l.note(flows.Note{Code: flows.NoteKeyringUnusable, Err: why})
		}
	}
	switch {
	case s.Checked != nil:
		l.checked(*s.Checked)
	case s.Ended != nil:
		l.explain(s.Ended)
	}
	if s.Unchecked != nil {
		l.data(display.Clean(flows.UncheckedText(l.Say, s.Unchecked)))
	}
	for _, note := range s.Notes {
		l.data(display.Clean(note))
	}
	if p := s.Provider; p != nil && !p.NeedsLogin {
		l.data(l.Say.Say("provider.line", "Title", flows.ExplainProvider(l.Say, *p).Title))
	}
	l.wins(s.Wins)
}

// checked says what came of looking whether the active login works.
func (l *Lines) checked(c flows.Checked) {
	switch {
	case c.Err != nil:
		l.explain(c.Err)
	case c.Renewed:
		l.talk("checked.renewed")
	case c.Asked:
		l.talk("checked.works")
	default:
		l.talk("checked.not_due")
	}
}

// wins says which credential a client uses where it is not simply the login,
// and warns once of each variable that beats it.
func (l *Lines) wins(all []flows.Winner) {
	var warned []string
	for _, w := range all {
		if w.Source == flows.FromLogin || w.Source == flows.FromNowhere {
			continue
		}
		l.data(flows.ExplainWinner(l.Say, w))
		if text := flows.WinnerWarning(l.Say, w); text != "" && !slices.Contains(warned, text) {
			warned = append(warned, text)
		}
	}
	for _, text := range warned {
		l.say(text)
	}
}

// SignedOut says what a sign-out did. err is what flows.Login.SignOut or
// SignOutAll returned.
func (l *Lines) SignedOut(out flows.SignedOut, err error) {
	switch {
	case errors.Is(err, credstore.ErrNotFound):
		l.data("Not logged in")
		return
	case err != nil:
		l.explain(err)
		return
	}
	l.data("Successfully logged out")
	l.talk("logout.shared")
	defer l.stillLent(out.Lent)
	if !out.All {
		l.session(out, out.Account)
		return
	}
	l.data(l.Say.Say("plain.logout.all", "Count", out.Forgotten, "Ended", out.Ended))
	switch {
	case out.RevokeErr != nil:
		l.talk("logout.all_not_revoked", "Why", flows.Explain(l.Say, out.RevokeErr).Title)
	case out.Ended == 0:
		l.talk("logout.all_kept")
	default:
		l.talk("logout.all_revoked")
	}
}

// stillLent names the machines that go on with what was lent to them.
func (l *Lines) stillLent(loans []credstore.Loan) {
	if len(loans) > 0 {
		l.talk("logout.lent", "Machines", flows.Borrowers(l.Say, loans), "Until", clock(flows.LastUntil(loans)))
	}
}

// session says what became of the session of an account that is forgotten
// here, and so what other machines see of it.
func (l *Lines) session(out flows.SignedOut, a flows.Account) {
	switch {
	case out.RevokeErr != nil:
		l.talk("logout.not_revoked", "Why", flows.Explain(l.Say, out.RevokeErr).Title)
	case out.Revoked:
		l.talk("logout.revoked")
	case a.Method == flows.AccountChatGPT:
		l.talk("logout.forgotten")
	case a.Method != "":
		l.talk("logout.secret")
	}
}

// accountLines is who, plan, workspace, place and expiry, each on a line, and
// only what is known.
func accountLines(say *assets.Catalogue, a flows.Account) []string {
	var out []string
	add := func(id, value string) {
		if value != "" {
			out = append(out, say.Say("plain.account."+id, "Value", value))
		}
	}
	add("email", a.Email)
	add("plan", a.Plan)
	add("workspace", a.WorkspaceID)
	if a.Method == flows.AccountAPIKey {
		add("key", a.KeyHint)
	}
	add("place", display.Clean(a.Place.Where))
	if !a.ExpiresAt.IsZero() {
		add("expires", clock(a.ExpiresAt))
	}
	return out
}

// who names an account in a few words.
func who(say *assets.Catalogue, a flows.Account) string {
	for _, name := range []string{a.Email, a.KeyHint, a.UserID} {
		if name != "" {
			return name
		}
	}
	return say.Say("plain.account.unknown")
}

// clock is a point in time as a person here reads it.
func clock(t time.Time) string { return t.Local().Format("2006-01-02 15:04 MST") }
