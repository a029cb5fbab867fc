package credstore

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// codexWrote are documents in the form in which Codex 0.169 wrote them, with
// the tokens exchanged.
var codexWrote = map[string]string{
	"api key": `{
  "auth_mode": "apikey",
  "OPENAI_API_KEY": "sk-test-0123456789"
}`,
	"access token": `{
  "OPENAI_API_KEY": null,
  "personal_access_token": "at-0123456789"
}`,
	"chatgpt": `{
  "auth_mode": "chatgpt",
  "OPENAI_API_KEY": null,
  "tokens": {
    "id_token": "` + jwt(`{"email":"ann@example.com"}`) + `",
    "access_token": "access",
    "refresh_token": "rt-new",
    "oauth_provenance": {
      "issuer": "http://127.0.0.1:18090",
      "client_id": "app_EMoamEEZ73f0CkXaXp7hrann"
    },
    "login_owner_id": "89uuOA5OwXjVGuGdR3a1z4nvlv-D5z2s3ixtGEwbR4Q",
    "account_id": "ws-1"
  },
  "last_refresh": "2026-11-22T03:02:38.979182483Z"
}`,
	"chatgpt, old": `{
  "auth_mode": "chatgpt",
  "OPENAI_API_KEY": "sk-x",
  "tokens": {
    "id_token": "` + jwt(`{}`) + `",
    "access_token": "",
    "refresh_token": "",
    "account_id": null
  },
  "last_refresh": "2026-11-22T03:02:38.979Z"
}`,
	"bedrock key": `{
  "auth_mode": "bedrockApiKey",
  "OPENAI_API_KEY": null,
  "bedrock_api_key": {
    "api_key": "k",
    "region": "r"
  }
}`,
	"bedrock access keys": `{
  "auth_mode": "bedrockAccessKeys",
  "OPENAI_API_KEY": null,
  "bedrock_access_keys": {
    "access_key_id": "a",
    "secret_access_key": "s",
    "session_token": null
  }
}`,
	"escapes": `{
  "auth_mode": "apikey",
  "OPENAI_API_KEY": "a\nb\t\"\\/<>&` + "\u2028\x7fé😀" + `\b\f\r\u0000\u001f"
}`,
}

func TestWhatCodexWroteKeepsItsBytes(t *testing.T) {
	for name, text := range codexWrote {
		t.Run(name, func(t *testing.T) {
			a, err := Parse([]byte(text), Place{})
			if err != nil {
				t.Fatal(err)
			}
			if got := string(a.Encode()); got != text {
				t.Fatalf("got\n%s\nwant\n%s", got, text)
			}
			// And by way of the keyring's form.
			b, err := Parse(a.EncodeCompact(), Place{})
			if err != nil {
				t.Fatal(err)
			}
			if got := string(b.Encode()); got != text {
				t.Fatalf("from the keyring\n%s\nwant\n%s", got, text)
			}
		})
	}
}

func TestNewDocuments(t *testing.T) {
	key := NewSecret("sk-1")
	for _, c := range []struct {
		name string
		auth *Auth
		want string
	}{
		{"api key", NewAPIKey(key), `{"auth_mode":"apikey","OPENAI_API_KEY":"sk-1"}`},
		{"access token", NewAccessToken(NewSecret("at-1")), `{"OPENAI_API_KEY":null,"personal_access_token":"at-1"}`},
		{
			"chatgpt", NewChatGPT(Tokens{IDToken: NewSecret("i"), AccessToken: NewSecret("a"), RefreshToken: NewSecret("r"), Provenance: &Provenance{"iss", "cli"}, LoginOwnerID: "o", AccountID: "w"}, &key, someTime),
			`{"auth_mode":"chatgpt","OPENAI_API_KEY":"sk-1","tokens":{"id_token":"i","access_token":"a","refresh_token":"r","oauth_provenance":{"issuer":"iss","client_id":"cli"},"login_owner_id":"o","account_id":"w"},"last_refresh":"2026-11-22T03:02:38.979182483Z"}`,
		},
		{
			"chatgpt without account", NewChatGPT(Tokens{IDToken: NewSecret("i")}, nil, someTime.Truncate(time.Second)),
			`{"auth_mode":"chatgpt","OPENAI_API_KEY":null,"tokens":{"id_token":"i","access_token":"","refresh_token":"","account_id":null},"last_refresh":"2026-11-22T03:02:38Z"}`,
		},
	} {
		if got := string(c.auth.EncodeCompact()); got != c.want {
			t.Errorf("%s:\n%s\n%s", c.name, got, c.want)
		}
	}
}

