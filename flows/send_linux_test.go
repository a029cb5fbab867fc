package flows

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"codex-login/credstore"
	"codex-login/flows/sandbox"
	"codex-login/policy"
)

func TestSignInForOtherMachines(t *testing.T) {
	issuer, f := startSandbox(t, sandbox.Options{}), newFleet(t)
	l := hurried(t, issuer)
	targets := f.add("", "one", "two")
	f.write("two", "auth.json", string(credstore.NewAPIKey(credstore.NewSecret("sk-proj-before-0123456789")).Encode()))
	s := newSend(t, l, SendRequest{Kind: SignInFor, Targets: append(targets, targets[0]), SignIn: Request{Method: Device}})
	stop := approving(t, s, issuer, sandbox.MinaHarbour)
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	stop()
	rows := s.Progress()
	if len(rows) != 2 {
		t.Fatal(rows)
	}
	for _, p := range rows {
		if p.State != SendDone || p.Sent.Account.Email != "mina@example.test" || p.Sent.Account.Place.Where != "docker:"+p.Target.Name+":"+filepath.Join(f.dir, p.Target.Name)+"/auth.json" || p.Challenge != nil {
			t.Errorf("%+v, %v", p, p.Err)
		}
		if !hasNote(p.Sent.Notes, NoteNoCodexThere) {
			t.Error(p.Sent.Notes)
		}
	}
	if one, two := f.login("one"), f.login("two"); one.Tokens.RefreshToken == two.Tokens.RefreshToken || one.Kind() != credstore.AuthChatGPT {
		t.Error("they share a session")
	}
	nothingStored(t, l)
	if got, _ := filepath.Glob(filepath.Join(l.Home.Path, "codex-login", "*", "*")); len(got) != 0 {
		t.Error(got)
	}
	if p := rows[1].Sent; p.Previous == nil || p.Previous.Method != AccountAPIKey || !hasNote(p.Notes, NoteKeptThere) {
		t.Errorf("%+v", p)
	}
	if cards, err := credstore.OpenBook(f.home("two"), credstore.ModeFile).Cards(t.Context()); err != nil || len(cards) != 1 {
		t.Error(cards, err)
	}
}

// A sign-in that was finished is not asked for again because the way to the
// machine broke off.
func TestUnstoredSignInIsKept(t *testing.T) {
	issuer, f := startSandbox(t, sandbox.Options{}), newFleet(t)
	l := hurried(t, issuer)
	targets := f.add("", "one")
	s := newSend(t, l, SendRequest{Kind: SignInFor, Targets: targets, SignIn: Request{Method: Device}})
	stop := approving(t, s, issuer, sandbox.MinaHarbour)
	lock := filepath.Join(f.dir, "one", "auth.json")
	if err := os.Mkdir(lock, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	stop()
	if p := s.Progress()[0]; p.State != SendFailed || !credstore.IsProblem(p.Err, credstore.ProblemIO) {
		t.Fatalf("%+v", p)
	}
	if err := os.Remove(lock); err != nil {
		t.Fatal(err)
	}
	// The connection breaks off half way through the login, once.
	script, err := os.Stat("../credstore/remote.sh")
	if err != nil {
		t.Fatal(err)
	}
	f.write("", "one.dies", strconv.FormatInt(script.Size()+1200, 10))
	if err := s.Run(t.Context()); err != nil || s.Progress()[0].State != SendFailed {
		t.Error("tried again without being asked to:", err)
	}
	s.Retry()
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(f.dir, "one.dies")); err == nil {
		t.Error("it did not break off")
	}
	if p := s.Progress()[0]; p.State != SendDone || f.login("one") == nil {
		t.Errorf("%+v, %v", p, p.Err)
	}
	if n := len(issuer.RequestsTo(sandbox.DeviceCode)); n != 1 {
		t.Errorf("%d codes", n)
	}
}

