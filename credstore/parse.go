package credstore

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"unicode/utf8"
)

// maxDocument is the size in bytes above which a document is not read.
const maxDocument = 1 << 20

// The members of auth.json, in the order in which Codex writes them.
const (
	keyMode        = "auth_mode"
	keyAPIKey      = "OPENAI_API_KEY"
	keyTokens      = "tokens"
	keyLastRefresh = "last_refresh"
	keyAgent       = "agent_identity"
	keyPAT         = "personal_access_token"
	keyBedrockKey  = "bedrock_api_key"
	keyBedrockKeys = "bedrock_access_keys"

	keyIDToken      = "id_token"
	keyAccessToken  = "access_token"
	keyRefreshToken = "refresh_token"
	keyProvenance   = "oauth_provenance"
	keyLoginOwner   = "login_owner_id"
	keyAccountID    = "account_id"

	keyIssuer   = "issuer"
	keyClientID = "client_id"
)

// Parse reads a document as Codex 0.169 does: exact names, no known name
// twice, null for absent, unknown members let through. It differs in two
// places that no writer uses: serde also takes an array for an object, and
// knows no limit of depth (here 10000).
//
// The error is an *Error with ProblemCorrupt or ProblemTooBig.
func Parse(b []byte, place Place) (*Auth, error) {
	if len(b) > maxDocument {
		return nil, &Error{Problem: ProblemTooBig, Op: "read", Place: place, Detail: "it is larger than 1 MiB"}
	}
	a, err := parse(b)
	if err == nil {
		return a, nil
	}
	e := &Error{Problem: ProblemCorrupt, Op: "read", Place: place, Detail: err.Error()}
	var s *shapeError
	if errors.As(err, &s) {
		e.Line, e.Column = position(b, s.at)
	}
	return nil, e
}

