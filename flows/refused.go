package flows

import "codex-login/policy"

// RefusedError is an admin's rule that stands against a login. It is its
// *policy.Violation, and what could not be done besides.
type RefusedError struct {
	Violation *policy.Violation
	// At is when the rule was applied; "" is a look that changes nothing.
	At policy.Moment
	// Allowed are the ways to sign in that no rule closes. Of a workspace that
	// is not allowed they say nothing.
	Allowed []Method
	// Kept is why a stored login that Codex would delete is still there; nil
	// when it is gone, and where it stays.
	Kept error
	// Spared says that a variable is set which Codex takes before it looks at
	// the stored login: that is not deleted here.
	Spared bool
	// Variable is that one where the rules permit what it holds: Codex uses it,
	// and deletes the login when it starts without it. "" for none.
	Variable string
}

func (e *RefusedError) Error() string { return e.Violation.Error() }

// Unwrap returns the violation, and Kept where there is one.
func (e *RefusedError) Unwrap() []error {
	if e.Kept == nil {
		return []error{e.Violation}
	}
	return []error{e.Violation, e.Kept}
}

// SignedOut reports whether the stored login was deleted, as Codex does at its
// start.
func (e *RefusedError) SignedOut() bool {
	return e.At == policy.AtStart && e.Violation.Effect == policy.SignOut && e.Kept == nil && !e.Spared
}

// forbidden makes an error of a violation.
func (l *Login) forbidden(v *policy.Violation, at policy.Moment) *RefusedError {
	e := &RefusedError{Violation: v, At: at, Allowed: l.Allowed()}
	if v.Effect == policy.SignOut {
		name, refused := l.decidingVariable()
		if e.Spared = name != "" || l.variable(envCodexKey) != "" || l.variable(envAccessToken) != ""; refused == nil {
			e.Variable = name
		}
	}
	return e
}

// UnaskedError says that only a login's server could tell whether a rule permits
// it, and did not. Codex does not start before it does, and deletes nothing.
type UnaskedError struct {
	Rule *policy.Violation // as of a login that names no workspace
	Err  error             // why there is no answer
	// AtStart: the login is the one in use. Otherwise it was to become that, and
	// nothing has changed.
	AtStart bool
}

func (e *UnaskedError) Error() string {
	return e.Rule.Source.String() + ": " + e.Rule.Rule + " is about workspaces, and nobody could be asked whose the token is: " + e.Err.Error()
}

func (e *UnaskedError) Unwrap() error { return e.Err }

// Allowed are the ways to sign in that no rule closes, in the order of Methods.
func (l *Login) Allowed() []Method {
	var out []Method
	for _, c := range l.Choices() {
		if c.Refused == nil {
			out = append(out, c.Method)
		}
	}
	return out
}
