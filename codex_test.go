package main

import (
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

	"codex-login/credstore"
	"codex-login/flows/sandbox"
)

// codex is the real Codex in the home of p, with everything that it calls
// pointed at p's issuer.
func (p *person) codex() *sandbox.Peer {
	p.t.Helper()
	peer, err := sandbox.NewPeer(p.issuer, p.home)
	if errors.Is(err, sandbox.ErrNoCodex) {
		missing(p.t, "the real codex (make deps)")
	}
	if errors.Is(err, sandbox.ErrNotIsolated) {
		missing(p.t, "a network namespace")
	}
	if err != nil {
		p.t.Fatal(err)
	}
	peer.Env = p.env
	return peer
}

func codexRun(t testing.TB, peer *sandbox.Peer, input string, args ...string) (string, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := peer.Command(ctx, args...)
	cmd.Stdin = strings.NewReader(input)
	out, _ := cmd.CombinedOutput()
	return string(out), cmd.ProcessState.ExitCode()
}

// firstLine of what the real Codex says about itself; it may warn first.
func statusLine(out string) string {
	for _, line := range strings.Split(out, "\n") {
		if strings.HasPrefix(line, "Logged in") || strings.HasPrefix(line, "API key configured") || strings.HasPrefix(line, "Not logged in") {
			return line
		}
	}
	return out
}

// stores are the three modes that last; the keyring is a real one.
func stores(t *testing.T) map[string]func(t *testing.T, p *person) {
	return map[string]func(t *testing.T, p *person){
		"file":    func(*testing.T, *person) {},
		"keyring": func(t *testing.T, p *person) { p.env = append(p.env, secretService(t)...) },
		"auto":    func(t *testing.T, p *person) { p.env = append(p.env, secretService(t)...) },
		"auto without a keyring": func(_ *testing.T, p *person) {
			p.env = append(p.env, "DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent", "XDG_RUNTIME_DIR=/nonexistent")
		},
	}
}

// TestCodexReadsWhatWeStore is the acid test: after each way to sign in, in
// each store, the real Codex is signed in, and signing out by either leaves
// nothing for the other.
func TestCodexReadsWhatWeStore(t *testing.T) {
	want := map[string]string{
		"browser": "Logged in using ChatGPT", "device": "Logged in using ChatGPT",
		"key": "API key configured - sk-proj-***", "token": "Logged in using personal access token",
	}
	for store, prepare := range stores(t) {
		for way, signIn := range ways() {
			t.Run(way+" in "+store, func(t *testing.T) {
				p := newPerson(t, nil)
				codex := p.codex()
				prepare(t, p)
				codex.Env = p.env
				mode, _, _ := strings.Cut(store, " ")
				writeConfig(t, p, "cli_auth_credentials_store = \""+mode+"\"\n")
				if code := signIn(p); code != 0 {
					t.Fatalf("exit %d", code)
				}
				out, code := codexRun(t, codex, "", "login", "status")
				if code != 0 || !strings.HasPrefix(statusLine(out), want[way]) {
					t.Fatalf("codex says (%d): %s", code, out)
				}
				ours := p.run("", "status")
				if ours.code != 0 || strings.SplitN(ours.out, "\n", 2)[0] != statusLine(out) {
					t.Errorf("we say (%d): %s%s\ncodex says: %s", ours.code, ours.out, ours.err, out)
				}
				_, err := os.Stat(filepath.Join(p.home, "auth.json"))
				if inFile := store == "file" || store == "auto without a keyring"; (err == nil) != inFile {
					t.Errorf("auth.json: %v", err)
				}
				// Out by one, out for the other; both ways round.
				if r := p.run("", "logout"); r.code != 0 {
					t.Errorf("logout: %+v", r)
				}
				if out, code := codexRun(t, codex, "", "login", "status"); code != 1 || statusLine(out) != "Not logged in" {
					t.Errorf("after our logout codex says (%d): %s", code, out)
				}
				if code := signIn(p); code != 0 {
					t.Fatalf("again: exit %d", code)
				}
				if store == "auto without a keyring" {
					// Codex cannot sign out here and keeps auth.json; we can.
					return
				}
				if out, code := codexRun(t, codex, "", "logout"); code != 0 {
					t.Errorf("codex logout (%d): %s", code, out)
				}
				if r := p.run("", "status"); r.code != 1 || !strings.HasPrefix(r.out, "Not logged in") {
					t.Errorf("after codex's logout we say: %+v", r)
				}
			})
		}
	}
}

