package credstore

import (
	"fmt"
	"os"
	"strconv"
	"testing"
)

// crowd makes a file book of that many accounts, besides the active login.
func crowd(b *testing.B, accounts int) (Store, *Book) {
	b.Helper()
	home := Home{Path: b.TempDir()}
	store, book := Open(home, ModeFile), OpenBook(home, ModeFile)
	if _, err := store.Save(b.Context(), bookPerson(0), Steps{}); err != nil {
		b.Fatal(err)
	}
	if err := book.Note(b.Context(), bookPerson(0), nil); err != nil {
		b.Fatal(err)
	}
	for n := 1; n <= accounts; n++ {
		a := bookPerson(n)
		card, err := CardOf(a).encode()
		if err != nil {
			b.Fatal(err)
		}
		for path, text := range map[string][]byte{book.page(ID(a)): a.Encode(), book.cardFile(ID(a)): card} {
			if err := os.WriteFile(path, text, 0o600); err != nil {
				b.Fatal(err)
			}
		}
	}
	return store, book
}

func bookPerson(n int) *Auth {
	return chatGPT("person-"+strconv.Itoa(n), "w", "session-"+strconv.Itoa(n), someTime)
}

func overCrowds(b *testing.B, run func(b *testing.B, store Store, book *Book, accounts int)) {
	for _, accounts := range []int{10, 1000, 10000} {
		b.Run(fmt.Sprint(accounts), func(b *testing.B) {
			store, book := crowd(b, accounts)
			b.ResetTimer()
			run(b, store, book, accounts)
		})
	}
}

// The whole list.
func BenchmarkCards(b *testing.B) {
	overCrowds(b, func(b *testing.B, _ Store, book *Book, accounts int) {
		for b.Loop() {
			if cards, err := book.Cards(b.Context()); err != nil || len(cards) != accounts+1 {
				b.Fatal(len(cards), err)
			}
		}
	})
}

// A switch as its locks see it: keep, write, remove.
func BenchmarkSwitchSave(b *testing.B) {
	overCrowds(b, func(b *testing.B, store Store, book *Book, _ int) {
		n := 0
		for b.Loop() {
			n = 1 - n
			if err := switchTo(b.Context(), store, book, ID(bookPerson(n))); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// The look at a sound book with which every command begins.
func BenchmarkRepairOfNothing(b *testing.B) {
	overCrowds(b, func(b *testing.B, _ Store, book *Book, _ int) {
		for b.Loop() {
			if r, err := book.Repair(b.Context(), bookPerson(0)); err != nil || r.Any() {
				b.Fatal(r, err)
			}
		}
	})
}
