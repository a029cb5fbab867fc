package flows

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"codex-login/assets"
	"codex-login/credstore"
	"codex-login/flows/sandbox"
	"codex-login/policy"

	"filippo.io/age"
	"filippo.io/age/armor"
)

var noPassphrase credstore.Secret

func passphrase(text string) credstore.Secret { return credstore.NewSecret(text) }

// quickSeal does in no time what Export takes a second for.
func quickSeal(t *testing.T, document []byte, word string) []byte {
	t.Helper()
	out, err := seal(document, passphrase(word), 2)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestExportAndImport carries a login to another home, plain and encrypted.
func TestExportAndImport(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	from := newLogin(t, s)
	signIn(t, from, s, sandbox.MinaHarbour)
	original, err := os.ReadFile(filepath.Join(from.Home.Path, "auth.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"", "correct horse battery"} {
		out, err := from.Export(t.Context(), "", passphrase(word))
		if err != nil {
			t.Fatal(err)
		}
		if word == "" && string(out) != string(original)+"\n" {
			t.Error("it is not the document that Codex has")
		}
		if word != "" && (bytes.Contains(out, []byte("access_token")) || !Sealed(out) || !strings.HasPrefix(string(out), "-----BEGIN AGE ENCRYPTED FILE-----\n")) {
			t.Errorf("not encrypted: %.80s", out)
		}
		to := newLogin(t, s)
		before := signIn(t, to, s, sandbox.JonasFree)
		r, err := to.Import(t.Context(), out, passphrase(word))
		if err != nil {
			t.Fatal(err)
		}
		if r.Account.Email != sandbox.MinaHarbour.Person || r.Back != before.ID || r.Previous == nil {
			t.Errorf("%+v", r)
		}
		stored, err := os.ReadFile(filepath.Join(to.Home.Path, "auth.json"))
		if err != nil || !bytes.Equal(stored, original) {
			t.Errorf("stored otherwise: %v", err)
		}
		if info, _ := os.Stat(filepath.Join(to.Home.Path, "auth.json")); info.Mode().Perm() != 0o600 && os.PathSeparator == '/' {
			t.Errorf("mode %v", info.Mode())
		}
		// What was active is in the book, and can be exported from there.
		page, err := to.Export(t.Context(), before.ID, noPassphrase)
		if err != nil || bytes.Equal(page, out) {
			t.Errorf("%v", err)
		}
	}
	var nobody *NoAccountError
	if _, err := from.Export(t.Context(), "chatgpt-0000000000000000", noPassphrase); !errors.As(err, &nobody) {
		t.Errorf("%v", err)
	}
	if _, err := newLogin(t, s).Export(t.Context(), "", noPassphrase); !errors.Is(err, credstore.ErrNotFound) {
		t.Errorf("%v", err)
	}
}

const keyDocument = `{"auth_mode":"apikey","OPENAI_API_KEY":"sk-proj-0123456789abcdef"}`

// TestImportOf takes in what people bring, and says what is wrong with the rest.
func TestImportOf(t *testing.T) {
	sealed := string(quickSeal(t, []byte(keyDocument), "word"))
	var binary, keyed bytes.Buffer
	for to, out := range map[age.Recipient]*bytes.Buffer{mustRecipient(t, "word"): &binary, mustKey(t): &keyed} {
		w, err := age.Encrypt(out, to)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write([]byte(keyDocument))
		_ = w.Close()
	}
	wrapped := func(width int) string {
		var out strings.Builder
		for i := 0; i < len(sealed); i += width {
			out.WriteString("   " + sealed[i:min(i+width, len(sealed))] + " \r\n")
		}
		return strings.NewReplacer("\n\r\n", "\r\n").Replace(out.String())
	}
	lines := strings.Split(strings.TrimSpace(sealed), "\n")
	rewrapped := lines[0] + "\n" + strings.Join(strings.SplitAfter(strings.Join(lines[1:len(lines)-1], ""), "A"), "\n  ") + "\n" + lines[len(lines)-1]
	for name, test := range map[string]struct {
		text, word string
		problem    DocumentProblem
	}{
		"plain":                        {keyDocument, "", ""},
		"plain, with a passphrase":     {keyDocument, "not needed", ""},
		"indented and spread":          {"\ufeff\r\n   {\r\n  \"auth_mode\" :\t\"apikey\",\r\n\r\n      \"OPENAI_API_KEY\":\"sk-proj-0123456789abcdef\"}  \n", "", ""},
		"unknown members":              {strings.Replace(keyDocument, "{", `{"x":{"y":[1]},`, 1), "", ""},
		"encrypted":                    {sealed, "word", ""},
		"encrypted, indented":          {wrapped(4096), "word", ""},
		"encrypted, wrapped":           {rewrapped, "word", ""},
		"encrypted, binary":            {binary.String(), "word", ""},
		"encrypted for a key":          {keyed.String(), "word", DocumentNotForPassphrase},
		"without its passphrase":       {sealed, "", DocumentPassphraseNeeded},
		"with another passphrase":      {sealed, "Word", DocumentPassphraseWrong},
		"without its end":              {sealed[:len(sealed)-60], "word", DocumentDamaged},
		"with a letter changed":        {strings.Replace(sealed, lines[len(lines)-2], strings.Repeat("A", len(lines[len(lines)-2])-1)+"=", 1), "word", DocumentDamaged},
		"armor around nothing":         {armor.Header + "\n" + armor.Footer, "word", DocumentDamaged},
		"binary, cut":                  {binary.String()[:binary.Len()-3], "word", DocumentDamaged},
		"too much work":                {strings.Replace(binary.String(), " 2\n", " 29\n", 1), "word", DocumentDamaged},
		"a line broken in the middle":  {strings.Replace(keyDocument, "0123", "01\n  23", 1), "", DocumentNotALogin},
		"cut off":                      {keyDocument[:30], "", DocumentNotALogin},
		"two of them":                  {keyDocument + keyDocument, "", DocumentNotALogin},
		"a bare key":                   {"sk-proj-0123456789abcdef", "", DocumentNotALogin},
		"JSON of something else":       {`{"name":"x"}`, "", DocumentNotALogin},
		"a list":                       {`[]`, "", DocumentNotALogin},
		"an empty key":                 {`{"auth_mode":"apikey","OPENAI_API_KEY":""}`, "", DocumentNotALogin},
		"a mode that Codex has not":    {`{"auth_mode":"x","OPENAI_API_KEY":"sk-0123456789"}`, "", DocumentNotALogin},
		"nothing":                      {" \n\ufeff", "", DocumentEmpty},
		"encrypted nothing":            {string(quickSeal(t, nil, "word")), "word", DocumentEmpty},
		"too large":                    {"{" + strings.Repeat(" ", maxPortable) + keyDocument[1:], "", DocumentTooLarge},
		"far too large":                {strings.Repeat("x", maxSealed+1), "", DocumentTooLarge},
		"too large within":             {string(quickSeal(t, []byte("{"+strings.Repeat(" ", maxPortable)+keyDocument[1:]), "word")), "word", DocumentTooLarge},
		"exactly as large as it may":   {"{" + strings.Repeat(" ", maxPortable-len(keyDocument)) + keyDocument[1:], "", ""},
		"a page of a web server":       {"<html>not found</html>", "", DocumentNotALogin},
		"an escape for the terminal":   {"\x1b[2J{}", "", DocumentNotALogin},
		"a key with an escape in it":   {`{"auth_mode":"apikey","OPENAI_API_KEY":5}`, "", DocumentNotALogin},
		"tokens without a session key": {`{"auth_mode":"chatgpt","tokens":{"id_token":"x","access_token":"y","refresh_token":"z"}}`, "", DocumentNotALogin},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLogin(t, startSandbox(t, sandbox.Options{}))
			r, err := l.Import(t.Context(), []byte(test.text), passphrase(test.word))
			if test.problem == "" {
				if err != nil || r.Account.Method != AccountAPIKey || load(t, l).APIKey.Reveal() != "sk-proj-0123456789abcdef" {
					t.Errorf("%+v, %v", r.Account, err)
				}
				return
			}
			var document *DocumentError
			if !errors.As(err, &document) || document.Problem != test.problem {
				t.Fatalf("%v, want %s", err, test.problem)
			}
			nothingStored(t, l)
			said := fmt.Sprint(Explain(l.Say, err), err)
			if strings.Contains(said, "0123456789") || strings.ContainsRune(said, '\x1b') || strings.Contains(said, "explain.") {
				t.Errorf("said %q", said)
			}
		})
	}
}