// TestWeReadWhatCodexStores is the other way round.
func TestWeReadWhatCodexStores(t *testing.T) {
	signIns := map[string]func(t *testing.T, p *person, codex *sandbox.Peer){
		"device": func(t *testing.T, p *person, codex *sandbox.Peer) { codexDevice(t, p, codex) },
		"key": func(t *testing.T, _ *person, codex *sandbox.Peer) {
			if out, code := codexRun(t, codex, "sk-proj-0123456789abcdef\n", "login", "--with-api-key"); code != 0 {
				t.Fatalf("codex login: %s", out)
			}
		},
	}
	for store, prepare := range stores(t) {
		for way, signIn := range signIns {
			t.Run(way+" in "+store, func(t *testing.T) {
				p := newPerson(t, func(b *sandbox.Behaviour) {
					b.EditDeviceCode = func(answer map[string]any) { answer["interval"] = "1" }
				})
				codex := p.codex()
				prepare(t, p)
				codex.Env = p.env
				mode, _, _ := strings.Cut(store, " ")
				writeConfig(t, p, "cli_auth_credentials_store = \""+mode+"\"\n")
				signIn(t, p, codex)
				r := p.run("", "status", "--json")
				var e event
				if err := json.Unmarshal([]byte(r.out), &e); err != nil || r.code != 0 || !e.SignedIn {
					t.Fatalf("status: %+v, %v", r, err)
				}
				if way == "device" && (e.Email == nil || *e.Email != sandbox.MinaHarbour.Person) {
					t.Errorf("the account is not named: %s", r.out)
				}
				if r := p.run("", "logout"); r.code != 0 {
					t.Errorf("logout: %+v", r)
				}
				if out, code := codexRun(t, codex, "", "login", "status"); code != 1 {
					t.Errorf("after our logout codex says (%d): %s", code, out)
				}
			})
		}
	}
}

var deviceCode = regexp.MustCompile(`[A-Z]{4}-[0-9]{5}`)

// codexDevice signs the real Codex in with a device code.
func codexDevice(t *testing.T, p *person, codex *sandbox.Peer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := codex.Command(ctx, "login", "--device-auth", "--experimental_issuer", p.issuer.URL())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	buffer := make([]byte, 4096)
	code := ""
	for code == "" && err == nil {
		var n int
		n, err = out.Read(buffer)
		text.Write(buffer[:n])
		code = deviceCode.FindString(text.String())
	}
	if code == "" {
		t.Fatalf("no code: %s", text.String())
	}
	if err := p.issuer.ApproveDevice(ctx, code, sandbox.MinaHarbour); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, out)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("codex login: %v", err)
	}
}

// TestCodexRefreshesOurLogin has the real Codex renew a login that we wrote:
// our document must hold everything that it needs for that.
func TestCodexRefreshesOurLogin(t *testing.T) {
	p := newPerson(t, func(b *sandbox.Behaviour) { b.AccessLifetime = time.Minute })
	codex := p.codex()
	if _, code := p.approved(sandbox.MinaHarbour, "--device-auth"); code != 0 {
		t.Fatalf("exit %d", code)
	}
	before := storedTokens(t, p)
	p.issuer.Forget()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	server, err := codex.AppServer(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	var status struct {
		AuthToken *string `json:"authToken"`
	}
	if err := server.Call("getAuthStatus", map[string]bool{"includeToken": true, "refreshToken": true}, &status); err != nil {
		t.Fatal(err)
	}
	after := storedTokens(t, p)
	if after.Tokens.RefreshToken == before.Tokens.RefreshToken {
		t.Fatalf("codex did not renew the login; requests: %d", len(p.issuer.RequestsTo(sandbox.Refresh)))
	}
	if n := p.issuer.RefreshUses(before.Tokens.RefreshToken.Reveal()); n != 1 {
		t.Errorf("our refresh token was used %d times", n)
	}
	if after.Tokens.LoginOwnerID != before.Tokens.LoginOwnerID || after.Tokens.AccountID != before.Tokens.AccountID {
		t.Error("the session changed with the renewal")
	}
	if status.AuthToken == nil || *status.AuthToken != after.Tokens.AccessToken.Reveal() {
		t.Error("codex uses another token than the stored one")
	}
	if r := p.run("", "status"); r.code != 0 || !strings.Contains(r.out, sandbox.MinaHarbour.Person) {
		t.Errorf("we say: %+v", r)
	}
}

func storedTokens(t testing.TB, p *person) *credstore.Auth {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(p.home, "auth.json"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := credstore.Parse(b, credstore.Place{})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func writeConfig(t testing.TB, p *person, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(p.home, "config.toml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
