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
	case wantLending:
		s, cmd := newLending(r.env)
		return r.push(s, cmd)
	case wantUnstored:
		return r.push(newUnstored(r.env, want), nil)
	case wantRetry:
		r.drop(len(r.stack) - 1)
		return r.update(retryMsg{})
	case isKept:
		// Nothing was cancelled: the sign-in is there.
		r.settled, r.err, r.known = true, nil, max(r.known, 1)
		return r.accounts(wantAccounts{want.kept[0].ID, r.env.say("sendto.unstored.kept", "Who", r.env.toldOf(want.kept[0]), "Count", len(want.kept))})
	case wantHome:
		if r.known > 0 {
			return r.accounts(wantAccounts{said: want.said})
		}
		r, cmd := r.arrive(isEmpty{})
		r.status = want.said
		return r, cmd
	case isSent:
		return r.wake(nil)
	}
	return r.checks(want)
}
