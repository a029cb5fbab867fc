package credstore

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	gokeyring "github.com/zalando/go-keyring"
)

func cancelled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// brokenKeyring fails like a system without one, or as told.
type brokenKeyring struct{ fault *keyringFault }

func (k brokenKeyring) err() error {
	if k.fault != nil {
		return k.fault
	}
	return &keyringFault{ProblemUnavailable, "there is none", nil}
}
func (k brokenKeyring) get(context.Context, string, string) (string, error) { return "", k.err() }
func (k brokenKeyring) set(context.Context, string, string, string) error   { return k.err() }
func (k brokenKeyring) remove(context.Context, string, string) error        { return k.err() }

// smallKeyring takes no more than Windows or macOS do.
type smallKeyring struct {
	keyring
	limit int
}

func (k smallKeyring) set(ctx context.Context, service, account, secret string) error {
	if len(secret) > k.limit {
		return &keyringFault{ProblemTooBig, "too large", nil}
	}
	return k.keyring.set(ctx, service, account, secret)
}

// sievelikeKeyring takes everything and keeps nothing.
type sievelikeKeyring struct{ keyring }

func (sievelikeKeyring) set(context.Context, string, string, string) error { return nil }

func TestKeyringStoreClearsTheFile(t *testing.T) {
	ctx, home, ring := testContext(t), testHome(t), mockKeyring(t)
	store := &keyringStore{home, ring}
	write(t, home.AuthFile(), string(apiKey("sk-old").Encode()))
	if _, _, err := store.Load(ctx); err != ErrNotFound {
		t.Fatal("the file was read in keyring mode:", err)
	}
	if _, err := store.Save(ctx, apiKey("sk-new"), Steps{}); err != nil {
		t.Fatal(err)
	}
	if exists(home.AuthFile()) {
		t.Error("auth.json stayed beside the keyring entry")
	}
	text, err := ring.get(ctx, "Codex Auth", home.keyringAccount())
	if err != nil || text != `{"auth_mode":"apikey","OPENAI_API_KEY":"sk-new"}` {
		t.Error(text, err)
	}
	write(t, home.AuthFile(), string(apiKey("sk-old").Encode()))
	if err := store.Delete(ctx); err != nil || exists(home.AuthFile()) {
		t.Error("delete left the file", err)
	}
	for _, lock := range []string{"auth.lock", "auth.json.lock"} {
		if !exists(home.Path + "/" + lock) {
			t.Errorf("%s was not taken", lock)
		}
	}
}

func TestKeyringStoreSaysWhatIsBroken(t *testing.T) {
	ctx, home, ring := testContext(t), testHome(t), mockKeyring(t)
	store := &keyringStore{home, ring}
	if err := ring.set(ctx, codexService, home.keyringAccount(), `{"auth_mode":`); err != nil {
		t.Fatal(err)
	}
	if _, place, err := store.Load(ctx); !IsProblem(err, ProblemCorrupt) || place.Where != home.KeyringEntry() {
		t.Error(place, err)
	}
	if err := store.Delete(ctx); err != nil {
		t.Error("a broken entry cannot be deleted:", err)
	}
	write(t, home.AuthFile(), string(apiKey("sk-old").Encode()))
	broken := &keyringStore{home, brokenKeyring{}}
	if _, err := broken.Save(ctx, apiKey("sk-new"), Steps{}); !IsProblem(err, ProblemUnavailable) || !exists(home.AuthFile()) {
		t.Error("a failed save must leave the file:", err)
	}
	if err := broken.Delete(ctx); !IsProblem(err, ProblemUnavailable) || exists(home.AuthFile()) {
		t.Error("a sign-out must remove the file whatever the keyring does:", err)
	}
	sieve := &keyringStore{home, sievelikeKeyring{ring}}
	if _, err := sieve.Save(ctx, apiKey("sk-new"), Steps{}); !IsProblem(err, ProblemIO) {
		t.Error("a keyring that keeps nothing was believed:", err)
	}
}

func TestAutoFallsBackAndSaysWhy(t *testing.T) {
	ctx := testContext(t)
	for name, c := range map[string]struct {
		ring    keyring
		problem Problem
	}{
		"no keyring":    {brokenKeyring{}, ProblemUnavailable},
		"locked":        {brokenKeyring{&keyringFault{ProblemLocked, "", nil}}, ProblemLocked},
		"hung":          {brokenKeyring{&keyringFault{ProblemTimeout, "", nil}}, ProblemTimeout},
		"too small":     {smallKeyring{mockKeyring(t), 100}, ProblemTooBig},
		"keeps nothing": {sievelikeKeyring{mockKeyring(t)}, ProblemIO},
	} {
		t.Run(name, func(t *testing.T) {
			home := testHome(t)
			store := &autoStore{keyringStore{home, c.ring}}
			login := chatGPT("u", "w", "s", someTime)
			place, err := store.Save(ctx, login, Steps{})
			if err != nil || place.Kind != KindFile || !IsProblem(place.Fallback, c.problem) {
				t.Fatal(place, err)
			}
			got, _, err := store.Load(ctx)
			if err != nil {
				t.Fatal(err)
			}
			same(t, got, login)
			if err := store.Delete(ctx); exists(home.AuthFile()) || err != nil && !IsProblem(err, c.problem) {
				t.Fatal("a sign-out left the file:", err)
			}
			if c.problem == ProblemUnavailable && store.Delete(ctx) != ErrNotFound {
				t.Error("without a keyring the file is all there is")
			}
		})
	}
}

