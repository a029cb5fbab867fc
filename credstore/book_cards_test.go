package credstore

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// testBookContract is what every account book keeps, wherever its pages are.
func testBookContract(t *testing.T, open func(Home) *Book) {
	t.Run("cards", func(t *testing.T) { testCards(t, open) })
	t.Run("notes", func(t *testing.T) { testNotes(t, open) })
	t.Run("forget", func(t *testing.T) { testForget(t, open) })
	t.Run("renew", func(t *testing.T) { testRenew(t, open) })
	t.Run("switch", func(t *testing.T) { testSwitch(t, open) })
}

func TestBookContract(t *testing.T) {
	for name, open := range books(t) {
		t.Run(name, func(t *testing.T) { testBookContract(t, open) })
	}
}

func keep(t *testing.T, book *Book, logins ...*Auth) {
	t.Helper()
	for _, a := range logins {
		if err := book.Keep(testContext(t), a); err != nil {
			t.Fatal(err)
		}
	}
}

func testCards(t *testing.T, open func(Home) *Book) {
	ctx, home := testContext(t), testHome(t)
	book := open(home)
	if cards, err := book.Cards(ctx); err != nil || len(cards) != 0 {
		t.Fatal(cards, err)
	}
	early, late := chatGPT("u", "w", "A", someTime), chatGPT("u", "w", "B", someTime.Add(time.Hour))
	key, active := apiKey("sk-proj-0123456789"), chatGPT("v", "w", "C", someTime)
	keep(t, book, early, late, key)
	if err := book.Note(ctx, active, nil); err != nil {
		t.Fatal(err)
	}
	cards, err := open(home).Cards(ctx)
	if err != nil || len(cards) != 3 {
		t.Fatal(cards, err)
	}
	pages := map[string]int{ID(late): 2, ID(key): 1, ID(active): 0}
	for _, c := range cards {
		if want, ok := pages[c.ID]; !ok || c.Pages != want || (c.Place.Kind != "") != (want > 0) || c.AddedAt.IsZero() {
			t.Errorf("%+v", c)
		}
		one, err := book.Card(ctx, c.ID)
		if one.Pages == min(c.Pages, 1) {
			one.Pages = c.Pages // earlier sessions are not counted for one card
		}
		if err != nil || one != c {
			t.Errorf("%+v, %v", one, err)
		}
	}
	if c, _ := book.Card(ctx, ID(late)); !c.LastRefresh.Equal(late.LastRefresh) || c.Email != "ann@example.com" {
		t.Errorf("not the card of the front page: %+v", c)
	}
	if _, err := book.Card(ctx, "../x"); err != ErrNotFound {
		t.Error(err)
	}
	if book.memory != nil {
		return
	}
	for _, c := range cards {
		text := read(t, book.cardFile(c.ID))
		for _, a := range []*Auth{early, late, key, active} {
			for _, secret := range secretsOf(a) {
				if strings.Contains(text, secret) {
					t.Error("a card holds a secret")
				}
			}
		}
		if info, err := os.Stat(book.cardFile(c.ID)); err != nil || !hasMode(info, 0o600) || !strings.Contains(text, `"schema": 1`) {
			t.Error(info, err)
		}
	}
	// A damaged card and a missing one are made anew out of what can be read.
	write(t, book.cardFile(ID(late)), "{\x00")
	if err := os.Remove(book.cardFile(ID(key))); err != nil {
		t.Fatal(err)
	}
	rebuilt, err := book.Cards(ctx)
	if err != nil || len(rebuilt) != 3 {
		t.Fatal(rebuilt, err)
	}
	for i, c := range rebuilt {
		if c.ID != cards[i].ID || c.Mode != cards[i].Mode || c.Pages != cards[i].Pages {
			t.Errorf("%+v", c)
		}
		if c.Place.Kind == KindFile && (c.Email != cards[i].Email || c.KeyHint != cards[i].KeyHint) {
			t.Errorf("%+v", c)
		}
	}
	if err := book.Note(ctx, late, nil); err != nil || !strings.Contains(read(t, book.cardFile(ID(late))), "ann@example.com") {
		t.Error("the card was not mended:", err)
	}
}

