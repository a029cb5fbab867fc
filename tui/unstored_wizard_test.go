//go:build !windows

package tui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/flows/sandbox"
)

// finished signs in for a machine that cannot store what comes of it, and
// returns where that has its login.
func finished(t *testing.T) (*driver, *sandbox.Server, string) {
	t.Helper()
	d, s, dir := signingInForBuildbox(t)
	one := until(d, func(s sending) bool { _, ok := s.inner.(device); return ok && s.inner.(device).waiting() })
	there := filepath.Join(dir, "buildbox", "auth.json")
	if err := os.Mkdir(there, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := s.ApproveDevice(t.Context(), one.inner.(device).challenge.UserCode, sandbox.MinaHarbour); err != nil {
		t.Fatal(err)
	}
	until(d, atRest)
	d.sees("is finished and is held here")
	return d, s, there
}

func revoked(s *sandbox.Server) int { return len(s.RequestsTo(sandbox.Revoke)) }

// TestUnstoredSignInIsAskedAbout: no way out of the screen loses it.
func TestUnstoredSignInIsAskedAbout(t *testing.T) {
	for _, way := range []string{"enter", "esc"} {
		d, s, there := finished(t)
		d.key(way)
		until[unstored](d, nil)
		d.sees("could not be stored there")
		d.key("esc")
		until(d, atRest)
		d.key(way)
		until[unstored](d, nil)
		if err := os.Remove(there); err != nil {
			t.Fatal(err)
		}
		d.key("1")
		until(d, func(s sending) bool { return s.rested && len(s.done()) == 1 })
		if a := loginOf(t, filepath.Dir(filepath.Dir(there)), "buildbox"); a == nil || a.Claims().AccountID != sandbox.HarbourID {
			t.Errorf("there is %+v", a)
		}
		d.key("esc")
		until[picker](d, nil)
		if n := revoked(s); n != 0 {
			t.Errorf("%d sessions were ended", n)
		}
	}
}

// TestUnstoredSignInIsKeptHere: in the list, not in use, and good.
func TestUnstoredSignInIsKeptHere(t *testing.T) {
	d, s, _ := finished(t)
	d.key("esc")
	until[unstored](d, nil)
	d.key("2")
	until(d, func(a accounts) bool { return a.list != nil && len(a.checking) == 0 })
	d.sees("mina@example.test (Business · b3a9e7c4) is kept in the list.")
	list, err := d.root.env.login.Accounts(t.Context())
	if err != nil || len(list.Entries) != 1 || list.Entries[0].Active || d.stored() != "" {
		t.Fatalf("%+v %v", list, err)
	}
	kept, err := credstore.OpenBook(d.root.env.login.Home, credstore.ModeFile).Load(t.Context(), list.Entries[0].ID)
	if err != nil || kept.Tokens.RefreshToken.Empty() {
		t.Errorf("%+v %v", kept, err)
	}
	d.key("esc")
	if told := d.root.env.work; !d.root.leave || d.root.err != nil {
		t.Errorf("leave %v, err %v", d.root.leave, d.root.err)
	} else if told.close(); len(told.told) != 0 || revoked(s) != 0 {
		t.Errorf("told %q, %d ended", told.told, revoked(s))
	}
}

// TestUnstoredSignInThatWasKept beside one that could not be: nobody is asked
// about it again, nor has to sign in again.
func TestUnstoredSignInThatWasKept(t *testing.T) {
	d, s, _ := finished(t)
	d.key("esc")
	asked := until[unstored](d, nil)
	if kept, err := asked.errands[0].Keep(t.Context()); err != nil || len(kept) != 1 {
		t.Fatalf("%+v %v", kept, err)
	}
	d.key("1")
	until(d, atRest)
	d.key("esc")
	until[machines](d, nil)
	if n := len(s.RequestsTo(sandbox.DeviceCode)); n != 1 || revoked(s) != 0 {
		t.Errorf("%d codes, %d sessions were ended", n, revoked(s))
	}
}

// TestUnstoredSignInIsEnded, on the key for that, and by leaving from anywhere,
// which waits for it and says so.
func TestUnstoredSignInIsEnded(t *testing.T) {
	d, s, _ := finished(t)
	d.key("esc")
	until[unstored](d, nil)
	d.key("3")
	until[picker](d, nil)
	d.sees("buildbox: The sign-in was finished")
	if n := revoked(s); n != 1 {
		t.Errorf("%d sessions were ended", n)
	}
	d, s, _ = finished(t)
	d.key("ctrl+c")
	work := d.root.env.work
	if work.close(); revoked(s) != 1 {
		t.Errorf("%d sessions were ended", revoked(s))
	}
	if len(work.told) != 1 || !strings.HasPrefix(work.told[0], "buildbox: ") {
		t.Errorf("told %q", work.told)
	}
}

// TestStoreThereKeepsASignIn: setting the store there after a sign-in that could
// not be stored does not cost that.
func TestStoreThereKeepsASignIn(t *testing.T) {
	d, s, there := finished(t)
	config := filepath.Join(filepath.Dir(there), "config.toml")
	if err := os.WriteFile(config, []byte("cli_auth_credentials_store = \"keyring\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.key("r")
	until(d, func(s sending) bool { return s.rested && len(s.elsewhere()) == 1 })
	if err := os.Remove(there); err != nil {
		t.Fatal(err)
	}
	d.key("s")
	until(d, func(s sending) bool { return s.rested && len(s.done()) == 1 })
	if n := len(s.RequestsTo(sandbox.DeviceCode)); n != 1 {
		t.Errorf("%d codes", n)
	}
	if row := until[sending](d, nil).rows[0].now; row.State != flows.SendDone || revoked(s) != 0 {
		t.Errorf("%+v, %d ended", row, revoked(s))
	}
}
