package doctor

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/policy"
)

// checkLogin looks at the document of the login in force.
func checkLogin(ctx context.Context, p *patient) []Finding {
	stored, ok := p.load(ctx)
	if !ok {
		return nil
	}
	var bad *credstore.Error
	at := with{"Place": p.where(stored.place)}
	switch {
	case errors.Is(stored.err, credstore.ErrNotFound) && p.dangling() != "":
		return []Finding{warning("dangling", with{"Path": p.path(p.login.Home.AuthFile()), "To": p.path(p.dangling())})}
	case errors.Is(stored.err, credstore.ErrNotFound) && p.login.Rules.Unreadable():
		return []Finding{{Cause: "unknown", Severity: Skipped, values: at}}
	case errors.Is(stored.err, credstore.ErrNotFound):
		return []Finding{note("nobody", with{"Mode": name(string(p.login.Mode()))})}
	case credstore.IsProblem(stored.err, credstore.ProblemCorrupt):
		errors.As(stored.err, &bad)
		at["Detail"] = detail(bad)
		if bad.Line > 0 {
			at["Place"] = clean(p.where(bad.Place).text + ":" + count(bad.Line).text + ":" + count(bad.Column).text)
		}
		return []Finding{problem("broken", at)}
	case stored.err != nil:
		at["Cause"] = cause(stored.err)
		if errors.As(stored.err, &bad) && bad.Detail != "" {
			at["Detail"] = detail(bad)
		}
		info, err := os.Stat(p.login.Home.AuthFile())
		at["TooBig"] = yes(credstore.IsProblem(stored.err, credstore.ProblemTooBig))
		at["NoFile"] = yes(err == nil && stored.place.Kind == credstore.KindFile && !info.Mode().IsRegular())
		at["Shut"] = yes(shut(stored.err))
		return []Finding{problem("unreadable", at)}
	case stored.auth.Empty():
		return []Finding{warning("empty", at)}
	}
	at["Kind"] = p.kind(stored.auth.Kind())
	return []Finding{sound(at)}
}

// dangling is where auth.json leads, and nothing is; "" otherwise.
func (p *patient) dangling() string {
	if p.login.Mode() == credstore.ModeKeyring {
		return ""
	}
	to, err := os.Readlink(p.login.Home.AuthFile())
	if err != nil {
		return ""
	}
	if _, err := os.Stat(p.login.Home.AuthFile()); err == nil {
		return ""
	}
	return to
}

func (p *patient) where(place credstore.Place) shown {
	if place.Kind == credstore.KindFile || place.Kind == credstore.KindEncrypted {
		return p.path(place.Where)
	}
	return name(place.Where)
}

// kind is what a person calls a kind of login.
func (p *patient) kind(m credstore.AuthMode) shown {
	switch m {
	case credstore.AuthChatGPT, credstore.AuthChatGPTTokens:
		return word("chatgpt")
	case credstore.AuthAPIKey:
		return word("api_key")
	case credstore.AuthPersonalAccessToken:
		return word("access_token")
	default:
		return name(string(m))
	}
}

// soon is how long before its end a token that nobody can renew is spoken of.
const soon = 24 * time.Hour

// checkSession looks whether the login still signs anybody in.
func checkSession(ctx context.Context, p *patient) []Finding {
	stored, ok := p.load(ctx)
	if !ok {
		return nil
	}
	if stored.err != nil || stored.auth.Empty() {
		return []Finding{{Cause: "nobody", Severity: Skipped}}
	}
	if e := stored.entry.Ended; e != nil {
		return []Finding{problem("ended", with{"Reason": wordOf("doctor.word.ended_", e.Reason.Known()), "At": moment(e.At)})}
	}
	switch stored.auth.Kind() {
	case credstore.AuthChatGPT, credstore.AuthChatGPTTokens:
		return p.tokens(stored.auth)
	default:
		return []Finding{{Cause: "key", Severity: Sound}}
	}
}

