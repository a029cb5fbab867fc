package credstore

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// books are the account books of every kind.
func books(t *testing.T) map[string]func(Home) *Book {
	ring := mockKeyring(t)
	return map[string]func(Home) *Book{
		"file":            func(h Home) *Book { return OpenBook(h, ModeFile) },
		"memory":          func(h Home) *Book { return OpenBook(h, ModeEphemeral) },
		"keyring":         func(h Home) *Book { return &Book{home: h, ring: ring} },
		"small keyring":   func(h Home) *Book { return &Book{home: h, ring: smallKeyring{ring, 400}} },
		"tiny keyring":    func(h Home) *Book { return &Book{home: h, ring: smallKeyring{ring, 1}} },
		"broken keyring":  func(h Home) *Book { return &Book{home: h, ring: brokenKeyring{}} },
		"leaking keyring": func(h Home) *Book { return &Book{home: h, ring: sievelikeKeyring{ring}} },
	}
}

func TestBook(t *testing.T) {
	for name, open := range books(t) {
		t.Run(name, func(t *testing.T) {
			home, ctx := testHome(t), testContext(t)
			book := open(home)
			if ids, err := book.List(ctx); err != nil || len(ids) != 0 {
				t.Fatal(ids, err)
			}
			logins := []*Auth{
				apiKey("sk-one"), apiKey("sk-two"), NewAccessToken(NewSecret("at-one")),
				chatGPT("u", "w1", "s", someTime), chatGPT("u", "w2", "s", someTime), chatGPT("v", "w1", "s", someTime),
			}
			for _, a := range logins {
				if err := book.Keep(ctx, a); err != nil {
					t.Fatal(err)
				}
			}
			if err := book.Keep(ctx, &Auth{}); err != nil {
				t.Error("an empty login is nothing to keep:", err)
			}
			ids, err := open(home).List(ctx)
			if err != nil || len(ids) != len(logins) {
				t.Fatal(ids, err)
			}
			for _, a := range logins {
				id, err := book.Find(ctx, a)
				if err != nil || !slices.Contains(ids, id) {
					t.Fatal(id, err)
				}
				kept, err := open(home).Load(ctx, id)
				if err != nil {
					t.Fatal(err)
				}
				same(t, kept, a)
				if err := book.Remove(ctx, id); err != nil {
					t.Fatal(err)
				}
				if _, err := book.Load(ctx, id); err != ErrNotFound {
					t.Error(err)
				}
				if err := book.Remove(ctx, id); err != ErrNotFound {
					t.Error(err)
				}
			}
			if ids, err := book.List(ctx); err != nil || len(ids) != 0 {
				t.Error(ids, err)
			}
		})
	}
}

// Whatever the order in which sessions of one identity arrive, each session's
// newest document is there afterwards.
func TestBookLosesNoSession(t *testing.T) {
	early, late := someTime, someTime.Add(time.Hour)
	documents := map[string]*Auth{
		"A early": chatGPT("u", "w", "A", early), "A late": chatGPT("u", "w", "A", late),
		"B early": chatGPT("u", "w", "B", early.Add(time.Minute)), "B late": chatGPT("u", "w", "B", late.Add(time.Minute)),
	}
	for name, open := range books(t) {
		for _, order := range [][]string{
			{"A early", "A late"},
			{"A late", "A early"},
			{"A early", "B early", "A late", "B late"},
			{"B late", "A late", "A early", "B early"},
			{"A late", "B early", "B late", "A early"},
			{"B early", "A early", "B early", "A late"},
		} {
			t.Run(name+": "+strings.Join(order, ", "), func(t *testing.T) {
				ctx, book := testContext(t), open(testHome(t))
				newest := map[string]*Auth{}
				for _, step := range order {
					a := documents[step]
					if err := book.Keep(ctx, a); err != nil {
						t.Fatal(err)
					}
					if old := newest[step[:1]]; old == nil || a.LastRefresh.After(old.LastRefresh) {
						newest[step[:1]] = a
					}
				}
				for _, want := range newest {
					id, err := book.Find(ctx, want)
					if err != nil {
						t.Fatal(err)
					}
					kept, err := book.Load(ctx, id)
					if err != nil {
						t.Fatal(err)
					}
					same(t, kept, want)
				}
				if ids, err := book.List(ctx); err != nil || len(ids) != len(newest) {
					t.Error(ids, err)
				}
				// The newest of all has the identity's own page.
				front, err := book.Load(ctx, ID(documents["A early"]))
				if err != nil {
					t.Fatal(err)
				}
				for _, a := range newest {
					if a.LastRefresh.After(front.LastRefresh) {
						t.Error("an older session is in front")
					}
				}
			})
		}
	}
}

