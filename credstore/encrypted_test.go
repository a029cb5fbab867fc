package credstore

import (
	"context"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	gokeyring "github.com/zalando/go-keyring"
)

// One scrypt as Codex pays for it takes seconds here.
func init() { workFactor, workFactorWeak = 2, 3 }

func (h Home) encrypted() Home {
	h.Encrypted = true
	return h
}

// counting counts what a keyring is asked.
type counting struct {
	keyring
	gets, sets int
}

func (k *counting) get(ctx context.Context, service, account string) (string, error) {
	k.gets++
	return k.keyring.get(ctx, service, account)
}

func (k *counting) set(ctx context.Context, service, account, secret string) error {
	k.sets++
	return k.keyring.set(ctx, service, account, secret)
}

// sealAs writes an encrypted file as another program might.
func sealAs(t *testing.T, home Home, pass, plain string, work int) {
	t.Helper()
	recipient, err := age.NewScryptRecipient(pass)
	if err != nil {
		t.Fatal(err)
	}
	recipient.SetWorkFactor(work)
	sealed, err := encrypt([]byte(plain), recipient)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(home.EncryptedFile()), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(home.EncryptedFile(), sealed, 0o644); err != nil {
		t.Fatal(err)
	}
}

// unsealed is the text in the encrypted file.
func unsealed(t *testing.T, home Home, ring keyring) string {
	t.Helper()
	pass, err := ring.get(testContext(t), "codex", home.passphraseAccount())
	if err != nil {
		t.Fatal(err)
	}
	plain, err := decrypt([]byte(read(t, home.EncryptedFile())), NewSecret(pass))
	if err != nil {
		t.Fatal(err)
	}
	return plain.Reveal()
}

func setPassphrase(t *testing.T, home Home, ring keyring, pass string) {
	t.Helper()
	if err := ring.set(testContext(t), "codex", home.passphraseAccount(), pass); err != nil {
		t.Fatal(err)
	}
}

func TestEncryptedFileIsCodexs(t *testing.T) {
	ctx, home, ring := testContext(t), testHome(t).encrypted(), mockKeyring(t)
	store := &keyringStore{home, ring}
	write(t, home.AuthFile(), string(apiKey("sk-old").Encode()))
	if err := ring.set(ctx, codexService, home.keyringAccount(), string(apiKey("sk-older").EncodeCompact())); err != nil {
		t.Fatal(err)
	}
	if _, _, err := store.Load(ctx); err != ErrNotFound {
		t.Fatal("file and entry count for nothing:", err)
	}
	place, err := store.Save(ctx, apiKey("sk-new"), Steps{})
	if err != nil || place.Kind != KindEncrypted || place.Where != filepath.Join(home.Path, "secrets", "codex_auth.age") || place.Leftover != nil {
		t.Fatal(place, err)
	}
	if got, want := unsealed(t, home, ring), `{"version":1,"secrets":{"global/CODEX_AUTH":"{\"auth_mode\":\"apikey\",\"OPENAI_API_KEY\":\"sk-new\"}"}}`; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	pass, err := ring.get(ctx, "codex", "secrets|"+strings.TrimPrefix(home.keyringAccount(), "cli|"))
	if key, bad := base64.StdEncoding.DecodeString(pass); err != nil || bad != nil || len(key) != 32 {
		t.Error("the passphrase has another form than Codex's", err, bad)
	}
	if exists(home.AuthFile()) {
		t.Error("auth.json stayed")
	}
	if _, err := ring.get(ctx, codexService, home.keyringAccount()); err != gokeyring.ErrNotFound {
		t.Error("the entry stayed:", err)
	}
	if _, err := store.Save(ctx, apiKey("sk-newer"), Steps{}); err != nil {
		t.Fatal(err)
	}
	if again, _ := ring.get(ctx, "codex", home.passphraseAccount()); again != pass {
		t.Error("a passphrase that exists was replaced")
	}
	if err := store.Delete(ctx); err != nil {
		t.Fatal(err)
	}
	if got := unsealed(t, home, ring); got != `{"version":1,"secrets":{}}` {
		t.Error(got)
	}
}

