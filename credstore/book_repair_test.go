package credstore

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// silentKeyring must not be asked.
type silentKeyring struct{ t *testing.T }

func (k silentKeyring) asked() error {
	k.t.Error("the keyring was asked")
	return &keyringFault{ProblemUnavailable, "", nil}
}
func (k silentKeyring) get(context.Context, string, string) (string, error) { return "", k.asked() }
func (k silentKeyring) set(context.Context, string, string, string) error   { return k.asked() }
func (k silentKeyring) remove(context.Context, string, string) error        { return k.asked() }

// bench is a home with somebody signed in and two other accounts.
type bench struct {
	t                 *testing.T
	ctx               context.Context
	home              Home
	ring              keyring
	inFile, inKeyring *Book
	active, other     *Auth
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t, ctx: testContext(t), home: testHome(t), ring: mockKeyring(t)}
	b.inFile, b.inKeyring = OpenBook(b.home, ModeFile), &Book{home: b.home, mode: ModeKeyring, ring: b.ring}
	b.active, b.other = chatGPT("u", "w", "A", someTime), chatGPT("v", "w", "B", someTime)
	return b
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) signIn(book *Book, a *Auth) {
	b.t.Helper()
	_, err := book.store().Save(b.ctx, a, Steps{})
	b.must(err)
	b.must(book.Note(b.ctx, a, nil))
}

// TestRepair damages a sound book in one way after the other.
func TestRepair(t *testing.T) {
	later := renewedOf(chatGPT("u", "w", "A", someTime))
	for name, c := range map[string]struct {
		damage func(b *bench, book *Book)
		want   func(b *bench) Repaired
		// pages that are there afterwards, besides the other account's
		pages func(b *bench) []*Auth
	}{
		"sound": {},
		"temporary files": {
			damage: func(b *bench, book *Book) {
				write(b.t, filepath.Join(book.tmp(), ".auth-abcdef"), "x")
				write(b.t, filepath.Join(book.dir(), ".auth-ABCDEF"), "x")
			},
			want: func(*bench) Repaired { return Repaired{Temps: 2} },
		},
		"the active login's page": {
			damage: func(b *bench, book *Book) { keep(b.t, book, b.active) },
			want:   func(*bench) Repaired { return Repaired{Leftovers: 1} },
		},
		"an older one of the active login's session": {
			damage: func(b *bench, book *Book) {
				keep(b.t, book, b.active)
				b.signIn(book, later)
			},
			want: func(*bench) Repaired { return Repaired{Leftovers: 1} },
		},
		"a newer one of the active login's session": {
			damage: func(b *bench, book *Book) { keep(b.t, book, later) },
			want:   func(b *bench) Repaired { return Repaired{Newer: []string{ID(b.active)}} },
			pages:  func(*bench) []*Auth { return []*Auth{later} },
		},
		"one behind another session": {
			damage: func(b *bench, book *Book) {
				keep(b.t, book, b.active, chatGPT("u", "w", "C", someTime.Add(time.Minute)))
			},
			want:  func(*bench) Repaired { return Repaired{Leftovers: 1} },
			pages: func(*bench) []*Auth { return []*Auth{chatGPT("u", "w", "C", someTime.Add(time.Minute))} },
		},
		"another session of the active account is none": {
			damage: func(b *bench, book *Book) { keep(b.t, book, chatGPT("u", "w", "C", someTime)) },
			pages:  func(*bench) []*Auth { return []*Auth{chatGPT("u", "w", "C", someTime)} },
		},
		"a missing card of the active account": {
			damage: func(b *bench, book *Book) { b.must(book.removeCard(ID(b.active))) },
			want:   func(*bench) Repaired { return Repaired{Cards: 1} },
		},
		"a card without an account": {
			damage: func(b *bench, book *Book) { b.must(book.Note(b.ctx, apiKey("sk-gone"), nil)) },
			want:   func(*bench) Repaired { return Repaired{Orphans: 1} },
		},
		"an account without a front page": {
			damage: func(b *bench, book *Book) {
				first, second := chatGPT("x", "w", "C", someTime), chatGPT("x", "w", "D", someTime.Add(time.Hour))
				keep(b.t, book, first, second, chatGPT("x", "w", "E", someTime.Add(2*time.Hour)))
				b.must(book.Remove(b.ctx, ID(first)))
			},
			want: func(*bench) Repaired { return Repaired{Promoted: 1} },
			pages: func(*bench) []*Auth {
				return []*Auth{chatGPT("x", "w", "D", someTime.Add(time.Hour)), chatGPT("x", "w", "C", someTime)}
			},
		},
		"a lock that nobody holds": {
			damage: func(b *bench, book *Book) { write(b.t, book.accountLock(ID(b.other)), "") },
		},
	} {
		for _, place := range []string{"file", "keyring"} {
			t.Run(name+" in "+place, func(t *testing.T) {
				b := newBench(t)
				book := b.inFile
				if place == "keyring" {
					book = b.inKeyring
				}
				keep(t, book, b.other)
				b.signIn(book, b.active)
				if c.damage != nil {
					c.damage(b, book)
				}
				var want Repaired
				if c.want != nil {
					want = c.want(b)
				}
				b.repairs(book, want)
				expected := []*Auth{b.other}
				if c.pages != nil {
					expected = append(expected, c.pages(b)...)
				}
				b.holds(book, expected...)
			})
		}
	}
}