func TestUnknownMembersAreKeptByteForByte(t *testing.T) {
	token := jwt("{}")
	text := `{"future": {"a" :1,  "b":[ 1,2 ]},"tokens":{"note":"\u00e9\/","id_token":"` + token + `","access_token":"a","refresh_token":"r","x":1.50e+3,"x":null},"\u0066oo":"bar",
 "OPENAI_API_KEY":null,"tail":[]}`
	a, err := Parse([]byte(text), Place{})
	if err != nil {
		t.Fatal(err)
	}
	// A refresh: known members change, the others do not.
	b := *a
	tokens := *a.Tokens
	tokens.AccessToken, b.Tokens, b.LastRefresh = NewSecret("new"), &tokens, someTime
	want := `{
  "OPENAI_API_KEY": null,
  "tokens": {
    "id_token": "` + token + `",
    "access_token": "new",
    "refresh_token": "r",
    "account_id": null,
    "note": "\u00e9\/",
    "x": 1.50e+3,
    "x": null
  },
  "last_refresh": "2026-11-22T03:02:38.979182483Z",
  "future": {"a" :1,  "b":[ 1,2 ]},
  "\u0066oo": "bar",
  "tail": []
}`
	if got := string(b.Encode()); got != want {
		t.Fatalf("got\n%s\nwant\n%s", got, want)
	}
	if got := string(b.EncodeCompact()); !strings.HasSuffix(got, `"future":{"a":1,"b":[1,2]},"\u0066oo":"bar","tail":[]}`) {
		t.Fatalf("keyring form %s", got)
	}
	if string(a.Encode()) == string(b.Encode()) || a.Tokens.AccessToken.Reveal() != "a" {
		t.Fatal("the copy changed the original")
	}
}

// What is spelled otherwise than we would and has not changed stays; what has
// changed is written our way.
func TestOddSpellingStays(t *testing.T) {
	text := `{"auth_mode":"chatgpt","OPENAI_API_KEY":"s\u006b","tokens":{"id_token":"` + jwt("{}") + `","access_token":"a\/b","refresh_token":"r","oauth_provenance":{"issuer":"i","client_id":"c","more":1},"login_owner_id":"","account_id":""},"last_refresh":"2026-11-22 03:02:38+00:00","personal_access_token":""}`
	a, err := Parse([]byte(text), Place{})
	if err != nil {
		t.Fatal(err)
	}
	if got := string(a.EncodeCompact()); got != text {
		t.Fatalf("got  %s\nwant %s", got, text)
	}
	key := NewSecret("other")
	a.APIKey, a.LastRefresh = &key, a.LastRefresh.Add(time.Nanosecond)
	a.Tokens.AccountID, a.Tokens.Provenance = "w", &Provenance{"i2", "c"}
	got := string(a.EncodeCompact())
	for _, want := range []string{`"OPENAI_API_KEY":"other"`, `"last_refresh":"2026-11-22T03:02:38.000000001Z"`, `"account_id":"w"`, `{"issuer":"i2","client_id":"c"}`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
}

func TestTimestampsAreWrittenAsChronoDoes(t *testing.T) {
	base := time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600))
	for nanos, want := range map[int]string{
		0: "2026-01-02T02:04:05Z", 500_000_000: "2026-01-02T02:04:05.500Z", 1_000: "2026-01-02T02:04:05.000001Z",
		120_000: "2026-01-02T02:04:05.000120Z", 1: "2026-01-02T02:04:05.000000001Z", 999_999_990: "2026-01-02T02:04:05.999999990Z",
	} {
		if got := formatTimestamp(base.Add(time.Duration(nanos))); got != want {
			t.Errorf("%d: %s, want %s", nanos, got, want)
		}
	}
}

func TestPrintingRedacts(t *testing.T) {
	a, err := Parse([]byte(`{"future":"hush-1","tokens":{"id_token":"`+jwt("{}")+`","access_token":"hush-2","refresh_token":"hush-3","x":"hush-4"}}`), Place{})
	if err != nil {
		t.Fatal(err)
	}
	type holder struct {
		Public  *Auth
		private Auth
		tokens  Tokens
		secret  Secret
	}
	h := holder{a, *a, *a.Tokens, NewSecret("hush-5")}
	asJSON, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	all := fmt.Sprintf("%v %+v %#v %s %q %x %d %v %s", h.secret, h.secret, h.secret, h.secret, h.secret, h.secret, h.secret, a, *a.Tokens) + string(asJSON)
	if strings.Contains(all, "hush") || strings.Contains(all, "68757368") {
		t.Fatal("a secret was printed: " + all)
	}
	// fmt asks the fields of somebody else's struct for nothing.
	inside := fmt.Sprintf("%v %+v %#v", struct{ s Secret }{h.secret}, struct{ s Secret }{h.secret}, struct{ s Secret }{h.secret})
	if strings.Contains(inside, "hush") {
		t.Fatal("a secret in a struct was printed: " + inside)
	}
}
