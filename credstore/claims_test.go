package credstore

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"codex-login/assets/display"
)

func TestParseClaims(t *testing.T) {
	const auth = `"https://api.openai.com/auth":`
	for _, c := range []struct {
		name, payload string
		want          Claims
	}{
		{"nothing", `{}`, Claims{}},
		{
			"everything", `{"sub":"s","email":"a@b","exp":1900000000,"amr":["pwd","mfa"],"auth_provider":"google",` + auth + `{"chatgpt_plan_type":"pro","chatgpt_user_id":"u","user_id":"v","chatgpt_account_id":"w","chatgpt_account_is_fedramp":true}}`,
			Claims{Subject: "s", Email: "a@b", UserID: "u", AccountID: "w", Plan: "pro", FedRAMP: true, ExpiresAt: time.Unix(1900000000, 0).UTC(), AMR: []string{"pwd", "mfa"}, AuthProvider: "google"},
		},
		{"the profile's address", `{"https://api.openai.com/profile":{"email":"p@b"}}`, Claims{Email: "p@b"}},
		{"own address first", `{"email":"a@b","https://api.openai.com/profile":{"email":"p@b"}}`, Claims{Email: "a@b"}},
		{"other user id", `{` + auth + `{"user_id":"v"}}`, Claims{UserID: "v"}},
		{"names in another case are others", `{"Email":"a@b","SUB":"x"}`, Claims{}},
		{"what a terminal obeys", "{\"email\":\"a\\u001b[31m\\u0007\\u202e\\u009bb\",\"sub\":\"x\\r\\ny\\u2028\",\"amr\":[\"p\\u0000\"]}", Claims{Email: "a[31mb", Subject: "xy", AMR: []string{"p"}}},
		{"unused claims of odd types", `{"sub":1,"exp":"soon","amr":"pwd","auth_provider":[]}`, Claims{}},
		{"an end out of range", `{"exp":1e300}`, Claims{}},
		{"a fraction of a second", `{"exp":1900000000.9}`, Claims{ExpiresAt: time.Unix(1900000000, 0).UTC()}},
	} {
		got, err := ParseClaims(jwt(c.payload))
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
	}
}

func TestExpiresAtNeedsNoStrictToken(t *testing.T) {
	a := &Auth{Tokens: &Tokens{AccessToken: NewSecret(jwt(`{"exp":1900000000,"email":1}`))}}
	if got := a.ExpiresAt(); got.Unix() != 1900000000 {
		t.Error(got)
	}
	for _, token := range []string{"", "opaque", jwt(`{}`), jwt(`[]`)} {
		a.Tokens.AccessToken = NewSecret(token)
		if !a.ExpiresAt().IsZero() {
			t.Errorf("%q has an end", token)
		}
	}
	if !apiKey("sk").ExpiresAt().IsZero() {
		t.Error("a key has an end")
	}
}

func FuzzParseClaims(f *testing.F) {
	f.Add(jwt(`{"email":"a@b"}`))
	for _, d := range idTokenDocuments() {
		f.Add(strings.Split(d.text, `"`)[5])
	}
	f.Fuzz(func(t *testing.T, token string) {
		c, err := ParseClaims(token)
		if err != nil && strings.TrimSpace(err.Error()) == "" {
			t.Fatal("an error without words")
		}
		for _, s := range append([]string{c.Subject, c.Email, c.UserID, c.AccountID, c.Plan, c.AuthProvider}, c.AMR...) {
			if s != display.Clean(s) {
				t.Fatalf("%q is not safe to show", s)
			}
		}
	})
}

