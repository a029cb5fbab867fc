package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// Isolated reports whether this process can reach nothing but itself: the
// loopback interface is the only one.
func Isolated() bool {
	interfaces, err := net.Interfaces()
	if err != nil {
		return false
	}
	for _, i := range interfaces {
		if i.Flags&net.FlagLoopback == 0 {
			return false
		}
	}
	return len(interfaces) > 0
}

// Errors of NewPeer that a test skips on.
var (
	ErrNoCodex     = errors.New("sandbox: the real codex was not found (CODEX_BIN, .deps/node_modules, PATH)")
	ErrNotIsolated = errors.New("sandbox: the real codex runs only in a network namespace of its own (Isolate)")
)

// Peer is the real Codex with everything that it calls pointed at a Server.
type Peer struct {
	Bin    string
	Home   string // CODEX_HOME, and HOME too
	Server *Server
	// Env is appended to the environment, which is otherwise empty but for the
	// overrides: nothing of the person who runs the tests gets in.
	Env []string
}

// NewPeer finds the binary. Home must exist.
func NewPeer(server *Server, home string) (*Peer, error) {
	if !Isolated() {
		return nil, ErrNotIsolated
	}
	bin, err := FindCodex()
	if err != nil {
		return nil, err
	}
	return &Peer{Bin: bin, Home: home, Server: server}, nil
}

// Environ is what the real Codex is started with. PATH leads nowhere, because
// Codex would start a real browser that it finds there.
func (p *Peer) Environ() []string {
	url := p.Server.URL()
	return append([]string{
		"HOME=" + p.Home, "CODEX_HOME=" + p.Home, "PATH=/nonexistent", "BROWSER=/bin/true",
		"TERM=dumb", "LANG=C.UTF-8", "TZ=UTC",
		"CODEX_APP_SERVER_LOGIN_ISSUER=" + url,
		"CODEX_APP_SERVER_CHATGPT_BASE_URL=" + url + "/backend-api",
		"CODEX_REFRESH_TOKEN_URL_OVERRIDE=" + url + "/oauth/token",
		"CODEX_REVOKE_TOKEN_URL_OVERRIDE=" + url + "/oauth/revoke",
		"CODEX_AUTHAPI_BASE_URL=" + url + "/api/accounts",
	}, p.Env...)
}

// Command prepares a run. ChatGPT's back end has no override in the
// environment for every command, hence the flag. When ctx ends, the process
// gets an interrupt first.
func (p *Peer) Command(ctx context.Context, args ...string) *exec.Cmd {
	base := fmt.Sprintf("chatgpt_base_url=%q", p.Server.URL()+"/backend-api/")
	cmd := exec.CommandContext(ctx, p.Bin, append([]string{"-c", base}, args...)...)
	cmd.Dir, cmd.Env = p.Home, p.Environ()
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// FindCodex looks for the native binary: CODEX_BIN, then .deps/node_modules in
// this folder or one above, then PATH.
func FindCodex() (string, error) {
	if bin := os.Getenv("CODEX_BIN"); bin != "" {
		if _, err := os.Stat(bin); err != nil {
			return "", fmt.Errorf("sandbox: CODEX_BIN: %w", err)
		}
		return filepath.Abs(bin)
	}
	dir, err := os.Getwd()
	for err == nil {
		// The package for the platform may stand beside the main one or below it.
		for _, where := range []string{"codex-*", "codex/node_modules/@openai/codex-*"} {
			found, _ := filepath.Glob(filepath.Join(dir, ".deps/node_modules/@openai", where, "vendor/*/bin/codex*"))
			for _, bin := range found {
				if base := filepath.Base(bin); base == "codex" || base == "codex.exe" {
					return bin, nil
				}
			}
		}
		above := filepath.Dir(dir)
		if above == dir {
			break
		}
		dir = above
	}
	if bin, err := exec.LookPath("codex"); err == nil {
		return bin, nil
	}
	return "", ErrNoCodex
}
