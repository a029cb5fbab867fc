package flows

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"codex-login/credstore"
	"codex-login/flows/sandbox"
)

// withoutKeyring is a session over SSH on a machine where Codex keeps the login
// in its encrypted file, of which that is the text.
func withoutKeyring(t *testing.T, mode credstore.Mode, sealed string) *Login {
	t.Helper()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	l := newLogin(t, startSandbox(t, sandbox.Options{}))
	err := errors.Join(
		os.WriteFile(filepath.Join(l.Home.Path, "config.toml"), []byte("cli_auth_credentials_store = \""+string(mode)+"\"\n"), 0o600),
		os.Mkdir(filepath.Dir(l.Home.EncryptedFile()), 0o700),
		os.WriteFile(l.Home.EncryptedFile(), []byte(sealed), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	l.Home.Encrypted = true
	reloadRules(t, l)
	return l
}

func fileLogin(t *testing.T, l *Login) *credstore.Auth {
	t.Helper()
	a := credstore.NewAPIKey(credstore.NewSecret("sk-proj-file-0123456789"))
	if _, err := credstore.Open(l.Home, credstore.ModeFile).Save(t.Context(), a, credstore.Steps{}); err != nil {
		t.Fatal(err)
	}
	return a
}

// tooBig does not open, and that is known before a keyring is asked.
var tooBig = strings.Repeat("x", 1<<20+1)

func noteOf(notes []Note, code NoteCode) *Note {
	i := slices.IndexFunc(notes, func(n Note) bool { return n.Code == code })
	if i < 0 {
		return nil
	}
	return &notes[i]
}

// The way out of a keyring that is not there is open, and what is left behind
// is said.
func TestTheEncryptedLoginThatStays(t *testing.T) {
	l := withoutKeyring(t, credstore.ModeKeyring, "sealed")
	c := begin(t, l, Request{Method: APIKey, Store: credstore.ModeFile, Secret: credstore.NewSecret("sk-proj-new-0123456789")})
	receipt, err := l.Finish(t.Context(), c)
	if n := noteOf(receipt.Notes, NoteOldCopyLeft); err != nil || n == nil || !credstore.IsProblem(n.Err, credstore.ProblemUnavailable) {
		t.Errorf("%+v, %v", receipt.Notes, err)
	}
	// It may have been cancelled instead.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.keepReplaced(ctx, credstore.ModeFile, nil, &Receipt{}); !errors.Is(err, context.Canceled) {
		t.Error("nobody has read what is about to be replaced:", err)
	}
}

// Somebody opens the keyring after it was asked what is in it.
func TestWhatIsNotInTheBookIsNotDropped(t *testing.T) {
	l := withoutKeyring(t, credstore.ModeKeyring, tooBig)
	var receipt Receipt
	if err := l.keepReplaced(t.Context(), credstore.ModeFile, nil, &receipt); err != nil || len(receipt.unkept) != 2 {
		t.Fatalf("%+v, %v", receipt.unkept, err)
	}
	receipt.unkept[0].Err, receipt.unkept[1].Err = errCode, errCode
	if err := l.dropKeyring(t.Context(), receipt.unkept); err == nil || credstore.IsProblem(err, credstore.ProblemTooBig) || credstore.IsProblem(err, credstore.ProblemUnavailable) {
		t.Error("it was tried to remove them:", err)
	}
}

var errCode = errors.New("no answer")

// store says what it could not fetch.
func TestBringFromAnEncryptedFileThatDoesNotOpen(t *testing.T) {
	l := withoutKeyring(t, credstore.ModeFile, "sealed")
	out, err := l.MoveStore(t.Context(), credstore.ModeFile)
	n := noteOf(out.Notes, NoteNotFetched)
	if err != nil || out.Accounts != 0 || n == nil || n.Where != l.Home.EncryptedFile() || !credstore.IsProblem(n.Err, credstore.ProblemUnavailable) {
		t.Errorf("%+v, %v", out, err)
	}
	fileLogin(t, l)
	if out, err := l.MoveStore(t.Context(), credstore.ModeFile); err != nil || len(out.Notes) > 0 {
		t.Errorf("there is a login, and nothing to be fetched: %+v, %v", out, err)
	}
}

func TestSignOutBesideAnEncryptedFileThatDoesNotOpen(t *testing.T) {
	for sealed, want := range map[string]struct{ shut, words string }{
		"sealed": {"", "the keyring could not be reached"},
		tooBig:   {"secrets", "rm '"},
	} {
		l := withoutKeyring(t, credstore.ModeKeyring, sealed)
		fileLogin(t, l)
		_, err := l.SignOut(t.Context(), false)
		var half *HalfSignedOutError
		if !errors.As(err, &half) || half.Removed != l.Home.AuthFile() || !strings.Contains(half.Shut, want.shut) || (half.Shut == "") != (want.shut == "") {
			t.Errorf("%q: %+v", want.shut, err)
		}
		x := Explain(l.Say, err)
		if said := x.Title + "\n" + x.Next; !strings.Contains(said, want.words) || !strings.Contains(said, "auth.json is deleted") {
			t.Errorf("%+v", x)
		}
		if text, err := os.ReadFile(l.Home.EncryptedFile()); err != nil || string(text) != sealed {
			t.Error("the file was changed", err)
		}
	}
}

// A move that was cut off ends also where the file it left cannot be opened.
func TestHalfMoveBesideAnEncryptedFileThatDoesNotOpen(t *testing.T) {
	l := withoutKeyring(t, credstore.ModeFile, tooBig)
	if err := l.clearCopies(t.Context(), fileLogin(t, l)); err != nil {
		t.Error(err)
	}
}