func TestBookIsPrivateAndNamesNobody(t *testing.T) {
	home, ctx := testHome(t), testContext(t)
	login := chatGPT("user-1", "ws-1", "s", someTime)
	if err := OpenBook(home, ModeFile).Keep(ctx, login); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(home.Path, "codex-login", "accounts")
	for _, folder := range []string{filepath.Dir(dir), dir} {
		if info, err := os.Stat(folder); err != nil || !hasMode(info, 0o700) {
			t.Error(info, err)
		}
	}
	list := names(t, dir)
	if len(list) != 2 || list[0] != ID(login)+".card" || list[1] != ID(login)+".json" || !validID.MatchString(ID(login)) || strings.Contains(list[0], "user-1") {
		t.Fatal(list)
	}
	for _, name := range list {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || !hasMode(info, 0o600) {
			t.Error(info, err)
		}
	}
	if read(t, filepath.Join(dir, list[1])) != string(login.Encode()) {
		t.Error("the page is not the document")
	}
}

func TestBookTakesNoPathForAnID(t *testing.T) {
	home, ctx := testHome(t), testContext(t)
	write(t, home.AuthFile(), string(apiKey("sk").Encode()))
	book := OpenBook(home, ModeFile)
	for _, id := range []string{"../../auth", "", ".", "chatgpt-0000000000000000/../../../auth", "CON"} {
		if _, err := book.Load(ctx, id); err != ErrNotFound {
			t.Errorf("%q: %v", id, err)
		}
		if err := book.Remove(ctx, id); err != ErrNotFound || !exists(home.AuthFile()) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestBookPagesAreFoundAfterTheModeChanged(t *testing.T) {
	home, ctx, ring := testHome(t), testContext(t), mockKeyring(t)
	login, later := chatGPT("u", "w", "s", someTime), chatGPT("u", "w", "s", someTime.Add(time.Hour))
	inKeyring, inFile := &Book{home: home, ring: ring}, &Book{home: home, ring: smallKeyring{ring, 1}}
	if err := inKeyring.Keep(ctx, login); err != nil {
		t.Fatal(err)
	}
	id := ID(login)
	if exists(inKeyring.page(id)) || !exists(inKeyring.marker(id)) {
		t.Error(names(t, inKeyring.dir()))
	}
	if err := inFile.Keep(ctx, later); err != nil {
		t.Fatal(err)
	}
	if !exists(inFile.page(id)) || exists(inFile.marker(id)) {
		t.Error("two copies:", names(t, inFile.dir()))
	}
	if _, err := ring.get(ctx, ownService, inFile.account(id)); err == nil {
		t.Error("the older copy stayed in the keyring")
	}
	if err := inKeyring.Keep(ctx, login); err != nil {
		t.Fatal(err)
	}
	a, err := inKeyring.Load(ctx, id)
	if err != nil || exists(inKeyring.page(id)) {
		t.Fatal(err, names(t, inKeyring.dir()))
	}
	same(t, a, later)
}

// A page that cannot be read just now may be another session: nothing is
// written over it, and a sign-in is not held up.
func TestBookWithAnUnreadablePage(t *testing.T) {
	home, ctx, ring := testHome(t), testContext(t), mockKeyring(t)
	first, second := chatGPT("u", "w", "A", someTime), chatGPT("u", "w", "B", someTime)
	if err := (&Book{home: home, ring: ring}).Keep(ctx, first); err != nil {
		t.Fatal(err)
	}
	locked := &Book{home: home, ring: brokenKeyring{&keyringFault{ProblemLocked, "", nil}}}
	if err := locked.Keep(ctx, second); err != nil {
		t.Fatal(err)
	}
	book := &Book{home: home, ring: ring}
	for _, want := range []*Auth{first, second} {
		id, err := book.Find(ctx, want)
		if err != nil {
			t.Fatal(err)
		}
		kept, err := book.Load(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		same(t, kept, want)
	}
}

func TestBookIsOneWritersAtATime(t *testing.T) {
	home, ctx := testHome(t), testContext(t)
	done := make(chan error, 8)
	for i := range cap(done) {
		go func() {
			done <- OpenBook(home, ModeFile).Keep(ctx, chatGPT("u", "w", string(rune('A'+i)), someTime.Add(time.Duration(i)*time.Minute)))
		}()
	}
	for range cap(done) {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if ids, err := OpenBook(home, ModeFile).List(ctx); err != nil || len(ids) != cap(done) {
		t.Error(ids, err)
	}
}
