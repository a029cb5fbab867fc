package flows

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"codex-login/credstore"
	"codex-login/flows/sandbox"
	"codex-login/policy"
)

// A container that has the home here mounted: whatever is sent would end the
// login here.
func TestSendToTheHomeHere(t *testing.T) {
	issuer, f := startSandbox(t, sandbox.Options{}), newFleet(t)
	l := hurried(t, issuer)
	signIn(t, l, issuer, sandbox.MinaHarbour)
	before, err := os.ReadFile(l.Home.AuthFile())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(l.Home.Path, filepath.Join(f.dir, "mounted")); err != nil {
		t.Fatal(err)
	}
	target := Target{Kind: credstore.MachineDocker, Name: "mounted"}
	codes := len(issuer.RequestsTo(sandbox.DeviceCode))
	for _, kind := range SendKinds() {
		s := newSend(t, l, SendRequest{Kind: kind, Targets: []Target{target}, SignIn: Request{Method: Device}, SetFileStore: true})
		if err := s.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		var same *SameHomeError
		if p := s.Progress()[0]; p.State != SendFailed || !errors.As(p.Err, &same) || same.Target != target {
			t.Errorf("%s: %s, %v", kind, p.State, p.Err)
		}
		if now, err := os.ReadFile(l.Home.AuthFile()); err != nil || string(now) != string(before) {
			t.Fatalf("%s: the login here has changed: %v", kind, err)
		}
	}
	if loans, err := l.Loans(); err != nil || len(loans) != 0 {
		t.Error(loans, err)
	}
	if _, err := os.Stat(filepath.Join(l.Home.Path, "config.toml")); err == nil {
		t.Error("config.toml was written")
	}
	if n := len(issuer.RequestsTo(sandbox.DeviceCode)); n != codes {
		t.Errorf("%d codes", n)
	}
}

// A CODEX_HOME there that ends in a slash has the same rules.
func TestRulesOfAHomeWithASlash(t *testing.T) {
	issuer, f := startSandbox(t, sandbox.Options{}), newFleet(t)
	l := hurried(t, issuer)
	signIn(t, l, issuer, sandbox.MinaHarbour)
	f.add("forced_login_method = \"api\"\n", "api")
	f.add("cli_auth_credentials_store = \"keyring\"\n", "ring")
	run := func(name string) error {
		f.write("", name+".tail", "//")
		s := newSend(t, l, SendRequest{Kind: SendCopy, Targets: f.add("", name)})
		if err := s.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		return s.Progress()[0].Err
	}
	var v *policy.Violation
	if err := run("api"); !errors.As(err, &v) {
		t.Error(err)
	}
	var elsewhere *StoreThereError
	if err := run("ring"); !errors.As(err, &elsewhere) || elsewhere.Mode != credstore.ModeKeyring {
		t.Error(err)
	}
	if f.login("api") != nil || f.login("ring") != nil {
		t.Error("a login arrived")
	}
	if got, err := layerAt("/etc/codex/other.toml", "/h"); err == nil {
		t.Error(got)
	}
}

