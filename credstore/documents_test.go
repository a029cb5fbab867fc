package credstore

import "strings"

// testDocument is a document and what the real Codex 0.169 makes of it.
type testDocument struct {
	name, text string
	refused    bool
	// line and column of our error, where the test is about them.
	line, column int
	// alone is set where this program on purpose differs from Codex.
	alone bool
}

const testKey = `"auth_mode":"apikey","OPENAI_API_KEY":"sk-abcdefghijklmnop"`

// withTokens puts members into tokens, after the three that must be there.
func withTokens(more string) string {
	return `{"auth_mode":"chatgpt","tokens":{"id_token":"` + jwt("{}") + `","access_token":"a","refresh_token":"r"` + more + `}}`
}

func withIDToken(token string) string {
	return `{"tokens":{"id_token":"` + token + `","access_token":"a","refresh_token":"r"}}`
}

// testDocuments is the table that both this package and the real Codex are
// held against.
func testDocuments() []testDocument {
	list := []testDocument{
		{name: "empty object", text: `{}`},
		{name: "api key", text: `{` + testKey + `}`},
		{name: "empty key", text: `{"auth_mode":"apikey","OPENAI_API_KEY":""}`},
		{name: "key without mode", text: `{"OPENAI_API_KEY":"sk"}`},
		{name: "null mode", text: `{"auth_mode":null,"OPENAI_API_KEY":"sk"}`},
		{name: "tokens", text: withTokens("")},
		{name: "tokens null", text: `{"tokens":null}`},
		{name: "unknown members", text: `{"x":1,"X":{"y":[1,2]},"":null,` + testKey + `}`},
		{name: "unknown twice", text: `{"x":1,"x":2,` + testKey + `}`},
		{name: "unknown twice in tokens", text: withTokens(`,"x":1,"x":2`)},
		{name: "escaped name", text: `{"auth_mode":"apikey","OPENAI_API\u005fKEY":"sk"}`},
		{name: "surrogate pair", text: `{"auth_mode":"apikey","OPENAI_API_KEY":"\ud83d\ude00"}`},
		{name: "lone surrogate in unknown value", text: `{"x":"\ud800",` + testKey + `}`},
		{name: "DEL", text: "{\"x\":\"\x7f\"," + testKey + "}"},
		{name: "large number", text: `{"x":1e999,` + testKey + `}`},
		{name: "blank lines around", text: "\n\n{" + testKey + "}\r\n\r\n\t "},
		{name: "deep", text: `{"x":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + `,` + testKey + `}`},
		{name: "null members", text: `{"auth_mode":"chatgpt","OPENAI_API_KEY":null,"tokens":null,"last_refresh":null,"agent_identity":null,"personal_access_token":null,"bedrock_api_key":null,"bedrock_access_keys":null}`},
		{name: "null members of tokens", text: withTokens(`,"oauth_provenance":null,"login_owner_id":null,"account_id":null`)},
		{name: "provenance", text: withTokens(`,"oauth_provenance":{"issuer":"i","client_id":"c","x":1}`)},
		{name: "bedrock key", text: `{"bedrock_api_key":{"api_key":"k","region":"r","x":1}}`},
		{name: "bedrock access keys", text: `{"auth_mode":"bedrockAccessKeys","bedrock_access_keys":{"access_key_id":"a","secret_access_key":"s","session_token":null}}`},
		{name: "bedrock access keys, no session", text: `{"bedrock_access_keys":{"access_key_id":"a","secret_access_key":"s"}}`},
		{name: "agent identity beside a key", text: `{` + testKey + `,"agent_identity":{"agent_runtime_id":"a","agent_private_key":"k","account_id":"c","chatgpt_user_id":"u","plan_type":"weird","chatgpt_account_is_fedramp":false}}`},
		{name: "agent identity as text", text: `{` + testKey + `,"agent_identity":"x"}`},

		{name: "empty file", text: ``, refused: true, line: 1, column: 1},
		{name: "blank file", text: " \n", refused: true},
		{name: "byte order mark", text: "\uFEFF{}", refused: true, line: 1, column: 1},
		{name: "not JSON", text: `hello`, refused: true, line: 1, column: 1},
		{name: "cut off", text: "{\n  \"auth_mode\": \"api", refused: true, line: 2, column: 20},
		{name: "text after the end", text: "{" + testKey + "}\n x", refused: true, line: 2, column: 2},
		{name: "two values", text: `{}{}`, refused: true, line: 1, column: 3},
		{name: "NUL after the end", text: "{" + testKey + "}\x00", refused: true},
		{name: "trailing comma", text: `{` + testKey + `,}`, refused: true},
		{name: "leading zero", text: `{"x":01,` + testKey + `}`, refused: true},
		{name: "bad escape", text: `{"x":"\q",` + testKey + `}`, refused: true},
		{name: "raw control character", text: "{\"x\":\"\x01\"," + testKey + "}", refused: true},
		{name: "form feed", text: "{\f" + testKey + "}", refused: true},
		{name: "null", text: `null`, refused: true},
		{name: "text", text: `"x"`, refused: true},
		{name: "empty array", text: `[]`, refused: true},
		{name: "an array for the object", text: `["apikey","sk-abcdefghijklmnop"]`, refused: true, alone: true},
		{name: "unknown mode", text: "{\n  \"auth_mode\": \"ApiKey\"}", refused: true, line: 2, column: 16},
		{name: "key a number", text: `{"OPENAI_API_KEY":1}`, refused: true, line: 1, column: 19},
		{name: "mode twice", text: `{"auth_mode":"apikey","auth_mode":"apikey","OPENAI_API_KEY":"sk"}`, refused: true},
		{name: "key twice", text: `{"auth_mode":"apikey","OPENAI_API_KEY":null,"OPENAI_API_KEY":"sk"}`, refused: true},
		{name: "key twice, once escaped", text: `{"OPENAI_API_KEY":null,"OPENAI_API\u005fKEY":"sk"}`, refused: true},
		{name: "lone surrogate", text: `{"auth_mode":"apikey","OPENAI_API_KEY":"\ud800"}`, refused: true},
		{name: "lone low surrogate", text: `{"auth_mode":"apikey","OPENAI_API_KEY":"\udc00"}`, refused: true},
		{name: "lone surrogate in unknown name", text: `{"\ud800":1,` + testKey + `}`, refused: true},
		{name: "tokens empty", text: `{"tokens":{}}`, refused: true},
		{name: "tokens an array", text: `{"tokens":[]}`, refused: true},
		{name: "access token missing", text: `{"tokens":{"id_token":"` + jwt("{}") + `","refresh_token":"r"}}`, refused: true},
		{name: "access token null", text: `{"tokens":{"id_token":"` + jwt("{}") + `","access_token":null,"refresh_token":"r"}}`, refused: true},
		{name: "refresh token twice", text: withTokens(`,"refresh_token":"r"`), refused: true},
		{name: "account id a number", text: withTokens(`,"account_id":1`), refused: true},
		{name: "provenance empty", text: withTokens(`,"oauth_provenance":{}`), refused: true},
		{name: "provenance half", text: withTokens(`,"oauth_provenance":{"issuer":null,"client_id":"c"}`), refused: true},
		{name: "provenance issuer twice", text: withTokens(`,"oauth_provenance":{"issuer":"i","issuer":"i","client_id":"c"}`), refused: true},
		{name: "bedrock no region", text: `{"bedrock_api_key":{"api_key":"k"}}`, refused: true},
		{name: "bedrock text", text: `{"bedrock_api_key":"x"}`, refused: true},
		{name: "bedrock key twice", text: `{"bedrock_api_key":{"api_key":"k","api_key":"k","region":"r"}}`, refused: true},
		{name: "bedrock session a number", text: `{"bedrock_access_keys":{"access_key_id":"a","secret_access_key":"s","session_token":1}}`, refused: true},
		{name: "agent identity empty", text: `{` + testKey + `,"agent_identity":{}}`, refused: true},
		{name: "agent identity a number", text: `{` + testKey + `,"agent_identity":1}`, refused: true},
		{name: "access token of a number", text: `{"personal_access_token":1}`, refused: true},
		{name: "not UTF-8", text: "{\"x\":\"\xff\"," + testKey + "}", refused: true, line: 1, column: 7},
	}
	list = append(list, idTokenDocuments()...)
	return append(list, timestampDocuments()...)
}

func idTokenDocuments() []testDocument {
	accepted := map[string]string{
		"four parts": jwt("{}") + ".x", "junk around": "!!!." + b64("{}") + ".!!!", "blank after": jwt("{} \n"),
		"nulls":            jwt(`{"email":null,"https://api.openai.com/profile":null,"https://api.openai.com/auth":null}`),
		"unknown plan":     jwt(`{"https://api.openai.com/auth":{"chatgpt_plan_type":"weird"}}`),
		"unused of a type": jwt(`{"exp":"x","sub":1,"amr":1,"auth_provider":2}`),
		"unknown twice":    jwt(`{"z":"a","z":"b"}`),
		"two user ids":     jwt(`{"https://api.openai.com/auth":{"user_id":"a","chatgpt_user_id":"b"}}`),
	}
	refused := map[string]string{
		"two parts": "a." + b64("{}"), "no signature": b64("{}") + "." + b64("{}") + ".", "no header": "." + b64("{}") + ".x",
		"no payload": "a..x", "padded": "a.eyJhIjoxfQ==.x", "standard alphabet": "a.eyJhIjoiw7/Dv8O/Pz4+PiJ9.x", "loose bits": "a.e31.x",
		"null": jwt("null"), "number": jwt("1"), "text": jwt(`"x"`), "trailing": jwt("{} x"),
		"email a number": jwt(`{"email":1}`), "email twice": jwt(`{"email":"a","email":"b"}`),
		"profile a number": jwt(`{"https://api.openai.com/profile":1}`), "profile email a number": jwt(`{"https://api.openai.com/profile":{"email":1}}`),
		"auth a number": jwt(`{"https://api.openai.com/auth":1}`), "plan a number": jwt(`{"https://api.openai.com/auth":{"chatgpt_plan_type":1}}`),
		"user a number": jwt(`{"https://api.openai.com/auth":{"user_id":1}}`), "account a number": jwt(`{"https://api.openai.com/auth":{"chatgpt_account_id":1}}`),
		"fedramp text": jwt(`{"https://api.openai.com/auth":{"chatgpt_account_is_fedramp":"x"}}`), "fedramp null": jwt(`{"https://api.openai.com/auth":{"chatgpt_account_is_fedramp":null}}`),
		"not UTF-8": jwt("{\"email\":\"\xff\"}"), "byte order mark": jwt("\uFEFF{}"), "line break": "a.e3\\n0.x",
	}
	list := []testDocument{{name: "id token: payload an array", text: withIDToken(jwt("[]")), refused: true, alone: true}}
	for name, token := range accepted {
		list = append(list, testDocument{name: "id token: " + name, text: withIDToken(token)})
	}
	for name, token := range refused {
		list = append(list, testDocument{name: "id token: " + name, text: withIDToken(token), refused: true, line: 1, column: len(`{"tokens":{"id_token":`) + 1})
	}
	return list
}

func timestampDocuments() []testDocument {
	accepted := []string{
		"2026-11-22T03:02:38Z", "2026-11-22T03:02:38.5Z", "2026-11-22T03:02:38.1234567891Z", "2026-11-22 03:02:38Z", "2026-11-22  03:02:38Z",
		"2026-11-22t03:02:38z", "2026-11-22T03:02:38+00:00", "2026-11-22T03:02:38-0000", "2026-11-22T03:02:38 +00:00", "2026-11-22T23:58:60Z",
		"2026-11-22T3:02:38Z", "2026-1-2T03:02:38Z", "0000-11-22T03:02:38Z", "-0001-11-22T03:02:38Z", "+12026-11-22T03:02:38Z", " 2026-11-22T03:02:38Z ",
		"2026-11-22T03:02:38+23:59", "2026-11-22T03:02:38−05:00", "2026-11-22T03:02:38UTC", "2026-11-22T03:02:38utc", "0001-01-01T00:00:00Z",
	}
	refused := []string{
		"2026-11-22T03:02Z", "2026-11-22T24:00:00Z", "2026-02-29T23:58:00Z", "2026-13-01T00:00:00Z", "2026-11-22T03:02:38", "2026-11-22T03:02:38,5Z",
		"2026-11-22T03:02:38.Z", "2026-11-22T03:02:38+24:00", "2026-11-22T03:02:38+05", "2026-11-22_03:02:38Z", "2026-11-22T03:61:38Z", "2026-11-22T03:02:61Z", "",
	}
	var list []testDocument
	for _, text := range accepted {
		list = append(list, testDocument{name: "last_refresh " + text, text: `{` + testKey + `,"last_refresh":"` + text + `"}`})
	}
	for _, text := range refused {
		list = append(list, testDocument{name: "last_refresh " + text, text: `{` + testKey + `,"last_refresh":"` + text + `"}`, refused: true})
	}
	return list
}