// tokens judges a ChatGPT login by its own words.
func (p *patient) tokens(a *credstore.Auth) []Finding {
	until, now := a.ExpiresAt(), p.now()
	left := until.Sub(now)
	at := with{"Until": moment(until), "Left": span(left), "Refreshed": moment(a.LastRefresh)}
	lent := a.Tokens.RefreshToken.Empty()
	var found []Finding
	switch {
	case until.IsZero() && lent:
		found = append(found, warning("not_renewed", at))
	case lent && left <= 0:
		found = append(found, problem("expired", at))
	case lent && left < soon:
		found = append(found, warning("ends_soon", at))
	case lent:
		found = append(found, note("lent", at))
	case !until.IsZero() && left <= 0:
		found = append(found, note("due", at))
	}
	if a.Tokens.AccessToken.Empty() {
		found = append(found, warning("no_access_token", at))
	}
	if a.Tokens.AccountID == "" && a.Claims().AccountID == "" {
		found = append(found, note("no_workspace", at))
	}
	return or(found, at)
}

// checkCredential looks which credential each client of Codex uses.
func checkCredential(ctx context.Context, p *patient) []Finding {
	stored, ok := p.load(ctx)
	if !ok {
		return nil
	}
	var unreadable *policy.ConfigError
	if errors.As(p.Trouble, &unreadable) {
		return []Finding{{Cause: "unknown", Severity: Skipped}}
	}
	account := stored.entry.Account
	if stored.entryErr != nil || stored.err != nil {
		account = flows.Account{}
	}
	all := p.login.Wins(account)
	clients := map[string][]string{} // by finding and variable
	var order []Finding
	add := func(f Finding, client flows.Client) {
		key := f.Cause + " " + f.values["Variable"].text
		if clients[key] == nil {
			order = append(order, f)
		}
		clients[key] = append(clients[key], string(client))
	}
	for _, w := range all {
		at := with{"Variable": variable(w.Variable), "Provider": name(w.Provider), "Unset": name("unset " + variable(w.Variable).text)}
		switch {
		case w.Refused != nil:
			at["Rule"], at["Source"] = name(w.Refused.Rule), p.place(w.Refused.Source)
			add(problem("refused", at), w.Client)
		case w.BeatsLogin && w.Billed:
			add(warning("beaten_by_key", at), w.Client)
		case w.BeatsLogin:
			add(warning("beaten", at), w.Client)
		case w.Source == flows.FromEnvironment:
			add(note("environment", at), w.Client)
		case w.Source == flows.FromNowhere && w.Variable == "" && !w.Unknown:
			add(note("nothing", at), w.Client)
		}
	}
	for _, f := range order {
		who := clients[f.Cause+" "+f.values["Variable"].text]
		f.values["Clients"], f.values["Several"] = name(strings.Join(who, ", ")), yes(len(who) > 1)
	}
	if len(order) > 0 {
		return order
	}
	switch all[0].Source {
	case flows.FromNobody:
		return []Finding{{Cause: "none", Severity: Sound}}
	case flows.FromProvider, flows.FromNowhere: // a key that is not set is the provider's row
		return []Finding{{Cause: "provider", Severity: Sound, values: with{"Provider": name(all[0].Provider)}}}
	default:
		return []Finding{sound(nil)}
	}
}

// checkRunning looks for programs that still use the login of before.
func checkRunning(ctx context.Context, p *patient) []Finding {
	stored, ok := p.load(ctx)
	if !ok {
		return nil
	}
	since := stored.entry.LastUsed
	if stored.err != nil || since.IsZero() {
		return []Finding{sound(nil)}
	}
	var found []Finding
	for _, h := range p.login.Holders(ctx, since).Programs {
		program := h.Program
		if program == "" {
			program = "codex"
		}
		at := with{"Program": name(program), "PID": count(h.PID), "Since": moment(h.Since), "Changed": moment(since)}
		if h.Unsure {
			found = append(found, note("unsure", at))
			continue
		}
		found = append(found, warning("before", at))
	}
	return or(found, nil)
}
