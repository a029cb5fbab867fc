package flows

import (
	"context"
	"slices"
	"strings"
	"time"

	"codex-login/assets"
	"codex-login/assets/display"
	"codex-login/credstore"
)

// Loans lists what has been lent from this CODEX_HOME.
// They come by the names of the machines: which one was first, a race decides.
func (l *Login) Loans() ([]credstore.Loan, error) {
	loans, err := credstore.Loans(l.Home)
	slices.SortStableFunc(loans, byMachine)
	return loans, err
}

func byMachine(a, b credstore.Loan) int {
	return strings.Compare(a.Machine.String(), b.Machine.String())
}

// LentAccount is the account of a loan as its card has it; credstore.ErrNotFound
// when it is not here any more.
func (l *Login) LentAccount(ctx context.Context, loan credstore.Loan) (Entry, error) {
	card, err := l.book().Card(ctx, loan.Account)
	if err != nil {
		return Entry{}, err
	}
	return l.entry(card), nil
}

// Borrowers names the machines of loans, or says how many there are.
func Borrowers(say *assets.Catalogue, loans []credstore.Loan) string {
	const most = 5
	if len(loans) > most {
		return say.Say("sendto.machines", "Count", len(loans))
	}
	var names []string
	for _, l := range loans {
		names = append(names, display.Line(l.Machine.String(), 100))
	}
	return strings.Join(names, ", ")
}

// LastUntil is when the last of the loans ends, zero where one of them does not
// tell.
func LastUntil(loans []credstore.Loan) time.Time {
	var last time.Time
	for _, l := range loans {
		if l.Until.IsZero() {
			return time.Time{}
		}
		if l.Until.After(last) {
			last = l.Until
		}
	}
	return last
}

// endLoans forgets what was lent of accounts that are gone from here. What
// cannot be written now, the next renewal finds out.
func (l *Login) endLoans(ctx context.Context, out *SignedOut, ids ...string) {
	ended, _ := credstore.TakeBackAll(context.WithoutCancel(ctx), l.Home, ids...)
	now := l.Clock.now()
	for _, loan := range ended {
		if loan.Until.IsZero() || loan.Until.After(now) {
			out.Lent = append(out.Lent, loan)
		}
	}
	slices.SortFunc(out.Lent, byMachine)
}
