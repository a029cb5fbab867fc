package flows

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"codex-login/credstore"
	"codex-login/flows/sandbox"
)

// TestForgettingALentAccount: whoever forgets it learns which machines go on
// with it, and nothing is left to be renewed.
func TestForgettingALentAccount(t *testing.T) {
	for name, forget := range map[string]func(l *Login, id string) (SignedOut, error){
		"sign out": func(l *Login, _ string) (SignedOut, error) { return l.SignOut(t.Context(), true) },
		"forget":   func(l *Login, id string) (SignedOut, error) { return l.Forget(t.Context(), id, false) },
		"all":      func(l *Login, _ string) (SignedOut, error) { return l.SignOutAll(t.Context(), false) },
	} {
		t.Run(name, func(t *testing.T) {
			issuer, f := startSandbox(t, sandbox.Options{}), newFleet(t)
			l := hurried(t, issuer)
			signIn(t, l, issuer, sandbox.MinaHarbour)
			id := credstore.ID(load(t, l))
			if name == "forget" {
				signIn(t, l, issuer, sandbox.JonasMeridian)
			}
			sends(t, l, SendRequest{Kind: SendLend, Account: id, Targets: f.add("", "a", "b")})
			kept := credstore.Loan{Machine: Target{Kind: credstore.MachineSSH, Name: "far"}, Account: "chatgpt-0123456789abcdef", Until: time.Now().Add(time.Hour)}
			if err := credstore.Lend(t.Context(), l.Home, kept); err != nil {
				t.Fatal(err)
			}
			out, err := forget(l, id)
			// They were lent side by side.
			slices.SortFunc(out.Lent, func(a, b credstore.Loan) int { return strings.Compare(a.Machine.Name, b.Machine.Name) })
			if err != nil || len(out.Lent) != 2 || out.Lent[0].Machine.Name != "a" || out.Lent[1].Machine.Name != "b" || !LastUntil(out.Lent).Equal(out.Lent[0].Until) {
				t.Errorf("%+v %v", out, err)
			}
			if loans, err := l.Loans(); err != nil || len(loans) != 1 || loans[0].Machine != kept.Machine {
				t.Errorf("%+v %v", loans, err)
			}
		})
	}
}

// TestRenewingALoanOfNobody ends: an account that Codex has signed out of can
// never be renewed from here.
func TestRenewingALoanOfNobody(t *testing.T) {
	issuer, f := startSandbox(t, sandbox.Options{}), newFleet(t)
	l := hurried(t, issuer)
	signIn(t, l, issuer, sandbox.MinaHarbour)
	sends(t, l, SendRequest{Kind: SendLend, Targets: f.add("", "a")})
	// A login in use that is spoiled may be that account's: the loan stays.
	whole, err := os.ReadFile(filepath.Join(l.Home.Path, "auth.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(l.Home.Path, "codex-login/accounts")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(l.Home.Path, "auth.json"), whole[:len(whole)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := l.RenewLoans(t.Context(), func(p Progress) {
		if !credstore.IsProblem(p.Err, credstore.ProblemCorrupt) {
			t.Error(p.Err)
		}
	}); err != nil {
		t.Error(err)
	}
	if loans, err := l.Loans(); err != nil || len(loans) != 1 {
		t.Fatal(loans, err)
	}
	for _, name := range []string{"auth.json", "codex-login/accounts"} {
		if err := os.RemoveAll(filepath.Join(l.Home.Path, name)); err != nil {
			t.Fatal(err)
		}
	}
	var said []Progress
	if err := l.KeepLending(t.Context(), func(p Progress) { said = append(said, p) }); err != nil {
		t.Fatal(err)
	}
	if len(said) != 1 || said[0].Target.Name != "a" || !errors.Is(said[0].Err, errGone) {
		t.Errorf("%+v", said)
	}
	if f.login("a") == nil {
		t.Error("the machine was touched")
	}
}

// TestRenewingALoanThatIsOfAnotherByThen: while it is renewed, somebody lends the
// machine another account, whose loan stays.
func TestRenewingALoanThatIsOfAnotherByThen(t *testing.T) {
	issuer, f := startSandbox(t, sandbox.Options{}), newFleet(t)
	l := hurried(t, issuer)
	signIn(t, l, issuer, sandbox.MinaHarbour)
	first := credstore.ID(load(t, l))
	signIn(t, l, issuer, sandbox.JonasMeridian)
	targets := f.add("", "a")
	sends(t, l, SendRequest{Kind: SendLend, Account: first, Targets: targets})
	stale, err := l.Loans()
	if err != nil || len(stale) != 1 {
		t.Fatal(stale, err)
	}
	mine, _, err := l.tokenToLend(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	sends(t, l, SendRequest{Kind: SendLend, Targets: targets})
	if p := l.handOver(t.Context(), stale[0], mine); !errors.Is(p.Err, ErrTakenBack) {
		t.Errorf("%+v", p)
	}
	if loans, err := l.Loans(); err != nil || len(loans) != 1 || loans[0].Account != credstore.ID(load(t, l)) {
		t.Errorf("%+v %v", loans, err)
	}
}
