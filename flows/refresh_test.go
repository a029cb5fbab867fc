package flows

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"codex-login/credstore"
	"codex-login/flows/network"
	"codex-login/flows/sandbox"
)

// someToken is a JWT with that payload.
func someToken(payload string) string {
	part := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	return part(`{"alg":"none"}`) + "." + part(payload) + "." + part("signature")
}

// someLogin is a ChatGPT login that no server knows.
func someLogin(access string, refreshed time.Time) *credstore.Auth {
	return credstore.NewChatGPT(credstore.Tokens{
		IDToken: credstore.NewSecret(someToken(`{"sub":"user"}`)), AccessToken: credstore.NewSecret(access),
		RefreshToken: credstore.NewSecret("rt_0123456789"), LoginOwnerID: strings.Repeat("o", 43), AccountID: "account",
	}, nil, refreshed)
}

// TestDueIsCodexs: every row was seen in the real Codex 0.169.
func TestDueIsCodexs(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	in := func(d time.Duration) string { return someToken(fmt.Sprintf(`{"exp":%d}`, now.Add(d).Unix())) }
	const day = 24 * time.Hour
	old := now.Add(-81 * day / 10)
	for name, test := range map[string]struct {
		access    string
		refreshed time.Time
		change    func(*credstore.Auth)
		want      refreshReason
	}{
		"expired":                    {in(-time.Hour), now, nil, proactiveExpiry},
		"expired, never refreshed":   {in(-time.Hour), time.Time{}, nil, proactiveExpiry},
		"in 290 s":                   {in(290 * time.Second), now, nil, proactiveExpiry},
		"in 300 s":                   {in(300 * time.Second), now, nil, proactiveExpiry},
		"in 310 s":                   {in(310 * time.Second), now, nil, ""},
		"good, refreshed long ago":   {in(day), now.Add(-30 * day), nil, ""},
		"no exp, 8.1 days":           {someToken(`{}`), old, nil, scheduled},
		"no exp, 7.9 days":           {someToken(`{}`), now.Add(-79 * day / 10), nil, ""},
		"no exp, never refreshed":    {someToken(`{}`), time.Time{}, nil, ""},
		"exp null":                   {someToken(`{"exp":null}`), old, nil, scheduled},
		"exp 0":                      {someToken(`{"exp":0}`), now, nil, proactiveExpiry},
		"exp negative":               {someToken(`{"exp":-5}`), now, nil, proactiveExpiry},
		"exp broken, fresh":          {someToken(`{"exp":1000.5}`), now, nil, ""},
		"exp broken, old":            {someToken(`{"exp":1000.5}`), old, nil, scheduled},
		"exp with exponent":          {someToken(`{"exp":1e3}`), now, nil, ""},
		"exp in quotes":              {someToken(`{"exp":"1000"}`), old, nil, scheduled},
		"exp far off":                {someToken(`{"exp":300000000000}`), old, nil, ""},
		"exp beyond time":            {someToken(`{"exp":9000000000000000}`), old, nil, scheduled},
		"not a JWT":                  {"opaque", old, nil, scheduled},
		"two parts":                  {"a.b", old, nil, scheduled},
		"no access token":            {"", old, nil, scheduled},
		"not a JWT, fresh":           {"opaque", now, nil, ""},
		"expired, no account id":     {in(-time.Hour), now, func(a *credstore.Auth) { a.Tokens.AccountID = "" }, ""},
		"tokens of another program":  {in(-time.Hour), now, func(a *credstore.Auth) { a.Mode = credstore.AuthChatGPTTokens }, ""},
		"key beside expired tokens":  {in(-time.Hour), now, func(a *credstore.Auth) { a.Mode = credstore.AuthAPIKey }, ""},
		"no mode, expired":           {in(-time.Hour), now, func(a *credstore.Auth) { a.Mode = "" }, proactiveExpiry},
		"id token expired":           {in(day), now, func(a *credstore.Auth) { a.Tokens.IDToken = credstore.NewSecret(in(-day)) }, ""},
		"no refresh token, expired":  {in(-time.Hour), now, func(a *credstore.Auth) { a.Tokens.RefreshToken = credstore.Secret{} }, proactiveExpiry},
		"no tokens":                  {"", now, func(a *credstore.Auth) { a.Tokens = nil }, ""},
		"refreshed in the future":    {in(-time.Hour), now.Add(day), nil, proactiveExpiry},
		"no exp, refreshed tomorrow": {"opaque", now.Add(day), nil, ""},
	} {
		a := someLogin(test.access, test.refreshed)
		if test.change != nil {
			test.change(a)
		}
		if got := due(a, now); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// refusals are answers to a refresh with the class that the real Codex 0.169
// puts them into; "" is one after which it asks again.
func refusals() map[string]struct {
	fault  sandbox.Fault
	reason EndReason
} {
	type row = struct {
		fault  sandbox.Fault
		reason EndReason
	}
	return map[string]row{
		"expired":                  {sandbox.OpenAIError(401, "refresh_token_expired", "no"), EndExpired},
		"expired, 403":             {sandbox.OpenAIError(403, "refresh_token_expired", "no"), EndExpired},
		"expired, loud":            {sandbox.OAuthError(400, "REFRESH_TOKEN_EXPIRED", ""), EndExpired},
		"expired, flat":            {sandbox.FlatError(400, "refresh_token_expired", "no"), EndExpired},
		"code of another type":     {sandbox.Status(400, `{"error":{"code":5},"code":"refresh_token_expired"}`), EndExpired},
		"empty error":              {sandbox.Status(400, `{"error":"","code":"refresh_token_expired"}`), EndExpired},
		"reused":                   {sandbox.OpenAIError(401, "refresh_token_reused", "no"), EndUsed},
		"reused, 500":              {sandbox.FlatError(500, "refresh_token_reused", "no"), EndUsed},
		"reused, 429":              {sandbox.FlatError(429, "refresh_token_reused", "no"), EndUsed},
		"revoked":                  {sandbox.OpenAIError(401, "refresh_token_invalidated", "no"), EndRevoked},
		"401":                      {sandbox.Status(401, ""), EndRejected},
		"401, another code":        {sandbox.OpenAIError(401, "other", "no"), EndRejected},
		"401, a page":              {sandbox.Status(401, "<html>"), EndRejected},
		"invalid_grant":            {sandbox.OAuthError(400, "invalid_grant", "no"), EndRejected},
		"invalid_grant, loud":      {sandbox.OAuthError(400, "INVALID_GRANT", "no"), EndRejected},
		"invalid_grant, nested":    {sandbox.OpenAIError(400, "invalid_grant", "no"), EndRejected},
		"invalid_grant, 403":       {sandbox.OAuthError(403, "invalid_grant", "no"), ""},
		"400, another code":        {sandbox.OpenAIError(400, "other", "no"), ""},
		"400, padded":              {sandbox.Status(400, `{"error":" refresh_token_expired "}`), ""},
		"403, forbidden":           {sandbox.OpenAIError(403, "forbidden", "no"), ""},
		"404, session terminated":  {sandbox.OpenAIError(404, "app_session_terminated", "no"), ""},
		"429":                      {sandbox.TooMany("5"), ""},
		"500":                      {sandbox.Status(500, ""), ""},
		"503, a page":              {sandbox.Status(503, "<html>"), ""},
		"304":                      {sandbox.Status(304, ""), ""},
		"200 that cannot be read":  {sandbox.Garbage(), ""},
		"200 with nothing":         {sandbox.Empty(), ""},
		"a connection that breaks": {sandbox.Cut(), ""},
		"no answer":                {sandbox.Drop(), ""},
	}
}

func TestRefusalsAreCodexs(t *testing.T) {
	for name, test := range refusals() {
		s := startSandbox(t, sandbox.Options{Setup: func(b *sandbox.Behaviour) { b.Inject(sandbox.Refresh, test.fault) }})
		l := newLogin(t, s)
		_, err := l.refresh(t.Context(), someLogin("opaque", time.Now()), scheduled)
		var ended *SessionEndedError
		var server *ServerError
		var unreachable *network.Error
		switch {
		case test.reason != "":
			if !errors.As(err, &ended) || ended.Reason != test.reason || ended.At.IsZero() {
				t.Errorf("%s: %v, want %s", name, err, test.reason)
			}
		case errors.As(err, &ended), !errors.As(err, &server) && !errors.As(err, &unreachable):
			t.Errorf("%s: %v", name, err)
		}
		if n := len(s.RequestsTo(sandbox.Refresh)); n != 1 {
			t.Errorf("%s: %d requests", name, n)
		}
	}
}

// TestRefreshGoesWhereTheTokensCameFrom: the login's own issuer and client, the
// environment's address above all.
func TestRefreshGoesWhereTheTokensCameFrom(t *testing.T) {
	own, other := startSandbox(t, sandbox.Options{}), startSandbox(t, sandbox.Options{})
	for name, test := range map[string]struct {
		provenance *credstore.Provenance
		override   string
		asked      *sandbox.Server
		client     string
	}{
		"no provenance":       {nil, "", own, defaultClientID},
		"provenance":          {&credstore.Provenance{Issuer: other.URL(), ClientID: "app_other"}, "", other, "app_other"},
		"with a slash":        {&credstore.Provenance{Issuer: other.URL() + "/", ClientID: "app_other"}, "", other, "app_other"},
		"environment":         {nil, other.URL() + "/oauth/token", other, defaultClientID},
		"environment decides": {&credstore.Provenance{Issuer: own.URL(), ClientID: "app_other"}, other.URL() + "/oauth/token", other, "app_other"},
	} {
		own.Forget()
		other.Forget()
		l := newLogin(t, own)
		l.Issuer = NewIssuer(own.URL(), "", "codex-login/test", func(name string) string {
			return map[string]string{"CODEX_REFRESH_TOKEN_URL_OVERRIDE": test.override}[name]
		})
		a := someLogin("opaque", time.Now())
		a.Tokens.Provenance = test.provenance
		_, _ = l.refresh(t.Context(), a, scheduled)
		requests := test.asked.RequestsTo(sandbox.Refresh)
		if all := len(own.Requests()) + len(other.Requests()); len(requests) != 1 || all != 1 {
			t.Errorf("%s: %d requests there, %d in all", name, len(requests), all)
			continue
		}
		want := `{"client_id":"` + test.client + `","grant_type":"refresh_token","refresh_reason":"scheduled","refresh_token":"rt_0123456789"}`
		if got := string(requests[0].Body); got != want {
			t.Errorf("%s: %s", name, got)
		}
		if h := requests[0].Header; h.Get("Originator") != originator || h.Get("User-Agent") != "codex-login/test" {
			t.Errorf("%s: headers %v", name, h)
		}
	}
}

// TestRenewedDocument: what the answer holds replaces what was there, nothing
// else changes. An answer that Codex would throw away with the only working
// token in it is used as far as it goes.
func TestRenewedDocument(t *testing.T) {
	id := someToken(`{"sub":"user","email":"new@example.test"}`)
	const document = `{"auth_mode":"chatgpt","OPENAI_API_KEY":"sk-x","tokens":{"id_token":"%s","access_token":"a1","refresh_token":"r1",` +
		`"oauth_provenance":{"issuer":"https://issuer.test","client_id":"app_x"},"login_owner_id":"owner","account_id":"account","own":[1]},` +
		`"last_refresh":"2026-01-01T00:00:00Z","other":{"b":2}}`
	old := someToken(`{"sub":"user"}`)
	now := time.Date(2026, 11, 22, 12, 0, 0, 5000, time.UTC)
	for name, test := range map[string]struct {
		answer              string
		id, access, refresh string
	}{
		"all three":               {`{"id_token":"` + id + `","access_token":"a2","refresh_token":"r2"}`, id, "a2", "r2"},
		"nothing":                 {`{}`, old, "a1", "r1"},
		"null":                    {`{"id_token":null,"access_token":null,"refresh_token":null}`, old, "a1", "r1"},
		"one":                     {`{"access_token":"a2","expires_in":5}`, old, "a2", "r1"},
		"id token is none":        {`{"id_token":"nonsense","access_token":"a2","refresh_token":"r2"}`, old, "a2", "r2"},
		"id token of wrong shape": {`{"id_token":"` + someToken(`{"email":5}`) + `","refresh_token":"r2"}`, old, "a1", "r2"},
		"empty tokens":            {`{"id_token":"","access_token":"","refresh_token":""}`, old, "a1", "r1"},
		"another type":            {`{"access_token":5,"refresh_token":"r2"}`, old, "a1", "r2"},
		"another account":         {`{"id_token":"` + id + `","account_id":"x"}`, id, "a1", "r1"},
	} {
		a, err := credstore.Parse(fmt.Appendf(nil, document, old), credstore.Place{})
		if err != nil {
			t.Fatal(err)
		}
		before := string(a.Encode())
		var members map[string]any
		if err := json.Unmarshal([]byte(test.answer), &members); err != nil {
			t.Fatal(err)
		}
		l := &Login{Clock: Clock{Time: func() time.Time { return now }}}
		got := string(l.renewalFrom(members).of(a).Encode())
		want := strings.NewReplacer(`"`+old+`"`, `"`+test.id+`"`, `"a1"`, `"`+test.access+`"`, `"r1"`, `"`+test.refresh+`"`,
			"2026-01-01T00:00:00Z", "2026-11-22T12:00:00.000005Z").Replace(before)
		if got != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
		if string(a.Encode()) != before {
			t.Errorf("%s: the document it was made from has changed", name)
		}
	}
}

// Of two documents of a session the later one counts, so a renewed one must be
// later whatever the clock says.
func TestRenewedDocumentIsLater(t *testing.T) {
	future := time.Now().Add(time.Hour)
	a := someLogin("opaque", future)
	if got := (renewal{at: time.Now()}).of(a).LastRefresh; !got.After(future) {
		t.Errorf("refreshed at %v, before that at %v", got, future)
	}
}

func TestRefreshTokenIsNotRepeated(t *testing.T) {
	for name, fault := range map[string]sandbox.Fault{
		"said":   sandbox.OAuthError(400, "other", "bad token rt_0123456789, sorry"),
		"code":   sandbox.OAuthError(400, "rt_0123456789", ""),
		"a text": sandbox.Status(500, "rt_0123456789 is bad"),
	} {
		s := startSandbox(t, sandbox.Options{Setup: func(b *sandbox.Behaviour) { b.Inject(sandbox.Refresh, fault) }})
		l := newLogin(t, s)
		_, err := l.refresh(t.Context(), someLogin("opaque", time.Now()), scheduled)
		e := Explain(l.Say, err)
		if text := fmt.Sprintf("%v %+v %#v", err, err, e); strings.Contains(text, "rt_01234") {
			t.Errorf("%s: %s", name, text)
		}
	}
}