// What config.toml there cannot be made to say is a note: the login is there,
// and everything else about it is written down.
func TestStoreThereCannotBeSet(t *testing.T) {
	issuer, f := startSandbox(t, sandbox.Options{}), newFleet(t)
	l := hurried(t, issuer)
	signIn(t, l, issuer, sandbox.MinaHarbour)
	bin := t.TempDir()
	script := "#!/bin/sh\ncase \"$*\" in *config.toml*) echo 'mv: Read-only file system' >&2; exit 1;; esac\nexec /bin/mv \"$@\"\n"
	if err := os.WriteFile(filepath.Join(bin, "mv"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	targets := f.add("cli_auth_credentials_store = \"keyring\"\n", "a")
	f.write("a", "auth.json", string(credstore.NewAPIKey(credstore.NewSecret("sk-proj-before-0123456789")).Encode()))
	send := func(kind SendKind) Sent {
		t.Helper()
		p := sends(t, l, SendRequest{Kind: kind, Targets: targets, SetFileStore: true})[0]
		if !hasNote(p.Sent.Notes, NoteStoreNotSetThere) || hasNote(p.Sent.Notes, NoteStoreSetThere) {
			t.Errorf("%s: %v", kind, p.Sent.Notes)
		}
		return p.Sent
	}
	if s := send(SendLend); s.Previous == nil || s.Until.IsZero() {
		t.Errorf("%+v", s)
	}
	if loans, err := l.Loans(); err != nil || len(loans) != 1 {
		t.Error(loans, err)
	}
	if s := send(SendCopy); !hasNote(s.Notes, NoteCopiesClash) {
		t.Error(s.Notes)
	}
	if loans, err := l.Loans(); err != nil || len(loans) != 0 {
		t.Error(loans, err)
	}
	here := load(t, l)
	if s := send(SendMove); !hasNote(s.Notes, NoteNotForgotten) || !hasNote(s.Notes, NoteCopiesClash) || !load(t, l).SameSecret(here) {
		t.Error(s.Notes)
	}
}

func renewedAs(a *credstore.Auth, token string) *credstore.Auth {
	out, tokens := *a, *a.Tokens
	tokens.RefreshToken = credstore.NewSecret(token)
	out.Tokens = &tokens
	return &out
}

// A Codex that renews the login at the very end: it is not forgotten for one
// that works no more.
func TestForgetMovedOfARenewedLogin(t *testing.T) {
	issuer := startSandbox(t, sandbox.Options{})
	l := newLogin(t, issuer)
	mina := signIn(t, l, issuer, sandbox.MinaHarbour)
	sent := load(t, l)
	renewed := renewedAs(sent, "rt-by-codex")
	now := []credstore.Copy{{Auth: renewed}}
	if err := l.onlyMoved(t.Context(), l.book(), sent, now); !errors.Is(err, credstore.ErrChanged) {
		t.Error(err)
	}
	if err := os.WriteFile(l.Home.AuthFile(), renewed.Encode(), 0o600); err != nil {
		t.Fatal(err)
	}
	try := func(a *credstore.Auth) error {
		unlock, err := l.book().LockAccount(t.Context(), mina.ID)
		if err != nil {
			t.Fatal(err)
		}
		defer unlock()
		return l.forgetMoved(t.Context(), mina.ID, a)
	}
	if err := try(sent); !errors.Is(err, credstore.ErrChanged) || !load(t, l).SameSecret(renewed) {
		t.Error(err)
	}
	signIn(t, l, issuer, sandbox.JonasMeridian) // it is on its page now
	if err := try(sent); !errors.Is(err, credstore.ErrChanged) {
		t.Error(err)
	}
	if found, err := l.locate(t.Context(), mina.ID); err != nil || !found.auth.SameSecret(renewed) {
		t.Error(err)
	}
	if err := try(renewed); err != nil {
		t.Error(err)
	}
	if err := try(renewed); err != nil {
		t.Error("forgotten by somebody else is forgotten:", err)
	}
	if list := accounts(t, l); len(list.Entries) != 1 || list.Entries[0].ID == mina.ID {
		t.Error(list.Entries)
	}
}

// A Codex that renews it each time it was handed over ends the move.
func TestMoveOfALoginThatKeepsChanging(t *testing.T) {
	issuer, f := startSandbox(t, sandbox.Options{}), newFleet(t)
	l := hurried(t, issuer)
	signIn(t, l, issuer, sandbox.MinaHarbour)
	bin, next := t.TempDir(), t.TempDir()
	for _, name := range []string{"1", "2", "3", "4"} {
		if err := os.WriteFile(filepath.Join(next, name), renewedAs(load(t, l), "rt-"+name).Encode(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	script := "#!/bin/sh\n[ \"$1\" = --version ] && exit\nfor f in " + next + "/*; do mv \"$f\" " + l.Home.AuthFile() + "; exit; done\n"
	if err := os.WriteFile(filepath.Join(bin, "codex"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	s := newSend(t, l, SendRequest{Kind: SendMove, Targets: f.add("", "a")})
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p := s.Progress()[0]; p.State != SendFailed || !errors.Is(p.Err, errMoving) {
		t.Errorf("%s, %v", p.State, p.Err)
	}
	if got := load(t, l).Tokens.RefreshToken.Reveal(); got != "rt-3" {
		t.Error(got)
	}
}

// What is lent of an account that moves away is lent no more from here.
func TestMoveEndsLoans(t *testing.T) {
	issuer, f := startSandbox(t, sandbox.Options{}), newFleet(t)
	l := hurried(t, issuer)
	signIn(t, l, issuer, sandbox.MinaHarbour)
	sends(t, l, SendRequest{Kind: SendLend, Targets: f.add("", "a", "b")})
	sends(t, l, SendRequest{Kind: SendMove, Targets: f.add("", "c")})
	if loans, err := l.Loans(); err != nil || len(loans) != 0 {
		t.Error(loans, err)
	}
}

// ssh needs a password again when the sign-in is finished: it asks once more,
// and the sign-in is stored, or ended if nobody answers.
func TestUnstoredSignInAsksAgain(t *testing.T) {
	for _, answered := range []bool{true, false} {
		issuer := startSandbox(t, sandbox.Options{})
		l := hurried(t, issuer)
		s, home := signInOverABrokenConnection(t, l, issuer)
		if p := s.Progress()[0]; p.State != SendAsks || !p.Unstored || !credstore.AskHelps(p.Err) {
			t.Fatalf("%+v", p)
		}
		var notes []Note
		tell := func(_ Target, n Note) { notes = append(notes, n) }
		if answered {
			s.Ask(t.Context(), nil)
			if err := s.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if p := s.Progress()[0]; p.State != SendDone || p.Unstored {
				t.Errorf("%+v", p)
			}
		}
		s.Discard(t.Context(), tell)
		s.Discard(t.Context(), tell)
		_, err := os.Stat(filepath.Join(home, "auth.json"))
		if (err == nil) != answered || (len(notes) == 0) != answered {
			t.Error(answered, err, notes)
		}
		if !answered && notes[0].Code != NoteSignInEnded {
			t.Error(notes)
		}
		if n, m := len(issuer.RequestsTo(sandbox.DeviceCode)), len(issuer.RequestsTo(sandbox.Revoke)); n != 1 || (m == 0) != answered {
			t.Errorf("%d codes, %d sessions ended", n, m)
		}
	}
}

// signInOverABrokenConnection signs in for a host whose connection ends while
// the person signs in, and that wants a password from then on.
func signInOverABrokenConnection(t *testing.T, l *Login, issuer *sandbox.Server) (s *Send, home string) {
	dir := t.TempDir()
	home = filepath.Join(dir, "home")
	script := `#!/bin/sh
[ -e ` + dir + `/wants ] && case "$*" in *BatchMode=yes*) echo "far: Permission denied (publickey,password)." >&2; exit 255;; esac
echo $$ >` + dir + `/pid
for last; do :; done
eval "set -- $last"
exec env -i PATH="$PATH" HOME=/ CODEX_HOME=` + home + ` "$@"
`
	if err := os.WriteFile(filepath.Join(dir, "ssh"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	s = newSend(t, l, SendRequest{Kind: SignInFor, Targets: []Target{{Kind: credstore.MachineSSH, Name: "far"}}, SignIn: Request{Method: Device}})
	done := make(chan error)
	go func() { done <- s.Run(t.Context()) }()
	for s.Progress()[0].Challenge == nil {
		time.Sleep(5 * time.Millisecond)
	}
	text, err := os.ReadFile(filepath.Join(dir, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "wants"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := issuer.ApproveDevice(t.Context(), s.Progress()[0].Challenge.UserCode, sandbox.MinaHarbour); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return s, home
}
