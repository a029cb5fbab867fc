package credstore

import (
	"maps"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	gokeyring "github.com/zalando/go-keyring"
)

func TestSecretServiceKeepsTheContract(t *testing.T) {
	if !privateBus(t) {
		return
	}
	realKeyring(t)
	t.Run("keyring", func(t *testing.T) {
		testStore(t, func(h Home) Store { return Open(h, ModeKeyring) }, KindKeyring)
	})
	t.Run("auto", func(t *testing.T) {
		testStore(t, func(h Home) Store { return Open(h, ModeAuto) }, KindKeyring)
	})
	t.Run("encrypted", func(t *testing.T) {
		testStore(t, func(h Home) Store { return Open(h.encrypted(), ModeKeyring) }, KindEncrypted)
	})
	t.Run("auto, encrypted", func(t *testing.T) {
		testStore(t, func(h Home) Store { return Open(h.encrypted(), ModeAuto) }, KindEncrypted)
	})
	t.Run("book", func(t *testing.T) {
		testBookContract(t, func(h Home) *Book { return OpenBook(h, ModeKeyring) })
	})
	t.Run("book with automatic choice", func(t *testing.T) {
		testBookContract(t, func(h Home) *Book { return OpenBook(h, ModeAuto) })
	})
	t.Run("moving", func(t *testing.T) {
		testMove(t, func(h Home) *Book { return OpenBook(h, ModeKeyring) })
	})
	if err := ProbeKeyring(testContext(t), testHome(t)); err != nil {
		t.Error(err)
	}
}

func TestSecretServiceEntryIsCodexs(t *testing.T) {
	if !privateBus(t) {
		return
	}
	s, home, ctx := realKeyring(t), testHome(t), testContext(t)
	store := Open(home, ModeKeyring)
	if _, err := store.Save(ctx, apiKey("sk-ours-0123456789"), Steps{}); err != nil {
		t.Fatal(err)
	}
	items := itemsOf(t, s, home)
	if len(items) != 1 || !strings.HasPrefix(string(items[0]), loginCollection+"/") {
		t.Fatal(items)
	}
	label, err := s.conn.Object(secretsName, items[0]).GetProperty(itemInterface + ".Label")
	if err != nil || label.Value() != home.keyringAccount()+"@Codex Auth:default (keyring v3.6.3)" {
		t.Error(label, err)
	}
	attributes := attributesOf(t, s, items[0])
	want := map[string]string{"application": "rust-keyring", "service": "Codex Auth", "target": "default", "username": home.keyringAccount()}
	if !maps.Equal(attributes, want) {
		t.Error(attributes)
	}
	if got, err := s.secret(ctx, items[0]); err != nil || got != `{"auth_mode":"apikey","OPENAI_API_KEY":"sk-ours-0123456789"}` {
		t.Error(got, err)
	}
	// go-keyring's own item is found, and kept as it is when it is written over.
	other := testHome(t)
	if err := gokeyring.Set(codexService, other.keyringAccount(), `{"OPENAI_API_KEY":"sk-go"}`); err != nil {
		t.Fatal(err)
	}
	if a, _, err := Open(other, ModeKeyring).Load(ctx); err != nil || a.APIKey.Reveal() != "sk-go" {
		t.Error(err)
	}
	if _, err := Open(other, ModeKeyring).Save(ctx, apiKey("sk-2"), Steps{}); err != nil {
		t.Fatal(err)
	}
	if items := itemsOf(t, s, other); len(items) != 1 || attributesOf(t, s, items[0])["target"] != "" {
		t.Error("the item was not changed in place")
	}
}

func attributesOf(t *testing.T, s *secretSession, item dbus.ObjectPath) map[string]string {
	t.Helper()
	v, err := s.conn.Object(secretsName, item).GetProperty(itemInterface + ".Attributes")
	if err != nil {
		t.Fatal(err)
	}
	attributes, _ := v.Value().(map[string]string)
	delete(attributes, "xdg:schema") // gnome-keyring's own
	return attributes
}