// What else Codex may keep there stays byte for byte.
func TestEncryptedFileKeepsTheRest(t *testing.T) {
	ctx, home, ring := testContext(t), testHome(t).encrypted(), mockKeyring(t)
	store := &keyringStore{home, ring}
	setPassphrase(t, home, ring, "some passphrase")
	head, tail := `{ "version" : 1, "secrets" : {"env/a/B":"\u00e9 <x>","global/CODEX_AUTH":`, `,"global/OTHER":"1\n2"},"future":[1, {"a":2}] }`
	sealAs(t, home, "some passphrase", head+`"{}"`+tail, 5)
	if _, err := store.Save(ctx, apiKey("sk-<é>"), Steps{}); err != nil {
		t.Fatal(err)
	}
	if got, want := unsealed(t, home, ring), head+`"{\"auth_mode\":\"apikey\",\"OPENAI_API_KEY\":\"sk-<é>\"}"`+tail; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	a, _, err := store.Load(ctx)
	if err != nil {
		t.Fatal(err)
	}
	same(t, a, apiKey("sk-<é>"))
	if err := store.Delete(ctx); err != nil {
		t.Fatal(err)
	}
	if got, want := unsealed(t, home, ring), `{ "version" : 1, "secrets" : {"env/a/B":"\u00e9 <x>","global/OTHER":"1\n2"},"future":[1, {"a":2}] }`; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// Whatever is wrong with the file has an error of its own; nothing is lost by
// looking, by saving or by signing out.
func TestEncryptedFileTrouble(t *testing.T) {
	sound := `{"version":1,"secrets":{"global/CODEX_AUTH":"{\"OPENAI_API_KEY\":\"sk-1\"}"}}`
	sealed := func(pass, plain string) func(*testing.T, Home, keyring) {
		return func(t *testing.T, home Home, ring keyring) {
			sealAs(t, home, pass, plain, 2)
			setPassphrase(t, home, ring, "right")
		}
	}
	raw := func(edit func(string) string) func(*testing.T, Home, keyring) {
		return func(t *testing.T, home Home, ring keyring) {
			sealed("right", sound)(t, home, ring)
			write(t, home.EncryptedFile(), edit(read(t, home.EncryptedFile())))
		}
	}
	for name, c := range map[string]struct {
		make    func(*testing.T, Home, keyring)
		problem Problem
	}{
		"no passphrase": {func(t *testing.T, home Home, _ keyring) { sealAs(t, home, "right", sound, 2) }, ProblemNoKey},
		"wrong":         {sealed("wrong", sound), ProblemWrongKey},
		"empty passphrase": {func(t *testing.T, home Home, ring keyring) {
			sealed("right", sound)(t, home, ring)
			setPassphrase(t, home, ring, "")
		}, ProblemWrongKey},
		"nothing in it":     {raw(func(string) string { return "" }), ProblemDamaged},
		"something else":    {raw(func(string) string { return "garbage\n" }), ProblemDamaged},
		"cut off":           {raw(func(s string) string { return s[:len(s)-5] }), ProblemDamaged},
		"a bit over":        {raw(func(s string) string { return s[:len(s)-1] + string(s[len(s)-1]^1) }), ProblemDamaged},
		"head changed":      {raw(func(s string) string { return strings.Replace(s, " 2\n", " 3\n", 1) }), ProblemWrongKey},
		"armoured":          {raw(func(string) string { return "-----BEGIN AGE ENCRYPTED FILE-----\n" }), ProblemDamaged},
		"for a key":         {raw(func(string) string { return "age-encryption.org/v1\n-> X25519 abc\nx\n--- y\n" }), ProblemDamaged},
		"too much work":     {raw(func(s string) string { return strings.Replace(s, " 2\n", " 23\n", 1) }), ProblemTooCostly},
		"beyond any number": {raw(func(s string) string { return strings.Replace(s, " 2\n", " 99999999999999999999\n", 1) }), ProblemDamaged},
		"oversize":          {raw(func(s string) string { return s + strings.Repeat("x", maxDocument) }), ProblemTooBig},
		"no JSON":           {sealed("right", "garbage"), ProblemDamaged},
		"no text":           {sealed("right", ""), ProblemDamaged},
		"newer":             {sealed("right", strings.Replace(sound, "1", "2", 1)), ProblemNewer},
		"much newer":        {sealed("right", strings.Replace(sound, "1", "4000000000", 1)), ProblemNewer},
		"no version":        {sealed("right", `{"secrets":{}}`), ProblemDamaged},
		"no map":            {sealed("right", `{"version":1}`), ProblemDamaged},
		"no string":         {sealed("right", `{"version":1,"secrets":{"x":1}}`), ProblemDamaged},
		"a folder": {func(t *testing.T, home Home, ring keyring) {
			setPassphrase(t, home, ring, "right")
			if err := os.MkdirAll(home.EncryptedFile(), 0o700); err != nil {
				t.Fatal(err)
			}
		}, ProblemIO},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, home, ring := testContext(t), testHome(t).encrypted(), mockKeyring(t)
			c.make(t, home, ring)
			before, _ := os.ReadFile(home.EncryptedFile())
			pass, _ := ring.get(ctx, "codex", home.passphraseAccount())
			store := &keyringStore{home, ring}
			_, place, err := store.Load(ctx)
			if !IsProblem(err, c.problem) || place.Kind != KindEncrypted || place.Where != home.EncryptedFile() {
				t.Error(place, err)
			}
			write(t, home.AuthFile(), string(apiKey("sk-file").Encode()))
			if _, err := store.Save(ctx, apiKey("sk-2"), Steps{}); !IsProblem(err, c.problem) || !exists(home.AuthFile()) {
				t.Error("save:", err)
			}
			auto := &autoStore{*store}
			if a, place, err := auto.Load(ctx); err != nil || a.APIKey.Reveal() != "sk-file" || !IsProblem(place.Fallback, c.problem) {
				t.Error("automatic choice:", place, err)
			}
			if place, err := auto.Save(ctx, apiKey("sk-3"), Steps{}); err != nil || place.Kind != KindFile || !IsProblem(place.Fallback, c.problem) {
				t.Error("automatic choice, save:", place, err)
			}
			if err := auto.Delete(ctx); !IsProblem(err, c.problem) || exists(home.AuthFile()) {
				t.Error("sign-out:", err)
			}
			if after, _ := os.ReadFile(home.EncryptedFile()); string(after) != string(before) {
				t.Error("the file was changed")
			}
			if now, _ := ring.get(ctx, "codex", home.passphraseAccount()); now != pass {
				t.Error("the passphrase was changed")
			}
		})
	}
}

