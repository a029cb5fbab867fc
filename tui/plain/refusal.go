package plain

import (
	"errors"
	"strings"

	"codex-login/assets"
	"codex-login/flows"
	"codex-login/policy"
)

// refusal says which rule stands against a login. The first line is the one
// that Codex prints, for scripts that read it.
func (l *Lines) refusal(r *flows.RefusedError) {
	v, why := r.Violation, flows.Explain(l.Say, r.Violation)
	var out []string
	if r.At != "" && !r.Spared {
		out = append(out, v.CodexMessage(r.At))
	}
	out = append(out, l.Say.Say("plain.failed", "Title", why.Title))
	if v.Rule == "" {
		out = append(out, why.Text)
	}
	out = append(out, facts(l.Say, v)...)
	out = append(out, l.Say.Say("refused."+became(r), "Variable", r.Variable))
	if r.Kept != nil {
		kept := flows.Explain(l.Say, r.Kept)
		out = append(out, kept.Title+". "+kept.Text)
	}
	for _, step := range flows.RefusalSteps(l.Say, r) {
		out = append(out, l.Say.Say("plain.next", "Step", step))
	}
	l.say(strings.Join(out, "\n"))
}

// facts are the rule, what it permits, what was found and who says so, a line
// each. None of them where a broken file is the reason.
func facts(say *assets.Catalogue, v *policy.Violation) []string {
	if v.Rule == "" {
		return nil
	}
	demanded := strings.Join(v.Demanded, ", ")
	if demanded == "" {
		demanded = say.Say("refused.nothing")
	}
	var out []string
	for _, f := range []struct{ name, text string }{
		{"rule", v.Rule},
		{"demanded", demanded},
		{"found", flows.FoundText(say, v)},
		{"source", flows.SourceText(say, v.Source)},
	} {
		out = append(out, say.Say("plain.fact", "Name", say.Say("refused.fact."+f.name), "Value", f.text))
	}
	return out
}

// became is the catalogue's name for what became of the login.
func became(r *flows.RefusedError) string {
	switch {
	case r.At == policy.AtSignIn:
		return "not_stored"
	case r.Kept != nil:
		return "not_deleted"
	case r.SignedOut():
		return "signed_out"
	case r.Violation.Effect == policy.SignOut && r.Variable != "":
		return "spared"
	case r.Violation.Effect == policy.SignOut:
		return "will_sign_out"
	}
	return "hidden"
}

// refusal is a rule that stands against a login in JSON. Found is the class of
// the credential (chatgpt, api, access-token) or the workspace; null is a login
// that names none.
type refusal struct {
	Rule     string   `json:"rule"`
	Demanded []string `json:"demanded"`
	Source   string   `json:"source"`
	Found    *string  `json:"found"`
	// Effect is what Codex does with such a login at its start: sign-out, hide.
	Effect string `json:"effect"`
	// SparedBy is the environment variable that Codex uses in place of the login,
	// which it does not delete then.
	SparedBy *string `json:"spared_by"`
}

// refusedBy is refusalOf for the login in use.
func refusedBy(r *flows.RefusedError) *refusal {
	out := refusalOf(r.Violation)
	out.SparedBy = known(r.Variable)
	return out
}

func refusalOf(v *policy.Violation) *refusal {
	if v == nil {
		return nil
	}
	out := refusal{
		Rule: v.Rule, Demanded: append([]string{}, v.Demanded...), Source: v.Source.String(), Effect: string(v.Effect),
	}
	switch {
	case v.Rule == "":
	case v.AboutMethod():
		out.Found = known(string(v.Credential))
	default:
		out.Found = known(v.Workspace)
	}
	return &out
}

// judged is what an error event says besides of a rule that refused: what
// Codex would print, what became of the stored login, and what is still open.
type judged struct {
	*refusal
	Codex     *string  `json:"codex"`
	SignedOut *bool    `json:"signed_out"`
	Allowed   []string `json:"allowed"`
}

// judgedOf is nil where no rule refused.
func judgedOf(err error) *judged {
	var r *flows.RefusedError
	var v *policy.Violation
	if !errors.As(err, &v) {
		return nil
	}
	out := &judged{refusal: refusalOf(v), Allowed: []string{}}
	if errors.As(err, &r) {
		out.refusal = refusedBy(r)
		gone := r.SignedOut()
		out.SignedOut = &gone
		if r.At != "" && !r.Spared {
			out.Codex = known(v.CodexMessage(r.At))
		}
		for _, m := range r.Allowed {
			out.Allowed = append(out.Allowed, string(m))
		}
	}
	return out
}

// barredBy is what an error event says besides of an account that OpenAI's side
// refuses.
type barredBy struct {
	ServerCode *string `json:"server_code"`
	RequestID  *string `json:"request_id"`
}

// barredOf is nil where it does not.
func barredOf(err error) *barredBy {
	var b *flows.BarredError
	if !errors.As(err, &b) {
		return nil
	}
	return &barredBy{known(b.Code), known(b.RequestID)}
}
