package tui

import (
	"testing"

	"codex-login/flows/sandbox"

	tea "github.com/charmbracelet/bubbletea"
)

// TestSwitchFromTheCard: enter does there what it does in the list.
func TestSwitchFromTheCard(t *testing.T) {
	s := startSandbox(t, nil)
	e := liveEnv(t, s)
	signInAs(t, s, e, sandbox.MinaPlus)
	signInAs(t, s, e, sandbox.JonasMeridian)
	d := drive(t, e, "")
	until(d, func(a accounts) bool { return a.list != nil && len(a.checking) == 0 })
	d.key("tab") // of the account in use enter is the card itself
	until[accounts](d, nil)
	d.key("down", "tab")
	card := until[accountCard](d, nil)
	d.key("enter")
	now := until[switched](d, nil)
	if now.now.switched.Account.ID != card.entry.ID || card.entry.Email != sandbox.MinaPlus.Person {
		t.Errorf("from the card of %s to %s", card.entry.ID, now.now.switched.Account.ID)
	}
}

// TestTwoEscapesAtOnce: over a slow line they are read at once, and look like
// one key that nothing is bound to.
func TestTwoEscapesAtOnce(t *testing.T) {
	s := startSandbox(t, nil)
	e := liveEnv(t, s)
	signInAs(t, s, e, sandbox.MinaPlus)
	d := drive(t, e, "")
	until(d, func(a accounts) bool { return a.list != nil && len(a.checking) == 0 })
	d.key("enter")
	until[accountCard](d, nil)
	d.key("e")
	until[export](d, nil)
	d.send(tea.KeyMsg{Type: tea.KeyEsc, Alt: true})
	until[accounts](d, nil)
	d.key("ctrl+n")
	until[picker](d, nil)
	d.send(tea.KeyMsg{Type: tea.KeyEsc, Alt: true})
	if !d.root.leave {
		t.Error("the second one was lost")
	}
}