func TestSecretServiceWithCodex(t *testing.T) {
	realCodex(t)
	if !privateBus(t) {
		return
	}
	s, home, ctx := realKeyring(t), testHome(t), testContext(t)
	store, status := Open(home, ModeKeyring), codexIn(t, home, ModeKeyring)
	if _, err := store.Save(ctx, apiKey("sk-ours-0123456789"), Steps{}); err != nil {
		t.Fatal(err)
	}
	if said := status(); !strings.Contains(said, "sk-ours-***56789") {
		t.Fatal(said)
	}
	if said, ok := runCodex(t, home.Path, "sk-theirs-0123456789", "login", "--with-api-key"); !ok {
		t.Fatal(said)
	}
	if len(itemsOf(t, s, home)) != 1 {
		t.Error("Codex did not write into our item")
	}
	a, _, err := store.Load(ctx)
	if err != nil {
		t.Fatal(err)
	}
	same(t, a, apiKey("sk-theirs-0123456789"))
	if err := store.Delete(ctx); err != nil {
		t.Fatal(err)
	}
	if said := status(); said != "Not logged in" {
		t.Error(said)
	}
	// The other way round: Codex's item, our update, Codex's logout.
	if said, ok := runCodex(t, home.Path, "sk-theirs-0123456789", "login", "--with-api-key"); !ok {
		t.Fatal(said)
	}
	before := attributesOf(t, s, itemsOf(t, s, home)[0])
	if _, err := store.Save(ctx, chatGPT("u", "w", "s", someTime), Steps{}); err != nil {
		t.Fatal(err)
	}
	if after := attributesOf(t, s, itemsOf(t, s, home)[0]); !maps.Equal(before, after) {
		t.Error(before, after)
	}
	if said := status(); said != "Logged in using ChatGPT" {
		t.Error(said)
	}
	if said, ok := runCodex(t, home.Path, "", "logout"); !ok {
		t.Error(said)
	}
	if _, _, err := store.Load(ctx); err != ErrNotFound {
		t.Error(err)
	}
	status = codexIn(t, home, ModeAuto)
	if place, err := Open(home, ModeAuto).Save(ctx, apiKey("sk-auto-0123456789"), Steps{}); err != nil || place.Kind != KindKeyring {
		t.Fatal(place, err)
	}
	if said := status(); !strings.Contains(said, "sk-auto-***56789") {
		t.Error(said)
	}
}

// Two items for one entry shut Codex out for good; a save or a sign-out by us
// lets it in again.
func TestSecretServiceMendsTwoMatches(t *testing.T) {
	realCodex(t)
	if !privateBus(t) {
		return
	}
	s, ctx := realKeyring(t), testContext(t)
	twice := func(home Home) {
		for _, extra := range []string{"1", "2"} {
			item(t, s, loginCollection, `{"OPENAI_API_KEY":"sk-twice"}`, map[string]string{"service": codexService, "username": home.keyringAccount(), "target": "default", "extra": extra})
		}
	}
	home := testHome(t)
	store, status := Open(home, ModeKeyring), codexIn(t, home, ModeKeyring)
	twice(home)
	if said := status(); !strings.Contains(said, "matched by 2 credentials") {
		t.Fatal(said)
	}
	if _, _, err := store.Load(ctx); !IsProblem(err, ProblemCorrupt) {
		t.Error(err)
	}
	if _, err := store.Save(ctx, apiKey("sk-once-0123456789"), Steps{}); err != nil {
		t.Fatal(err)
	}
	if said := status(); !strings.Contains(said, "sk-once-***56789") || len(itemsOf(t, s, home)) != 1 {
		t.Error(said)
	}
	if err := store.Delete(ctx); err != nil {
		t.Fatal(err)
	}
	twice(home)
	if err := store.Delete(ctx); err != nil || len(itemsOf(t, s, home)) != 0 {
		t.Error(err)
	}
	if said := status(); said != "Not logged in" {
		t.Error(said)
	}
}

