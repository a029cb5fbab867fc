package tui

import (
	tea "github.com/charmbracelet/bubbletea"
)

// checks opens what there is to look at beside signing in.
func (r root) checks(want intent) (root, tea.Cmd) {
	switch want := want.(type) {
	case wantChecks:
		return r.push(newChecks(r.env, want.entry), nil)
	case wantRules:
		s, cmd := newRules(r.env)
		return r.push(s, cmd)
	case wantSecurity:
		s, cmd := newSecurity(r.env, want.entry)
		return r.push(s, cmd)
	case wantDoctor:
		s, cmd := newWard(r.env)
		return r.push(s, cmd)
	case wantFinding:
		return r.push(finding{r.env, want.about}, nil)
	case wantMend:
		return r.push(newMending(r.env, want.fixes), nil)
	case wantConnection:
		s, cmd := newConnection(r.env)
		return r.push(s, cmd)
	case wantProvider:
		return r.push(newProvider(r.env), nil)
	}
	return r.arrive(want)
}
