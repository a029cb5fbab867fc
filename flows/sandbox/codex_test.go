package sandbox

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

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
	var quota struct {
		RateLimits struct {
			PlanType string
			Primary  struct{ UsedPercent int }
		}
	}
	if err := a.Call("account/rateLimits/read", map[string]any{}, &quota); err != nil || quota.RateLimits.PlanType != "plus" ||
		quota.RateLimits.Primary.UsedPercent == 0 {
		t.Errorf("account/rateLimits/read: %v %+v", err, quota)
	}
	if err := a.Call("account/usage/read", map[string]any{}, nil); err != nil {
		t.Error(err)
	}
	compareWire(t, p.Server.Requests())
	unknown(t, p.Server)
}

// compareWire holds the sandbox's idea of the wire against the real Codex's.
func compareWire(t *testing.T, requests []Request) {
	t.Helper()
	want := map[Endpoint][]string{
		Authorize: {
			"response_type", "client_id", "redirect_uri", "code_challenge", "code_challenge_method", "state", "scope",
			"id_token_add_organizations", "codex_cli_simplified_flow", "originator",
		},
		CodeExchange: {"grant_type", "client_id", "code", "redirect_uri", "code_verifier"},
		KeyExchange:  {"grant_type", "client_id", "requested_token", "subject_token", "subject_token_type"},
	}
	for endpoint, names := range want {
		i := slices.IndexFunc(requests, func(r Request) bool { return r.Endpoint == endpoint })
		if i < 0 {
			t.Errorf("no request to %s", endpoint)
			continue
		}
		text := string(requests[i].Body)
		if endpoint == Authorize {
			text = requests[i].Query
		}
		var got []string
		for pair := range strings.SplitSeq(text, "&") {
			name, _, _ := strings.Cut(pair, "=")
			got = append(got, name)
		}
		if !slices.Equal(got, names) {
			t.Errorf("%s: the real codex sends %v", endpoint, got)
		}
	}
}

func TestRealCodexRefresh(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(*Server)
		account bool // still signed in afterwards
	}{
		"rotates": {func(*Server) {}, true},
		"expired": {(*Server).ExpireRefreshTokens, false},
		"revoked": {(*Server).InvalidateRefreshTokens, false},
	} {
		t.Run(name, func(t *testing.T) {
			// An access token with less than five minutes to live is refreshed.
			p := realCodex(t, Options{Setup: func(b *Behaviour) { b.AccessLifetime = time.Minute }})
			old := storeLogin(t, p, MinaHarbour)
			c.prepare(p.Server)
			p.Server.Set(func(b *Behaviour) { b.AccessLifetime = time.Hour })
			a, err := p.AppServer(deadline(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = a.Close() })
			var read struct{ Account *struct{ Email string } }
			if err := a.Call("account/read", map[string]bool{"refreshToken": false}, &read); err != nil {
				t.Fatal(err)
			}
			var status struct{ AuthToken *string }
			if err := a.Call("getAuthStatus", map[string]bool{"includeToken": true, "refreshToken": false}, &status); err != nil {
				t.Fatal(err)
			}
			doc := readStored(t, p)
			if c.account {
				if p.Server.RefreshUses(old.Refresh) != 1 || doc.Tokens.Refresh == old.Refresh || doc.Tokens.Access == old.Access ||
					status.AuthToken == nil || *status.AuthToken != doc.Tokens.Access {
					t.Errorf("uses %d, stored %+v", p.Server.RefreshUses(old.Refresh), doc.Tokens)
				}
			} else if doc.Tokens.Refresh != old.Refresh || status.AuthToken != nil {
				t.Errorf("a refused refresh left %+v", doc.Tokens)
			}
			for _, r := range p.Server.RequestsTo(Refresh) {
				if !strings.HasPrefix(string(r.Body), `{"client_id":"`+ClientID+`","grant_type":"refresh_token","refresh_reason":"proactive_expiry","refresh_token":"`) {
					t.Errorf("the real codex sends %s", r.Body)
				}
			}
		})
	}
}

func TestRealCodexLogout(t *testing.T) {
	p := realCodex(t, Options{})
	tokens := storeLogin(t, p, MinaPlus)
	if text, err := p.run(t, "", "logout"); err != nil || !strings.Contains(text, "Successfully logged out") {
		t.Fatalf("%v %s", err, text)
	}
	if ended, _ := p.Server.SessionEnded(tokens.Refresh); !ended {
		t.Errorf("the session was not revoked: %+v", p.Server.Requests())
	}
	if _, err := os.Stat(filepath.Join(p.Home, "auth.json")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("auth.json: %v", err)
	}
}

func TestRealCodexAccessToken(t *testing.T) {
	p := realCodex(t, Options{})
	token := p.Server.NewAccessToken(JonasMeridian)
	if text, err := p.run(t, token, "login", "--with-access-token"); err != nil {
		t.Fatalf("%v %s", err, text)
	}
	if doc := readStored(t, p); doc.PAT != token {
		t.Errorf("auth.json holds %+v", doc)
	}
	if text, err := p.run(t, "", "login", "status"); err != nil || !strings.Contains(text, "personal access token") {
		t.Errorf("status: %v %s", err, text)
	}
	if text, err := p.run(t, "at-other", "login", "--with-access-token"); err == nil {
		t.Errorf("another token was taken: %s", text)
	}
	unknown(t, p.Server)
}

func TestRealCodexIsRefused(t *testing.T) {
	t.Run("disabled", func(t *testing.T) {
		p := realCodex(t, Options{Setup: func(b *Behaviour) { b.DeviceDisabled = true }})
		text, err := p.run(t, "", "login", "--device-auth", "--experimental_issuer", p.Server.URL())
		if err == nil || !strings.Contains(text, "device code login is not enabled") {
			t.Errorf("%v %s", err, text)
		}
	})
	t.Run("no Codex in the workspace", func(t *testing.T) {
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
		if _, err := p.Server.Approve(t.Context(), begun.AuthURL, LiLakeside); err != nil {
			t.Fatal(err)
		}
		var completed struct {
			Success bool
			Error   string
		}
		if err := a.Await("account/login/completed", &completed); err != nil || completed.Success ||
			!strings.Contains(completed.Error, "not enabled for your workspace") {
			t.Errorf("%v %+v", err, completed)
		}
	})
}
