package policy

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

// macOS keeps an administrator's layers in its managed preferences too: a TOML
// document in base64, each above the file of its kind. What cannot be decoded
// is fatal to Codex.
const (
	preferenceDomain       = "com.openai.codex"
	configPreference       = "config_toml_base64"
	requirementsPreference = "requirements_toml_base64"
)

// readPreference reads a layer of the managed preferences. Options.Preference
// answers where the caller gave one; layers in a folder of the caller's are
// not joined by those of this Mac.
func (o Options) readPreference(layer Layer, key string) document {
	at := Source{Layer: layer, Preference: key}
	read := o.Preference
	if read == nil {
		if o.System != "" || o.ReadFile != nil {
			return absent(at)
		}
		read = managedPreference
	}
	encoded, ok, err := read(key)
	switch {
	case err != nil:
		return broken(readError(at, err))
	case !ok:
		return absent(at)
	}
	text, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(encoded))
	switch {
	case err != nil:
		return broken(&ConfigError{Layer: at.Layer, Preference: key, Problem: "is not base64"})
	case !utf8.Valid(text):
		return broken(&ConfigError{Layer: at.Layer, Preference: key, Problem: "does not hold valid UTF-8"})
	case len(text) > maxLayer:
		return broken(tooLarge(at))
	}
	return parsed(text, at)
}
