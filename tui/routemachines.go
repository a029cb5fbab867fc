package tui

import (
	"codex-login/flows"

	tea "github.com/charmbracelet/bubbletea"
)

// machines opens the screens about logins for other machines, and from them.
func (r root) machines(want intent) (root, tea.Cmd) {
	switch want := want.(type) {
	case wantMachines:
		s, cmd := newMachines(r.env, want.entry)
		return r.push(s, cmd)
	case wantKind:
		if want.entry.ID != "" {
			return r.push(newSendKind(r.env, want), nil)
		}
		return r.machines(wantSend{request: flows.SendRequest{
			Kind: flows.SignInFor, Targets: want.targets, SignIn: flows.Request{Method: flows.Device},
		}})
	case wantSend:
		if want.request.Kind == flows.SignInFor {
			return r.push(enable{r.env, wantSending{&want}}, nil)
		}
		s, cmd := newSending(r.env, want)
		return r.push(s, cmd)
	case wantSending:
		s, cmd := newSending(r.env, *want.send)
		return r.replace(s, cmd)
	case wantImport:
		return r.push(newImporting(r.env, want.text), nil)
	case wantExport:
		return r.push(newExport(r.env, want.entry), nil)
	case wantExportTo:
		return r.push(newExporting(r.env, want), nil)
	case wantRecipes:
		s, cmd := newRecipes(r.env, want.entry)
		return r.push(s, cmd)
	case isExported:
		r, cmd := r.replace(exported{r.env, want}, nil)
		return r.wake(cmd)
	case wantHome:
		if r.known > 0 {
			return r.accounts(wantAccounts{})
		}
		return r.arrive(isEmpty{})
	case isSent:
		return r.wake(nil)
	}
	return r.checks(want)
}