// A login in the map that is none is replaced, as in Codex.
func TestEncryptedLoginThatIsNone(t *testing.T) {
	ctx, home, ring := testContext(t), testHome(t).encrypted(), mockKeyring(t)
	setPassphrase(t, home, ring, "right")
	sealAs(t, home, "right", `{"version":1,"secrets":{"global/CODEX_AUTH":"{oops"}}`, 2)
	store := &keyringStore{home, ring}
	if _, _, err := store.Load(ctx); !IsProblem(err, ProblemCorrupt) {
		t.Error(err)
	}
	if _, err := store.Save(ctx, apiKey("sk-1"), Steps{}); err != nil {
		t.Error(err)
	}
	if a, _, err := store.Load(ctx); err != nil || a.APIKey.Reveal() != "sk-1" {
		t.Error(err)
	}
}

// A command that asks for the login again and again opens the file once, and
// the keyring without a file is not asked at all.
func TestEncryptedFileIsOpenedOnce(t *testing.T) {
	ctx, home := testContext(t), testHome(t).encrypted()
	ring := &counting{keyring: mockKeyring(t)}
	store := &keyringStore{home, ring}
	if _, _, err := store.Load(ctx); err != ErrNotFound || ring.gets != 0 {
		t.Fatal(ring.gets, err)
	}
	setPassphrase(t, home, ring, "right")
	sealAs(t, home, "right", `{"version":1,"secrets":{"global/CODEX_AUTH":"{\"OPENAI_API_KEY\":\"sk-1\"}"}}`, 2)
	if _, _, err := store.Load(ctx); err != nil {
		t.Fatal(err)
	}
	// Whoever would open it again finds no way in.
	opening <- struct{}{}
	lastOpened.plain, lastOpened.err = NewSecret(`{"version":1,"secrets":{"global/CODEX_AUTH":"{\"OPENAI_API_KEY\":\"sk-known\"}"}}`), nil
	<-opening
	if a, _, err := store.Load(ctx); err != nil || a.APIKey.Reveal() != "sk-known" {
		t.Error("it was decrypted a second time", err)
	}
	// Another passphrase, or another file, is another question.
	setPassphrase(t, home, ring, "wrong")
	if _, _, err := store.Load(ctx); !IsProblem(err, ProblemWrongKey) {
		t.Error(err)
	}
	setPassphrase(t, home, ring, "right")
	sealAs(t, home, "right", `{"version":1,"secrets":{"global/CODEX_AUTH":"{\"OPENAI_API_KEY\":\"sk-2\"}"}}`, 2)
	if a, _, err := store.Load(ctx); err != nil || a.APIKey.Reveal() != "sk-2" {
		t.Error(err)
	}
}