func TestKindAndEmpty(t *testing.T) {
	tokens := `"tokens":{"id_token":"` + jwt("{}") + `","access_token":"a","refresh_token":"r"}`
	const bedrock, aws, pat, key = `"bedrock_api_key":{"api_key":"k","region":"r"}`, `"bedrock_access_keys":{"access_key_id":"a","secret_access_key":"s"}`, `"personal_access_token":"at-x"`, `"OPENAI_API_KEY":"sk"`
	for _, c := range []struct {
		text  string
		kind  AuthMode
		empty bool
	}{
		{`{}`, AuthChatGPT, true},
		{`{"auth_mode":"chatgpt"}`, AuthChatGPT, true},
		{`{` + tokens + `}`, AuthChatGPT, false},
		{`{"tokens":{"id_token":"` + jwt("{}") + `","access_token":"","refresh_token":""}}`, AuthChatGPT, true},
		{`{"auth_mode":"chatgptAuthTokens",` + tokens + `}`, AuthChatGPTTokens, false},
		{`{` + key + `}`, AuthAPIKey, false},
		{`{` + key + `,` + tokens + `}`, AuthAPIKey, false},
		{`{"auth_mode":"chatgpt",` + key + `,` + tokens + `}`, AuthChatGPT, false},
		{`{"OPENAI_API_KEY":""}`, AuthAPIKey, true},
		{`{"auth_mode":"apikey"}`, AuthAPIKey, true},
		{`{` + pat + `,` + key + `,` + bedrock + `}`, AuthPersonalAccessToken, false},
		{`{"personal_access_token":""}`, AuthPersonalAccessToken, true},
		{`{"personal_access_token":null}`, AuthChatGPT, true},
		{`{` + key + `,` + aws + `,` + bedrock + `}`, AuthBedrockAPIKey, false},
		{`{` + key + `,` + aws + `}`, AuthBedrockAccessKeys, false},
		{`{"auth_mode":"bedrockApiKey"}`, AuthBedrockAPIKey, true},
		{`{"auth_mode":"bedrockAccessKeys"}`, AuthBedrockAccessKeys, true},
		{`{"agent_identity":"x"}`, AuthChatGPT, true},
		{`{"auth_mode":"agentIdentity","agent_identity":"x"}`, AuthAgentIdentity, false},
		{`{"auth_mode":"headers"}`, AuthHeaders, true},
	} {
		a, err := Parse([]byte(c.text), Place{})
		if err != nil {
			t.Fatal(err)
		}
		if a.Kind() != c.kind || a.Empty() != c.empty {
			t.Errorf("%s: %s, empty %v", c.text, a.Kind(), a.Empty())
		}
		if c.empty != (a.Identity() == "") {
			t.Errorf("%s: identity %q", c.text, a.Identity())
		}
	}
}

func TestIdentity(t *testing.T) {
	base := chatGPT("user-1", "ws-1", "s1", someTime)
	if got := base.Identity(); got != "chatgpt/user-1/ws-1" {
		t.Fatal(got)
	}
	if chatGPT("user-1", "ws-1", "s2", someTime.Add(time.Hour)).Identity() != base.Identity() {
		t.Error("another session is another identity")
	}
	if chatGPT("user-1", "ws-2", "s1", someTime).Identity() == base.Identity() {
		t.Error("another workspace is the same identity")
	}
	for _, a := range []*Auth{apiKey("sk-secret"), NewAccessToken(NewSecret("at-secret"))} {
		if strings.Contains(a.Identity(), "secret") || a.Identity() == apiKey("sk-other").Identity() {
			t.Error(a.Identity())
		}
	}
	nameless := &Auth{Tokens: &Tokens{IDToken: NewSecret(jwt(`{"email":"ann@example.com"}`)), RefreshToken: NewSecret("rt-secret")}}
	if got := nameless.Identity(); strings.Contains(got, "@") || strings.Contains(got, "secret") || !strings.HasPrefix(got, "chatgpt/") {
		t.Error(got)
	}
}

func TestSameSecret(t *testing.T) {
	a, b := chatGPT("u", "w", "s1", someTime), chatGPT("u", "w", "s1", someTime.Add(time.Hour))
	if !a.SameSecret(b) || a.SameSecret(chatGPT("u", "w", "s2", someTime)) || a.SameSecret(apiKey("sk")) {
		t.Error("ChatGPT")
	}
	if !apiKey("sk").SameSecret(apiKey("sk")) || apiKey("sk").SameSecret(apiKey("sk2")) || (&Auth{}).SameSecret(&Auth{}) {
		t.Error("keys")
	}
}
