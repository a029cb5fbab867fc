package policy

// The keys of a model provider, as config.toml has them.
const (
	ProviderKey    = "model_provider"
	providersKey   = "model_providers"
	envKeyKey      = "env_key"
	bearerTokenKey = "experimental_bearer_token"
	authKey        = "auth"
	needsLoginKey  = "requires_openai_auth"
)

// defaultProvider is the built-in one that signs in with OpenAI. A table of
// that name in [model_providers] is an error to Codex.
const defaultProvider = "openai"

// Provider is the active model provider as far as its credential goes. Codex
// asks for the members in this order.
type Provider struct {
	// ID is model_provider.
	ID Value[string]
	// EnvKey is the environment variable that holds its key, which comes
	// before any login; nil where the provider names none.
	EnvKey *Value[string]
	// OwnToken is the setting that gives it a credential of its own,
	// experimental_bearer_token or auth; nil without one.
	OwnToken *Value[string]
	// NeedsLogin says that it takes the OpenAI login otherwise, and nothing at
	// all where it is false.
	NeedsLogin bool
}

// provider finds the active provider. Of the built-in ones only openai signs in
// with OpenAI; amazon-bedrock has credentials of its own.
func (r *reader) provider(config table) Provider {
	p := Provider{ID: byDefault(defaultProvider)}
	if id, ok := r.text(config, ProviderKey); ok {
		p.ID = id
	}
	all, _ := config[providersKey].value.(table)
	active, custom := all[p.ID.Value].value.(table)
	switch {
	case p.ID.Value == defaultProvider:
		p.NeedsLogin = true
		return p
	case !custom && p.ID.Value == "amazon-bedrock":
		p.OwnToken = &Value[string]{p.ID.Value, p.ID.Source}
		return p
	}
	if key, ok := r.text(active, envKeyKey); ok {
		p.EnvKey = &key
	}
	for _, key := range []string{authKey, bearerTokenKey} {
		if e, ok := active[key]; ok {
			p.OwnToken = &Value[string]{key, e.source}
		}
	}
	p.NeedsLogin = active[needsLoginKey].value == true
	return p
}
