package plain

import (
	"codex-login/assets/display"
	"codex-login/flows"
)

// Stores says where logins can be kept, and how each place stands here. The
// one that is in use is marked.
func (l *Lines) Stores(places []flows.StoreChoice) {
	for _, p := range places {
		mark := " "
		if p.Configured {
			mark = "*"
		}
		l.data(mark + " " + cell(string(p.Mode), len("ephemeral")) + "  " + place(l.Say, p, p.Configured))
	}
}

// Moved says what moving the logins did.
func (l *Lines) Moved(m flows.Moved) {
	id := "moved.done"
	if m.From == m.To {
		id = "moved.same"
	}
	l.data(l.Say.Say("plain."+id, "From", string(m.From), "To", string(m.To), "Count", m.Accounts))
	if m.Account != nil {
		l.data(l.Say.Say("plain.account.place", "Value", display.Clean(m.Account.Place.Where)))
	}
	l.notes(m.Notes)
}

// Stores writes the places as one object without an event name.
func (e *Events) Stores(places []flows.StoreChoice) {
	type store struct {
		Mode       string   `json:"mode"`
		Where      *string  `json:"where"`
		Configured bool     `json:"configured"`
		Usable     bool     `json:"usable"`
		Problem    *failure `json:"problem"`
		Pinned     *string  `json:"pinned"`
	}
	all := []store{}
	for _, p := range places {
		s := store{
			Mode: string(p.Mode), Where: known(display.Clean(p.Where)), Configured: p.Configured,
			Usable: p.Problem == nil && p.Pinned == nil,
		}
		if p.Problem != nil {
			why := e.failure(p.Problem)
			s.Problem = &why
		}
		if p.Pinned != nil {
			s.Pinned = known(p.Pinned.String())
		}
		all = append(all, s)
	}
	e.write(struct {
		head
		Stores []store `json:"stores"`
	}{head{Schema: Schema}, all})
}

// Moved writes what moving the logins did.
func (e *Events) Moved(m flows.Moved) {
	out := struct {
		head
		From     string   `json:"from"`
		To       string   `json:"to"`
		Accounts int      `json:"accounts"`
		Account  *Account `json:"account"`
		Notes    []remark `json:"notes"`
	}{event("moved"), string(m.From), string(m.To), m.Accounts, nil, e.remarks(m.Notes)}
	if m.Account != nil {
		active := account(*m.Account, true)
		out.Account = &active
	}
	e.write(out)
}
