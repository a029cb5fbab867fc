package plain

import "codex-login/flows"

// Compare says in which respects the two kinds of login differ, each in three
// lines.
func (l *Lines) Compare(all []flows.Aspect) {
	for i, a := range all {
		if i > 0 {
			l.data("")
		}
		l.data(a.Name)
		l.data(l.Say.Say("plain.fact", "Name", l.Say.Say("compare.chatgpt"), "Value", a.ChatGPT))
		l.data(l.Say.Say("plain.fact", "Name", l.Say.Say("compare.key"), "Value", a.Key))
	}
}

// Compare writes the differences as one object without an event name.
func (e *Events) Compare(all []flows.Aspect) {
	type aspect struct {
		ID      string `json:"id"`
		Name    string `json:"name"`
		ChatGPT string `json:"chatgpt"`
		Key     string `json:"api_key"`
	}
	out := []aspect{}
	for _, a := range all {
		out = append(out, aspect(a))
	}
	e.write(struct {
		head
		Aspects []aspect `json:"aspects"`
	}{head{Schema: Schema}, out})
}
