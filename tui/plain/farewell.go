package plain

import (
	"errors"
	"io"
	"os"

	"codex-login/assets"
	"codex-login/flows"
	"codex-login/policy"
)

// Farewell says in the normal screen how the wizard ended, since what it drew
// is gone with the alternate one, and returns the error for the exit code.
func Farewell(out io.Writer, say *assets.Catalogue, receipt *flows.Receipt, err error) error {
	lines := &Lines{Say: say, Out: out, Err: os.Stderr}
	switch {
	case receipt != nil:
		lines.result(*receipt)
		return nil
	case errors.Is(err, flows.ErrCancelled):
		lines.talk("cancelled")
	case err != nil:
		lines.Failed(err)
	}
	return err
}

// refused reports whether a rule is the reason, so that there is nothing left
// to choose.
func refused(err error) bool {
	var v *policy.Violation
	return errors.As(err, &v)
}
