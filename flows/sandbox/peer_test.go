package sandbox

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// realCodex returns a peer on a fresh sandbox, or skips by name.
func realCodex(t *testing.T, o Options) *Peer {
	t.Helper()
	s := start(t, o)
	p, err := NewPeer(s, t.TempDir())
	switch {
	case err == nil:
		return p
	case os.Getenv("CI") == "true":
		t.Fatal(err)
	case errors.Is(err, ErrNoCodex), errors.Is(err, ErrNotIsolated):
		t.Skip("needs the real codex: " + err.Error())
	default:
		t.Fatal(err)
	}
	return nil
}

func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// stored is what a test reads of auth.json.
type stored struct {
	AuthMode string  `json:"auth_mode"`
	Key      *string `json:"OPENAI_API_KEY"`
	PAT      string  `json:"personal_access_token"`
	Tokens   struct {
		ID       string `json:"id_token"`
		Access   string `json:"access_token"`
		Refresh  string `json:"refresh_token"`
		Account  string `json:"account_id"`
		Owner    string `json:"login_owner_id"`
		Issuance struct {
			Issuer string `json:"issuer"`
			Client string `json:"client_id"`
		} `json:"oauth_provenance"`
	} `json:"tokens"`
}

func readStored(t *testing.T, p *Peer) stored {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(p.Home, "auth.json"))
	if err != nil {
		t.Fatal(err)
	}
	var doc stored
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// storeLogin writes the auth.json of a session of the peer's sandbox.
func storeLogin(t *testing.T, p *Peer, seat Seat) Tokens {
	t.Helper()
	tokens, err := p.Server.SignIn(seat)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := json.MarshalIndent(map[string]any{
		"auth_mode": "chatgpt", "OPENAI_API_KEY": nil, "last_refresh": p.Server.now().UTC().Format(time.RFC3339Nano),
		"tokens": map[string]any{
			"id_token": tokens.ID, "access_token": tokens.Access, "refresh_token": tokens.Refresh,
			"account_id": seat.Workspace,
		},
	}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(p.Home, "auth.json"), doc, 0o600); err != nil {
		t.Fatal(err)
	}
	return tokens
}

func (p *Peer) run(t *testing.T, input string, args ...string) (string, error) {
	t.Helper()
	cmd := p.Command(deadline(t), args...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestRealCodexDevice(t *testing.T) {
	p := realCodex(t, Options{Setup: func(b *Behaviour) {
		b.EditDeviceCode = func(answer map[string]any) { answer["interval"] = "1" }
	}})
	cmd := p.Command(deadline(t), "login", "--device-auth", "--experimental_issuer", p.Server.URL())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var talk strings.Builder
	cmd.Stderr = &talk
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	code := findLine(t, out, regexp.MustCompile(`[A-Z]{4}-[0-9]{5}`))
	if err := p.Server.ApproveDevice(t.Context(), code, MinaHarbour); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, out)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("codex login: %v\n%s", err, talk.String())
	}
	doc := readStored(t, p)
	if doc.AuthMode != "chatgpt" || doc.Key != nil || doc.Tokens.Account != HarbourID ||
		doc.Tokens.Issuance.Issuer != p.Server.URL() || doc.Tokens.Issuance.Client != ClientID {
		t.Errorf("auth.json holds %+v", doc)
	}
	if _, known := p.Server.SessionEnded(doc.Tokens.Refresh); !known {
		t.Error("the stored refresh token is not one of the sandbox")
	}
	if text, err := p.run(t, "", "login", "status"); err != nil || !strings.Contains(text, "Logged in using ChatGPT") {
		t.Errorf("status: %v %q", err, text)
	}
	if got := len(p.Server.RequestsTo(KeyExchange)); got != 0 {
		t.Errorf("the device flow asked for an API key %d times", got)
	}
	unknown(t, p.Server)
	lg, _ := filepath.Glob(filepath.Join(p.Home, "log/*"))
	for _, f := range lg {
		b, _ := os.ReadFile(f)
		t.Log(f, string(b))
	}
}

func findLine(t *testing.T, r io.Reader, want *regexp.Regexp) string {
	t.Helper()
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if found := want.FindString(lines.Text()); found != "" {
			return found
		}
	}
	t.Fatalf("no line matches %s", want)
	return ""
}

// unknown fails for requests that the sandbox has no answer to.
func unknown(t *testing.T, s *Server) {
	t.Helper()
	for _, r := range s.Requests() {
		if r.Status == 404 {
			t.Errorf("the sandbox does not know %s %s", r.Method, r.Path)
		}
	}
}

func TestRealCodexBrowser(t *testing.T) {
	p := realCodex(t, Options{})
	a, err := p.AppServer(deadline(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	var begun struct{ AuthURL string }
	if err := a.Call("account/login/start", map[string]string{"type": "chatgpt"}, &begun); err != nil {
		t.Fatal(err)
	}
	last, err := p.Server.Approve(t.Context(), begun.AuthURL, MinaPlus)
	if err != nil || !strings.Contains(last.URL, "/success") || last.Status != 200 {
		t.Fatalf("approval: %v, last page %+v", err, last)
	}
	var completed struct {
		Success bool
		Error   any
	}
	if err := a.Await("account/login/completed", &completed); err != nil || !completed.Success {
		t.Fatalf("completed: %v %+v", err, completed)
	}
	var read struct {
		Account struct{ Type, Email, PlanType string }
	}
	if err := a.Call("account/read", map[string]bool{"refreshToken": false}, &read); err != nil {
		t.Fatal(err)
	}
	if read.Account.Email != "mina@example.test" || read.Account.PlanType != "plus" {
		t.Errorf("account/read says %+v", read)
	}
	doc := readStored(t, p)
	if doc.Key == nil || !strings.HasPrefix(*doc.Key, "sk-proj-sandbox-") || doc.Tokens.Account != MinaPersonalID {
		t.Errorf("auth.json holds %+v", doc)
	}
	var any1 any
	for _, m := range []string{"account/rateLimits/read", "account/usage/read", "getAuthStatus"} {
		t.Log(m, a.Call(m, map[string]any{}, &any1), any1)
	}
	for _, r := range p.Server.Requests() {
		t.Log(r.Method, r.Path, r.Query, r.Status)
	}
	unknown(t, p.Server)
	lg, _ := filepath.Glob(filepath.Join(p.Home, "log/*"))
	for _, f := range lg {
		b, _ := os.ReadFile(f)
		t.Log(f, string(b))
	}
}