func mustRecipient(t *testing.T, word string) age.Recipient {
	t.Helper()
	r, err := age.NewScryptRecipient(word)
	if err != nil {
		t.Fatal(err)
	}
	r.SetWorkFactor(2)
	return r
}

func mustKey(t *testing.T) age.Recipient {
	t.Helper()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return key.Recipient()
}

func TestImportUnderRules(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s, `forced_login_method="chatgpt"`)
	kept := signIn(t, l, s, sandbox.MinaPlus)
	_, err := l.Import(t.Context(), []byte(keyDocument), noPassphrase)
	var v *policy.Violation
	if !errors.As(err, &v) || v.Rule != policy.ForcedMethod {
		t.Fatalf("%v", err)
	}
	if credstore.ID(load(t, l)) != kept.ID {
		t.Error("the login changed")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	reloadRules(t, l)
	if _, err := l.Import(ctx, []byte(keyDocument), noPassphrase); !errors.Is(err, ErrCancelled) {
		t.Errorf("%v", err)
	}
}

// TestImportOfAnEarlierCopy leaves the session's later tokens where they are.
func TestImportOfAnEarlierCopy(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	signIn(t, l, s, sandbox.MinaPlus)
	copied, err := l.Export(t.Context(), "", noPassphrase)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Import(t.Context(), copied, noPassphrase); err != nil {
		t.Errorf("the same again: %v", err)
	}
	later := *load(t, l)
	tokens := *later.Tokens
	tokens.RefreshToken, later.Tokens, later.LastRefresh = credstore.NewSecret("rt-later"), &tokens, later.LastRefresh.Add(time.Hour)
	if _, err := l.store(l.Mode()).Save(t.Context(), &later, credstore.Steps{}); err != nil {
		t.Fatal(err)
	}
	var document *DocumentError
	if _, err := l.Import(t.Context(), copied, noPassphrase); !errors.As(err, &document) || document.Problem != DocumentOlder {
		t.Errorf("%v", err)
	}
	if load(t, l).Tokens.RefreshToken.Reveal() != "rt-later" {
		t.Error("the later tokens are gone")
	}
}

func FuzzImport(f *testing.F) {
	sealed, err := seal([]byte(keyDocument), passphrase("word"), 1)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{keyDocument, string(sealed), sealedStart, passphraseStart, armor.Header + "\n" + armor.Footer, "{}", "\ufeff"} {
		f.Add([]byte(seed))
	}
	say := assets.Speak("en")
	f.Fuzz(func(t *testing.T, text []byte) {
		if bytes.Contains(text, []byte(passphraseStart)) {
			return // the fuzzer would find the work factor of a second
		}
		a, err := readDocument(text, passphrase("word"))
		var document *DocumentError
		switch {
		case err == nil && a.Empty():
			t.Error("a login without anything in it")
		case err != nil && !errors.As(err, &document):
			t.Errorf("untyped error %v", err)
		case err != nil && strings.ContainsFunc(Explain(say, err).Text, func(r rune) bool { return r < ' ' && r != '\n' }):
			t.Errorf("control characters in %q", Explain(say, err).Text)
		case err == nil:
			again, err := readDocument(a.Encode(), noPassphrase)
			if err != nil || !again.SameSecret(a) {
				t.Errorf("written and read again: %v", err)
			}
		}
	})
}
