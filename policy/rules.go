package policy

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"

	"codex-login/assets/display"
)

// Credential is the class of a login as the admin rules see it.
type Credential string

// The classes of credentials. Browser and device sign-ins and access tokens
// are ChatGPT credentials.
const (
	ChatGPT     Credential = "chatgpt"
	API         Credential = "api"
	AccessToken Credential = "access-token" // a ChatGPT credential; Codex words its refusal differently
)

// method is the class in the words of forced_login_method.
func (c Credential) method() string {
	if c == API {
		return string(API)
	}
	return string(ChatGPT)
}

// The rules by the keys that state them.
const (
	ForcedMethod      = "forced_login_method"
	ForcedWorkspace   = "forced_chatgpt_workspace_id"
	AllowedMethods    = "allowed_login_methods"
	AllowedWorkspaces = "allowed_chatgpt_workspaces"
)

// The keys of the settings.
const (
	StoreKey = "cli_auth_credentials_store"
	// SecretAuthStorageKey is a key of the table features.
	SecretAuthStorageKey = "secret_auth_storage"
	featuresKey          = "features"
	OpenAIBaseURLKey     = "openai_base_url"
	ChatGPTBaseURLKey    = "chatgpt_base_url"
	LogDirKey            = "log_dir"
	ProfileKey           = "profile"
)

// What Codex takes where no layer says anything.
const (
	defaultStore          = "file"
	defaultOpenAIBaseURL  = "https://api.openai.com/v1"
	defaultChatGPTBaseURL = "https://chatgpt.com/backend-api"
)

// Value is an effective setting with its source.
type Value[T any] struct {
	Value  T
	Source Source
}

// Demand is one admin rule that is in force.
type Demand struct {
	Rule   string   // the key
	Values []string // what the rule accepts; empty accepts nothing
	Source Source
}

// accepts reports whether the rule takes the value; no rule takes anything.
func (d *Demand) accepts(value string) bool {
	return d == nil || slices.Contains(d.Values, value)
}

// Rules is everything that the layers say about signing in.
type Rules struct {
	// Store is cli_auth_credentials_store: file, keyring, auto or ephemeral.
	Store Value[string]
	// StorePinned says that requirements.toml fixes Store.
	StorePinned bool
	// OpenAIBaseURL is where API-key requests go, its version segment (/v1)
	// included and without a trailing slash.
	OpenAIBaseURL Value[string]
	// ChatGPTBaseURL is the ChatGPT back end, without a trailing slash.
	ChatGPTBaseURL Value[string]
	// LogDir is the folder of Codex's logs.
	LogDir Value[string]
	// Provider is the active model provider.
	Provider Provider
	// ProviderFaults are tables of providers with which Codex does not start, the
	// active one's or another's, in the order of their ids.
	ProviderFaults []ProviderFault

	// One for each rule; nil where no layer states it. The forced workspaces
	// are trimmed, without blanks and never empty.
	forcedMethod, forcedWorkspaces, allowedMethods, allowedWorkspaces *Demand
	// options is what Load was given, to look again, and stack what it found.
	options Options
	stack   stack
	// moved is the store since this process has changed config.toml.
	moved atomic.Pointer[string]
	// invalid is why Load failed, so that rules that nobody could read allow
	// nothing.
	invalid *ConfigError
}

// Demands lists the admin rules in force, forced ones first.
func (r *Rules) Demands() []Demand {
	var all []Demand
	for _, d := range []*Demand{r.forcedMethod, r.forcedWorkspaces, r.allowedMethods, r.allowedWorkspaces} {
		if d != nil {
			all = append(all, *d)
		}
	}
	return all
}

// Workspaces returns the workspaces that a ChatGPT login may belong to, in the
// order in which Codex names them: the forced ones that are also allowed. Nil
// is any; empty and not nil is none.
func (r *Rules) Workspaces() []string {
	switch {
	case r.forcedWorkspaces == nil && r.allowedWorkspaces == nil:
		return nil
	case r.forcedWorkspaces == nil:
		return slices.Clone(r.allowedWorkspaces.Values)
	}
	left := []string{}
	for _, w := range r.forcedWorkspaces.Values {
		if r.allowedWorkspaces.accepts(w) {
			left = append(left, w)
		}
	}
	return left
}

// Allows says before a sign-in whether a class of credentials may be used at
// all; nil is yes.
func (r *Rules) Allows(c Credential) *Violation {
	if v := r.unreadable(c); v != nil {
		return v
	}
	if !r.forcedMethod.accepts(c.method()) {
		return r.refuseMethod(r.forcedMethod, c, SignOut)
	}
	return r.hidesMethod(c)
}