func TestAutoDoesNotLeaveAnOlderEntryToCodex(t *testing.T) {
	ctx, home, ring := testContext(t), testHome(t), mockKeyring(t)
	if _, err := (&autoStore{keyringStore{home, ring}}).Save(ctx, apiKey("sk-old"), Steps{}); err != nil {
		t.Fatal(err)
	}
	store := &autoStore{keyringStore{home, smallKeyring{ring, 100}}}
	if _, err := store.Save(ctx, chatGPT("u", "w", "s", someTime), Steps{}); err != nil {
		t.Fatal(err)
	}
	a, place, err := store.Load(ctx)
	if err != nil || place.Kind != KindFile {
		t.Fatal("the older login came back from the keyring:", place, err)
	}
	same(t, a, chatGPT("u", "w", "s", someTime))
	// Where the keyring does not even let go of it, that is said.
	place, err = (&autoStore{keyringStore{home, brokenKeyring{}}}).Save(ctx, apiKey("sk"), Steps{})
	if err != nil || !strings.Contains(place.Fallback.Error(), "older login") {
		t.Error(place, err)
	}
}

func TestAutoReadsTheFileBehindABrokenEntry(t *testing.T) {
	ctx, home, ring := testContext(t), testHome(t), mockKeyring(t)
	write(t, home.AuthFile(), string(apiKey("sk-file").Encode()))
	if err := ring.set(ctx, codexService, home.keyringAccount(), `nonsense`); err != nil {
		t.Fatal(err)
	}
	a, place, err := (&autoStore{keyringStore{home, ring}}).Load(ctx)
	if err != nil || place.Kind != KindFile || !IsProblem(place.Fallback, ProblemCorrupt) {
		t.Fatal(place, err)
	}
	same(t, a, apiKey("sk-file"))
}

func TestProbeLeavesNothingBehind(t *testing.T) {
	ring := recordingKeyring{mockKeyring(t), map[string]int{}}
	if err := probe(testContext(t), ring); err != nil {
		t.Fatal(err)
	}
	for entry, n := range ring.entries {
		if n != 0 || strings.HasPrefix(entry, codexService) {
			t.Errorf("%s was left, or is Codex's", entry)
		}
	}
	if len(ring.entries) != 1 {
		t.Error(ring.entries)
	}
}

// recordingKeyring counts what it holds.
type recordingKeyring struct {
	keyring
	entries map[string]int
}

func (k recordingKeyring) set(ctx context.Context, service, account, secret string) error {
	k.entries[service+"/"+account]++
	return k.keyring.set(ctx, service, account, secret)
}

func (k recordingKeyring) remove(ctx context.Context, service, account string) error {
	k.entries[service+"/"+account]--
	return k.keyring.remove(ctx, service, account)
}

func TestGoKeyringErrors(t *testing.T) {
	defer gokeyring.MockInit()
	for problem, cause := range map[Problem]error{
		ProblemTooBig:      gokeyring.ErrSetDataTooBig,
		ProblemUnavailable: gokeyring.ErrUnsupportedPlatform,
	} {
		gokeyring.MockInitWithError(cause)
		_, err := goKeyring{time.Second}.get(testContext(t), "s", "a")
		if !IsProblem(keyringError("read", Place{}, err), problem) {
			t.Errorf("%v became %v", cause, err)
		}
	}
}

func TestDeadline(t *testing.T) {
	never := make(chan bool)
	defer close(never)
	hang := func() (bool, error) { return <-never, nil }
	if _, err := within(testContext(t), time.Nanosecond, hang); !IsProblem(keyringError("read", Place{}, err), ProblemTimeout) {
		t.Error(err)
	}
	if _, err := within(cancelled(t), time.Hour, hang); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestKeychainCommand(t *testing.T) {
	line, err := keychainCommand("Codex Auth", "cli|00", `{"OPENAI_API_KEY":"it's"}`)
	if err != nil || line != `add-generic-password -U -s 'Codex Auth' -a 'cli|00' -w '{"OPENAI_API_KEY":"it'"'"'s"}'`+"\n" {
		t.Error(line, err)
	}
	if _, err := keychainCommand("s", "a", strings.Repeat("x", 4096)); !IsProblem(keyringError("save", Place{}, err), ProblemTooBig) {
		t.Error(err)
	}
	if _, err := keychainCommand("s", "a", "x\ndelete-keychain"); err == nil {
		t.Error("a second command got through")
	}
	for printed, want := range map[string]string{`{"a":1}`: `{"a":1}`, "7b22c3a9227d": `{"é"}`, "7bxx": "7bxx", "": ""} {
		if got := keychainText(printed); got != want {
			t.Errorf("%q: %q", printed, got)
		}
	}
}

func TestWindowsCredential(t *testing.T) {
	const text = `{"OPENAI_API_KEY":"é😀"}`
	blob, err := winCredBlob(text)
	if err != nil || len(blob) != 2*(len([]rune(text))+1) || blob[0] != '{' || blob[1] != 0 {
		t.Fatal(blob, err)
	}
	if back, err := winCredText(blob); err != nil || back != text {
		t.Error(back, err)
	}
	if _, err := winCredBlob(strings.Repeat("x", 1280)); err != nil {
		t.Error(err)
	}
	if _, err := winCredBlob(strings.Repeat("x", 1281)); !IsProblem(keyringError("save", Place{}, err), ProblemTooBig) {
		t.Error(err)
	}
	if _, err := winCredText([]byte{1}); err == nil {
		t.Error("half a character was taken")
	}
	if got := winCredTarget("Codex Auth", "cli|00"); got != "cli|00.Codex Auth" {
		t.Error(got)
	}
}
