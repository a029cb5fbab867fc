package flows

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"codex-login/credstore"
	"codex-login/flows/loginlog"
	"codex-login/flows/sandbox"
)

var minaPlus = sandbox.MinaPlus

func sandboxOptions() sandbox.Options { return sandbox.Options{} }

func secretOf(text string) credstore.Secret { return credstore.NewSecret(text) }

// echo is a server that repeats what it is sent wherever it can: in the body,
// as the code of an error, and as the name of the request.
func echo(status int, part string) sandbox.Fault {
	return sandbox.Respond(func(w http.ResponseWriter, r *http.Request) {
		sent := sentBy(r)
		said := strings.Join(sent, " ")
		for _, s := range sent {
			if len(s) < 60 { // in the form of a name
				w.Header().Set("X-Request-Id", s)
			}
		}
		w.Header().Set("Cf-Ray", said)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		answer := map[string]any{"detail": said}
		switch part {
		case "code":
			answer = map[string]any{"error": said}
		case "nested":
			answer = map[string]any{"error": map[string]any{"code": sent[0], "message": said}}
		}
		_ = json.NewEncoder(w).Encode(answer)
	})
}

// sentBy is everything of a request that a server could repeat.
func sentBy(r *http.Request) []string {
	sent := []string{strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")}
	_ = r.ParseForm()
	for _, values := range r.PostForm {
		sent = append(sent, values...)
	}
	var members map[string]any
	if json.NewDecoder(r.Body).Decode(&members) == nil {
		for _, v := range members {
			if text, ok := v.(string); ok {
				sent = append(sent, text)
			}
		}
	}
	return sent
}

// everythingLogged runs every kind of sign-in and what can be done with a
// login, well and badly, and returns what was written, and what must not be in
// it.
func everythingLogged(t *testing.T) (written string, secrets []string) {
	s := startSandbox(t, sandbox.Options{Setup: func(b *sandbox.Behaviour) {
		b.EditDeviceCode = func(answer map[string]any) { answer["interval"] = "1" }
	}})
	l := newLogin(t, s)
	l.Trace = loginlog.NewTrace(filepath.Join(l.Home.Path, "log"))
	clock := &steppedClock{now: time.Now()}
	l.Clock = clock.clock()
	ctx := t.Context()

	signIn(t, l, s, sandbox.MinaPlus)
	browser := func(answer func(c *Challenge) error) error {
		c := begin(t, l, Request{Method: Browser})
		u, _ := url.Parse(c.URL)
		secrets = append(secrets, u.Query().Get("state"), u.Query().Get("code_challenge"), c.flow.(*browserFlow).verifier)
		wait := finishing(ctx, l, c)
		if err := answer(c); err != nil {
			t.Error(err)
			c.Close()
		}
		_, err := wait()
		return err
	}
	pasted := func(c *Challenge) error {
		back, err := s.Redirect(ctx, c.URL, sandbox.MinaHarbour)
		if err != nil {
			return err
		}
		u, _ := url.Parse(back)
		secrets = append(secrets, u.Query().Get("code"))
		_ = c.Answer("http://elsewhere.example/secret-text-of-a-person")
		_ = c.Answer("http://localhost:1455/auth/callback?code=a-code-of-somebody&state=a-state-of-somebody")
		return c.Answer(back)
	}
	if err := browser(pasted); err != nil {
		t.Error(err)
	}
	_ = browser(func(c *Challenge) error { _, err := s.Deny(ctx, c.URL, sandbox.MinaPlus); return err })
	key, token := s.NewAPIKey(sandbox.MinaPlus), s.NewAccessToken(sandbox.MinaPlus)
	for _, r := range []Request{
		{Method: APIKey, Secret: secretOf(key), Verify: true},
		{Method: APIKey, Secret: secretOf("sk-proj-never-issued-by-anybody"), Verify: true},
		{Method: AccessToken, Secret: secretOf(token)},
		{Method: AccessToken, Secret: secretOf("at-never-issued-by-anybody")},
		{Method: APIKey, Secret: secretOf("sk proj with spaces in it")},
	} {
		secrets = append(secrets, r.Secret.Reveal())
		if c, err := l.Begin(ctx, r); err == nil {
			_, _ = l.Finish(ctx, c)
		}
	}
	for _, part := range []string{"code", "nested", "detail"} {
		for _, status := range []int{http.StatusBadRequest, http.StatusInternalServerError, http.StatusOK} {
			s.Set(func(b *sandbox.Behaviour) {
				b.Heal()
				for _, e := range []sandbox.Endpoint{sandbox.CodeExchange, sandbox.Whoami, sandbox.Models, sandbox.Revoke, sandbox.Refresh, sandbox.DevicePoll} {
					b.Inject(e, echo(status, part))
				}
			})
			_ = browser(func(c *Challenge) error { _, _ = s.Approve(ctx, c.URL, sandbox.MinaPlus); return nil })
			for _, r := range []Request{{Method: APIKey, Secret: secretOf(key), Verify: true}, {Method: AccessToken, Secret: secretOf(token)}, {Method: Device}} {
				if c, err := l.Begin(ctx, r); err == nil {
					_, _ = l.Finish(ctx, c)
				}
			}
			_, _ = l.SignOut(ctx, true)
			s.Set(func(b *sandbox.Behaviour) { b.Heal() })
			signIn(t, l, s, sandbox.MinaPlus)
			s.Set(func(b *sandbox.Behaviour) { b.Inject(sandbox.Refresh, echo(status, part)) })
			clock.mu.Lock()
			clock.now = clock.now.Add(11 * 24 * time.Hour) // the tokens are due
			clock.mu.Unlock()
			_, _ = l.Verify(ctx, "")
			s.Set(func(b *sandbox.Behaviour) { b.Heal() })
		}
	}
	signIn(t, l, s, sandbox.JonasMeridian)
	document, err := l.Export(ctx, "", credstore.Secret{})
	if err != nil {
		t.Error(err)
	}
	_, _ = l.Import(ctx, document, credstore.Secret{})
	_, _ = l.Import(ctx, append([]byte("x"), document...), credstore.Secret{})
	list, err := l.Accounts(ctx)
	if err != nil {
		t.Error(err)
	}
	for _, e := range list.Entries {
		_, _ = l.Switch(ctx, e.ID)
		_, _ = l.Verify(ctx, e.ID)
	}
	reloadRules(t, l, `forced_login_method="api"`)
	_, _ = l.Begin(ctx, Request{Method: Device})
	_, _ = l.Enforce(ctx, nil)
	if _, err := l.SignOutAll(ctx, true); err != nil && !errors.Is(err, credstore.ErrNotFound) {
		t.Error(err)
	}

	for _, p := range sandbox.People() {
		secrets = append(secrets, p.Email, p.ID)
	}
	for _, r := range s.Requests() {
		for name, value := range r.Header {
			if name == "Authorization" {
				secrets = append(secrets, strings.TrimPrefix(value[0], "Bearer "))
			}
		}
		fields, _ := url.ParseQuery(string(r.Body))
		for _, name := range secretNames {
			secrets = append(secrets, fields.Get(name))
		}
	}
	text, err := os.ReadFile(l.Trace.Path())
	if err != nil {
		t.Fatal(err)
	}
	var live strings.Builder
	for _, one := range l.Trace.Lines(0) {
		live.WriteString(one.String() + "\n")
	}
	return string(text) + live.String(), append(secrets, s.Secrets()...)
}

// No secret gets into the log or the trace, whatever is done and whatever a
// server answers.
func TestNoSecretIsLogged(t *testing.T) {
	written, secrets := everythingLogged(t)
	searched := 0
	for _, secret := range secrets {
		if len(secret) < 8 {
			continue
		}
		searched++
		for _, form := range []string{secret, url.QueryEscape(secret), secret[:len(secret)*2/3]} {
			if i := strings.Index(written, form); i >= 0 {
				t.Fatalf("a secret is in %q", written[max(0, i-150):min(len(written), i+len(form)+50)])
			}
		}
	}
	for _, e := range []loginlog.Event{
		loginlog.BrowserFlow, loginlog.DeviceFlow, loginlog.KeyFlow, loginlog.TokenFlow, loginlog.Listening, loginlog.Pasted, loginlog.PastedNot, loginlog.Callback,
		loginlog.DeviceCode, loginlog.DeviceCodeState, loginlog.Asking, loginlog.Answered, loginlog.Obtained, loginlog.Stored, loginlog.SignInNot, loginlog.Note, loginlog.Renewing,
		loginlog.Renewed, loginlog.RenewedNot, loginlog.Switched, loginlog.Revoked, loginlog.RevokedNot, loginlog.SignedOut, loginlog.RuleSignedOut, loginlog.ImportedNot,
	} {
		if !strings.Contains(written, ": "+e.String()) {
			t.Errorf("it was never said: %s", e)
		}
	}
	if strange := regexp.MustCompile(`(account|left|code|error|note|state|store|reason|os|container|method|at)=other\b`).FindString(written); strange != "" {
		t.Errorf("a word of ours was not taken for one: %s", strange)
	}
	t.Logf("%d secrets searched in %d lines", searched, strings.Count(written, "\n"))
}
