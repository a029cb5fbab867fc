package policy

import (
	"fmt"
	"strings"

	"codex-login/assets/display"
)

// Effect is what Codex does at start with a stored login that breaks a rule.
type Effect string

// The effects. Codex signs out for forced_* and hides for allowed_*.
const (
	SignOut Effect = "sign-out"
	Hide    Effect = "hide"
)

// Moment is when a rule is applied; Codex words a refusal by it.
type Moment string

// The moments.
const (
	AtSignIn Moment = "sign-in"
	AtStart  Moment = "start"
)

// Violation is a rule that a login breaks, or would break. It is an error. Its
// texts are free of control characters.
type Violation struct {
	Rule       string     // the key: forced_login_method, …; empty when a broken file is the reason
	Demanded   []string   // the values that the rule accepts
	Credential Credential // what was tried or found
	Workspace  string     // the workspace found; empty when the login names none or the rule is about methods
	Source     Source
	Effect     Effect

	aboutMethod bool         // the method is refused, whatever the workspace
	workspaces  []string     // what all rules together accept, which Codex names at sign-in
	cause       *ConfigError // the configuration that nobody could read
}

// AboutMethod reports whether the way to sign in is refused as a whole, and
// not only the workspace of this login.
func (v *Violation) AboutMethod() bool { return v.aboutMethod }

// Unwrap returns the *ConfigError when an unreadable configuration is the
// reason.
func (v *Violation) Unwrap() error {
	if v.cause == nil {
		return nil
	}
	return v.cause
}

func (v *Violation) Error() string {
	if v.cause != nil {
		return v.cause.Error()
	}
	demanded := strings.Join(v.Demanded, ", ")
	if demanded == "" {
		demanded = "nothing"
	}
	switch {
	case v.aboutMethod && v.Rule == AllowedWorkspaces:
		return fmt.Sprintf("%s: %s leaves no workspace for a ChatGPT login", v.Source, v.Rule)
	case v.aboutMethod:
		return fmt.Sprintf("%s: %s accepts %s, not a login with %s", v.Source, v.Rule, demanded, v.Credential)
	case v.Workspace == "":
		return fmt.Sprintf("%s: %s accepts %s, and the login names no workspace", v.Source, v.Rule, demanded)
	}
	return fmt.Sprintf("%s: %s accepts %s, and the login belongs to %s", v.Source, v.Rule, demanded, v.Workspace)
}

// CodexMessage is the line that Codex 0.169 itself prints, for scripts that
// read it. At the start a hidden login reads as none at all.
func (v *Violation) CodexMessage(at Moment) string {
	if v.cause != nil {
		return "Error loading configuration: " + v.cause.Error()
	}
	if at == AtSignIn {
		return v.signInMessage()
	}
	if v.Effect == Hide {
		return "Not logged in"
	}
	switch {
	case v.aboutMethod && v.Credential == API:
		return "ChatGPT login is required, but an API key is currently being used. Logging out."
	case v.aboutMethod:
		return "API key login is required, but ChatGPT is currently being used. Logging out."
	}
	found := "lack a workspace identifier"
	if v.Workspace != "" {
		found = "belong to " + v.Workspace
	}
	return fmt.Sprintf("Login is restricted to workspace(s) %s, but current credentials %s. Logging out.", strings.Join(v.Demanded, ", "), found)
}

func (v *Violation) signInMessage() string {
	disabled := v.aboutMethod || len(v.workspaces) == 0
	switch {
	case disabled && v.Credential == API:
		return "API key login is disabled. Use ChatGPT login instead."
	case disabled && v.Credential == AccessToken:
		return "Access token login is disabled. Use API key login instead."
	case disabled:
		return "ChatGPT login is disabled. Use API key login instead."
	case v.Workspace == "":
		return "Error logging in: Login is restricted to a specific workspace, but the token did not include an chatgpt_account_id claim."
	}
	return fmt.Sprintf("Error logging in: Login is restricted to workspace id(s) %s.", strings.Join(v.workspaces, ", "))
}

// cleanAll is for values out of files and tokens.
func cleanAll(all []string) []string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = display.Clean(s)
	}
	return out
}
