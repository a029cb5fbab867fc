package assets

import (
	"path"
	"strings"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/pelletier/go-toml/v2"
	"golang.org/x/text/language"
)

// Catalogue says texts in one language, and in English what that language
// lacks.
type Catalogue struct{ localizer *i18n.Localizer }

// bundle parses every catalogue once, at the first text. The files are ours,
// so one that does not parse is a mistake that a test catches.
var bundle = sync.OnceValue(func() *i18n.Bundle {
	b := i18n.NewBundle(language.English)
	b.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	entries, err := files.ReadDir("messages")
	if err != nil {
		panic(err)
	}
	for _, e := range entries {
		if _, err := b.LoadMessageFileFS(files, path.Join("messages", e.Name())); err != nil {
			panic(err)
		}
	}
	return b
})

// Speak returns the catalogue for the first of the wanted languages that there
// is. Languages are BCP 47 tags or POSIX locales (de_DE.UTF-8); empty ones are
// passed over.
func Speak(wanted ...string) *Catalogue {
	var tags []string
	for _, w := range wanted {
		w, _, _ = strings.Cut(w, ".")
		if w = strings.ReplaceAll(w, "_", "-"); w != "" && w != "C" && w != "POSIX" {
			tags = append(tags, w)
		}
	}
	return &Catalogue{i18n.NewLocalizer(bundle(), tags...)}
}

// Say returns the text with that id. The pairs are the names and values of its
// variables: Say("device.valid", "Left", "14:32"). An id that does not exist
// comes back as it is, so that a gap is seen and nothing breaks.
func (c *Catalogue) Say(id string, pairs ...any) string {
	data := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		if name, ok := pairs[i].(string); ok {
			data[name] = pairs[i+1]
		}
	}
	text, err := c.localizer.Localize(&i18n.LocalizeConfig{MessageID: id, TemplateData: data})
	if err != nil {
		return id
	}
	return text
}
