package tui

import (
	"codex-login/credstore"
	"codex-login/flows"
)

// unstoredStates are sign-ins for other machines that could not be stored there.
func unstoredStates(e *env, x texts) []state {
	far := targetsOf("buildbox", "docker:web")
	held := func(i int) flows.Progress {
		return flows.Progress{
			Target: far[i], State: flows.SendFailed, Unstored: true,
			Err: &credstore.MachineError{Problem: credstore.MachineDropped, Machine: far[i], Detail: x.detail},
		}
	}
	unsure := held(0)
	unsure.Unsure, unsure.Err = true, &credstore.MachineError{Problem: credstore.MachineDropped, Machine: far[0], Detail: x.detail, Unsure: true}
	ask := func(n int) unstored { return newUnstored(e, wantUnstored{targets: far[:n]}) }
	working := ask(1)
	working.working = true
	return []state{
		{name: "sent-held", screen: sendingAs(e, flows.SignInFor, held(0))},
		{name: "sent-held-several", screen: sendingAs(e, flows.SignInFor, held(0), held(1))},
		{name: "sent-unsure", screen: sendingAs(e, flows.SignInFor, unsure)},
		{name: "unstored", screen: ask(1)},
		{name: "unstored-several", screen: after(ask(2), "down")},
		{name: "unstored-working", screen: working},
	}
}