func testNotes(t *testing.T, open func(Home) *Book) {
	ctx, book := testContext(t), open(testHome(t))
	first, second := someTime.Add(time.Minute), someTime.Add(2*time.Minute)
	book.now = func() time.Time { return first }
	login := chatGPT("u", "w", "A", someTime)
	keep(t, book, login)
	end := &Ended{Reason: "revoked", At: someTime, Session: login.Fingerprint()}
	err := book.Edit(ctx, ID(login), func(c *Card) {
		c.Label, c.LastUsed, c.Ended, c.ID, c.Pages = "work", second, end, "else", 7
	})
	if err != nil {
		t.Fatal(err)
	}
	book.now = func() time.Time { return second }
	card := func() Card {
		t.Helper()
		c, err := book.Card(ctx, ID(login))
		if err != nil || c.Label != "work" || !c.AddedAt.Equal(first) || !c.LastUsed.Equal(second) || c.Pages != 1 {
			t.Errorf("%+v, %v", c, err)
		}
		return c
	}
	if c := card(); c.Ended == nil || *c.Ended != *end {
		t.Errorf("%+v", c.Ended)
	}
	// The same tokens: the end stands. Others: it is forgotten.
	keep(t, book, login)
	if err := book.Note(ctx, login, nil); err != nil || card().Ended == nil {
		t.Error("the end was forgotten:", err)
	}
	login.Tokens.RefreshToken, login.LastRefresh = NewSecret("rt-next"), someTime.Add(time.Hour)
	keep(t, book, login)
	if c := card(); c.Ended != nil || !c.LastRefresh.Equal(login.LastRefresh) {
		t.Errorf("%+v", c)
	}
	for _, id := range []string{"chatgpt-0000000000000000", "../../x", ""} {
		if err := book.Edit(ctx, id, func(*Card) { t.Error("edited") }); err != ErrNotFound {
			t.Error(err)
		}
	}
	if err := book.Note(ctx, &Auth{}, nil); err != nil {
		t.Error(err)
	}
	if err := book.Note(cancelled(t), login, nil); err == nil {
		t.Error("noted after cancellation")
	}
}

func testForget(t *testing.T, open func(Home) *Book) {
	ctx, home := testContext(t), testHome(t)
	book := open(home)
	early, late, other := chatGPT("u", "w", "A", someTime), chatGPT("u", "w", "B", someTime.Add(time.Hour)), apiKey("sk-1")
	keep(t, book, early, late, other)
	pages, err := book.Pages(ctx, ID(early))
	if err != nil || len(pages) != 2 {
		t.Fatal(pages, err)
	}
	same(t, pages[0], late)
	same(t, pages[1], early)
	if err := book.Forget(ctx, ID(early)); err != nil {
		t.Fatal(err)
	}
	if _, err := book.Pages(ctx, ID(early)); err != ErrNotFound {
		t.Error(err)
	}
	if _, err := book.Card(ctx, ID(early)); err != ErrNotFound {
		t.Error(err)
	}
	for _, id := range []string{ID(early), SessionID(early), "../../auth", ""} {
		if err := book.Forget(ctx, id); err != ErrNotFound {
			t.Error(err)
		}
	}
	if cards, err := book.Cards(ctx); err != nil || len(cards) != 1 || cards[0].ID != ID(other) {
		t.Error(cards, err)
	}
	if book.memory == nil {
		for _, name := range names(t, book.dir()) {
			if strings.HasPrefix(name, ID(early)) {
				t.Error(name, "was left")
			}
		}
		clean(t, book)
	}
	// One that has nothing but a card, as after a kill.
	if err := book.Note(ctx, early, nil); err != nil {
		t.Fatal(err)
	}
	if err := book.Forget(ctx, ID(early)); err != nil {
		t.Error(err)
	}
}

// clean fails where something half done lies about.
func clean(t *testing.T, book *Book) {
	t.Helper()
	if left := names(t, book.tmp()); len(left) > 0 {
		t.Error("left in tmp:", left)
	}
	for _, name := range names(t, book.dir()) {
		if ext := filepath.Ext(name); ext != ".json" && ext != ".keyring" && ext != ".card" {
			t.Error("left in accounts:", name)
		}
	}
}

