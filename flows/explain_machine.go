package flows

import (
	"errors"
	"strings"

	"codex-login/assets/display"
	"codex-login/credstore"
)

// classifyMachine finds the words for what concerns another machine; ok is
// false for anything else.
func classifyMachine(err error) (code, id string, values []any, ok bool) {
	var (
		machine *credstore.MachineError
		store   *StoreThereError
		same    *SameHomeError
		file    *credstore.Error
	)
	switch {
	case errors.Is(err, ErrTakenBack):
		return "machine", "taken_back", nil, true
	case errors.Is(err, errGone):
		return "machine", "lent_gone", nil, true
	case errors.Is(err, errMoving):
		return "machine", "moving", nil, true
	case errors.As(err, &same):
		return "machine", "machine_same_home", []any{"Machine", same.Target.String(), "Where", display.Line(same.Home, 300)}, true
	case errors.As(err, &store):
		id := "machine_store"
		if store.Pinned {
			id = "machine_store_pinned"
		}
		return "machine", id, []any{"Machine", store.Target.String(), "Mode", string(store.Mode), "Source", store.Source.String()}, true
	case errors.As(err, &machine):
		id := "machine_" + strings.ReplaceAll(string(machine.Problem), "-", "_")
		if machine.Unsure {
			id = "machine_unsure"
			if machine.Problem == credstore.MachineFailed && machine.Detail != "" {
				id = "machine_unsure_failed"
			}
		}
		return "machine", id, []any{
			"Machine", machine.Machine.String(), "Name", display.Line(machine.Machine.Name, 80), "Program", string(machine.Machine.Kind), "Said", display.Line(machine.Detail, 300),
		}, true
	case errors.As(err, &file) && file.Place.Kind == credstore.KindMachine && file.Problem == credstore.ProblemPermission:
		return "store", "machine_permission", []any{"Where", display.Line(file.Place.Where, 300), "Detail", display.Line(file.Detail, 200)}, true
	}
	return "", "", nil, false
}
