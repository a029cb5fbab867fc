package flows

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"codex-login/credstore"
	"codex-login/flows/sandbox"
	"codex-login/policy"
)

// TestKeepingAnUnstoredSignIn: it goes into the account book, unless the rules
// here forbid it; then it is still held.
func TestKeepingAnUnstoredSignIn(t *testing.T) {
	issuer, f := startSandbox(t, sandbox.Options{}), newFleet(t)
	l := hurried(t, issuer)
	s := newSend(t, l, SendRequest{Kind: SignInFor, Targets: f.add("", "one"), SignIn: Request{Method: Device}})
	stop := approving(t, s, issuer, sandbox.MinaHarbour)
	if err := os.Mkdir(filepath.Join(f.dir, "one", "auth.json"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	stop()
	config := filepath.Join(l.Home.Path, "config.toml")
	mine, err := os.ReadFile(config)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	load := func() *policy.Rules {
		rules, err := policy.Load(policy.Options{Home: l.Home.Path, System: filepath.Join(t.TempDir(), "none")})
		if err != nil {
			t.Fatal(err)
		}
		return rules
	}
	if err := os.WriteFile(config, append([]byte("forced_login_method = \"api\"\n"), mine...), 0o600); err != nil {
		t.Fatal(err)
	}
	allowed := l.Rules
	l.Rules = load()
	var v *policy.Violation
	if kept, err := s.Keep(t.Context()); !errors.As(err, &v) || len(kept) != 0 || !s.Progress()[0].Unstored {
		t.Fatalf("%+v %v %+v", kept, err, s.Progress()[0])
	}
	if err := os.WriteFile(config, mine, 0o600); err != nil {
		t.Fatal(err)
	}
	l.Rules = allowed
	kept, err := s.Keep(t.Context())
	if err != nil || len(kept) != 1 || kept[0].Email != "mina@example.test" || kept[0].Active || s.Progress()[0].Unstored {
		t.Fatalf("%+v %v", kept, err)
	}
	a, err := credstore.OpenBook(l.Home, l.Mode()).Load(t.Context(), kept[0].ID)
	if err != nil || a.Tokens.RefreshToken.Empty() {
		t.Errorf("%+v %v", a, err)
	}
	nothingStored(t, l)
	s.Discard(t.Context(), func(target Target, n Note) { t.Errorf("%s: %+v", target, n) })
	if n := len(issuer.RequestsTo(sandbox.Revoke)); n != 0 {
		t.Errorf("%d sessions were ended", n)
	}
}

// TestSignInThatMayBeStored is never ended: the connection broke off when the
// login was in its place there, and the next ones found something else wrong.
func TestSignInThatMayBeStored(t *testing.T) {
	issuer, f := startSandbox(t, sandbox.Options{}), newFleet(t)
	l := hurried(t, issuer)
	there := filepath.Join(f.dir, "one")
	bin := t.TempDir()
	// The shell there asks for this once the login has its name, and then dies.
	dies := "#!/bin/sh\n[ -e '" + there + "/auth.json' ] || exit 0\nrm '" + there + "/auth.json.lock'; mkdir '" + there + "/auth.json.lock'\nkill -9 $PPID\n"
	if err := os.WriteFile(filepath.Join(bin, "sync"), []byte(dies), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	s := newSend(t, l, SendRequest{Kind: SignInFor, Targets: f.add("", "one"), SignIn: Request{Method: Device}})
	stop := approving(t, s, issuer, sandbox.MinaHarbour)
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	stop()
	p := s.Progress()[0]
	if info, err := os.Stat(filepath.Join(there, "auth.json.lock")); err != nil || !info.IsDir() || f.login("one") == nil {
		t.Fatalf("%+v: the login is not there", p)
	}
	if p.State != SendFailed || !p.Unsure || !unsure(p.Err) || credstore.IsMachineProblem(p.Err, credstore.MachineDropped) {
		t.Errorf("%+v", p)
	}
	if kept, err := s.Keep(t.Context()); err != nil || len(kept) != 0 {
		t.Errorf("%+v %v", kept, err)
	}
	s.Discard(t.Context(), func(target Target, n Note) { t.Errorf("%s: %+v", target, n) })
	if n := len(issuer.RequestsTo(sandbox.Revoke)); n != 0 {
		t.Errorf("%d sessions were ended that are in use there", n)
	}
}
