package policy

// Credential is the class of a login as the admin rules see it.
type Credential string

// The classes of credentials. Browser and device sign-ins and access tokens
// are ChatGPT credentials.
const (
	ChatGPT     Credential = "chatgpt"
	API         Credential = "api"
	AccessToken Credential = "access-token" // a ChatGPT credential; Codex words its refusal differently
)

// Source says who set a value.
type Source struct {
	Layer Layer
	File  string // path; empty for defaults and command line
	Line  int    // from 1; 0 when there is none
}

// Layer is one of the places that configuration comes from.
type Layer string

// The layers, lowest precedence first; requirements stand above all.
const (
	LayerDefault      Layer = "default"
	LayerSystem       Layer = "system"       // /etc/codex/config.toml
	LayerUser         Layer = "user"         // $CODEX_HOME/config.toml
	LayerCommandLine  Layer = "command-line" // -c key=value
	LayerManaged      Layer = "managed"      // /etc/codex/managed_config.toml
	LayerRequirements Layer = "requirements" // /etc/codex/requirements.toml
)

// Value is an effective setting with its source.
type Value[T any] struct {
	Value  T
	Source Source
}

// Effect is what Codex does at start with a stored login that breaks a rule.
type Effect string

// The effects. Codex signs out for forced_* and hides for allowed_*.
const (
	SignOut Effect = "sign-out"
	Hide    Effect = "hide"
)

// Violation is a rule that a login breaks, or would break. It is an error.
type Violation struct {
	Rule       string     // the key: forced_login_method, …
	Demanded   []string   // the values that the rule accepts
	Credential Credential // what was tried or found
	Workspace  string     // the workspace found; empty when the login names none or the rule is about methods
	Source     Source
	Effect     Effect
}

// Rules is everything that the layers say about signing in.
type Rules struct {
	// Store is cli_auth_credentials_store: file, keyring, auto or ephemeral.
	Store Value[string]
	// StorePinned says that requirements.toml fixes Store.
	StorePinned bool
	// OpenAIBaseURL is where API-key requests go, without a trailing slash.
	OpenAIBaseURL Value[string]
	// ChatGPTBaseURL is the ChatGPT back end.
	ChatGPTBaseURL Value[string]
	// … the login rules, unexported or exported as Load needs them
}

// Options says where the layers are.
type Options struct {
	Home      string   // CODEX_HOME
	System    string   // the folder of the system layers; /etc/codex when empty
	Overrides []string // -c key=value, in order
}

// The functions of this room:
//
//	func Load(o Options) (*Rules, error)                       *ConfigError on bad files
//	func (r *Rules) Allows(c Credential) *Violation            before a sign-in: may this class be used at all
//	func (r *Rules) Check(c Credential, workspace string) *Violation   with the login in hand
//	func (r *Rules) Workspaces() []string                      the allowed workspaces; nil is any
//	func SetUserValue(home, key, value string) error           change one root key of config.toml, comments and order kept