// repairs expects that of the first run, and nothing of the second.
func (b *bench) repairs(book *Book, want Repaired) {
	b.t.Helper()
	for _, want := range []Repaired{want, {Newer: want.Newer, Unsettled: want.Unsettled}} {
		active, _, err := book.store().Load(b.ctx)
		b.must(ignoreNotFound(err))
		got, err := book.Repair(b.ctx, active)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) || got.Any() != (fmt.Sprint(want) != fmt.Sprint(Repaired{})) {
			b.t.Errorf("%+v, %v\nwant %+v", got, err, want)
		}
	}
	clean(b.t, book)
}

// holds expects these pages and no other, a card for each account, and no
// question to the keyring by a look at a sound book.
func (b *bench) holds(book *Book, want ...*Auth) {
	b.t.Helper()
	ids, err := book.List(b.ctx)
	if err != nil || len(ids) != len(want) {
		b.t.Error(ids, err)
	}
	for _, a := range want {
		id, err := book.Find(b.ctx, a)
		b.must(err)
		kept, err := book.Load(b.ctx, id)
		b.must(err)
		same(b.t, kept, a)
		if _, _, err := book.readCard(ID(a)); err != nil {
			b.t.Error("no card:", err)
		}
	}
	active, _, err := book.store().Load(b.ctx)
	b.must(err)
	if f, err := book.folder(); err != nil || len(f.locks) > 0 {
		b.t.Error(f.locks, err)
	}
	if r, _ := book.Repair(b.ctx, active); r.Any() { // reported and left
		return
	}
	silent := *book
	if book.ring != nil {
		silent.ring = silentKeyring{b.t}
	}
	if r, err := silent.Repair(b.ctx, active); err != nil || r.Any() {
		b.t.Error(r, err)
	}
}

