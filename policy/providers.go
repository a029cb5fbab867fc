package policy

import (
	"maps"
	"slices"

	"codex-login/display"
)

// ProviderIDs lists the model providers that there are: the built-in ones and
// those that a layer describes.
func (r *Rules) ProviderIDs() []string {
	ids := map[string]bool{}
	for id := range builtIn {
		ids[id] = true
	}
	for _, d := range r.stack.all() {
		described, _ := d.values[providersKey].value.(table)
		for id := range described {
			ids[display.Clean(id)] = true
		}
	}
	return slices.Sorted(maps.Keys(ids))
}

// ReservedIDs are tables in [model_providers] that bear the name of a built-in
// provider which takes none. Codex does not start with one; a sign-in is no
// matter of it.
func (r *Rules) ReservedIDs() []Value[string] {
	var all []Value[string]
	for _, d := range r.stack.config {
		described, _ := d.values[providersKey].value.(table)
		for _, id := range slices.Sorted(maps.Keys(described)) {
			b, reserved := builtIn[id]
			if reserved && (b.kind == ProviderOpenAI || b.kind == ProviderLocal) {
				all = append(all, Value[string]{id, described[id].source})
			}
		}
	}
	return all
}
