package plain

import (
	"codex-login/assets/display"
	"codex-login/flows"
)

// entry is an account of the book in JSON. signed_in says whether it is the
// active one, as active does.
type entry struct {
	ID     string  `json:"id"`
	Label  *string `json:"label"`
	Active bool    `json:"active"`
	Account
	LastUsed *string  `json:"last_used"`
	Sessions int      `json:"sessions"`
	Ended    *ended   `json:"ended"`
	Refused  *refusal `json:"refused"`
	// Unchecked is the rule that only the login's server can hold it to.
	Unchecked *refusal  `json:"unchecked"`
	Verified  *verified `json:"verified"`
}

func endedOf(e *flows.SessionEndedError) *ended {
	if e == nil {
		return nil
	}
	return &ended{string(e.Reason), stamp(e.At)}
}

// ended is why a session works no longer.
type ended struct {
	Reason string  `json:"reason"`
	At     *string `json:"at"`
}

// verified is what came of looking whether a login works; null where nobody
// looked.
type verified struct {
	Asked   bool     `json:"asked"`
	Renewed bool     `json:"renewed"`
	Error   *failure `json:"error"`
}

// remark is a note inside of an object.
type remark struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// holder is a running program that still has the login that was left.
type holder struct {
	Kind    string  `json:"kind"`
	PID     int     `json:"pid"`
	Program *string `json:"program"`
	Since   *string `json:"since"`
	Socket  *string `json:"socket"`
	Restart string  `json:"restart"`
}

func entryOf(e flows.Entry) entry {
	out := entry{
		ID: e.ID, Label: known(display.Clean(e.Label)), Active: e.Active, Account: account(e.Account, e.Active),
		LastUsed: stamp(e.LastUsed), Sessions: e.Sessions, Ended: endedOf(e.Ended), Refused: refusalOf(e.Refused), Unchecked: refusalOf(e.Unchecked),
	}
	return out
}

func entriesOf(all []flows.Entry) []entry {
	out := make([]entry, len(all))
	for i, e := range all {
		out[i] = entryOf(e)
	}
	return out
}

func (e *Events) verifiedOf(c flows.Checked) *verified {
	out := &verified{Asked: c.Asked, Renewed: c.Renewed}
	if c.Err != nil {
		why := e.failure(c.Err)
		out.Error = &why
	}
	return out
}

func (e *Events) remarks(notes []flows.Note) []remark {
	out := []remark{}
	for _, n := range notes {
		out = append(out, remark{string(n.Code), flows.ExplainNote(e.Say, n)})
	}
	return out
}

// Accounts writes all accounts as one object without an event name. checked
// is what came of those that were looked at, by id.
func (e *Events) Accounts(list flows.Accounts, checked map[string]flows.Checked) {
	all := entriesOf(list.Entries)
	for i := range all {
		if c, ok := checked[all[i].ID]; ok {
			all[i].Verified = e.verifiedOf(c)
		}
	}
	e.write(struct {
		head
		Accounts []entry  `json:"accounts"`
		Notes    []remark `json:"notes"`
	}{head{Schema: Schema}, all, e.remarks(list.Notes)})
}

// Verified says nothing: it stands in the object that Accounts writes.
func (e *Events) Verified(flows.Entry, flows.Checked) {}

// Switched writes what a switch did.
func (e *Events) Switched(s flows.Switched) {
	out := struct {
		head
		Changed bool `json:"changed"`
		entry
		Left    *entry   `json:"left"`
		Holders []holder `json:"holders"`
		Unseen  []remark `json:"unseen"`
		Notes   []remark `json:"notes"`
	}{
		head: event("switched"), Changed: s.Changed, entry: entryOf(s.Account),
		Holders: []holder{}, Unseen: []remark{}, Notes: e.remarks(s.Notes),
	}
	if s.Left != nil {
		left := entryOf(*s.Left)
		out.Left = &left
	}
	for _, p := range s.Holders.Programs {
		_, restart := flows.ExplainHolder(e.Say, p)
		out.Holders = append(out.Holders, holder{
			string(p.Kind), p.PID, known(display.Clean(p.Program)), stamp(p.Since), known(display.Clean(p.Socket)), restart,
		})
	}
	for _, id := range s.Holders.Unseen {
		out.Unseen = append(out.Unseen, remark{id, flows.ExplainUnseen(e.Say, id)})
	}
	e.write(out)
}

// Labelled writes what an account is called from now on.
func (e *Events) Labelled(a flows.Entry) {
	e.write(struct {
		head
		entry
	}{event("labelled"), entryOf(a)})
}

// Forgotten writes what forgetting an account did. err is what
// flows.Login.Forget returned.
func (e *Events) Forgotten(a flows.Entry, out flows.SignedOut, err error) {
	if err != nil {
		e.Failed(err)
		return
	}
	e.write(struct {
		head
		ID        string  `json:"id"`
		Label     *string `json:"label"`
		WasActive bool    `json:"was_active"`
		signedOut
	}{event("forgotten"), a.ID, known(display.Clean(a.Label)), a.Active, e.signedOut(out)})
}
