package main

import (
	"os"
	"path/filepath"
	"testing"

	"codex-login/flows/sandbox"
	"codex-login/tui/termtest"
)

// TestHangUpWithASignInThatNobodyHas: a terminal that goes leaves no session
// behind that was signed in for a machine and is stored nowhere.
func TestHangUpWithASignInThatNobodyHas(t *testing.T) {
	dir := containers(t, "web")
	p := newPerson(t, quick)
	if err := os.MkdirAll(filepath.Join(dir, "web", ".codex", "auth.json"), 0o700); err != nil {
		t.Fatal(err)
	}
	term := p.sit(termtest.Options{})
	term.WaitFor("How do you want")
	term.Key("x")
	term.WaitFor("Which machines")
	term.Type("docker:web")
	term.WaitFor("docker container")
	term.Key("enter")
	term.WaitFor("get a code")
	term.Key("enter")
	var code string
	term.WaitUntil("a code", func() bool { code = deviceCode.FindString(term.Screen()); return code != "" })
	if err := p.issuer.ApproveDevice(t.Context(), code, sandbox.MinaPlus); err != nil {
		t.Fatal(err)
	}
	waitFlat(t, term, "is finished and is held here")
	term.Hangup()
	if code := term.WaitExit(); code != exitCancelled || len(p.issuer.RequestsTo(sandbox.Revoke)) != 1 {
		t.Errorf("exit %d, %d sessions were ended", code, len(p.issuer.RequestsTo(sandbox.Revoke)))
	}
}
