package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"codex-login/flows/sandbox"
)

// spoken is a request as it can be compared: random and secret values replaced
// by their lengths or shapes, headers in lower case and sorted.
type spoken struct{ line, headers, body string }

var (
	randomValue = regexp.MustCompile(`(code|code_verifier|code_challenge|state|subject_token|refresh_token|token|device_auth_id|user_code)(=|":")([^&"]+)`)
	bearerValue = regexp.MustCompile(`(?i)bearer \S+`)
	portValue   = regexp.MustCompile(`127\.0\.0\.1(:|%3A)\d+`)
)

// plainText replaces what differs between any two runs. Verifier, challenge
// and state keep their length, since that is part of the wire.
func plainText(text string) string {
	text = randomValue.ReplaceAllStringFunc(text, func(pair string) string {
		m := randomValue.FindStringSubmatch(pair)
		switch m[1] {
		case "code_verifier", "code_challenge", "state":
			return fmt.Sprintf("%s%s<%d>", m[1], m[2], len(m[3]))
		}
		return m[1] + m[2] + "<…>"
	})
	return portValue.ReplaceAllString(text, "127.0.0.1$1<port>")
}

func speak(r sandbox.Request) spoken {
	var headers []string
	for name, values := range r.Header {
		value := strings.Join(values, ",")
		switch name {
		case "User-Agent":
			// Ours is our own name; what must agree is whether there is one.
			value = "<a name>"
		case "Content-Length":
			value = "<n>"
		case "Authorization":
			value = bearerValue.ReplaceAllString(value, "Bearer <…>")
		}
		headers = append(headers, strings.ToLower(name)+": "+value)
	}
	slices.Sort(headers)
	line := r.Method + " " + r.Path
	if r.Query != "" {
		line += "?" + plainText(r.Query)
	}
	return spoken{line, strings.Join(headers, "\n"), plainText(string(r.Body))}
}

// conversation is what was said to the issuer, polls of one kind counted once.
func conversation(s *sandbox.Server, except ...sandbox.Endpoint) []spoken {
	var out []spoken
	for _, r := range s.Requests() {
		if r.Header.Get("Sec-Fetch-Mode") != "" || slices.Contains(except, r.Endpoint) {
			continue // the person's browser, or what is not compared
		}
		if said := speak(r); !slices.Contains(out, said) {
			out = append(out, said)
		}
	}
	return out
}

func compare(t *testing.T, ours, theirs []spoken) {
	t.Helper()
	if len(ours) == 0 {
		t.Fatal("nothing was said")
	}
	for i := range max(len(ours), len(theirs)) {
		var a, b spoken
		if i < len(ours) {
			a = ours[i]
		}
		if i < len(theirs) {
			b = theirs[i]
		}
		if a != b {
			t.Errorf("request %d\nours:\n%s\n%s\n%s\n\ncodex's:\n%s\n%s\n%s", i+1, a.line, a.headers, a.body, b.line, b.headers, b.body)
		}
	}
}