// position turns an offset into line and column, both from 1, in characters.
func position(b []byte, at int) (line, column int) {
	before := b[:min(at, len(b))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return bytes.Count(before, []byte{'\n'}) + 1, utf8.RuneCount(before[start:]) + 1
}

func parse(b []byte) (*Auth, error) {
	if err := checkJSON(b); err != nil {
		return nil, err
	}
	start := len(b) - len(bytes.TrimLeft(b, " \t\r\n"))
	root := member{value: bytes.TrimSpace(b), at: start}
	f, extra, err := fields(root, "the document", keyMode, keyAPIKey, keyTokens, keyLastRefresh,
		keyAgent, keyPAT, keyBedrockKey, keyBedrockKeys)
	if err != nil {
		return nil, err
	}
	a := &Auth{extra: cloneMembers(extra), odd: oddities{}}
	for _, step := range []func(map[string]member) error{a.parseMode, a.parseSecrets, a.parseRefresh, a.parseTokens, a.parseKept} {
		if err := step(f); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func (a *Auth) parseMode(f map[string]member) error {
	mode, err := optionalText(f[keyMode], keyMode)
	if err != nil || mode == nil {
		return err
	}
	if a.Mode = AuthMode(*mode); !slices.Contains(authModes(), a.Mode) {
		return shape(f[keyMode].at, "auth_mode is none that Codex knows")
	}
	return nil
}

func (a *Auth) parseSecrets(f map[string]member) error {
	key, err := optionalText(f[keyAPIKey], keyAPIKey)
	if err != nil {
		return err
	}
	if key != nil {
		s := NewSecret(*key)
		a.APIKey = &s
		a.odd.note(f[keyAPIKey], *key)
	}
	pat, err := optionalText(f[keyPAT], keyPAT)
	if err != nil || pat == nil {
		return err
	}
	a.PersonalAccessToken = NewSecret(*pat)
	a.odd.note(f[keyPAT], *pat)
	return nil
}

func (a *Auth) parseRefresh(f map[string]member) error {
	text, err := optionalText(f[keyLastRefresh], keyLastRefresh)
	if err != nil || text == nil {
		return err
	}
	t, ok := parseTimestamp(*text)
	if !ok {
		return shape(f[keyLastRefresh].at, "last_refresh is not a date and time as in RFC 3339")
	}
	a.LastRefresh = t
	a.odd.note(f[keyLastRefresh], formatTimestamp(t))
	return nil
}

func (a *Auth) parseTokens(root map[string]member) error {
	m := root[keyTokens]
	if isNull(m.value) {
		return nil
	}
	f, extra, err := fields(m, "tokens", keyIDToken, keyAccessToken, keyRefreshToken,
		keyProvenance, keyLoginOwner, keyAccountID)
	if err != nil {
		return err
	}
	t := &Tokens{extra: cloneMembers(extra), odd: oddities{}}
	for _, to := range []struct {
		name   string
		secret *Secret
	}{{keyIDToken, &t.IDToken}, {keyAccessToken, &t.AccessToken}, {keyRefreshToken, &t.RefreshToken}} {
		text, err := requiredText(f[to.name], to.name, m.at)
		if err != nil {
			return err
		}
		*to.secret = NewSecret(text)
		t.odd.note(f[to.name], text)
	}
	for _, to := range []struct {
		name string
		text *string
	}{{keyLoginOwner, &t.LoginOwnerID}, {keyAccountID, &t.AccountID}} {
		text, err := optionalText(f[to.name], to.name)
		if err != nil {
			return err
		}
		if text != nil {
			*to.text = *text
			t.odd.note(f[to.name], *text)
		}
	}
	if t.Provenance, err = parseProvenance(f[keyProvenance], t.odd); err != nil {
		return err
	}
	if _, err := ParseClaims(t.IDToken.Reveal()); err != nil {
		return shape(f[keyIDToken].at, "id_token: %s", err)
	}
	a.Tokens = t
	return nil
}

func parseProvenance(m member, odd oddities) (*Provenance, error) {
	if isNull(m.value) {
		return nil, nil
	}
	f, extra, err := fields(m, keyProvenance, keyIssuer, keyClientID)
	if err != nil {
		return nil, err
	}
	p := &Provenance{}
	if p.Issuer, err = requiredText(f[keyIssuer], keyIssuer, m.at); err != nil {
		return nil, err
	}
	if p.ClientID, err = requiredText(f[keyClientID], keyClientID, m.at); err != nil {
		return nil, err
	}
	if len(extra) > 0 {
		odd[keyProvenance] = oddity{p.Issuer + "\x00" + p.ClientID, string(m.value)}
	}
	return p, nil
}

// The objects that are kept raw, with the string members that Codex insists on
// and those that it takes when they are there.
var keptShapes = map[string]struct{ required, optional []string }{
	keyBedrockKey:  {[]string{"api_key", "region"}, nil},
	keyBedrockKeys: {[]string{"access_key_id", "secret_access_key"}, []string{"session_token"}},
	keyAgent: {
		[]string{"agent_runtime_id", "agent_private_key", "account_id", "chatgpt_user_id", "plan_type"},
		[]string{"email"},
	},
}

const keyAgentFedRAMP = "chatgpt_account_is_fedramp"

func (a *Auth) parseKept(root map[string]member) error {
	for _, kept := range []struct {
		name string
		raw  *[]byte
	}{{keyAgent, &a.agentIdentity}, {keyBedrockKey, &a.bedrockAPIKey}, {keyBedrockKeys, &a.bedrockAccessKeys}} {
		m := root[kept.name]
		if isNull(m.value) {
			continue
		}
		if err := checkKept(kept.name, m); err != nil {
			return err
		}
		// One form, so that an identity made from it does not depend on layout.
		var b bytes.Buffer
		if err := json.Compact(&b, m.value); err != nil {
			return shape(m.at, "it is not valid JSON here")
		}
		*kept.raw = b.Bytes()
	}
	return nil
}

func checkKept(name string, m member) error {
	if name == keyAgent && m.value[0] == '"' { // a JWT instead of the object
		_, err := optionalText(m, name)
		return err
	}
	want := keptShapes[name]
	known := append(slices.Concat(want.required, want.optional), keyAgentFedRAMP)
	if name != keyAgent {
		known = known[:len(known)-1]
	}
	f, _, err := fields(m, name, known...)
	if err != nil {
		return err
	}
	for _, r := range want.required {
		if _, err := requiredText(f[r], r, m.at); err != nil {
			return err
		}
	}
	for _, o := range want.optional {
		if _, err := optionalText(f[o], o); err != nil {
			return err
		}
	}
	if v := string(f[keyAgentFedRAMP].value); name == keyAgent && v != "true" && v != "false" {
		return shape(max(m.at, f[keyAgentFedRAMP].at), "%q is not true or false", keyAgentFedRAMP)
	}
	return nil
}

// note remembers the raw text of m if value would be written otherwise.
func (o oddities) note(m member, value string) {
	if text := string(m.value); text != string(quote(value)) || value == "" {
		o[m.name] = oddity{value, text}
	}
}

// cloneMembers cuts the tie to the document, which may be large.
func cloneMembers(list []member) []member {
	for i, m := range list {
		list[i].key, list[i].value = bytes.Clone(m.key), bytes.Clone(m.value)
	}
	return list
}
