package assets

import (
	"runtime"
	"strings"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/pelletier/go-toml/v2"
	"golang.org/x/text/language"
)

// Catalogue says texts in one language, and in English what that language
// lacks. It may be used by several goroutines.
type Catalogue struct {
	wanted []string // BCP 47 tags, the first that there is counts
	ascii  bool
	system string // as runtime.GOOS

	mu       sync.Mutex
	sections map[string]*i18n.Localizer
}

// Speak returns the catalogue for the first of the wanted languages that there
// is. Languages are BCP 47 tags or POSIX locales (de_DE.UTF-8); empty ones are
// passed over.
func Speak(wanted ...string) *Catalogue {
	c := &Catalogue{system: runtime.GOOS, sections: map[string]*i18n.Localizer{}}
	for _, w := range wanted {
		w, _, _ = strings.Cut(w, ".")
		if w = strings.ReplaceAll(w, "_", "-"); w != "" && w != "C" && w != "POSIX" {
			c.wanted = append(c.wanted, w)
		}
	}
	return c
}

// ASCII is the same catalogue for a terminal that has no other characters: the
// few signs in the texts become words.
func (c *Catalogue) ASCII() *Catalogue {
	return &Catalogue{wanted: c.wanted, ascii: true, system: c.system, sections: map[string]*i18n.Localizer{}}
}

// For is the same catalogue as a program for that system (runtime.GOOS) says
// it: what a text proposes to type is another command in Windows' shells.
func (c *Catalogue) For(system string) *Catalogue {
	return &Catalogue{wanted: c.wanted, ascii: c.ascii, system: system, sections: map[string]*i18n.Localizer{}}
}

var asciiSigns = strings.NewReplacer("↑/↓", "up/down", "…", "...", "→", "->", "·", "-")

// Say returns the text with that id. The pairs are the names and values of its
// variables: Say("device.valid", "Left", "14:32"); Windows is one that all have.
// An id that does not exist comes back as it is, so that a gap is seen and
// nothing breaks.
func (c *Catalogue) Say(id string, pairs ...any) string {
	data := make(map[string]any, len(pairs)/2+1)
	data["Windows"] = c.system == "windows"
	for i := 0; i+1 < len(pairs); i += 2 {
		if name, ok := pairs[i].(string); ok {
			data[name] = pairs[i+1]
		}
	}
	section, _, _ := strings.Cut(id, ".")
	text, err := c.localizer(section).Localize(&i18n.LocalizeConfig{MessageID: id, TemplateData: data})
	if err != nil {
		return id
	}
	if c.ascii {
		text = asciiSigns.Replace(text)
	}
	return text
}

// localizer reads a section of the catalogue, the first word of an id, when it
// is first asked for: a command like status needs two of twenty, and reading
// all would take it longer than everything else that it does.
func (c *Catalogue) localizer(section string) *i18n.Localizer {
	c.mu.Lock()
	defer c.mu.Unlock()
	l, ok := c.sections[section]
	if !ok {
		l = i18n.NewLocalizer(readSection(section), c.wanted...)
		c.sections[section] = l
	}
	return l
}

// readSection parses messages/<section>.<language>.toml in every language. The
// files are ours, so one that does not parse is a mistake that a test catches.
func readSection(section string) *i18n.Bundle {
	b := i18n.NewBundle(language.English)
	b.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	entries, err := files.ReadDir("messages")
	if err != nil {
		panic(err)
	}
	for _, e := range entries {
		if name, _, _ := strings.Cut(e.Name(), "."); name != section {
			continue
		}
		if _, err := b.LoadMessageFileFS(files, "messages/"+e.Name()); err != nil {
			panic(err)
		}
	}
	return b
}
