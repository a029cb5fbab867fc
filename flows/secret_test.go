package flows

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"codex-login/credstore"
	"codex-login/flows/network"
	"codex-login/flows/sandbox"
)

func TestParseAPIKey(t *testing.T) {
	const key = "sk-proj-abcdefghijklmnop0123456789"
	for _, test := range []struct {
		name, text string
		problem    InputProblem
	}{
		{"as it is", key, ""},
		{"line end", key + "\r\n", ""},
		{"double quotes", `"` + key + `"`, ""},
		{"typographic quotes", "“" + key + "”", ""},
		{"zero width", "\u200b" + key[:10] + "\u200d" + key[10:] + "\ufeff", ""},
		{"assignment", "export OPENAI_API_KEY='" + key + "'", ""},
		{"header", "Bearer " + key, ""},
		{"another maker's prefix", "gsk_0123456789abcdef", ""},
		{"empty", "", InputEmpty},
		{"blank", " \n\t", InputEmpty},
		{"only quotes", `""`, InputEmpty},
		{"two keys", key + " " + key, InputSpaces},
		{"two lines", key + "\n" + key, InputSpaces},
		{"umlaut", key + "ä", InputCharacters},
		{"escape", key + "\x1b[31m", InputCharacters},
		{"access token", "at-0123456789abcdef", InputKeyIsToken},
		{"JWT", "eyJhbGciOi.eyJzdWIi.c2lnbmF0", InputNotAKey},
		{"URL", "https://platform.openai.com/api-keys", InputNotAKey},
		{"auth.json", `{"OPENAI_API_KEY":"x"}`, InputNotAKey},
		{"PEM", "-----BEGIN_PRIVATE_KEY-----", InputNotAKey},
		{"short", "sk-1", InputTooShort},
		{"a file", strings.Repeat("k", 5000), InputTooLong},
		{"a big file", strings.Repeat("k", 100<<10), InputTooLong},
	} {
		got, err := ParseAPIKey(test.text)
		var input *InputError
		switch {
		case test.problem == "" && err != nil:
			t.Errorf("%s: %v", test.name, err)
		case test.problem == "" && strings.HasPrefix(test.text, "gsk") && got.Reveal() == "":
			t.Errorf("%s: empty", test.name)
		case test.problem == "" && !strings.HasPrefix(test.text, "gsk") && got.Reveal() != key:
			t.Errorf("%s: another text came out", test.name)
		case test.problem != "" && (!errors.As(err, &input) || input.Problem != test.problem):
			t.Errorf("%s: %v, want %s", test.name, err, test.problem)
		}
		if err != nil && len(test.text) > 8 && strings.Contains(err.Error(), test.text[:8]) {
			t.Errorf("%s: the error holds the text", test.name)
		}
	}
}

func TestKeySignIn(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	good := s.NewAPIKey(sandbox.MinaPlus)
	for _, test := range []struct {
		name, key string
		verify    bool
		problem   InputProblem
		requests  int
	}{
		{"unchecked", "sk-nobody-knows-this-one", false, "", 0},
		{"checked and good", good, true, "", 1},
		{"checked and bad", "sk-nobody-knows-this-one", true, InputKeyRefused, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			s.Forget()
			l := newLogin(t, s)
			c := begin(t, l, Request{Method: APIKey, Secret: credstore.NewSecret(test.key), Verify: test.verify})
			r, err := l.Finish(t.Context(), c)
			var input *InputError
			switch {
			case test.problem != "":
				if !errors.As(err, &input) || input.Problem != test.problem {
					t.Fatalf("got %v", err)
				}
				nothingStored(t, l)
			case err != nil:
				t.Fatal(err)
			default:
				if a := load(t, l); a.Kind() != credstore.AuthAPIKey || a.APIKey.Reveal() != test.key {
					t.Error("another login was stored")
				}
				if r.Account.KeyHint == "" || strings.Contains(r.Account.KeyHint, test.key) {
					t.Errorf("hint %q", r.Account.KeyHint)
				}
			}
			if n := len(s.Requests()); n != test.requests {
				t.Errorf("%d requests", n)
			}
		})
	}
}

func TestAccessTokenSignIn(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s)
	token := s.NewAccessToken(sandbox.JonasMeridian)
	r, err := l.Finish(t.Context(), begin(t, l, Request{Method: AccessToken, Secret: credstore.NewSecret(token)}))
	if err != nil {
		t.Fatal(err)
	}
	if r.Account.Email != sandbox.JonasMeridian.Person || r.Account.WorkspaceID != sandbox.MeridianID {
		t.Errorf("account %+v", r.Account)
	}
	if a := load(t, l); a.Kind() != credstore.AuthPersonalAccessToken || a.Mode != "" {
		t.Errorf("stored as %q", a.Mode)
	}
	_, err = l.Finish(t.Context(), begin(t, l, Request{Method: AccessToken, Secret: credstore.NewSecret("at-nobody-has-this")}))
	var input *InputError
	if !errors.As(err, &input) || input.Problem != InputTokenRefused {
		t.Errorf("got %v", err)
	}
	if load(t, l).PersonalAccessToken.Reveal() != token {
		t.Error("the refused token replaced the good one")
	}
}

func TestAccessTokenOfAnotherWorkspace(t *testing.T) {
	s := startSandbox(t, sandbox.Options{})
	l := newLogin(t, s, `forced_chatgpt_workspace_id="ws-elsewhere"`)
	token := s.NewAccessToken(sandbox.JonasMeridian)
	_, err := l.Finish(t.Context(), begin(t, l, Request{Method: AccessToken, Secret: credstore.NewSecret(token)}))
	if e := Explain(l.Say, err); e.Code != "policy" {
		t.Errorf("got %v", err)
	}
	nothingStored(t, l)
}

func FuzzParseAPIKey(f *testing.F) {
	f.Add("sk-proj-abcdefghijklmnop")
	f.Add("export OPENAI_API_KEY=\u200b\"sk-x\"")
	f.Fuzz(func(t *testing.T, text string) {
		key, err := ParseAPIKey(text)
		if err != nil {
			return
		}
		for _, r := range key.Reveal() {
			if r < '!' || r > '~' {
				t.Errorf("a key with %U", r)
			}
		}
		if again, err := ParseAPIKey(key.Reveal()); err != nil || again != key {
			t.Error("cleaning twice changes the key")
		}
	})
}

// A server that repeats what it was sent does not have the address's user and
// password shown.
func TestEchoOfTheAddress(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		w.WriteHeader(http.StatusForbidden)
		_, _ = fmt.Fprintf(w, "echo Authorization: %s, %s:%s, %s", r.Header.Get("Authorization"), user, password, password)
	}))
	defer server.Close()
	l := &Login{Client: &network.Client{Client: *server.Client()}}
	a, err := l.do(t.Context(), request{method: http.MethodPost, url: strings.Replace(server.URL, "://", "://somebody%40x:pass%20word@", 1)})
	if err != nil {
		t.Fatal(err)
	}
	detail := a.failure().Detail
	for _, secret := range []string{"pass word", "somebody", base64.StdEncoding.EncodeToString([]byte("somebody@x:pass word"))} {
		if strings.Contains(detail, secret) || !strings.Contains(detail, "echo") {
			t.Errorf("%q", detail)
		}
	}
}
