package policy

import (
	"maps"
	"slices"

	"codex-login/assets/display"
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
