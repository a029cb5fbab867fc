package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
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

func TestIsolation(t *testing.T) {
	if !Isolated() {
		if os.Getenv("CI") == "true" {
			t.Fatal("no network namespace can be made")
		}
		t.Skip("needs a network namespace")
	}
	// 192.0.2.0/24 is for documentation (RFC 5737): nothing answers there, but
	// without isolation the kernel would at least try.
	if _, err := net.Dial("udp", "192.0.2.1:9"); err == nil {
		t.Error("there is a way out of the namespace")
	}
}

func TestFindCodex(t *testing.T) {
	root := t.TempDir()
	bin := filepath.Join(root, ".deps/node_modules/@openai/codex/node_modules/@openai/codex-os-arch/vendor/triple/bin/codex")
	deep := filepath.Join(root, "a", "b")
	if err := errors.Join(os.MkdirAll(filepath.Dir(bin), 0o700), os.MkdirAll(deep, 0o700), os.WriteFile(bin, nil, 0o700)); err != nil {
		t.Fatal(err)
	}
	t.Chdir(deep)
	t.Setenv("CODEX_BIN", "")
	t.Setenv("PATH", t.TempDir())
	if got, err := FindCodex(); err != nil || !sameFile(got, bin) {
		t.Errorf("found %q, %v", got, err)
	}
	t.Setenv("CODEX_BIN", filepath.Join(root, "none"))
	if _, err := FindCodex(); err == nil {
		t.Error("a CODEX_BIN that leads nowhere was taken")
	}
	t.Setenv("CODEX_BIN", bin)
	if got, err := FindCodex(); err != nil || got != bin {
		t.Errorf("found %q, %v", got, err)
	}
	t.Setenv("CODEX_BIN", "")
	t.Chdir(t.TempDir())
	if _, err := FindCodex(); !errors.Is(err, ErrNoCodex) {
		t.Errorf("found one where none is: %v", err)
	}
}

func sameFile(a, b string) bool {
	one, err1 := os.Stat(a)
	two, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(one, two)
}
