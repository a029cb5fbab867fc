package credstore

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	gokeyring "github.com/zalando/go-keyring"
)

// mockKeyring is go-keyring's own memory keyring behind our verbs.
func mockKeyring(t *testing.T) keyring {
	t.Helper()
	gokeyring.MockInit()
	return &oneAtATime{keyring: goKeyring{5 * time.Second}}
}

// oneAtATime makes up for the mock, a bare map; real keyrings are services.
type oneAtATime struct {
	mu sync.Mutex
	keyring
}

func (k *oneAtATime) get(ctx context.Context, service, account string) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.keyring.get(ctx, service, account)
}

func (k *oneAtATime) set(ctx context.Context, service, account, secret string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.keyring.set(ctx, service, account, secret)
}

func (k *oneAtATime) remove(ctx context.Context, service, account string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.keyring.remove(ctx, service, account)
}

// Every store keeps this contract. The keyring is go-keyring's mock here and a
// real one in keyring_linux_test.go.
func TestStores(t *testing.T) {
	t.Run("file", func(t *testing.T) {
		testStore(t, func(h Home) Store { return Open(h, ModeFile) }, KindFile)
	})
	t.Run("memory", func(t *testing.T) {
		testStore(t, func(h Home) Store { return Open(h, ModeEphemeral) }, KindMemory)
	})
	ring := mockKeyring(t)
	t.Run("keyring", func(t *testing.T) {
		testStore(t, func(h Home) Store { return &keyringStore{h, ring} }, KindKeyring)
	})
	t.Run("encrypted", func(t *testing.T) {
		testStore(t, func(h Home) Store { return &keyringStore{h.encrypted(), ring} }, KindEncrypted)
	})
	t.Run("auto, encrypted", func(t *testing.T) {
		testStore(t, func(h Home) Store { return &autoStore{keyringStore{h.encrypted(), ring}} }, KindEncrypted)
	})
	t.Run("auto, encrypted, without a keyring", func(t *testing.T) {
		testStore(t, func(h Home) Store { return &autoStore{keyringStore{h.encrypted(), brokenKeyring{}}} }, KindFile)
	})
	t.Run("auto", func(t *testing.T) {
		testStore(t, func(h Home) Store { return &autoStore{keyringStore{h, ring}} }, KindKeyring)
	})
	t.Run("auto without a keyring", func(t *testing.T) {
		testStore(t, func(h Home) Store { return &autoStore{keyringStore{h, brokenKeyring{}}} }, KindFile)
	})
}

func testStore(t *testing.T, open func(Home) Store, kind Kind) {
	ctx := testContext(t)
	t.Run("round trip", func(t *testing.T) {
		home := testHome(t)
		store := open(home)
		if _, _, err := store.Load(ctx); err != ErrNotFound {
			t.Fatal("empty:", err)
		}
		if err := store.Delete(ctx); err != ErrNotFound {
			t.Fatal("delete of nothing:", err)
		}
		unknown, err := Parse([]byte(`{"OPENAI_API_KEY":"sk-é\u2028","future":[1,{"a":2}]}`), Place{})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []*Auth{apiKey("sk-1"), chatGPT("u", "w", "s", someTime), NewAccessToken(NewSecret("at-1")), unknown, apiKey("sk-" + strings.Repeat("x", 50_000))} {
			place, err := store.Save(ctx, want, Steps{})
			if err != nil || place.Kind != kind || place.Where == "" {
				t.Fatal(place, err)
			}
			// Another handle on the same place sees it.
			got, from, err := open(home).Load(ctx)
			if err != nil || from.Kind != kind || from.Where != place.Where {
				t.Fatal(from, err)
			}
			if string(got.EncodeCompact()) != string(want.EncodeCompact()) {
				t.Fatal("another document came back")
			}
		}
		if err := open(home).Delete(ctx); err != nil {
			t.Fatal(err)
		}
		if _, _, err := store.Load(ctx); err != ErrNotFound {
			t.Fatal("after delete:", err)
		}
	})
	t.Run("refuses what Codex cannot read", func(t *testing.T) {
		store := open(testHome(t))
		if _, err := store.Save(ctx, apiKey("sk-1"), Steps{}); err != nil {
			t.Fatal(err)
		}
		bad := NewChatGPT(Tokens{IDToken: NewSecret("no JWT")}, nil, someTime)
		if _, err := store.Save(ctx, bad, Steps{}); !IsProblem(err, ProblemCorrupt) {
			t.Fatal(err)
		}
		if _, err := store.Save(ctx, apiKey(strings.Repeat("x", maxDocument)), Steps{}); !IsProblem(err, ProblemTooBig) {
			t.Fatal(err)
		}
		a, _, err := store.Load(ctx)
		if err != nil {
			t.Fatal(err)
		}
		same(t, a, apiKey("sk-1"))
	})
	t.Run("cancelled before", func(t *testing.T) {
		store := open(testHome(t))
		stopped := cancelled(t)
		if _, err := store.Save(stopped, apiKey("sk-1"), Steps{}); err == nil {
			t.Fatal("saved")
		}
		if _, _, err := store.Load(ctx); err != ErrNotFound {
			t.Fatal(err)
		}
	})
	t.Run("many at once", func(t *testing.T) {
		home := testHome(t)
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				store := open(home)
				if _, err := store.Save(ctx, apiKey(strings.Repeat(string(rune('a'+i)), 3000+i)), Steps{}); err != nil {
					t.Error(err)
				}
				if a, _, err := store.Load(ctx); err != nil || a.APIKey.Len() != 2999+int(a.APIKey.Reveal()[0]-'a')+1 {
					t.Error("a mixture was loaded", err)
				}
			})
		}
		wg.Wait()
	})
}

func TestParseMode(t *testing.T) {
	for _, m := range Modes() {
		if got, ok := ParseMode(string(m)); !ok || got != m || Open(Home{Path: t.TempDir()}, m).Mode() != m {
			t.Error(m)
		}
	}
	if _, ok := ParseMode("File"); ok {
		t.Error("another spelling was taken")
	}
}

func TestErrorText(t *testing.T) {
	e := &Error{Problem: ProblemBusy, Op: "lock", Place: filePlace("/h/a\x1b[2Jb"), Detail: "held by x", Err: errors.New("cause\r\n")}
	if got := e.Error(); got != "lock /h/a[2Jb: busy: held by x: cause" {
		t.Errorf("%q", got)
	}
	if !errors.Is(e, e.Err) || !IsProblem(errors.Join(errors.New("x"), e), ProblemBusy) {
		t.Error("unwrapping")
	}
}
