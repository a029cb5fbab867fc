package credstore

import (
	"strings"
	"testing"
	"time"
	"unicode"
)

func TestCardOf(t *testing.T) {
	login := chatGPT("user-1", "ws-1", "s", someTime)
	login.Tokens.AccountID = "ws-2\x1b[2J"
	key := apiKey("sk-proj-0123456789abcdef")
	pat := NewAccessToken(NewSecret("at-0123456789-0123456789"))
	short := NewAccessToken(NewSecret("at-0123456"))
	for name, c := range map[string]struct {
		a    *Auth
		want Card
	}{
		"chatgpt": {login, Card{
			ID: ID(login), Mode: AuthChatGPT, Email: "ann@example.com", UserID: "user-1", WorkspaceID: "ws-1",
			AccountID: "ws-2[2J", Plan: "plus", LastRefresh: someTime, ExpiresAt: time.Unix(1900000000, 0).UTC(),
		}},
		"key":          {key, Card{ID: ID(key), Mode: AuthAPIKey, KeyHint: "sk-proj-***bcdef"}},
		"short token":  {short, Card{ID: ID(short), Mode: AuthPersonalAccessToken}},
		"access token": {pat, Card{ID: ID(pat), Mode: AuthPersonalAccessToken, KeyHint: "at-01234***56789"}},
	} {
		if got := CardOf(c.a); got != c.want {
			t.Errorf("%s: %+v", name, got)
		}
		text, err := CardOf(c.a).encode()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := parseCard(c.want.ID, text); err != nil || got != c.want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// secretsOf are the texts that may stand nowhere but in a page.
func secretsOf(a *Auth) []string {
	var out []string
	if a.APIKey != nil {
		out = append(out, a.APIKey.Reveal())
	}
	if a.Tokens != nil {
		out = append(out, a.Tokens.IDToken.Reveal(), a.Tokens.AccessToken.Reveal(), a.Tokens.RefreshToken.Reveal())
	}
	if !a.PersonalAccessToken.Empty() {
		out = append(out, a.PersonalAccessToken.Reveal())
	}
	return out
}

func TestFingerprint(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range []*Auth{
		apiKey("sk-1"), apiKey("sk-2"), NewAccessToken(NewSecret("sk-1")), chatGPT("u", "w", "A", someTime), chatGPT("u", "w", "B", someTime),
	} {
		f := a.Fingerprint()
		if len(f) != 16 || seen[f] {
			t.Errorf("%s: %s", a, f)
		}
		seen[f] = true
	}
	a, b := chatGPT("u", "w", "A", someTime), chatGPT("u", "w", "A", someTime.Add(time.Hour))
	if a.Fingerprint() != b.Fingerprint() {
		t.Error("the same tokens, another fingerprint")
	}
	if b.Tokens.RefreshToken = NewSecret("rt-2"); a.Fingerprint() == b.Fingerprint() || a.session() != b.session() {
		t.Error("a refresh does not show")
	}
}

func FuzzParseCard(f *testing.F) {
	text, err := CardOf(chatGPT("u", "w", "s", someTime)).encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"schema":1,"email":"a\u001b[2J","ended":{"reason":"x","at":"2026-01-01T00:00:00Z","session":""},"next":[1]}`))
	f.Add([]byte(`{"schema":2,"added_at":"0001-01-01T00:00:00Z"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := parseCard("chatgpt-0123456789abcdef", text)
		if err != nil {
			return
		}
		if c.ID != "chatgpt-0123456789abcdef" || c.Mode != AuthChatGPT || c.Pages != 0 || c.Place != (Place{}) {
			t.Fatalf("%+v", c)
		}
		for _, s := range []string{c.Label, c.Email, c.UserID, c.WorkspaceID, c.AccountID, c.Plan, c.KeyHint} {
			if strings.ContainsFunc(s, unicode.IsControl) {
				t.Fatalf("%q", s)
			}
		}
		again, err := c.encode()
		if err != nil {
			return // a time that JSON can read and not write
		}
		back, err := parseCard(c.ID, again)
		if err != nil {
			t.Fatal(err)
		}
		third, err := back.encode()
		if err != nil || string(third) != string(again) {
			t.Fatalf("%s\n%s\n%v", again, third, err)
		}
	})
}