// TestTheWireIsCodexs runs each sign-in and a sign-out by both programs
// against one issuer and compares every request: address, parameters and their
// order, headers, body.
func TestTheWireIsCodexs(t *testing.T) {
	quick := func(b *sandbox.Behaviour) {
		b.EditDeviceCode = func(answer map[string]any) { answer["interval"] = "1" }
	}
	t.Run("device and sign-out", func(t *testing.T) {
		p := newPerson(t, quick)
		codex := p.codex()
		codexDevice(t, p, codex)
		if out, code := codexRun(t, codex, "", "logout"); code != 0 {
			t.Fatal(out)
		}
		theirs := conversation(p.issuer)
		p.issuer.Forget()
		if _, code := p.approved(sandbox.MinaHarbour, "--device-auth"); code != 0 {
			t.Fatalf("exit %d", code)
		}
		if r := p.run("", "logout"); r.code != 0 {
			t.Fatal(r)
		}
		compare(t, conversation(p.issuer), theirs)
	})
	t.Run("browser", func(t *testing.T) {
		p := newPerson(t, quick)
		codex := p.codex()
		theirURL := codexBrowser(t, p, codex)
		// What app-server asks the back end afterwards, `codex login` does not.
		theirs := conversation(p.issuer, sandbox.Backend, sandbox.Other)
		p.issuer.Forget()
		events, code := p.approved(sandbox.MinaPlus)
		if code != 0 {
			t.Fatalf("exit %d", code)
		}
		compare(t, conversation(p.issuer), theirs)
		if a, b := authorizeShape(events[1].URL), authorizeShape(theirURL); a != b {
			t.Errorf("authorize URL\nours:    %s\ncodex's: %s", a, b)
		}
	})
	t.Run("browser in one workspace", func(t *testing.T) {
		p := newPerson(t, quick)
		writeConfig(t, p, "forced_chatgpt_workspace_id = [\""+sandbox.MinaPersonalID+"\", \"ws-2\"]\n")
		theirURL := codexBrowser(t, p, p.codex())
		events, code := p.approved(sandbox.MinaPlus)
		if code != 0 {
			t.Fatalf("exit %d", code)
		}
		if a, b := authorizeShape(events[1].URL), authorizeShape(theirURL); a != b || !strings.Contains(a, "allowed_workspace_id") {
			t.Errorf("authorize URL\nours:    %s\ncodex's: %s", a, b)
		}
	})
	t.Run("access token", func(t *testing.T) {
		p := newPerson(t, nil)
		codex := p.codex()
		token := p.issuer.NewAccessToken(sandbox.MinaHarbour)
		if out, code := codexRun(t, codex, token, "login", "--with-access-token"); code != 0 {
			t.Fatal(out)
		}
		theirs := conversation(p.issuer)
		p.issuer.Forget()
		if r := p.run(token, "--with-access-token"); r.code != 0 {
			t.Fatal(r)
		}
		compare(t, conversation(p.issuer), theirs[:1])
	})
}

// authorizeShape is the authorize URL without what differs by run and by the
// program's own name.
func authorizeShape(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return err.Error()
	}
	query := regexp.MustCompile(`originator=[^&]+`).ReplaceAllString(u.RawQuery, "originator=<name>")
	return u.Path + "?" + plainText(query)
}

// codexBrowser, as a person with a plan of their own (a workspace would have
// Codex fetch rules from the back end), signs the real Codex in through its app-server, the only way to
// point its browser sign-in at another issuer, and returns the authorize URL.
func codexBrowser(t *testing.T, p *person, codex *sandbox.Peer) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	server, err := codex.AppServer(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	var begun struct{ AuthURL string }
	if err := server.Call("account/login/start", map[string]string{"type": "chatgpt"}, &begun); err != nil {
		t.Fatal(err)
	}
	if _, err := p.issuer.Approve(ctx, begun.AuthURL, sandbox.MinaPlus); err != nil {
		t.Fatal(err)
	}
	var completed struct {
		Success bool
		Error   *string
	}
	if err := server.Await("account/login/completed", &completed); err != nil || !completed.Success {
		t.Fatalf("completed: %v %v %v", err, completed.Success, deref(completed.Error))
	}
	return begun.AuthURL
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// TestDocumentsAreCodexs compares what both programs write, to the byte where
// no random value stands.
func TestDocumentsAreCodexs(t *testing.T) {
	shape := func(p *person) string {
		b := string(storedTokens(t, p).Encode())
		var values map[string]any
		if err := json.Unmarshal([]byte(b), &values); err != nil {
			t.Fatal(err)
		}
		return regexp.MustCompile(`"(id_token|access_token|refresh_token|login_owner_id|last_refresh)": "[^"]+"`).ReplaceAllString(b, `"$1": "…"`)
	}
	p := newPerson(t, func(b *sandbox.Behaviour) {
		b.EditDeviceCode = func(answer map[string]any) { answer["interval"] = "1" }
	})
	codexDevice(t, p, p.codex())
	theirs := shape(p)
	if _, code := p.approved(sandbox.MinaHarbour, "--device-auth"); code != 0 {
		t.Fatalf("exit %d", code)
	}
	if ours := shape(p); ours != theirs {
		t.Errorf("ours:\n%s\ncodex's:\n%s", ours, theirs)
	}
}
