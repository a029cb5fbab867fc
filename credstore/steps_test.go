package credstore

import (
	"context"
	"errors"
	"testing"
)

func stepStores(t *testing.T) map[string]func(home Home) Store {
	return map[string]func(home Home) Store{
		"file":    func(home Home) Store { return &fileStore{home} },
		"keyring": func(home Home) Store { return &keyringStore{home, mockKeyring(t)} },
		"auto":    func(home Home) Store { return &autoStore{keyringStore{home, mockKeyring(t)}} },
		"memory":  func(Home) Store { return &memoryStore{} },
		"auto without a keyring": func(home Home) Store {
			return &autoStore{keyringStore{home, brokenKeyring{}}}
		},
	}
}

// TestSteps holds the order in which a save works, for every store that can be
// had without a keyring of the system's.
func TestSteps(t *testing.T) {
	stop := errors.New("not now")
	for name, open := range stepStores(t) {
		t.Run(name, func(t *testing.T) {
			ctx := testContext(t)
			home := testHome(t)
			store := open(home)
			if _, err := store.Save(ctx, apiKey("sk-old"), Steps{}); err != nil {
				t.Fatal(err)
			}
			holds := func(want string) bool {
				a, _, err := store.Load(ctx)
				return err == nil && a.APIKey.Reveal() == want
			}
			_, err := store.Save(ctx, apiKey("sk-new"), Steps{Before: func(context.Context) error {
				if !holds("sk-old") {
					t.Error("Before came too late")
				}
				return stop
			}})
			if !errors.Is(err, stop) || !holds("sk-old") {
				t.Errorf("Before did not end the save: %v", err)
			}
			if name == "keyring" || name == "auto" {
				write(t, home.AuthFile(), `{"OPENAI_API_KEY":"sk-beside"}`)
			}
			place, err := store.Save(ctx, apiKey("sk-new"), Steps{Written: func() bool {
				if !holds("sk-new") {
					t.Error("Written came too early")
				}
				return false
			}})
			if err != nil {
				t.Fatal(err)
			}
			if place.Kind == KindKeyring && !exists(home.AuthFile()) {
				t.Error("the copy beside was cleared against the caller's word")
			}
			if _, err := store.Save(ctx, apiKey("sk-newer"), Steps{}); err != nil {
				t.Fatal(err)
			}
			if place.Kind == KindKeyring && exists(home.AuthFile()) {
				t.Error("the copy beside was not cleared")
			}
		})
	}
}

// TestChoose holds that the login to be stored may be picked under the locks, as
// late as that, and in every store.
func TestChoose(t *testing.T) {
	stop := errors.New("not now")
	for name, open := range stepStores(t) {
		t.Run(name, func(t *testing.T) {
			ctx, home := testContext(t), testHome(t)
			store := open(home)
			if _, err := store.Save(ctx, apiKey("sk-old"), Steps{}); err != nil {
				t.Fatal(err)
			}
			before := false
			choose := func(a *Auth, err error) Steps {
				return Steps{
					Before: func(context.Context) error { before = true; return nil },
					Choose: func(ctx context.Context) (*Auth, error) {
						if now, _, err := store.Load(ctx); err != nil || now.APIKey.Reveal() != "sk-old" || !before {
							t.Error("Choose did not come between Before and the write:", err)
						}
						return a, err
					},
					Written: func() bool { before = false; return true },
				}
			}
			bad := NewChatGPT(Tokens{IDToken: NewSecret("no JWT")}, nil, someTime)
			for _, c := range []struct {
				a    *Auth
				err  error
				want func(error) bool
			}{
				{nil, stop, func(err error) bool { return errors.Is(err, stop) }},
				{nil, nil, func(err error) bool { return errors.Is(err, ErrNotFound) }},
				{bad, nil, func(err error) bool { return IsProblem(err, ProblemCorrupt) }},
			} {
				if _, err := store.Save(ctx, nil, choose(c.a, c.err)); !c.want(err) {
					t.Error(err)
				}
				if now, _, err := store.Load(ctx); err != nil || now.APIKey.Reveal() != "sk-old" {
					t.Error("something was written:", err)
				}
			}
			// It counts for more than what Save was given.
			if _, err := store.Save(ctx, apiKey("sk-other"), choose(apiKey("sk-chosen"), nil)); err != nil || before {
				t.Fatal(err)
			}
			if now, _, err := store.Load(ctx); err != nil || now.APIKey.Reveal() != "sk-chosen" {
				t.Error("another login was stored:", err)
			}
		})
	}
}

func TestCopies(t *testing.T) {
	home := testHome(t)
	if got := Copies(testContext(t), home, ModeFile, ModeEphemeral); len(got) != 0 {
		t.Errorf("%d copies of nothing", len(got))
	}
	write(t, home.AuthFile(), `{"OPENAI_API_KEY":"sk-1"}`)
	got := Copies(testContext(t), home, ModeFile, ModeFile)
	if len(got) != 1 || got[0].Err != nil || got[0].Place.Where != home.AuthFile() {
		t.Errorf("%+v", got)
	}
	write(t, home.AuthFile(), `{"OPENAI_API`)
	got = Copies(testContext(t), home, ModeFile)
	if len(got) != 1 || !IsProblem(got[0].Err, ProblemCorrupt) || got[0].Raw.Reveal() != `{"OPENAI_API` {
		t.Errorf("%+v", got)
	}
}

// TestSpare holds that the automatic choice neither replaces nor removes an
// entry that nobody could read before, though the keyring answers again.
func TestSpare(t *testing.T) {
	for _, problem := range []Problem{ProblemLocked, ProblemIO} {
		ctx, home, ring := testContext(t), testHome(t), mockKeyring(t)
		store := &autoStore{keyringStore{home, ring}}
		if _, err := store.Save(ctx, apiKey("sk-old"), Steps{}); err != nil {
			t.Fatal(err)
		}
		why := &Error{Problem: problem, Op: "read", Place: store.place()}
		place, err := store.Save(ctx, apiKey("sk-new"), Steps{Spare: func() error { return why }})
		if err != nil || place.Kind != KindFile || !IsProblem(place.Fallback, problem) {
			t.Errorf("%s: %+v, %v", problem, place, err)
		}
		if a, _, err := (&keyringStore{home, ring}).Load(ctx); err != nil || a.APIKey.Reveal() != "sk-old" {
			t.Errorf("%s: the entry is gone: %v", problem, err)
		}
		if a, _, err := (&fileStore{home}).Load(ctx); err != nil || a.APIKey.Reveal() != "sk-new" {
			t.Errorf("%s: %v", problem, err)
		}
	}
}
