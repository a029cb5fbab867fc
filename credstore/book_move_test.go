package credstore

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// testMove moves a book there and back; files and keyring are the two kinds.
func testMove(t *testing.T, open func(Home) *Book) {
	ctx, home := testContext(t), testHome(t)
	book := open(home)
	logins := []*Auth{
		chatGPT("u", "w", "A", someTime), chatGPT("u", "w", "B", someTime.Add(time.Hour)), chatGPT("v", "w", "C", someTime), apiKey("sk-1"),
	}
	keep(t, OpenBook(home, ModeFile), logins...)
	if err := book.Edit(ctx, ID(logins[2]), func(c *Card) { c.Label = "work" }); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		to    Mode
		at    whereabouts
		moved int
	}{{ModeKeyring, inKeyring, 4}, {ModeKeyring, inKeyring, 0}, {ModeAuto, inKeyring, 0}, {ModeEphemeral, inKeyring, 0}, {ModeFile, inFile, 4}, {ModeAuto, inKeyring, 4}} {
		if moved, err := book.MovePages(ctx, step.to); err != nil || moved != step.moved {
			t.Fatal(step.to, moved, err)
		}
		f, err := book.folder()
		if err != nil || len(f.pages) != len(logins) {
			t.Fatal(f, err)
		}
		for id, at := range f.pages {
			_, err := book.keyring().get(ctx, ownService, book.account(id))
			if at != step.at || (err == nil) != (at == inKeyring) {
				t.Errorf("%s: %s is in %d; its entry: %v", step.to, id, at, err)
			}
		}
		for _, a := range logins {
			id, err := book.Find(ctx, a)
			if err != nil {
				t.Fatal(err)
			}
			kept, err := book.Load(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			same(t, kept, a)
		}
		if c, err := book.Card(ctx, ID(logins[2])); err != nil || c.Label != "work" {
			t.Error(c, err)
		}
		clean(t, book)
	}
}

func TestMovePages(t *testing.T) {
	ring := mockKeyring(t)
	testMove(t, func(h Home) *Book { return &Book{home: h, mode: ModeKeyring, ring: ring} })
}

// failingKeyring takes so many secrets and then fails.
type failingKeyring struct {
	keyring
	left  *int
	fault *keyringFault
}

func (k failingKeyring) set(ctx context.Context, service, account, secret string) error {
	if *k.left == 0 {
		return k.fault
	}
	*k.left--
	return k.keyring.set(ctx, service, account, secret)
}

// A move that fails leaves every page somewhere and can be run again.
func TestMovePagesThatFail(t *testing.T) {
	for name, c := range map[string]struct {
		fault *keyringFault
		moved int
		named int // accounts in the error
	}{
		"too large for it":   {&keyringFault{ProblemTooBig, "", nil}, 1, 2},
		"it has gone":        {&keyringFault{ProblemUnavailable, "", nil}, 1, 1},
		"it does not answer": {&keyringFault{ProblemTimeout, "", nil}, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, home, ring := testContext(t), testHome(t), mockKeyring(t)
			logins := []*Auth{chatGPT("u", "w", "A", someTime), chatGPT("v", "w", "C", someTime), chatGPT("x", "w", "B", someTime)}
			keep(t, OpenBook(home, ModeFile), logins...)
			left := 1
			failing := &Book{home: home, mode: ModeKeyring, ring: failingKeyring{ring, &left, c.fault}}
			moved, err := failing.MovePages(ctx, ModeKeyring)
			if moved != c.moved || err == nil || !IsProblem(err, c.fault.problem) || strings.Count(err.Error(), "ann@example.com: ") != c.named {
				t.Errorf("%d, %v", moved, err)
			}
			for _, a := range logins {
				for _, secret := range secretsOf(a) {
					if strings.Contains(err.Error(), secret) {
						t.Error("a secret in an error")
					}
				}
			}
			book := &Book{home: home, mode: ModeKeyring, ring: ring}
			check := func() {
				t.Helper()
				for _, a := range logins {
					id, err := book.Find(ctx, a)
					if err != nil {
						t.Fatal(err)
					}
					kept, err := book.Load(ctx, id)
					if err != nil {
						t.Fatal(err)
					}
					same(t, kept, a)
				}
			}
			check()
			if moved, err := book.MovePages(ctx, ModeKeyring); err != nil || moved != 2 {
				t.Error(moved, err)
			}
			check()
			if _, err := book.Repair(ctx, nil); err != nil {
				t.Error(err)
			}
			clean(t, book)
		})
	}
}

