package policy

import (
	"slices"
	"strings"
)

// What the keys with fixed values accept.
var (
	methods = []string{string(ChatGPT), string(API)}
	stores  = []string{"file", "keyring", "auto", "ephemeral"}
)

// reader takes typed values out of a table and keeps the first fault.
type reader struct {
	err *ConfigError
}

func (r *reader) fail(t table, key, problem string) {
	if r.err == nil {
		e := t[key]
		r.err = &ConfigError{
			Layer: e.source.Layer, File: e.source.File, Line: e.source.Line, Column: e.column,
			Preference: e.source.Preference, Key: key, Problem: problem,
		}
	}
}

// text reads a string.
func (r *reader) text(t table, key string) (v Value[string], ok bool) {
	e, ok := t[key]
	if !ok {
		return v, false
	}
	s, ok := e.value.(string)
	if !ok {
		r.fail(t, key, "must be a text in quotes")
	}
	return Value[string]{s, e.source}, ok
}

// choice reads a string that must be one of some.
func (r *reader) choice(t table, key string, of []string) (v Value[string], ok bool) {
	e, ok := t[key]
	if !ok {
		return v, false
	}
	s, ok := e.value.(string)
	if !ok || !slices.Contains(of, s) {
		r.fail(t, key, "must be "+oneOf(of))
		return v, false
	}
	return Value[string]{s, e.source}, true
}

// list reads an array of strings.
func (r *reader) list(t table, key string) *Demand {
	e, ok := t[key]
	if !ok {
		return nil
	}
	values, ok := texts(e.value)
	if !ok {
		r.fail(t, key, "must be a list of texts in quotes")
		return nil
	}
	return &Demand{key, values, e.source}
}

// store reads the store and whether it is pinned. With a fault it stays empty,
// for then nobody knows where a login lies.
func (r *reader) store(config, required table) (v Value[string], pinned bool) {
	for _, t := range []table{required, config} {
		v, ok := r.choice(t, StoreKey, stores)
		if ok || r.err != nil {
			return v, ok && v.Source.Layer == LayerRequirements
		}
	}
	return byDefault(defaultStore), false
}

func (r *reader) chatGPTBaseURL(config, required table) Value[string] {
	for _, t := range []table{required, config} {
		if v, ok := r.url(t, ChatGPTBaseURLKey); ok {
			return v
		}
	}
	return byDefault(defaultChatGPTBaseURL)
}

// openAIBaseURL is the address of the active provider: that of a custom one
// which signs in with OpenAI credentials, else that of the built-in one.
func (r *reader) openAIBaseURL(config table, active Provider) Value[string] {
	if active.NeedsLogin && active.address.Value != "" {
		return active.address
	}
	if v, ok := r.url(config, OpenAIBaseURLKey); ok {
		return v
	}
	return byDefault(defaultOpenAIBaseURL)
}

// noProfile refuses the setting that Codex has given up: it does not start any
// more with one.
func (r *reader) noProfile(config table) {
	if _, said := config[ProfileKey]; said {
		r.fail(config, ProfileKey, "is no longer supported by Codex: move what [profiles] holds to NAME.config.toml, and run codex --profile NAME")
	}
}

// url reads an address; a blank one counts as not set.
func (r *reader) url(t table, key string) (Value[string], bool) {
	v, ok := r.text(t, key)
	v.Value = trimSlash(strings.TrimSpace(v.Value))
	return v, ok && v.Value != ""
}

// forcedWorkspaces reads a string or a list of strings; nothing but blanks is
// no rule. A comma is refused in the string form only, as in Codex.
func (r *reader) forcedWorkspaces(config table) *Demand {
	e, ok := config[ForcedWorkspace]
	if !ok {
		return nil
	}
	values, ok := texts(e.value)
	if s, single := e.value.(string); single {
		if strings.Contains(s, ",") {
			r.fail(config, ForcedWorkspace, `must be one workspace, or a list such as ["…", "…"]; commas inside the text are not supported`)
		}
		values, ok = []string{s}, true
	}
	if !ok {
		r.fail(config, ForcedWorkspace, "must be a text in quotes or a list of such")
	}
	if values = trimmed(values); len(values) == 0 {
		return nil
	}
	return &Demand{ForcedWorkspace, values, e.source}
}

func texts(v any) ([]string, bool) {
	items, ok := v.([]any)
	values := make([]string, len(items))
	for i, item := range items {
		s, isText := item.(string)
		values[i], ok = s, ok && isText
	}
	return values, ok
}

func byDefault(v string) Value[string] { return Value[string]{v, Source{Layer: LayerDefault}} }
