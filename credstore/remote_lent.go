package credstore

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Loan is a machine that uses the access token of an account of this home. No
// secret is in it.
type Loan struct {
	Machine Machine `json:"machine"`
	// Account is the account's id.
	Account string `json:"account"`
	// Token is the Fingerprint of the borrowed document there.
	Token string `json:"token"`
	// Until is when the token there ends.
	Until time.Time `json:"until"`
}

// same reports whether it is the same account on the same machine.
func (l Loan) same(o Loan) bool { return l.Machine == o.Machine && l.Account == o.Account }

// Loans reads what has been lent: the file codex-login/lent.json, oldest first.
// None is not an error.
func Loans(home Home) ([]Loan, error) {
	path := lentFile(home)
	text, err := readLimited(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var doc lentDocument
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, &Error{Problem: ProblemCorrupt, Op: "read", Place: filePlace(path), Detail: "it is not the list of lent logins"}
	}
	loans := doc.Lent[:0]
	for _, l := range doc.Lent {
		// Whoever edits the file must not get options into a command line.
		if l.Machine.Check() == nil && validAccount.MatchString(l.Account) {
			loans = append(loans, l)
		}
	}
	return loans, nil
}

// Lend notes a loan, in place of an earlier one to the same machine.
func Lend(ctx context.Context, home Home, l Loan) error {
	return editLoans(ctx, home, func(loans []Loan) []Loan { return append(without(loans, l.Machine), l) })
}

// Relend notes what a machine has by now, unless the loan was taken back
// meanwhile, or is of another account.
func Relend(ctx context.Context, home Home, l Loan) error {
	return editLoans(ctx, home, func(loans []Loan) []Loan {
		if !slices.ContainsFunc(loans, l.same) {
			return loans
		}
		return append(without(loans, l.Machine), l)
	})
}

// TakeBack forgets that anything was lent to a machine.
func TakeBack(ctx context.Context, home Home, m Machine) error {
	return editLoans(ctx, home, func(loans []Loan) []Loan { return without(loans, m) })
}

// TakeBackLoan forgets a loan. Another account that the machine was lent
// meanwhile stays lent.
func TakeBackLoan(ctx context.Context, home Home, l Loan) error {
	return editLoans(ctx, home, func(loans []Loan) []Loan { return slices.DeleteFunc(loans, l.same) })
}

// TakeBackAll forgets what was lent of these accounts, and returns it.
func TakeBackAll(ctx context.Context, home Home, accounts ...string) ([]Loan, error) {
	of := func(l Loan) bool { return slices.Contains(accounts, l.Account) }
	loans, err := Loans(home)
	if err != nil || !slices.ContainsFunc(loans, of) {
		return nil, err // nobody has to wait for the lock
	}
	var ended []Loan
	err = editLoans(ctx, home, func(loans []Loan) []Loan {
		for _, l := range loans {
			if of(l) {
				ended = append(ended, l)
			}
		}
		return slices.DeleteFunc(loans, of)
	})
	return ended, err
}

type lentDocument struct {
	Lent []Loan `json:"lent"`
}

func lentFile(home Home) string { return filepath.Join(home.Path, "codex-login", "lent.json") }

func without(loans []Loan, m Machine) []Loan {
	return slices.DeleteFunc(loans, func(l Loan) bool { return l.Machine == m })
}

func editLoans(ctx context.Context, home Home, edit func([]Loan) []Loan) error {
	if err := home.ensure(); err != nil {
		return err
	}
	path := lentFile(home)
	if err := ensureDir(filepath.Dir(path)); err != nil {
		return fileError("save", path, err)
	}
	l, err := lock(ctx, strings.TrimSuffix(path, ".json")+".lock", 0o600, fileLockPatience)
	if err != nil {
		return err
	}
	defer func() { _ = l.Unlock() }()
	loans, err := Loans(home)
	if err != nil && !IsProblem(err, ProblemCorrupt) {
		return err
	}
	before := len(loans)
	loans = edit(loans)
	if len(loans) == 0 && before == 0 {
		return nil
	}
	text, err := json.MarshalIndent(lentDocument{loans}, "", "  ")
	if err != nil {
		return err
	}
	return replaceFile(path, append(text, '\n'))
}