// A twin without target is hidden behind the item with one and would come back
// to life when Codex signs out.
func TestSecretServiceTwinDoesNotComeBack(t *testing.T) {
	if !privateBus(t) {
		return
	}
	s, ctx, home := realKeyring(t), testContext(t), testHome(t)
	entry := map[string]string{"service": codexService, "username": home.keyringAccount()}
	twin := func() {
		item(t, s, loginCollection, `{"OPENAI_API_KEY":"sk-twin"}`, entry)
		targeted := maps.Clone(entry)
		targeted["target"] = "default"
		item(t, s, loginCollection, `{"OPENAI_API_KEY":"sk-real"}`, targeted)
	}
	store := Open(home, ModeKeyring)
	twin()
	a, _, err := store.Load(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if a.APIKey.Reveal() != "sk-real" {
		t.Error("the twin was read")
	}
	if err := store.Delete(ctx); err != nil || len(itemsOf(t, s, home)) != 0 {
		t.Error(err)
	}
	twin()
	if _, err := store.Save(ctx, apiKey("sk-new"), Steps{}); err != nil || len(itemsOf(t, s, home)) != 1 {
		t.Error(err)
	}
}

// go-keyring looks in the collection "login"; Codex in the default one.
func TestSecretServiceFollowsTheDefaultCollection(t *testing.T) {
	realCodex(t)
	if !privateBus(t) {
		return
	}
	s, ctx, home := realKeyring(t), testContext(t), testHome(t)
	store, status := Open(home, ModeKeyring), codexIn(t, home, ModeKeyring)
	if _, err := store.Save(ctx, apiKey("sk-old"), Steps{}); err != nil { // in login, while that is the default
		t.Fatal(err)
	}
	collection := otherDefault(t, s)
	if a, _, err := store.Load(ctx); err != nil || a.APIKey.Reveal() != "sk-old" {
		t.Fatal("an item with target counts in every collection:", err)
	}
	if err := store.Delete(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Save(ctx, apiKey("sk-other-0123456789"), Steps{}); err != nil {
		t.Fatal(err)
	}
	if items := itemsOf(t, s, home); len(items) != 1 || !strings.HasPrefix(string(items[0]), string(collection)+"/") {
		t.Fatal(items)
	}
	if said := status(); !strings.Contains(said, "sk-other***56789") {
		t.Error(said)
	}
	if said, ok := runCodex(t, home.Path, "sk-theirs-0123456789", "login", "--with-api-key"); !ok {
		t.Error(said)
	}
	a, _, err := store.Load(ctx)
	if err != nil {
		t.Fatal(err)
	}
	same(t, a, apiKey("sk-theirs-0123456789"))
	// An item that go-keyring made in login counts for nobody, but holds a
	// secret: signing out takes it along.
	if err := gokeyring.Set(codexService, home.keyringAccount(), "{}"); err != nil {
		t.Fatal(err)
	}
	if err := store.Delete(ctx); err != nil || len(itemsOf(t, s, home)) != 0 {
		t.Error(err)
	}
}

func TestSecretServiceLocked(t *testing.T) {
	if !privateBus(t) {
		return
	}
	ctx, home := testContext(t), testHome(t)
	daemon := startKeyring(t, "password")
	store := Open(home, ModeKeyring)
	if _, err := store.Save(ctx, apiKey("sk-1"), Steps{}); err != nil {
		t.Fatal(err)
	}
	stopKeyring(daemon)
	daemon = startKeyring(t, "")
	_, _, loaded := store.Load(ctx)
	_, saved := store.Save(ctx, apiKey("sk-2"), Steps{})
	for _, err := range []error{loaded, saved, store.Delete(ctx), ProbeKeyring(ctx, home)} {
		if !IsProblem(err, ProblemLocked) || !strings.Contains(err.Error(), home.KeyringEntry()) {
			t.Error(err)
		}
	}
	auto := Open(home, ModeAuto)
	place, err := auto.Save(ctx, apiKey("sk-3"), Steps{})
	if err != nil || place.Kind != KindFile || !IsProblem(place.Fallback, ProblemLocked) || !strings.Contains(place.Fallback.Error(), "older login") {
		t.Error(place, err)
	}
	if a, place, err := auto.Load(ctx); err != nil || a.APIKey.Reveal() != "sk-3" || !IsProblem(place.Fallback, ProblemLocked) {
		t.Error(place, err)
	}
	if err := auto.Delete(ctx); !IsProblem(err, ProblemLocked) || exists(home.AuthFile()) {
		t.Error(err)
	}
	stopKeyring(daemon)
	startKeyring(t, "password")
	if a, _, err := store.Load(ctx); err != nil || a.APIKey.Reveal() != "sk-1" {
		t.Error("the entry did not survive:", err)
	}
}

func TestSecretServiceHung(t *testing.T) {
	if !privateBus(t) {
		return
	}
	ctx, home := testContext(t), testHome(t)
	daemon := startKeyring(t, "password")
	if _, err := Open(home, ModeKeyring).Save(ctx, apiKey("sk-1"), Steps{}); err != nil {
		t.Fatal(err)
	}
	shortLimits(t)
	if err := daemon.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	everyVerb(t, home, ProblemTimeout)
	if place, err := Open(home, ModeAuto).Save(ctx, apiKey("sk-2"), Steps{}); err != nil || !IsProblem(place.Fallback, ProblemTimeout) {
		t.Error(place, err)
	}
	if err := daemon.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	keyringCallLimit = 5 * time.Second
	if a, _, err := Open(home, ModeKeyring).Load(ctx); err != nil || a.APIKey.Reveal() != "sk-1" {
		t.Error("after it went on:", err)
	}
}

func shortLimits(t *testing.T) {
	call, prompt := keyringCallLimit, keyringPromptLimit
	t.Cleanup(func() { keyringCallLimit, keyringPromptLimit = call, prompt })
	keyringCallLimit, keyringPromptLimit = 100*time.Millisecond, 100*time.Millisecond
}

// everyVerb expects one problem from all that a keyring is asked.
func everyVerb(t *testing.T, home Home, problem Problem) {
	t.Helper()
	ctx, store := testContext(t), Open(home, ModeKeyring)
	_, _, loaded := store.Load(ctx)
	_, saved := store.Save(ctx, apiKey("sk-2"), Steps{})
	for _, err := range []error{loaded, saved, store.Delete(ctx), ProbeKeyring(ctx, home)} {
		if !IsProblem(err, problem) {
			t.Errorf("want %s: %v", problem, err)
		}
	}
}