// What the keyring does not take is encrypted to a key that it does take.
func TestMovePagesToWhatIsTooSmall(t *testing.T) {
	for _, mode := range []Mode{ModeAuto, ModeKeyring} {
		ctx, home := testContext(t), testHome(t)
		large, small := chatGPT("u", "w", "A", someTime), apiKey("sk-1")
		keep(t, OpenBook(home, ModeFile), large, small)
		book := &Book{home: home, mode: mode, ring: smallKeyring{mockKeyring(t), 400}}
		if moved, err := book.MovePages(ctx, mode); err != nil || moved != 2 {
			t.Error(moved, err)
		}
		if exists(book.page(ID(large))) || !exists(book.sealedPage(ID(large))) || exists(book.page(ID(small))) || exists(book.sealedPage(ID(small))) {
			t.Error(names(t, book.dir()))
		}
		for _, a := range []*Auth{large, small} {
			kept, err := book.Load(ctx, ID(a))
			if err != nil {
				t.Fatal(err)
			}
			same(t, kept, a)
		}
		if moved, err := book.MovePages(ctx, ModeFile); err != nil || moved != 2 || exists(book.sealedPage(ID(large))) || !exists(book.page(ID(large))) {
			t.Error(moved, err, names(t, book.dir()))
		}
		clean(t, book)
	}
}

func TestMovePagesStops(t *testing.T) {
	home := testHome(t)
	book := OpenBook(home, ModeFile)
	keep(t, book, apiKey("sk-1"))
	book.ring = silentKeyring{t}
	if moved, err := book.MovePages(cancelled(t), ModeKeyring); moved != 0 || !errors.Is(err, context.Canceled) {
		t.Error(moved, err)
	}
}

func TestMovePagesOutOfMemory(t *testing.T) {
	ctx, home := testContext(t), testHome(t)
	book, login := OpenBook(home, ModeEphemeral), chatGPT("u", "w", "A", someTime)
	keep(t, book, login, apiKey("sk-1"))
	if err := book.Edit(ctx, ID(login), func(c *Card) { c.Label = "work" }); err != nil {
		t.Fatal(err)
	}
	if moved, err := book.MovePages(ctx, ModeFile); err != nil || moved != 2 {
		t.Fatal(moved, err)
	}
	if ids, err := book.List(ctx); err != nil || len(ids) != 0 {
		t.Error(ids, err)
	}
	there := OpenBook(home, ModeFile)
	kept, err := there.Load(ctx, ID(login))
	if err != nil {
		t.Fatal(err)
	}
	same(t, kept, login)
	if c, err := there.Card(ctx, ID(login)); err != nil || c.Label != "work" {
		t.Error(c, err)
	}
}

func TestMoving(t *testing.T) {
	for _, mode := range []Mode{ModeFile, ModeEphemeral} {
		ctx, home := testContext(t), testHome(t)
		book := OpenBook(home, mode)
		if _, _, ok := book.Moving(); ok {
			t.Error("a move out of nothing")
		}
		if err := book.BeginMove(ctx, ModeFile, ModeKeyring); err != nil {
			t.Fatal(err)
		}
		if from, to, ok := OpenBook(home, mode).Moving(); !ok || from != ModeFile || to != ModeKeyring {
			t.Error(from, to, ok)
		}
		for range 2 {
			if err := book.EndMove(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, ok := book.Moving(); ok {
			t.Error("the move has ended")
		}
	}
}
