package credstore

import (
	"errors"
	"os"
	"strings"
	"testing"

	gokeyring "github.com/zalando/go-keyring"
)

// sealedBook is a book whose ChatGPT pages are encrypted files.
func sealedBook(t *testing.T) (*Book, keyring) {
	ring := mockKeyring(t)
	return &Book{home: testHome(t), mode: ModeKeyring, ring: smallKeyring{ring, 400}}, ring
}

func TestSealedPage(t *testing.T) {
	ctx := testContext(t)
	book, ring := sealedBook(t)
	a := chatGPT("u", "w", "s", someTime)
	keep(t, book, a)
	text := read(t, book.sealedPage(ID(a)))
	for _, secret := range secretsOf(a) {
		if strings.Contains(text, secret) {
			t.Error("a secret in the file")
		}
	}
	if info, err := os.Stat(book.sealedPage(ID(a))); err != nil || (os.PathSeparator == '/' && info.Mode().Perm() != 0o600) {
		t.Error(info.Mode(), err)
	}
	key, err := ring.get(ctx, ownService, book.pageKeyAccount())
	if err != nil {
		t.Fatal(err)
	}
	// All pages have one key, and it stays.
	keep(t, book, chatGPT("v", "w", "s", someTime))
	if again, _ := ring.get(ctx, ownService, book.pageKeyAccount()); again != key {
		t.Error("another key was made")
	}
	// A page that has become a file stays one, also where an entry would do.
	roomy := &Book{home: book.home, mode: ModeKeyring, ring: ring}
	later := chatGPT("u", "w", "s", someTime.Add(1))
	keep(t, roomy, later)
	kept, err := roomy.Load(ctx, ID(a))
	if err != nil || read(t, book.sealedPage(ID(a))) == text {
		t.Fatal(err)
	}
	same(t, kept, later)
	if _, err := ring.get(ctx, ownService, book.account(ID(a))); err != gokeyring.ErrNotFound {
		t.Error("two copies:", err)
	}
	if err := roomy.Forget(ctx, ID(a)); err != nil || exists(book.sealedPage(ID(a))) {
		t.Error(err, names(t, book.dir()))
	}
}

// A page that has grown leaves no older tokens in the keyring.
func TestSealedPageThatWasAnEntry(t *testing.T) {
	ctx := testContext(t)
	book, ring := sealedBook(t)
	a := chatGPT("u", "w", "s", someTime)
	keep(t, &Book{home: book.home, mode: ModeKeyring, ring: ring}, a)
	later := chatGPT("u", "w", "s", someTime.Add(1))
	keep(t, book, later)
	if _, err := ring.get(ctx, ownService, book.account(ID(a))); err != gokeyring.ErrNotFound || !exists(book.sealedPage(ID(a))) {
		t.Error(err, names(t, book.dir()))
	}
	kept, err := book.Load(ctx, ID(a))
	if err != nil {
		t.Fatal(err)
	}
	same(t, kept, later)
}

func TestSealedPageThatDoesNotOpen(t *testing.T) {
	for name, c := range map[string]struct {
		spoil   func(*testing.T, *Book, keyring, string)
		problem Problem
	}{
		"no key": {func(t *testing.T, b *Book, ring keyring, _ string) {
			if err := ring.remove(testContext(t), ownService, b.pageKeyAccount()); err != nil {
				t.Fatal(err)
			}
		}, ProblemNoKey},
		"no key in it": {func(t *testing.T, b *Book, ring keyring, _ string) { setPageKey(t, b, ring, "x") }, ProblemWrongKey},
		"another key": {func(t *testing.T, b *Book, ring keyring, _ string) {
			setPageKey(t, b, ring, "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX")
		}, ProblemWrongKey},
		"cut off": {func(t *testing.T, b *Book, _ keyring, id string) {
			write(t, b.sealedPage(id), read(t, b.sealedPage(id))[:300])
		}, ProblemDamaged},
		"garbage": {func(t *testing.T, b *Book, _ keyring, id string) { write(t, b.sealedPage(id), "garbage") }, ProblemDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := testContext(t)
			book, ring := sealedBook(t)
			a := chatGPT("u", "w", "s", someTime)
			keep(t, book, a)
			c.spoil(t, book, ring, ID(a))
			before := read(t, book.sealedPage(ID(a)))
			_, err := book.Load(ctx, ID(a))
			var bad *Error
			if !errors.As(err, &bad) || bad.Problem != c.problem || bad.Place != (Place{Kind: KindEncrypted, Where: book.sealedPage(ID(a))}) {
				t.Error("the file is what a person can move away:", err)
			}
			if _, err := book.MovePages(ctx, ModeFile); err == nil || exists(book.page(ID(a))) {
				t.Error(err)
			}
			if _, err := book.Repair(ctx, nil); err != nil || read(t, book.sealedPage(ID(a))) != before {
				t.Error("it was lost in a repair", err)
			}
			if err := book.Forget(ctx, ID(a)); err != nil || exists(book.sealedPage(ID(a))) {
				t.Error("it cannot be forgotten:", err)
			}
		})
	}
}

func setPageKey(t *testing.T, b *Book, ring keyring, key string) {
	t.Helper()
	if err := ring.set(testContext(t), ownService, b.pageKeyAccount(), key); err != nil {
		t.Fatal(err)
	}
}