func TestRulesAndStoreThere(t *testing.T) {
	issuer, f := startSandbox(t, sandbox.Options{}), newFleet(t)
	l := hurried(t, issuer)
	signIn(t, l, issuer, sandbox.MinaHarbour)
	before := load(t, l)
	try := func(kind SendKind, name string, set bool) Progress {
		s := newSend(t, l, SendRequest{Kind: kind, Targets: f.add("", name), SetFileStore: set})
		if err := s.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		return s.Progress()[0]
	}
	f.add("forced_login_method = \"api\"\n", "api")
	f.add("# mine\ncli_auth_credentials_store = \"keyring\"\n[x]\ny = 1\n", "ring")
	f.add("forced_chatgpt_workspace_id = \"other\"\n", "other")
	f.add("what is = = this", "broken")
	for _, kind := range []SendKind{SignInFor, SendLend, SendCopy, SendMove} {
		var v *policy.Violation
		if p := try(kind, "api", false); !errors.As(p.Err, &v) || v.Source.File != filepath.Join(f.dir, "api", "config.toml") || v.Source.Line != 1 {
			t.Errorf("%s: %v", kind, p.Err)
		}
		var elsewhere *StoreThereError
		if p := try(kind, "ring", false); !errors.As(p.Err, &elsewhere) || elsewhere.Mode != credstore.ModeKeyring || elsewhere.Source.Line != 2 || elsewhere.Pinned {
			t.Errorf("%s: %v", kind, p.Err)
		}
		var config *policy.ConfigError
		if p := try(kind, "broken", true); !errors.As(p.Err, &config) {
			t.Errorf("%s: %v", kind, p.Err)
		}
		if kind != SignInFor {
			if p := try(kind, "other", false); !errors.As(p.Err, &v) {
				t.Errorf("%s: %v", kind, p.Err)
			}
		}
	}
	for _, name := range []string{"api", "ring", "other", "broken"} {
		if f.login(name) != nil {
			t.Errorf("%s has a login", name)
		}
	}
	if !load(t, l).SameSecret(before) {
		t.Error("the login here changed")
	}
	p := try(SendCopy, "ring", true)
	text, err := os.ReadFile(filepath.Join(f.dir, "ring", "config.toml"))
	if p.State != SendDone || !hasNote(p.Sent.Notes, NoteStoreSetThere) || err != nil || string(text) != "# mine\ncli_auth_credentials_store = \"file\"\n[x]\ny = 1\n" {
		t.Errorf("%+v %v\n%s", p, p.Err, text)
	}
	if !f.login("ring").SameSecret(before) {
		t.Error("another login arrived")
	}
}