// Check judges a login in hand by the workspace that its id_token names in
// chatgpt_account_id; empty is a login that names none. API keys have no
// workspace and are exempt. Nil means that the login may be kept.
func (r *Rules) Check(c Credential, workspace string) *Violation {
	return r.CheckStored(c, workspace, workspace)
}

// CheckStored is what Codex does at its start with a login that it finds. It
// reads the workspace twice: claim, from the id_token, decides over signing
// out by the forced rules; accountID, from tokens.account_id and in its
// absence the claim again, decides over hiding the login.
func (r *Rules) CheckStored(c Credential, claim, accountID string) *Violation {
	if v := r.unreadable(c); v != nil {
		return v
	}
	if accountID == "" {
		accountID = claim
	}
	chatGPT := c.method() == string(ChatGPT)
	switch {
	case !r.forcedMethod.accepts(c.method()):
		return r.refuseMethod(r.forcedMethod, c, SignOut)
	case chatGPT && !r.forcedWorkspaces.accepts(claim):
		return r.violation(r.forcedWorkspaces, c, claim, SignOut)
	}
	if v := r.hidesMethod(c); v != nil || !chatGPT {
		return v
	}
	for _, d := range []*Demand{r.forcedWorkspaces, r.allowedWorkspaces} {
		if !d.accepts(accountID) {
			return r.violation(d, c, accountID, Hide)
		}
	}
	return nil
}

// StoreMode is the effective store by now.
func (r *Rules) StoreMode() string {
	if m := r.moved.Load(); m != nil {
		return *m
	}
	return r.Store.Value
}

// Reread looks whether the configuration names another store than the
// StoreMode, and follows it: another process may have moved the logins. A
// configuration that cannot be read changes nothing.
func (r *Rules) Reread() (moved bool) {
	if r.options.Home == "" || r.invalid != nil {
		return false
	}
	now, err := Load(r.options)
	var unreadable *ConfigError
	if errors.As(err, &unreadable) || now.Store.Value == r.StoreMode() {
		return false
	}
	r.StoreMoved(now.Store.Value)
	return true
}

// StoreMoved says that config.toml names another store since Load.
func (r *Rules) StoreMoved(mode string) { r.moved.Store(&mode) }

// LogoutStores names the stores in which a login may lie: the effective one,
// or file and keyring both when a broken configuration leaves it open.
func (r *Rules) LogoutStores() []string {
	if mode := r.StoreMode(); mode != "" {
		return []string{mode}
	}
	return []string{"keyring", "file"}
}

// hidesMethod applies requirements.toml to a class of credentials. A list of
// workspaces that leaves none over disables ChatGPT as a whole.
func (r *Rules) hidesMethod(c Credential) *Violation {
	if !r.allowedMethods.accepts(c.method()) {
		return r.refuseMethod(r.allowedMethods, c, Hide)
	}
	if w := r.Workspaces(); c.method() == string(ChatGPT) && w != nil && len(w) == 0 {
		return r.refuseMethod(r.allowedWorkspaces, c, Hide)
	}
	return nil
}

// conflict returns the rules that together leave no way to sign in, or nil.
func (r *Rules) conflict() *ConflictError {
	usable := func(c Credential) bool { return r.forcedMethod.accepts(c.method()) && r.hidesMethod(c) == nil }
	if usable(ChatGPT) || usable(API) {
		return nil
	}
	return &ConflictError{Demands: r.Demands()}
}

// refuseMethod is a violation by every login of a class.
func (r *Rules) refuseMethod(d *Demand, c Credential, e Effect) *Violation {
	v := r.violation(d, c, "", e)
	v.aboutMethod = true
	return v
}

func (r *Rules) violation(d *Demand, c Credential, workspace string, e Effect) *Violation {
	v := &Violation{Rule: d.Rule, Credential: c, Workspace: display.Clean(workspace), Source: d.Source, Effect: e}
	v.Demanded = cleanAll(d.Values)
	v.workspaces = cleanAll(r.Workspaces())
	return v
}

// unreadable refuses everything while the configuration cannot be read.
func (r *Rules) unreadable(c Credential) *Violation {
	if r.invalid == nil {
		return nil
	}
	return &Violation{Rule: r.invalid.Key, Credential: c, Source: r.invalid.Source(), Effect: Hide, cause: r.invalid}
}

// Unreadable reports whether a layer, or a value of one, could not be used.
func (r *Rules) Unreadable() bool { return r.invalid != nil }

func trimSlash(url string) string { return strings.TrimRight(url, "/") }