// The keyring's own ways of being half done.
func TestRepairOfKeyringPages(t *testing.T) {
	t.Run("a page in both places", func(t *testing.T) {
		for _, newest := range []string{"file", "keyring"} {
			b := newBench(t)
			b.signIn(b.inKeyring, b.active)
			late := renewedOf(b.other)
			keep(t, b.inKeyring, b.other)
			page := late
			if newest == "keyring" {
				page = b.other
				keep(t, b.inKeyring, late)
			}
			write(t, b.inKeyring.page(ID(b.other)), string(page.Encode()))
			b.repairs(b.inKeyring, Repaired{Doubles: 1})
			b.holds(b.inKeyring, late)
			if exists(b.inKeyring.page(ID(late))) == exists(b.inKeyring.marker(ID(late))) {
				t.Error("two copies are left")
			}
		}
	})
	t.Run("two sessions in both places", func(t *testing.T) {
		b := newBench(t)
		b.signIn(b.inKeyring, b.active)
		second := chatGPT("v", "w", "C", someTime.Add(time.Hour))
		keep(t, b.inKeyring, b.other)
		write(t, b.inKeyring.page(ID(second)), string(second.Encode()))
		b.repairs(b.inKeyring, Repaired{Doubles: 1})
		b.holds(b.inKeyring, b.other, second)
	})
	t.Run("a damaged file beside an entry", func(t *testing.T) {
		b := newBench(t)
		b.signIn(b.inKeyring, b.active)
		keep(t, b.inKeyring, b.other)
		write(t, b.inKeyring.page(ID(b.other)), `{"tokens":`)
		b.repairs(b.inKeyring, Repaired{Doubles: 1})
		b.holds(b.inKeyring, b.other)
		if left := names(t, filepath.Join(b.inKeyring.own(), "unreadable")); len(left) != 1 {
			t.Error(left)
		}
	})
	t.Run("an entry that somebody took away", func(t *testing.T) {
		b := newBench(t)
		b.signIn(b.inKeyring, b.active)
		keep(t, b.inKeyring, b.other)
		b.must(b.ring.remove(b.ctx, ownService, b.inKeyring.account(ID(b.other))))
		b.repairs(b.inKeyring, Repaired{}) // nobody has looked
		if _, err := b.inKeyring.Load(b.ctx, ID(b.other)); err != ErrNotFound {
			t.Error(err)
		}
		b.repairs(b.inKeyring, Repaired{Markers: 1, Orphans: 1})
		b.holds(b.inKeyring)
	})
	t.Run("a keyring that does not answer", func(t *testing.T) {
		b := newBench(t)
		b.signIn(b.inFile, b.active)
		keep(t, b.inKeyring, b.other)
		b.inKeyring.doubt(ID(b.other))
		mute := &Book{home: b.home, mode: ModeAuto, ring: brokenKeyring{&keyringFault{ProblemTimeout, "", nil}}}
		r, err := mute.Repair(b.ctx, b.active)
		if err != nil || r.Unsettled != 1 || !exists(mute.marker(ID(b.other))) || !exists(mute.cardFile(ID(b.other))) {
			t.Error(r, err)
		}
		if _, err := b.inKeyring.Repair(b.ctx, b.active); err != nil {
			t.Error(err)
		}
		clean(t, b.inKeyring)
		if a, err := b.inKeyring.Load(b.ctx, ID(b.other)); err != nil || a.session() != b.other.session() {
			t.Error(err)
		}
	})
	t.Run("a marker of an older version", func(t *testing.T) {
		b := newBench(t)
		b.signIn(b.inKeyring, b.active)
		second := chatGPT("u", "w", "C", someTime)
		keep(t, b.inKeyring, second)
		write(t, b.inKeyring.marker(ID(second)), "")
		b.repairs(b.inKeyring, Repaired{})
		b.holds(b.inKeyring, second) // and is not asked about again
	})
}

// What was looked at without a lock counts no longer once the locks are held.
func TestRepairTrustsNoOldLook(t *testing.T) {
	b := newBench(t)
	b.signIn(b.inFile, b.active)
	keep(t, b.inFile, b.other)
	// Somebody switches after the caller of Repair has read the active login.
	b.must(switchTo(b.ctx, b.inFile.store(), b.inFile, ID(b.other)))
	write(t, filepath.Join(b.inFile.tmp(), ".auth-abcdef"), "x")
	r, err := b.inFile.Repair(b.ctx, b.active)
	if err != nil || fmt.Sprint(r) != fmt.Sprint(Repaired{Temps: 1}) {
		t.Error(r, err)
	}
	if _, err := b.inFile.Find(b.ctx, b.active); err != nil {
		t.Error("the page was taken for a leftover:", err)
	}
}

// Where the active login cannot be known, nothing goes that it may need.
func TestRepairWithAnUnreadableLogin(t *testing.T) {
	b := newBench(t)
	b.signIn(b.inFile, b.active)
	write(t, b.home.AuthFile(), "{")
	if r, err := b.inFile.Repair(b.ctx, nil); err != nil || r.Any() || !exists(b.inFile.cardFile(ID(b.active))) {
		t.Error(r, err)
	}
	b.must(os.Remove(b.home.AuthFile()))
	if r, err := b.inFile.Repair(b.ctx, nil); err != nil || r.Orphans != 1 {
		t.Error(r, err)
	}
}

func TestRepairInMemory(t *testing.T) {
	ctx, home := testContext(t), testHome(t)
	book, active := OpenBook(home, ModeEphemeral), chatGPT("u", "w", "A", someTime)
	if _, err := book.store().Save(ctx, active, Steps{}); err != nil {
		t.Fatal(err)
	}
	keep(t, book, active)
	if err := book.Note(ctx, apiKey("sk-gone"), nil); err != nil {
		t.Fatal(err)
	}
	if r, err := book.Repair(ctx, active); err != nil || fmt.Sprint(r) != fmt.Sprint(Repaired{Leftovers: 1, Orphans: 1}) {
		t.Error(r, err)
	}
	if len(names(t, home.Path)) > 0 {
		t.Error("something was written to disk")
	}
}
