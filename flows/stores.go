package flows

import (
	"context"

	"codex-login/credstore"
	"codex-login/policy"
)

// Stores lists the places that can keep a login, each with how it stands on
// this machine. It tries the keyring, which can take as long as a keyring call
// may.
func (l *Login) Stores(ctx context.Context) []StoreChoice {
	keyringErr := credstore.ProbeKeyring(ctx, l.Home)
	var out []StoreChoice
	for _, m := range credstore.Modes() {
		c := StoreChoice{Mode: m, Configured: m == l.Mode()}
		switch m {
		case credstore.ModeFile:
			c.Where = l.Home.AuthFile()
		case credstore.ModeKeyring:
			c.Where, c.Problem = l.Home.KeyringPlace().Where, keyringErr
			c.Encrypted = l.Home.Encrypted
		case credstore.ModeAuto:
			c.Where = l.Home.KeyringPlace().Where
			c.Encrypted = l.Home.Encrypted
			if keyringErr != nil {
				c.Where = l.Home.AuthFile()
			}
		case credstore.ModeEphemeral:
		}
		if !c.Configured {
			c.Pinned = l.storePin()
		}
		out = append(out, c)
	}
	return out
}

// storePin is who fixes the mode; nil when the person may choose. A value in
// managed_config.toml or of a trusted project stands above config.toml, so that
// another choice could not be written down anywhere.
func (l *Login) storePin() *policy.Source {
	source := l.Rules.Store.Source
	if l.Rules.StorePinned || source.Layer == policy.LayerManaged || source.Layer == policy.LayerProject {
		return &source
	}
	return nil
}

// EnvironmentKey is the API key in the environment, to be offered by its hint;
// empty when there is none or when it cannot be one.
func (l *Login) EnvironmentKey() credstore.Secret {
	if l.Environment == nil {
		return credstore.Secret{}
	}
	key, err := ParseAPIKey(l.Environment("OPENAI_API_KEY"))
	if err != nil {
		return credstore.Secret{}
	}
	return key
}
