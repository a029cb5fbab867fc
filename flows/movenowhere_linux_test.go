package flows

import (
	"testing"

	"codex-login/credstore"
	"codex-login/flows/sandbox"
)

// TestMoveToTheSamePlace: without a keyring, automatic choice is the file that
// the login is in already, and nothing has been moved.
func TestMoveToTheSamePlace(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	issuer := startSandbox(t, sandbox.Options{})
	l := newLogin(t, issuer)
	signIn(t, l, issuer, sandbox.MinaPlus)
	before := load(t, l)
	for _, to := range []credstore.Mode{credstore.ModeAuto, credstore.ModeFile} {
		out, err := l.MoveStore(t.Context(), to)
		if err != nil || out.Accounts != 0 || out.Account == nil || out.Account.StoreMode != to || l.Mode() != to {
			t.Errorf("%+v %v", out, err)
		}
		if now := load(t, l); !now.SameSecret(before) {
			t.Error("another login")
		}
	}
}
