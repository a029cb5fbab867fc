package plain

import (
	"codex-login/assets/display"
	"codex-login/flows"
)

// machine names the target of an event.
type machine struct {
	Target     string `json:"target"`
	TargetKind string `json:"target_kind"`
	TargetName string `json:"target_name"`
}

func machineOf(t flows.Target) machine {
	return machine{t.String(), string(t.Kind), display.Clean(t.Name)}
}

// machine is nil for a sign-in of this machine.
func (a asked) machine() *machine {
	if a.target == nil {
		return nil
	}
	m := machineOf(*a.target)
	return &m
}

func (e *Events) sending(r flows.SendRequest, targets int) {
	_, _, warning := r.Kind.Explain(e.Say)
	e.write(struct {
		head
		Kind    string `json:"kind"`
		Targets int    `json:"targets"`
		Warning string `json:"warning"`
	}{event("sending"), string(r.Kind), targets, warning})
}

func (e *Events) noteFor(t flows.Target, n flows.Note) {
	e.write(struct {
		head
		machine
		remark
	}{event("warning"), machineOf(t), remark{string(n.Code), flows.ExplainNote(e.Say, n)}})
}

func (e *Events) state(p flows.Progress) {
	e.write(struct {
		head
		machine
		State string `json:"state"`
	}{event("target"), machineOf(p.Target), string(p.State)})
}

// asks says nothing: the state of each target has.
func (e *Events) asks([]flows.Progress) {}

// sentOf is a login that another machine has, in JSON. signed_in is true: it is
// signed in there.
type sentOf struct {
	machine
	Kind string `json:"kind"`
	Account
	Codex     *string  `json:"codex"`
	CodexSays *string  `json:"codex_says"`
	Until     *string  `json:"until"`
	Previous  *Account `json:"previous"`
	Notes     []remark `json:"notes"`
}

func (e *Events) sentOf(s flows.Sent) sentOf {
	out := sentOf{
		machine: machineOf(s.Target), Kind: string(s.Kind), Account: account(s.Account, true), Codex: known(display.Clean(s.Codex)),
		CodexSays: known(display.Clean(s.Said)), Until: stamp(s.Until), Notes: e.remarks(s.Notes),
	}
	if s.Previous != nil {
		old := account(*s.Previous, false)
		out.Previous = &old
	}
	return out
}

func (e *Events) arrived(p flows.Progress, _ bool) {
	e.write(struct {
		head
		sentOf
	}{event("sent"), e.sentOf(p.Sent)})
}

func (e *Events) failed(p flows.Progress, _ bool) { e.notSent("not_sent", p) }

func (e *Events) notSent(name string, p flows.Progress) {
	e.write(struct {
		head
		machine
		failure
	}{event(name), machineOf(p.Target), e.failure(p.Err)})
}

func (e *Events) sent(k flows.SendKind, rows []flows.Progress) {
	left := len(unsent(rows))
	e.write(struct {
		head
		Kind    string `json:"kind"`
		Sent    int    `json:"sent"`
		NotSent int    `json:"not_sent"`
	}{event("done"), string(k), len(rows) - left, left})
}

func (e *Events) lending() {
	e.write(event("lending"))
}

func (e *Events) renewed(p flows.Progress) {
	if p.State != flows.SendDone {
		e.notSent("not_renewed", p)
		return
	}
	e.write(struct {
		head
		sentOf
	}{event("renewed"), e.sentOf(p.Sent)})
}

func (e *Events) lent(more bool) {
	e.write(struct {
		head
		Lent bool `json:"lent"`
	}{event("stopped"), more})
}
