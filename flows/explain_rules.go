package flows

import (
	"strings"

	"codex-login/assets"
	"codex-login/policy"
)

// ValueText is what a layer says, in a line.
func ValueText(say *assets.Catalogue, s policy.Said) string {
	switch {
	case s.Hidden:
		return say.Say("rules.hidden")
	case s.Value == "":
		return say.Say("rules.empty")
	}
	return s.Value
}

// EffectiveText is the value in force, in a line.
func EffectiveText(say *assets.Catalogue, s policy.Setting) string {
	switch {
	case len(s.Said) > 0:
		return ValueText(say, s.Said[0])
	case s.Unread != nil:
		return say.Say("rules.unknown")
	case s.Default == "":
		return say.Say("rules.none")
	}
	return s.Default
}

// meanings find the sentence for a setting's value: the last part of a
// catalogue id below rules.meaning.
var meanings = map[string]func(s policy.Setting) string{
	policy.ForcedMethod: func(s policy.Setting) string {
		return chosenBy(s, "forced_any", map[string]string{"chatgpt": "chatgpt", "api": "api"})
	},
	policy.ForcedWorkspace: func(s policy.Setting) string {
		return given(s.Value(), "forced_workspace", "forced_workspace_any")
	},
	policy.AllowedMethods: func(s policy.Setting) string {
		if len(s.Said) == 0 {
			return "allowed_any"
		}
		return chosenBy(s, "allowed_both", map[string]string{"chatgpt": "allowed_chatgpt", "api": "allowed_api", "": "allowed_nothing"})
	},
	policy.AllowedWorkspaces: func(s policy.Setting) string {
		if len(s.Said) == 0 {
			return "allowed_workspaces_any"
		}
		return given(s.Value(), "allowed_workspaces", "allowed_workspaces_nothing")
	},
	policy.StoreKey: func(s policy.Setting) string {
		return chosenBy(s, "store_file", map[string]string{"keyring": "store_keyring", "auto": "store_auto", "ephemeral": "store_ephemeral"})
	},
	"features.secret_auth_storage": func(s policy.Setting) string {
		return chosenBy(s, "sealed_false", map[string]string{"true": "sealed_true"})
	},
	policy.ChatGPTBaseURLKey: func(s policy.Setting) string { return byDefault(s, "chatgpt_url_usual", "chatgpt_url") },
	policy.OpenAIBaseURLKey:  func(s policy.Setting) string { return byDefault(s, "openai_url_usual", "openai_url") },
	policy.ProviderKey: func(s policy.Setting) string {
		return chosenBy(s, "provider_other", map[string]string{"openai": "provider_openai"})
	},
	policy.LogDirKey: func(policy.Setting) string { return "log_dir" },
	"profile":        func(policy.Setting) string { return "profile" },
}

// memberMeanings are those of a provider's members, by the end of their keys.
var memberMeanings = map[string]string{
	"name": "member_name", "base_url": "member_base_url", "env_key": "member_env_key",
	"env_key_instructions": "member_instructions", "experimental_bearer_token": "member_token", "http_headers": "member_headers",
	"command": "member_command", "args": "member_args",
}

// Meaning says in one sentence what the value in force means for whoever signs
// in here.
func Meaning(say *assets.Catalogue, s policy.Setting) string {
	id := ""
	if s.Unusable && s.Key != policy.ProfileKey { // which is none with any value, and its sentence says so
		return ""
	}
	if s.Unread != nil {
		return say.Say("rules.unread", "Where", s.Unread.String())
	}
	if find, ok := meanings[s.Key]; ok {
		id = find(s)
	} else {
		last := s.Key[strings.LastIndex(s.Key, ".")+1:]
		if id = memberMeanings[last]; last == "requires_openai_auth" {
			id = chosenBy(s, "member_login_false", map[string]string{"true": "member_login_true"})
		}
	}
	if id == "" {
		return ""
	}
	return say.Say("rules.meaning."+id, "Value", s.Value(), "Several", strings.Contains(s.Value(), ", "))
}

// chosenBy is the id of a value that has one of its own, and the other one for all
// that have none.
func chosenBy(s policy.Setting, other string, own map[string]string) string {
	return first(own[s.Value()], other)
}

func given(value, some, none string) string {
	if value == "" {
		return none
	}
	return some
}

func byDefault(s policy.Setting, usual, other string) string {
	if s.Value() == s.Default {
		return usual
	}
	return other
}

// LayerText is a layer and how it was found, in a line.
func LayerText(say *assets.Catalogue, l policy.LayerReport) string {
	at := policy.Source{Layer: l.Layer, File: l.File, Preference: l.Preference}
	why := ""
	if l.Err != nil {
		why = plainError(l.Err)
	}
	if l.Layer == policy.LayerCommandLine && l.State == policy.LayerAbsent {
		return say.Say("rules.state.no_option", "Layer", say.Say("rules.layer.command_line"))
	}
	return say.Say("rules.state."+string(l.State),
		"Layer", say.Say("rules.layer."+layerID(l.Layer)), "Where", at.String(), "Why", why, "Ignored", strings.Join(l.Ignored, ", "))
}

// SettingSources say who set a value and what that overrules, a line each.
// shown writes a source as the person knows it.
func SettingSources(say *assets.Catalogue, s policy.Setting, shown func(policy.Source) policy.Source) []string {
	switch {
	case len(s.Said) == 0 && s.Unread != nil:
		return nil
	case len(s.Said) == 0:
		return []string{say.Say("rules.set_default")}
	}
	id := "rules.set_in"
	if s.Fixed && s.Source().Layer == policy.LayerRequirements {
		id = "rules.fixed"
	}
	out := []string{say.Say(id, "Where", SourceText(say, shown(s.Source())))}
	for _, said := range s.Said[1:] {
		out = append(out, say.Say("rules.overrules", "Value", ValueText(say, said), "Where", SourceText(say, shown(said.Source))))
	}
	return out
}
