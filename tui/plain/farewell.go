package plain

import (
	"errors"
	"io"
	"os"

	"codex-login/assets"
	"codex-login/flows"
)

// Farewell says in the normal screen how the wizard ended, since what it drew
// is gone with the alternate one, and returns the error for the exit code.
// receipt and switched are nil where nothing of the kind was done; said is what
// was done besides, a sentence each.
func Farewell(out io.Writer, say *assets.Catalogue, said []string, receipt *flows.Receipt, switched *flows.Switched, err error) error {
	lines := &Lines{Say: say, Out: out, Err: os.Stderr}
	for _, text := range said {
		lines.say(text)
	}
	switch {
	case receipt != nil:
		lines.result(*receipt, previous{})
		return nil
	case switched != nil:
		// The screen has said the rest.
		lines.data(say.Say("plain.switched.now", "Who", brief(say, switched.Account)))
		return nil
	case errors.Is(err, flows.ErrCancelled):
		lines.talk("cancelled")
	case err != nil:
		lines.Failed(err)
	}
	return err
}
