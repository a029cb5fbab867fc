package doctor

import (
	"context"
	"errors"
	"strings"

	"codex-login/policy"
)

// checkProvider looks whether the active model provider has what it needs.
func checkProvider(_ context.Context, p *patient) []Finding {
	provider := p.login.Rules.Provider
	at := with{"Provider": name(provider.ID.Value), "Source": p.place(provider.ID.Source)}
	var unreadable *policy.ConfigError
	if provider.Kind() == policy.ProviderUnknown && errors.As(p.Trouble, &unreadable) {
		return []Finding{{Cause: "unreadable", Severity: Skipped}}
	}
	var faults []Finding
	for _, f := range p.login.Rules.ProviderFaults {
		faults = append(faults, problem("fault_"+string(f.Why), with{"Provider": name(f.ID.Value), "Source": p.place(f.ID.Source), "Key": name(f.Key)}))
	}
	if len(faults) > 0 {
		return faults
	}
	switch {
	case provider.Kind() == policy.ProviderUnknown:
		return []Finding{problem("unknown", at)}
	case provider.EnvKey != nil:
		at["Variable"], at["Source"] = variable(provider.Shown), p.place(provider.EnvKey.Source)
		if strings.TrimSpace(p.getenv(provider.EnvKey.Value)) == "" {
			if provider.Shown == "" {
				return []Finding{problem("nameless", at)}
			}
			at["Instructions"] = name(provider.EnvKeyInstructions)
			return []Finding{problem("no_variable", at)}
		}
		return []Finding{{Cause: "variable", Severity: Sound, values: at}}
	case provider.OwnToken != nil:
		return []Finding{{Cause: "own", Severity: Sound, values: at}}
	case !provider.NeedsLogin:
		return []Finding{{Cause: "none", Severity: Sound, values: at}}
	}
	return []Finding{sound(at)}
}
