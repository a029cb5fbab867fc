package credstore

import (
	"context"
	"errors"
	"testing"
)

// TestSteps holds the order in which a save works, for every store that can be
// had without a keyring of the system's.
func TestSteps(t *testing.T) {
	stop := errors.New("not now")
	for name, open := range map[string]func(home Home) Store{
		"file":    func(home Home) Store { return &fileStore{home} },
		"keyring": func(home Home) Store { return &keyringStore{home, mockKeyring(t)} },
		"auto":    func(home Home) Store { return &autoStore{keyringStore{home, mockKeyring(t)}} },
		"memory":  func(Home) Store { return &memoryStore{} },
	} {
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
