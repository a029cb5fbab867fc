package policy

import "codex-login/assets/display"

// The keys of a model provider, as config.toml has them.
const (
	ProviderKey     = "model_provider"
	providersKey    = "model_providers"
	nameKey         = "name"
	baseURLKey      = "base_url"
	envKeyKey       = "env_key"
	instructionsKey = "env_key_instructions"
	bearerTokenKey  = "experimental_bearer_token"
	authKey         = "auth"
	commandKey      = "command"
	needsLoginKey   = "requires_openai_auth"
)

// defaultProvider is the built-in one that signs in with OpenAI. A table of
// that name in [model_providers] is an error to Codex, as is one of the name of
// a local one.
const defaultProvider = "openai"

// builtIn are the providers that need no table. A cloud's may have one, which
// changes a few members.
var builtIn = map[string]struct {
	kind          ProviderKind
	name, baseURL string
}{
	defaultProvider:          {kind: ProviderOpenAI, name: "OpenAI"},
	"ollama":                 {ProviderLocal, "Ollama", "http://localhost:11434/v1"},
	"lmstudio":               {ProviderLocal, "LM Studio", "http://localhost:1234/v1"},
	"amazon-bedrock":         {kind: ProviderBedrock, name: "Amazon Bedrock"},
	"amazon-bedrock-runtime": {kind: ProviderBedrock, name: "Amazon Bedrock"},
	"gcp":                    {kind: ProviderGoogleCloud, name: "Google Cloud"},
}

// ProviderKind is what a provider takes for a credential.
type ProviderKind string

// The kinds of providers.
const (
	ProviderOpenAI      ProviderKind = "openai"       // the OpenAI login; an EnvKey or OwnToken comes before it
	ProviderEnvKey      ProviderKind = "env-key"      // an environment variable: Provider.EnvKey
	ProviderToken       ProviderKind = "token"        // a token in the configuration
	ProviderCommand     ProviderKind = "command"      // what a command prints: Provider.Command
	ProviderBedrock     ProviderKind = "bedrock"      // built-in: the credentials of AWS
	ProviderGoogleCloud ProviderKind = "google-cloud" // built-in: the credentials of Google Cloud
	ProviderLocal       ProviderKind = "local"        // built-in: a server on this machine, and no credential
	ProviderNone        ProviderKind = "none"         // no credential
	ProviderUnknown     ProviderKind = "unknown"      // nothing says what it is, and Codex does not start
)

// Provider is the active model provider as far as its credential goes. Codex
// asks for EnvKey, OwnToken and the login in this order, and for the next only
// where the provider does not name the one before: with requires_openai_auth
// and env_key both it shows its sign-in screen, and then sends the variable
// and never the login.
type Provider struct {
	// ID is model_provider.
	ID Value[string]
	// Name is what it calls itself; the ID where it says nothing.
	Name string
	// BaseURL is its address, free of what is secret in one; "" for none, and
	// for OpenAI's own, which is Rules.OpenAIBaseURL.
	BaseURL Value[string]
	// EnvKey is the environment variable that holds its key, which comes
	// before any login; nil where the provider names none.
	EnvKey *Value[string]
	// EnvKeyInstructions says where to get that key; "" for nothing.
	EnvKeyInstructions string
	// OwnToken is the setting that gives it a credential of its own,
	// experimental_bearer_token or auth, or the ID of a cloud; nil without one.
	OwnToken *Value[string]
	// Command is the program of [auth], without its arguments; "" for none.
	Command string
	// NeedsLogin says that it takes the OpenAI login otherwise, and nothing at
	// all where it is false.
	NeedsLogin bool
	// Shown is the name of EnvKey's variable; "" where it may be the key itself,
	// put in the wrong place.
	Shown string

	runs    bool          // [auth] names a program
	known   bool          // built in, or a table describes it
	address Value[string] // base_url as it is written
}

// Kind is what the provider takes for a credential.
func (p Provider) Kind() ProviderKind {
	b, isBuiltIn := builtIn[p.ID.Value]
	switch {
	case !p.known:
		return ProviderUnknown
	case p.NeedsLogin:
		return ProviderOpenAI
	case p.EnvKey != nil:
		return ProviderEnvKey
	case p.runs:
		return ProviderCommand
	case isBuiltIn:
		return b.kind
	case p.OwnToken != nil:
		return ProviderToken
	}
	return ProviderNone
}

// provider finds the active provider. requirements.toml may choose it, and
// describe it as a whole: of such a table nothing of a lower layer is left.
func (r *reader) provider(config, required table) Provider {
	p := Provider{ID: byDefault(defaultProvider)}
	for _, t := range []table{config, required} {
		if id, ok := r.text(t, ProviderKey); ok {
			p.ID = id
		}
	}
	b, isBuiltIn := builtIn[p.ID.Value]
	active, described := providerTable(config, required, p.ID.Value)
	p.known, p.Name, p.BaseURL = isBuiltIn || described, b.name, byDefault(b.baseURL)
	isCloud := b.kind == ProviderBedrock || b.kind == ProviderGoogleCloud
	if isBuiltIn && !isCloud {
		active = nil // the table would be an error to Codex
	}
	p.NeedsLogin = b.kind == ProviderOpenAI || active[needsLoginKey].value == true
	r.describe(&p, active)
	if isCloud && p.OwnToken == nil {
		p.OwnToken = &Value[string]{p.ID.Value, p.ID.Source}
	}
	if p.Name == "" {
		p.Name = display.Clean(p.ID.Value)
	}
	return p
}

// providerTable is what describes a provider.
func providerTable(config, required table, id string) (table, bool) {
	e, ok := providerEntry(config, required, id)
	one, _ := e.value.(table)
	return one, ok
}

// providerEntry is the table that describes a provider, with its place.
func providerEntry(config, required table, id string) (entry, bool) {
	for _, t := range []table{required, config} {
		all, _ := t[providersKey].value.(table)
		if _, ok := all[id].value.(table); ok {
			return all[id], true
		}
	}
	return entry{}, false
}

// describe takes the members out of a provider's table.
func (r *reader) describe(p *Provider, active table) {
	if name, ok := r.text(active, nameKey); ok {
		if shown, ok := words(name.Value); ok {
			p.Name = display.Clean(shown)
		}
	}
	if address, ok := r.url(active, baseURLKey); ok {
		p.address = address
		bare, _ := bareURL(address.Value)
		p.BaseURL = Value[string]{bare, address.Source}
	}
	if key, ok := r.text(active, envKeyKey); ok {
		p.EnvKey = &key
		p.Shown, _ = variable(key.Value)
	}
	if text, ok := r.text(active, instructionsKey); ok {
		if shown, ok := words(text.Value); ok {
			p.EnvKeyInstructions = display.Clean(shown)
		}
	}
	for _, key := range []string{authKey, bearerTokenKey} {
		if e, ok := active[key]; ok {
			p.OwnToken = &Value[string]{key, e.source}
		}
	}
	if auth, ok := active[authKey].value.(table); ok {
		if command, ok := r.text(auth, commandKey); ok {
			shown, _ := program(command.Value)
			p.Command = display.Clean(shown)
			p.runs = command.Value != ""
		}
	}
}
