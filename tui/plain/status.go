package plain

import (
	"errors"
	"strings"
	"time"
	"unicode"

	"codex-login/assets"
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

// Status says who is signed in. err is what flows.Login.Current returned.
func (l *Lines) Status(a flows.Account, err error) {
	var v *policy.Violation
	switch {
	case errors.Is(err, credstore.ErrNotFound):
		l.data("Not logged in")
	case errors.As(err, &v):
		l.data("Not logged in")
		l.explain(err)
	case err != nil:
		l.explain(err)
	default:
		l.data(codexStatus(a))
		for _, line := range accountLines(l.Say, a) {
			l.data(line)
		}
		if why := a.Place.Fallback; why != nil {
			l.note(flows.Note{Code: flows.NoteKeyringUnusable, Err: why})
		}
	}
}

// SignedOut says what a sign-out did. err is what flows.Login.SignOut returned.
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
	switch {
	case out.RevokeErr != nil:
		l.talk("logout.not_revoked", "Why", flows.Explain(l.Say, out.RevokeErr).Title)
	case out.Revoked:
		l.talk("logout.revoked")
	case out.Account.Method == flows.AccountChatGPT:
		l.talk("logout.forgotten")
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
	add("place", printable(a.Place.Where))
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

// printable drops what a terminal would obey rather than show; a folder's name
// may hold anything.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, text)
}
