package tui

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/flows/sandbox"

	"filippo.io/age"
	"filippo.io/age/armor"
	"github.com/charmbracelet/x/ansi"
)

// Logins that come and go as documents, with the real workers and stores.

// neverShows fails when a piece of a document is in any frame.
func (d *driver) neverShows(document string) {
	d.t.Helper()
	const piece = 12
	for _, f := range d.frames {
		frame := strings.ReplaceAll(ansi.Strip(f), "\n", "")
		for i := 0; i+piece <= len(document); i += piece / 2 {
			if word := document[i : i+piece]; !strings.ContainsAny(word, " \n-") && strings.Contains(frame, word) {
				d.t.Fatalf("%q of the document is on the screen:\n%s", word, ansi.Strip(f))
			}
		}
	}
}

// exportOf is the document of a person of the sandbox.
func exportOf(t *testing.T, s *sandbox.Server, seat sandbox.Seat) string {
	t.Helper()
	e := liveEnv(t, s)
	signInAs(t, s, e, seat)
	text, err := e.login.Export(t.Context(), "", credstore.Secret{})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// sealedWith is what age makes of a document, with less work than Export takes.
func sealedWith(t *testing.T, document, passphrase string) string {
	t.Helper()
	to, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	to.SetWorkFactor(10)
	var out bytes.Buffer
	ascii := armor.NewWriter(&out)
	w, err := age.Encrypt(ascii, to)
	if err == nil {
		_, err = w.Write([]byte(document))
	}
	if err = errors.Join(err, w.Close(), ascii.Close()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestPasteALogin: on the first screen, where a key is asked for, and into the
// list. It is the login in use then, and the one before is kept.
func TestPasteALogin(t *testing.T) {
	s := startSandbox(t, nil)
	document := exportOf(t, s, sandbox.MinaHarbour)
	for at, open := range map[string]func(*testing.T, *env) *driver{
		"picker": func(t *testing.T, e *env) *driver {
			d := drive(t, e, "")
			until[picker](d, nil)
			return d
		},
		"key": func(t *testing.T, e *env) *driver {
			d := drive(t, e, flows.APIKey)
			until[secret](d, nil)
			return d
		},
		"accounts": func(t *testing.T, e *env) *driver {
			signInAs(t, s, e, sandbox.JonasMeridian)
			return reopen(t, e)
		},
	} {
		d := open(t, liveEnv(t, s))
		d.send(paste(document))
		until[importing](d, nil)
		d.sees("A login was pasted")
		d.key("enter")
		until[done](d, nil)
		d.sees("mina@example.test")
		d.neverShows(document)
		if d.activeWorkspace() != sandbox.HarbourID {
			t.Errorf("%s: stored is %.60s", at, d.stored())
		}
		if at != "accounts" {
			continue
		}
		d.key("a")
		if a := until(d, func(a accounts) bool { return a.list != nil }); len(a.list.entries) != 2 {
			t.Errorf("the account before is not kept: %+v", a.list.entries)
		}
	}
}

// TestTypedLogin: a terminal that marks no pastes types the document, line ends
// and all.
func TestTypedLogin(t *testing.T) {
	s := startSandbox(t, nil)
	document := exportOf(t, s, sandbox.MinaPlus)
	d := drive(t, liveEnv(t, s), "")
	until[picker](d, nil)
	d.key("i")
	for _, line := range strings.Split(strings.TrimSpace(document), "\n") {
		for _, r := range line {
			d.root.asleep = false
			d.send(press(string(r)))
		}
		if _, still := d.root.top().(importing); !still {
			t.Fatalf("it ended half way:\n%s", d.root.View())
		}
		d.key("enter")
	}
	until[done](d, nil)
	d.neverShows(document)
}

// TestEncryptedLogin: the passphrase is asked for, a wrong one may be typed
// again, and neither is shown.
func TestEncryptedLogin(t *testing.T) {
	s := startSandbox(t, nil)
	const passphrase = "open sesame, slowly"
	document := exportOf(t, s, sandbox.MinaPlus)
	document = sealedWith(t, document, passphrase)
	d := drive(t, liveEnv(t, s), "")
	until[picker](d, nil)
	d.send(paste(document))
	until[importing](d, nil)
	d.sees("An encrypted login was pasted")
	d.send(paste("wrong"))
	d.key("enter")
	until(d, func(i importing) bool { return i.failed != nil })
	d.sees("The passphrase is not the right one")
	if d.stored() != "" {
		t.Error("something was stored")
	}
	for _, r := range passphrase {
		d.key(string(r))
	}
	d.key("enter")
	until[done](d, nil)
	d.neverShows(document)
	for _, f := range d.frames {
		if strings.Contains(ansi.Strip(f), "sesame") {
			t.Fatalf("the passphrase is on the screen:\n%s", f)
		}
	}
}

// TestBrokenLogin changes nothing and says where it breaks.
func TestBrokenLogin(t *testing.T) {
	s := startSandbox(t, nil)
	d := drive(t, liveEnv(t, s), "")
	until[picker](d, nil)
	d.send(paste(`{"tokens": {"access_token": "eyJhbGciOiJub25lIn0`))
	until(d, func(i importing) bool { return i.failed != nil })
	d.sees("This is not a login of Codex")
	d.key("enter")
	d.sees("This is not a login of Codex")
	d.neverShows("eyJhbGciOiJub25lIn0")
	// At once, and each for its own reason; a good one is taken after them.
	for text, said := range map[string]string{
		"a shopping list": "This is not a login of Codex",
		"{}":              "This is not a login of Codex",
		`{"tokens": "` + strings.Repeat("x", 1<<20) + `"}`: "This is too large for a login",
	} {
		d.send(paste(text))
		d.sees(said)
		if d.root.top().(importing).ready() {
			t.Errorf("%.20q can be stored", text)
		}
	}
	d.send(paste(exportOf(t, s, sandbox.MinaPlus)))
	d.sees("A login was pasted")
	if d.stored() != "" {
		t.Error("something was stored")
	}
}

// exportTo opens the card of the login in use, and chooses a way by number.
func exportTo(t *testing.T, e *env, way string) *driver {
	t.Helper()
	d := reopen(t, e)
	d.key("enter")
	until[accountCard](d, nil)
	d.key("e", way)
	return d
}

// TestExport to a new file of the person's own: encrypted so that Import opens
// it, or as it is; a file that is there is not replaced.
func TestExport(t *testing.T) {
	s := startSandbox(t, nil)
	e := liveEnv(t, s)
	signInAs(t, s, e, sandbox.MinaPlus)
	folder := t.TempDir()
	name := func(d *driver, path string) {
		d.key("ctrl+u")
		d.send(paste(path))
		d.key("enter")
	}
	d := exportTo(t, e, "1")
	sealed := filepath.Join(folder, "a login.age")
	name(d, sealed)
	d.send(paste("open sesame"))
	d.key("enter")
	d.send(paste("open season"))
	d.key("enter")
	d.sees("The two passphrases are not the same")
	d.send(paste("open sesame"))
	d.key("enter")
	d.send(paste("open sesame"))
	d.key("enter")
	until[exported](d, nil)
	text, err := os.ReadFile(sealed)
	if err != nil || !flows.Sealed(text) {
		t.Fatalf("%.40q, %v", text, err)
	}
	other := liveEnv(t, s)
	receipt, err := other.login.Import(t.Context(), text, credstore.NewSecret("open sesame"))
	if err != nil || receipt.Account.Email != "mina@example.test" {
		t.Errorf("imported: %+v, %v", receipt, err)
	}

	d = exportTo(t, e, "2")
	name(d, sealed)
	until(d, func(x exporting) bool { return x.failed != nil })
	d.sees("none is replaced")
	plain := filepath.Join(folder, "auth.json")
	name(d, plain)
	until[exported](d, nil)
	d.sees("This is a password")
	info, err := os.Stat(plain)
	if err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("%v, %v", info, err)
	}
	text, _ = os.ReadFile(plain)
	if !json.Valid(text) || strings.TrimSpace(string(text)) != strings.TrimSpace(d.stored()) {
		t.Errorf("exported is %.60q", text)
	}
	if !d.root.settled {
		t.Error("an export ends in a cancellation")
	}
}