func testRenew(t *testing.T, open func(Home) *Book) {
	ctx, book := testContext(t), open(testHome(t))
	// Once with a session that has a name and once as older Codexes write it.
	for _, owner := range []string{"A", ""} {
		old := chatGPT("u"+owner, "w", "A", someTime)
		old.Tokens.LoginOwnerID = owner
		renewed := renewedOf(old)
		back := chatGPT("u"+owner, "w", "B", someTime.Add(-time.Hour))
		back.Tokens.LoginOwnerID = strings.Repeat("B", len(owner))
		again := renewedOf(back)
		again.LastRefresh = someTime.Add(-time.Minute)
		keep(t, book, old, back)
		for _, step := range [][2]*Auth{{old, renewed}, {back, again}} {
			if err := book.Renew(ctx, step[0], step[1]); err != nil {
				t.Fatal(err)
			}
			if err := book.Renew(ctx, step[0], step[1]); err != ErrNotFound {
				t.Error("renewed twice:", err)
			}
		}
		pages, err := book.Pages(ctx, ID(old))
		if err != nil || len(pages) != 2 {
			t.Fatal(len(pages), err)
		}
		same(t, pages[0], renewed)
		same(t, pages[1], again)
		if c, err := book.Card(ctx, ID(old)); err != nil || !c.LastRefresh.Equal(renewed.LastRefresh) {
			t.Error(c, err)
		}
		if id, err := book.Find(ctx, again); err != nil || id != SessionID(again) {
			t.Error(id, err)
		}
	}
}

// renewedOf is a login after a refresh.
func renewedOf(a *Auth) *Auth {
	b, tokens := *a, *a.Tokens
	tokens.RefreshToken = NewSecret(tokens.RefreshToken.Reveal() + "+")
	b.Tokens, b.LastRefresh = &tokens, a.LastRefresh.Add(time.Hour)
	return &b
}

// switchTo makes a page the active login, as a caller of this room does.
func switchTo(ctx context.Context, store Store, book *Book, id string) error {
	_, err := store.Save(ctx, nil, Steps{
		Before: func(ctx context.Context) error {
			current, _, err := store.Load(ctx)
			if err != nil {
				return ignoreNotFound(err)
			}
			return book.Keep(ctx, current)
		},
		Choose:  func(ctx context.Context) (*Auth, error) { return book.Load(ctx, id) },
		Written: func() bool { return book.Remove(context.WithoutCancel(ctx), id) == nil },
	})
	return err
}

func testSwitch(t *testing.T, open func(Home) *Book) {
	ctx, home := testContext(t), testHome(t)
	book := open(home)
	store := book.store()
	here, there := chatGPT("u", "w", "A", someTime), chatGPT("v", "w", "B", someTime)
	if _, err := store.Save(ctx, here, Steps{}); err != nil {
		return // this keyring keeps no login
	}
	if err := book.Note(ctx, here, nil); err != nil {
		t.Fatal(err)
	}
	keep(t, book, there)
	for _, want := range []*Auth{there, here, there} {
		if err := switchTo(ctx, store, book, ID(want)); err != nil {
			t.Fatal(err)
		}
		now, _, err := store.Load(ctx)
		if err != nil {
			t.Fatal(err)
		}
		same(t, now, want)
		if ids, err := book.List(ctx); err != nil || len(ids) != 1 || ids[0] == ID(want) {
			t.Error(ids, err)
		}
		if r, err := book.Repair(ctx, now); err != nil || r.Any() {
			t.Errorf("%+v, %v", r, err)
		}
	}
	if err := switchTo(ctx, store, book, ID(there)); err != nil {
		// Its page is made by Before and taken away again.
		t.Error(err)
	}
	if err := switchTo(ctx, store, book, "chatgpt-0000000000000000"); err != ErrNotFound {
		t.Error(err)
	}
	now, _, err := store.Load(ctx)
	if err != nil {
		t.Fatal(err)
	}
	same(t, now, there)
}
