package tui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-login/flows"
	"codex-login/flows/network"
	"codex-login/flows/sandbox"
)

// untrustedIssuer has a certificate that no system trusts, and returns it as
// PEM.
func untrustedIssuer(t *testing.T) (*sandbox.Server, string) {
	t.Helper()
	config, root, err := sandbox.SelfSigned("Company Root")
	if err != nil {
		t.Fatal(err)
	}
	s, err := sandbox.Start(sandbox.Options{TLS: config})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, string(root)
}

// A sign-in that fails for a certificate is mended from the error screen: test
// the connection, name a file, go back, try again.
func TestUntrustedSignInIsMended(t *testing.T) {
	s, root := untrustedIssuer(t)
	folder := t.TempDir()
	good, bad, other := filepath.Join(folder, "root's.pem"), filepath.Join(folder, "bad.pem"), filepath.Join(folder, "other.pem")
	_, unrelated := untrustedIssuer(t)
	for path, text := range map[string]string{good: root, bad: root + "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n", other: unrelated} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d := drive(t, liveEnv(t, s, `chatgpt_base_url = "`+s.URL()+`/backend-api"`), flows.Device)
	until[enable](d, nil)
	d.key("enter")
	until[failure](d, nil)
	d.sees("Company Root")
	d.key("n")
	at := until(d, func(c connection) bool { return !c.busy() })
	d.sees("Company Root")
	if len(at.came) != 4 {
		t.Fatalf("%d addresses", len(at.came))
	}

	d.key("e")
	d.send(paste(bad))
	d.key("enter")
	until(d, func(c connection) bool { return c.failed != nil })
	d.sees("(CERTIFICATE), line 12")
	d.key("ctrl+u")
	d.send(paste(other))
	d.key("enter")
	until(d, func(c connection) bool { return c.vain })
	d.sees("other.pem was read")

	d.key("e", "ctrl+u")
	d.send(paste(`"` + good + `"` + "\n"))
	d.key("enter")
	if c := until(d, func(c connection) bool { return c.kept != "" }); c.kept != good {
		t.Errorf("kept %q", c.kept)
	}
	d.sees("CODEX_CA_CERTIFICATE='")
	d.key("c")
	d.key("esc")
	until[failure](d, nil)
	d.key("r")
	waiting := until(d, device.waiting)
	d.sees(waiting.challenge.UserCode)
}

// Leaving ends what is being tried, and what comes late is dropped.
func TestConnectionThatIsLeft(t *testing.T) {
	e := liveEnv(t, startSandbox(t, nil))
	s, _ := newConnection(e)
	s.Stop()
	if s.try.ctx.Err() == nil {
		t.Error("it goes on")
	}
	next, cmd, want := s.Update(connectedMsg{s.try.id + 1, 0, flows.Connection{}})
	if next.(connection).came[0] != nil || cmd != nil || want != nil {
		t.Error("a late answer was taken")
	}
}

func TestPathOf(t *testing.T) {
	for text, want := range map[string]string{
		" /x/root.pem ": "/x/root.pem", "'/x y/root.pem'": "/x y/root.pem", `"/x"`: "/x",
		"~/root.pem": filepath.Join("/home/mina", "root.pem"), "root.pem": "root.pem",
	} {
		if got := pathOf(text, "/home/mina"); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
	if got := network.BundleLine("/x/it's"); !strings.Contains(got, `'/x/it'\''s'`) && !strings.Contains(got, "setx") {
		t.Error(got)
	}
}
