package plain

import (
	"codex-login/assets/display"
	"codex-login/flows"
)

// Recipes writes all as one text that a shell could read: what is said about
// them are its comments.
func (l *Lines) Recipes(all []flows.Recipe, e flows.Entry) {
	who := l.Say.Say("plain.recipe.nobody")
	if e.Method != "" {
		who = brief(l.Say, e)
	}
	l.data("# " + l.Say.Say("plain.recipe.head", "Who", who, "Place", display.Clean(e.Place.Where)))
	if e.Method == flows.AccountChatGPT {
		l.data("# " + l.Say.Say("plain.recipe.twice"))
	}
	for _, r := range all {
		l.data("")
		l.data("# " + r.Title(l.Say))
		for _, c := range r.Commands {
			l.data(display.Clean(c))
		}
	}
	l.talk("password")
}

// Recipes writes all as one object without an event name.
func (e *Events) Recipes(all []flows.Recipe, active flows.Entry) {
	type recipe struct {
		ID       string   `json:"id"`
		Target   *machine `json:"target"`
		Title    string   `json:"title"`
		Commands []string `json:"commands"`
		Copies   bool     `json:"copies"`
		Warning  *string  `json:"warning"`
	}
	out := []recipe{}
	for _, r := range all {
		one := recipe{ID: r.ID, Title: r.Title(e.Say), Commands: r.Commands, Copies: r.Copies}
		if r.Target.Name != "" {
			m := machineOf(r.Target)
			one.Target = &m
		}
		if r.Copies && active.Method == flows.AccountChatGPT {
			one.Warning = known(e.Say.Say("plain.recipe.twice"))
		}
		out = append(out, one)
	}
	e.write(struct {
		head
		Recipes []recipe `json:"recipes"`
	}{head{Schema: Schema}, out})
}
