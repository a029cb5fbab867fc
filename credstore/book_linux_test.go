package credstore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// bookHelper does one thing to the book of a home and exits:
//
//	keep DIR MODE           keeps bookLogin(0), refreshed
//	switch DIR MODE ID      makes a page the active login
//	forget DIR MODE ID      forgets an account
//	move DIR MODE TO        moves the pages
//	turns DIR MODE SEED N   switches to one of ten accounts after the other
//	count DIR MODE ID N     counts in a file under the account's lock
func bookHelper(args []string) {
	ctx, home := context.Background(), Home{Path: args[1]}
	mode, _ := ParseMode(args[2])
	store, book := Open(home, mode), OpenBook(home, mode)
	var err error
	switch args[0] {
	case "keep":
		err = book.Keep(ctx, renewedOf(bookLogin(0)))
	case "switch":
		err = switchTo(ctx, store, book, args[3])
	case "forget":
		err = ignoreNotFound(book.Forget(ctx, args[3]))
	case "move":
		to, _ := ParseMode(args[3])
		_, err = book.MovePages(ctx, to)
	case "turns":
		err = turns(ctx, store, book, args[3], args[4])
	case "count":
		err = count(ctx, book, args[3], args[4])
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
}

// bookLogin is the login of one of several people.
func bookLogin(n int) *Auth {
	return chatGPT("user-"+strconv.Itoa(n), "w", "session-"+strconv.Itoa(n), someTime.Add(time.Duration(n)*time.Minute))
}

func turns(ctx context.Context, store Store, book *Book, seed, times string) error {
	s, _ := strconv.ParseUint(seed, 10, 64)
	n, _ := strconv.Atoi(times)
	random := rand.New(rand.NewPCG(s, s))
	for range n {
		to := bookLogin(random.IntN(10))
		if err := switchTo(ctx, store, book, ID(to)); ignoreNotFound(err) != nil {
			return err // not found: it is the active one
		}
		if err := book.Edit(ctx, ID(to), func(c *Card) { c.LastUsed = someTime }); err != nil {
			return err
		}
		active, _, err := store.Load(ctx)
		if err != nil {
			return err
		}
		if _, err := book.Repair(ctx, active); err != nil {
			return err
		}
	}
	return nil
}

// count adds to a number in a file; without a lock some would be lost.
func count(ctx context.Context, book *Book, id, times string) error {
	path := filepath.Join(book.home.Path, "count")
	n, _ := strconv.Atoi(times)
	for range n {
		unlock, err := book.LockAccount(ctx, id)
		if err != nil {
			return err
		}
		text, _ := os.ReadFile(path)
		was, _ := strconv.Atoi(string(text))
		err = os.WriteFile(path, []byte(strconv.Itoa(was+1)), 0o600)
		unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

// together runs the same helper in several processes at once.
func together(t *testing.T, processes int, args func(n int) []string) {
	t.Helper()
	done := make(chan error)
	for n := range processes {
		cmd := helper(append([]string{"book"}, args(n)...)...)
		go func() {
			out, err := cmd.CombinedOutput()
			if err != nil {
				err = fmt.Errorf("%w: %s", err, out)
			}
			done <- err
		}()
	}
	for range processes {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// Everybody switches at once: afterwards each login is there once, whole.
func TestProcessesShareTheBook(t *testing.T) {
	for _, processes := range []int{2, 10} {
		ctx, home := testContext(t), testHome(t)
		store, book := Open(home, ModeFile), OpenBook(home, ModeFile)
		for n := range 10 {
			keep(t, book, bookLogin(n))
		}
		together(t, processes, func(n int) []string {
			return []string{"turns", home.Path, "file", strconv.Itoa(n), strconv.Itoa(60 / processes)}
		})
		active, _, err := store.Load(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := book.Repair(ctx, active); err != nil {
			t.Error(err)
		}
		clean(t, book)
		ids, err := book.List(ctx)
		if err != nil || len(ids) != 9 {
			t.Error(ids, err)
		}
		for n := range 10 {
			want := bookLogin(n)
			if ID(active) == ID(want) {
				same(t, active, want)
				continue
			}
			kept, err := book.Load(ctx, ID(want))
			if err != nil {
				t.Fatal(err)
			}
			same(t, kept, want)
		}
		if cards, err := book.Cards(ctx); err != nil || len(cards) != 10 {
			t.Error(len(cards), err)
		}
	}
}

func TestAccountLockAcrossProcesses(t *testing.T) {
	for _, processes := range []int{2, 10} {
		home := testHome(t)
		together(t, processes, func(int) []string {
			return []string{"count", home.Path, "file", ID(bookLogin(0)), strconv.Itoa(60 / processes)}
		})
		if got := read(t, filepath.Join(home.Path, "count")); got != "60" {
			t.Error(got)
		}
		if left := names(t, OpenBook(home, ModeFile).dir()); len(left) > 0 {
			t.Error(left)
		}
	}
}

func TestFullDiskWithABook(t *testing.T) {
	home, ok := smallDisk(t)
	if !ok {
		return
	}
	ctx := testContext(t)
	store, book := Open(home, ModeFile), OpenBook(home, ModeFile)
	active, other := bookLogin(0), bookLogin(1)
	if _, err := store.Save(ctx, active, Steps{}); err != nil {
		t.Fatal(err)
	}
	if err := book.Note(ctx, active, nil); err != nil {
		t.Fatal(err)
	}
	keep(t, book, other)
	ballast := filepath.Join(home.Path, "ballast")
	write(t, ballast, "")
	f, err := os.OpenFile(ballast, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	// One block after the other becomes free again, until everything fits.
	size := int64(0)
	for ; err == nil; size += 4096 {
		_, err = f.Write(make([]byte, 4096))
	}
	failures := 0
	for err = errors.New("full"); err != nil; {
		if err = switchTo(ctx, store, book, ID(other)); err != nil {
			if !IsProblem(err, ProblemFull) {
				t.Fatal(err)
			}
			failures++
			now, _, err := store.Load(ctx)
			if err != nil {
				t.Fatal(err)
			}
			same(t, now, active)
			if kept, err := book.Load(ctx, ID(other)); err != nil || string(kept.Encode()) != string(other.Encode()) {
				t.Fatal(err)
			}
			if size -= 4096; size < 0 || f.Truncate(size) != nil {
				t.Fatal("it never fits")
			}
		}
	}
	if failures == 0 {
		t.Error("the disk was not full")
	}
	now, _, err := store.Load(ctx)
	if err != nil {
		t.Fatal(err)
	}
	same(t, now, other)
	// With not one block left an account can be forgotten.
	for err = nil; err == nil; {
		_, err = f.Write(make([]byte, 4096))
	}
	if err := book.Forget(ctx, ID(active)); err != nil {
		t.Error(err)
	}
	if r, err := book.Repair(ctx, now); err != nil || r.Unsettled > 0 {
		t.Error(r, err)
	}
	clean(t, book)
}

// The keyring dies in the middle: what was moved is there when it is back, and
// the rest never went.
func TestMovePagesWhileTheKeyringDies(t *testing.T) {
	if !privateBus(t) {
		return
	}
	ctx, home := testContext(t), testHome(t)
	daemon := startKeyring(t, "password")
	book := OpenBook(home, ModeKeyring)
	for n := range 6 {
		keep(t, OpenBook(home, ModeFile), bookLogin(n))
	}
	real := book.ring
	book.ring = dyingKeyring{real, new(int), func() {
		_ = daemon.Process.Signal(syscall.SIGKILL)
		_ = daemon.Wait()
	}}
	moved, err := book.MovePages(ctx, ModeKeyring)
	if err == nil || moved == 0 || moved == 6 || !strings.Contains(err.Error(), "ann@example.com") {
		t.Fatal(moved, err)
	}
	startKeyring(t, "password")
	book.ring = real
	active, _, _ := book.store().Load(ctx)
	if r, err := book.Repair(ctx, active); err != nil || r.Unsettled > 0 {
		t.Error(r, err)
	}
	for range 2 {
		for n := range 6 {
			kept, err := book.Load(ctx, ID(bookLogin(n)))
			if err != nil {
				t.Fatal(err)
			}
			same(t, kept, bookLogin(n))
		}
		if _, err := book.MovePages(ctx, ModeKeyring); err != nil {
			t.Error(err)
		}
	}
	clean(t, book)
}

// dyingKeyring is killed when it has taken a third secret.
type dyingKeyring struct {
	keyring
	taken *int
	kill  func()
}

func (k dyingKeyring) set(ctx context.Context, service, account, secret string) error {
	err := k.keyring.set(ctx, service, account, secret)
	if *k.taken++; *k.taken == 3 {
		k.kill()
	}
	return err
}