func TestLendAndRenew(t *testing.T) {
	issuer, f := startSandbox(t, sandbox.Options{}), newFleet(t)
	l := hurried(t, issuer)
	signIn(t, l, issuer, sandbox.MinaHarbour)
	here := load(t, l)
	names := []string{"a", "b", "c", "d", "e"}
	for _, p := range sends(t, l, SendRequest{Kind: SendLend, Targets: f.add("", names...)}) {
		there := f.login(p.Target.Name)
		if there.Kind() != credstore.AuthChatGPTTokens || !there.Tokens.RefreshToken.Empty() || there.Tokens.AccessToken != here.Tokens.AccessToken ||
			there.Tokens.IDToken != here.Tokens.IDToken || there.Tokens.AccountID != here.Tokens.AccountID || there.Tokens.Provenance != nil {
			t.Errorf("%s: another document", p.Target)
		}
		if !p.Sent.Until.Equal(here.ExpiresAt()) || p.Sent.Until.IsZero() {
			t.Error(p.Sent.Until)
		}
	}
	reports := map[string]Progress{}
	report := func(p Progress) { reports[p.Target.Name] = p }
	next, err := l.RenewLoans(t.Context(), report)
	if err != nil || len(reports) != 0 || !next.Equal(here.ExpiresAt().Add(-5*time.Minute)) {
		t.Errorf("nothing was due: %v, %v, %v", reports, next, err)
	}
	// Nearly over: one refresh, handed to every machine that still has it.
	if err := os.Remove(filepath.Join(f.dir, "c", "auth.json")); err != nil {
		t.Fatal(err)
	}
	own := string(credstore.NewAPIKey(credstore.NewSecret("sk-proj-own-0123456789")).Encode())
	f.write("d", "auth.json", own)
	if err := os.Rename(filepath.Join(f.dir, "e"), filepath.Join(f.dir, "away")); err != nil {
		t.Fatal(err)
	}
	l.Clock.Time = func() time.Time { return here.ExpiresAt().Add(-time.Minute) }
	issuer.Set(func(b *sandbox.Behaviour) { b.AccessLifetime = 30 * 24 * time.Hour })
	if _, err = l.RenewLoans(t.Context(), report); err != nil {
		t.Fatal(err)
	}
	if n := len(issuer.RequestsTo(sandbox.Refresh)); n != 1 {
		t.Errorf("%d refreshes", n)
	}
	now := load(t, l)
	for _, name := range []string{"a", "b"} {
		if p := reports[name]; p.State != SendDone || f.login(name).Tokens.AccessToken != now.Tokens.AccessToken || now.SameSecret(here) {
			t.Errorf("%s: %+v, %v", name, p, p.Err)
		}
	}
	for _, name := range []string{"c", "d"} {
		if p := reports[name]; !errors.Is(p.Err, ErrTakenBack) {
			t.Errorf("%s: %v", name, p.Err)
		}
	}
	if f.login("c") != nil || string(f.login("d").Encode()) != own {
		t.Error("a machine was changed that had given the login back")
	}
	if p := reports["e"]; !credstore.IsMachineProblem(p.Err, credstore.MachineUnknown) {
		t.Error(p.Err)
	}
	// It comes back: handed over at the next look, without another refresh.
	if err := os.Rename(filepath.Join(f.dir, "away"), filepath.Join(f.dir, "e")); err != nil {
		t.Fatal(err)
	}
	clear(reports)
	ctx, cancel := context.WithCancel(t.Context())
	looks := 0
	l.Clock.Wait = func(ctx context.Context, d time.Duration) error {
		if looks++; looks == 3 {
			cancel()
		}
		return ctx.Err()
	}
	if err := l.KeepLending(ctx, report); !errors.Is(err, ErrCancelled) {
		t.Error(err)
	}
	if len(reports) != 1 || reports["e"].State != SendDone || f.login("e").Tokens.AccessToken != now.Tokens.AccessToken || looks != 3 {
		t.Errorf("%v, %d looks", reports, looks)
	}
	if n := len(issuer.RequestsTo(sandbox.Refresh)); n != 1 {
		t.Errorf("%d refreshes", n)
	}
	// A key has no part that could be lent.
	key := issuer.NewAPIKey(sandbox.MinaHarbour)
	c := begin(t, l, Request{Method: APIKey, Secret: credstore.NewSecret(key)})
	if _, err := l.Finish(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	var input *InputError
	if err := newSend(t, l, SendRequest{Kind: SendLend, Targets: f.add("", "a")}).Run(t.Context()); !errors.As(err, &input) || input.Problem != InputNotLendable {
		t.Error(err)
	}
	if list, err := l.Loans(); err != nil || len(list) != 3 {
		t.Error(list, err)
	}
	// A machine that gets a login of its own is lent nothing any more.
	sends(t, l, SendRequest{Kind: SendCopy, Targets: f.add("", "a")})
	if list, err := l.Loans(); err != nil || len(list) != 2 {
		t.Error(list, err)
	}
}

func TestCopyAndMove(t *testing.T) {
	issuer, f := startSandbox(t, sandbox.Options{}), newFleet(t)
	l := hurried(t, issuer)
	signIn(t, l, issuer, sandbox.MinaHarbour)
	first := load(t, l)
	signIn(t, l, issuer, sandbox.JonasMeridian)
	second := load(t, l)
	for _, p := range sends(t, l, SendRequest{Kind: SendCopy, Targets: f.add("", "a", "b")}) {
		if !f.login(p.Target.Name).SameSecret(second) || !hasNote(p.Sent.Notes, NoteCopiesClash) {
			t.Error(p)
		}
	}
	// It stays here until it is there.
	missing := Target{Kind: credstore.MachineDocker, Name: "missing"}
	s := newSend(t, l, SendRequest{Kind: SendMove, Targets: []Target{missing}})
	if err := s.Run(t.Context()); err != nil || s.Progress()[0].State != SendFailed || !load(t, l).SameSecret(second) {
		t.Error(s.Progress(), err)
	}
	if err := os.Mkdir(filepath.Join(f.dir, "c"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(f.dir, "c", "auth.json"), 0o700); err != nil {
		t.Fatal(err)
	}
	s = newSend(t, l, SendRequest{Kind: SendMove, Targets: f.add("", "c")})
	if err := s.Run(t.Context()); err != nil || s.Progress()[0].State != SendFailed || !load(t, l).SameSecret(second) {
		t.Error(s.Progress(), err)
	}
	// One of the book, then the active one.
	sends(t, l, SendRequest{Kind: SendMove, Targets: f.add("", "d"), Account: credstore.ID(first)})
	if !f.login("d").SameSecret(first) || !load(t, l).SameSecret(second) {
		t.Error("not moved")
	}
	sends(t, l, SendRequest{Kind: SendMove, Targets: f.add("", "e")})
	if !f.login("e").SameSecret(second) {
		t.Error("not moved")
	}
	nothingStored(t, l)
	if list, err := l.Accounts(t.Context()); err != nil || len(list.Entries) != 0 {
		t.Error(list, err)
	}
	for _, token := range []credstore.Secret{first.Tokens.RefreshToken, second.Tokens.RefreshToken} {
		if ended, _ := issuer.SessionEnded(token.Reveal()); ended {
			t.Error("a moved session was ended")
		}
	}
	if err := newSend(t, l, SendRequest{Kind: SendMove, Targets: f.add("", "e")}).Run(t.Context()); !errors.Is(err, credstore.ErrNotFound) {
		t.Error(err)
	}
	var input *InputError
	if _, err := l.Send(SendRequest{Kind: SendMove, Targets: f.add("", "a", "b")}); !errors.As(err, &input) || input.Problem != InputOneTarget {
		t.Error(err)
	}
	if _, err := l.Send(SendRequest{Kind: SendCopy}); !errors.As(err, &input) || input.Problem != InputNoTarget {
		t.Error(err)
	}
}

// A Codex here that renews the login while it is handed over: what is there in
// the end is what was here in the end.
func TestMoveOfALoginThatIsRenewedMeanwhile(t *testing.T) {
	issuer, f := startSandbox(t, sandbox.Options{}), newFleet(t)
	l := hurried(t, issuer)
	signIn(t, l, issuer, sandbox.MinaHarbour)
	renewed := *load(t, l)
	tokens := *renewed.Tokens
	tokens.RefreshToken = credstore.NewSecret("rt-by-codex")
	renewed.Tokens = &tokens
	text := renewed.Encode()
	// The container's own codex stands for the one here: it runs when the login
	// has arrived, once.
	bin := t.TempDir()
	once := filepath.Join(t.TempDir(), "renewed")
	if err := os.WriteFile(once, text, 0o600); err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf("#!/bin/sh\n[ \"$1\" = --version ] || mv %s %s\n", once, l.Home.AuthFile())
	if err := os.WriteFile(filepath.Join(bin, "codex"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	sends(t, l, SendRequest{Kind: SendMove, Targets: f.add("", "a")})
	if got := f.login("a").Tokens.RefreshToken.Reveal(); got != "rt-by-codex" {
		t.Error(got)
	}
	nothingStored(t, l)
}

// A hundred at once: some at a time, a line each, and the failures with their
// reasons.
func TestSendToAHundred(t *testing.T) {
	issuer, f := startSandbox(t, sandbox.Options{}), newFleet(t)
	l := hurried(t, issuer)
	key := credstore.NewAPIKey(credstore.NewSecret("sk-proj-hundred-0123456789"))
	if _, err := credstore.Open(l.Home, l.Mode()).Save(t.Context(), key, credstore.Steps{}); err != nil {
		t.Fatal(err)
	}
	var targets []Target
	for i := range 100 {
		name := fmt.Sprintf("c%02d", i)
		if i%10 == 3 {
			targets = append(targets, Target{Kind: credstore.MachineDocker, Name: name})
			continue
		}
		targets = append(targets, f.add("", name)...)
	}
	s := newSend(t, l, SendRequest{Kind: SendCopy, Targets: targets})
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, p := range s.Progress() {
		switch {
		case p.Target != targets[i]:
			t.Error("another order")
		case i%10 == 3 && !(p.State == SendFailed && credstore.IsMachineProblem(p.Err, credstore.MachineUnknown)):
			t.Errorf("%s: %s, %v", p.Target, p.State, p.Err)
		case i%10 != 3 && (p.State != SendDone || !f.login(p.Target.Name).SameSecret(key)):
			t.Errorf("%s: %s, %v", p.Target, p.State, p.Err)
		}
	}
	most, err := os.ReadFile(filepath.Join(f.dir, "most"))
	if err != nil {
		t.Fatal(err)
	}
	highest := 0
	for _, line := range strings.Fields(string(most)) {
		var n int
		if json.Unmarshal([]byte(line), &n) == nil {
			highest = max(highest, n)
		}
	}
	if highest > sendAtOnce || highest < 2 {
		t.Errorf("%d at once", highest)
	}
}

func TestSendStopsWhenCancelled(t *testing.T) {
	issuer, f := startSandbox(t, sandbox.Options{}), newFleet(t)
	l := newLogin(t, issuer)
	s := newSend(t, l, SendRequest{Kind: SignInFor, Targets: f.add("", "a"), SignIn: Request{Method: Device}})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	for s.Progress()[0].State != SendSigningIn {
		time.Sleep(5 * time.Millisecond)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if p := s.Progress()[0]; p.State != SendFailed || !errors.Is(p.Err, ErrCancelled) || f.login("a") != nil {
		t.Errorf("%+v", p)
	}
}