// Somebody else opens a file just now: whoever gives up waiting has his answer.
func TestEncryptedFileWaitsForTheMemory(t *testing.T) {
	home := testHome(t)
	sealAs(t, home, "right", `{"version":1,"secrets":{}}`, 2)
	opening <- struct{}{}
	defer func() { <-opening }()
	if _, err := openSealed(cancelled(t), []byte(read(t, home.EncryptedFile())), NewSecret("right")); err != context.Canceled {
		t.Error(err)
	}
}

// As with auth.json: what a link leads to is replaced, and the link stays.
func TestEncryptedFileBehindALink(t *testing.T) {
	ctx, home, ring := testContext(t), testHome(t).encrypted(), mockKeyring(t)
	store := &keyringStore{home, ring}
	if _, err := store.Save(ctx, apiKey("sk-1"), Steps{}); err != nil {
		t.Fatal(err)
	}
	elsewhere := filepath.Join(home.Path, "elsewhere.age")
	if err := os.Rename(home.EncryptedFile(), elsewhere); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, home.EncryptedFile()); err != nil {
		missing(t, "the right to make symbolic links")
	}
	before := read(t, elsewhere)
	if err := store.Delete(ctx); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(home.EncryptedFile()); err != nil || info.Mode()&os.ModeSymlink == 0 || read(t, elsewhere) == before {
		t.Error("the secret stayed where the link leads", err)
	}
}

func TestEverywhere(t *testing.T) {
	ctx, home := testContext(t), testHome(t)
	gokeyring.MockInit()
	if found := Everywhere(ctx, home); len(found) > 1 { // no keyring: an entry that cannot be read
		t.Error(found)
	}
	write(t, home.AuthFile(), string(apiKey("sk-1").Encode()))
	sealAs(t, home, "x", "y", 2)
	kinds := map[Kind]bool{}
	for _, c := range Everywhere(ctx, home) {
		kinds[c.Place.Kind] = true
	}
	if !kinds[KindFile] || !kinds[KindEncrypted] {
		t.Error(kinds)
	}
}

// Where links lead, another home may be writing just now.
func TestEncryptedFileSparesTheFilesOfOthers(t *testing.T) {
	for name, link := range map[string]func(Home) (from, to string){
		"the file":   func(h Home) (string, string) { return h.EncryptedFile(), filepath.Join("..", "elsewhere", "x.age") },
		"the folder": func(h Home) (string, string) { return filepath.Dir(h.EncryptedFile()), "elsewhere" },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, home, ring := testContext(t), testHome(t).encrypted(), mockKeyring(t)
			elsewhere := filepath.Join(home.Path, "elsewhere")
			from, to := link(home)
			if err := errors.Join(os.MkdirAll(elsewhere, 0o700), os.MkdirAll(filepath.Dir(from), 0o700)); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(to, from); err != nil {
				missing(t, "the right to make symbolic links")
			}
			theirs := filepath.Join(elsewhere, ".auth-abcdef")
			write(t, theirs, "being written")
			if _, err := (&keyringStore{home, ring}).Save(ctx, apiKey("sk-1"), Steps{}); err != nil || !exists(theirs) {
				t.Error("the temporary file of another home is gone", err)
			}
		})
	}
}

// A sign-out that cannot tell the settings looks into every place. That one of
// them has no keyring excuses no file that may hold a login.
func TestDeleteIfWithAnEncryptedFileAndNoKeyring(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	ctx, home := testContext(t), testHome(t).encrypted()
	if !IsProblem(ProbeKeyring(ctx, home), ProblemUnavailable) {
		missing(t, "a keyring that can be out of reach")
	}
	agree := func([]Copy) error { return nil }
	if err := DeleteIf(ctx, home, agree, ModeKeyring, ModeFile); err != ErrNotFound {
		t.Error("nothing is there:", err)
	}
	sealAs(t, home, "right", `{"version":1,"secrets":{}}`, 2)
	write(t, home.AuthFile(), string(apiKey("sk-1").Encode()))
	if err := DeleteIf(ctx, home, agree, ModeKeyring, ModeFile); !IsProblem(err, ProblemUnavailable) || exists(home.AuthFile()) {
		t.Error(err)
	}
}
