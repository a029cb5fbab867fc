package plain

import (
	"errors"

	"codex-login/assets/display"
	"codex-login/credstore"
)

// winner is the credential of a client in JSON.
type winner struct {
	Client     string  `json:"client"`
	Source     string  `json:"source"`
	Variable   *string `json:"variable"`
	Key        *string `json:"key"`
	BeatsLogin bool    `json:"beats_login"`
	Billed     bool    `json:"billed"`
}

// Status writes who is signed in as one object without an event name. An error
// that says more than "nobody" stands in it.
func (e *Events) Status(s Standing) {
	out := struct {
		head
		Account
		ID        *string   `json:"id"`
		Label     *string   `json:"label"`
		Ended     *ended    `json:"ended"`
		Wins      []winner  `json:"wins"`
		Provider  *provider `json:"provider"`
		Verified  *verified `json:"verified"`
		Refused   *refusal  `json:"refused"`
		Unchecked *refusal  `json:"unchecked"`
		Error     *failure  `json:"error"`
	}{
		head: head{Schema: Schema}, Account: account(s.Account, s.Err == nil),
		ID: known(s.ID), Label: known(display.Clean(s.Label)), Ended: endedOf(s.Ended), Wins: []winner{},
		Provider: providerOf(s.Provider), Unchecked: refusalOf(s.Unchecked),
	}
	if j := judgedOf(s.Err); j != nil {
		out.Refused = j.refusal
	}
	for _, w := range s.Wins {
		out.Wins = append(out.Wins, winner{
			string(w.Client), string(w.Source), known(w.Variable), known(w.KeyHint), w.BeatsLogin, w.Billed,
		})
	}
	if s.Checked != nil {
		out.Verified = e.verifiedOf(*s.Checked)
	}
	if s.Err != nil && !errors.Is(s.Err, credstore.ErrNotFound) {
		why := e.failure(s.Err)
		out.Error = &why
	}
	e.write(out)
}
