package flows

import (
	"errors"
	"strings"
	"testing"

	"codex-login/assets"
	"codex-login/credstore"
)

// Every trouble with another machine has its words, which name the machine or
// the file, and none of them shows what a terminal would obey.
func TestExplainMachines(t *testing.T) {
	say := assets.Speak("en")
	m := Target{Kind: credstore.MachineSSH, Name: "build\x1b[2Jbox"}
	var all []error
	for _, p := range []credstore.MachineProblem{
		credstore.MachineBadName, credstore.MachineNoProgram, credstore.MachineUnreachable, credstore.MachineHostKey, credstore.MachineHostKeyChanged,
		credstore.MachineDenied, credstore.MachineDropped, credstore.MachineNoShell, credstore.MachineNoHome, credstore.MachineNotRunning,
		credstore.MachineUnknown, credstore.MachineEngine, credstore.MachineEngineDenied, credstore.MachineTimeout, credstore.MachineFailed,
	} {
		all = append(all, &credstore.MachineError{Problem: p, Machine: m, Detail: "said"}, &credstore.MachineError{Problem: p, Machine: m, Unsure: true},
			&credstore.MachineError{Problem: p, Machine: m, Detail: "said", Unsure: true})
	}
	all = append(all, ErrTakenBack, errGone, errMoving, &SameHomeError{Target: m, Home: "/h\x1b"}, &StoreThereError{Target: m}, &StoreThereError{Target: m, Pinned: true},
		&InputError{InputNoTarget}, &InputError{InputOneTarget}, &InputError{InputNotLendable})
	for _, p := range []credstore.Problem{credstore.ProblemPermission, credstore.ProblemFull, credstore.ProblemReadOnly, credstore.ProblemBusy, credstore.ProblemIO} {
		all = append(all, &credstore.Error{Problem: p, Op: "save", Place: credstore.Place{Kind: credstore.KindMachine, Where: "build\x1bbox:/h"}})
	}
	for _, err := range all {
		e := Explain(say, errors.Join(errors.New("around"), err))
		for _, text := range []string{e.Title, e.Text, e.Next} {
			if text == "" || strings.Contains(text, "explain.") || strings.ContainsAny(text, "\x1b<") {
				t.Errorf("%v: %q", err, text)
			}
		}
		if e.Code == "" || e.Code == "server" {
			t.Errorf("%v: %q", err, e.Code)
		}
	}
	for _, k := range SendKinds() {
		for _, text := range func() []string { a, b, c := k.Explain(say); return []string{a, b, c} }() {
			if text == "" || strings.Contains(text, "send.") {
				t.Errorf("%s: %q", k, text)
			}
		}
	}
	for _, code := range []NoteCode{
		NoteKeptThere, NoteUnreadableKeptThere, NoteStoreSetThere, NoteStoreNotSetThere, NoteSignInEnded, NoteSignInNotEnded, NoteNoCodexThere, NoteCodexDisagrees, NoteNoLocksThere, NoteCopiesClash, NoteNotForgotten, NoteLoanNotNoted,
	} {
		if text := ExplainNote(say, Note{Code: code, Err: ErrTakenBack, Where: "x\x1by"}); strings.Contains(text, "note.") || strings.Contains(text, "\x1b") {
			t.Errorf("%s: %q", code, text)
		}
	}
}
