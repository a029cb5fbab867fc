package credstore

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// realCodex finds the real Codex: the file CODEX_BIN names, the one that
// `make deps` unpacks, or the one on PATH.
func realCodex(t *testing.T) string {
	t.Helper()
	try := exec.Command("true")
	cutNetwork(t, try)
	if err := try.Run(); err != nil {
		missing(t, "a network namespace of its own")
	}
	if bin := os.Getenv("CODEX_BIN"); bin != "" {
		return bin
	}
	unpacked, _ := filepath.Glob("../.deps/node_modules/@openai/codex-*/vendor/*/bin/codex")
	for _, bin := range unpacked {
		if abs, err := filepath.Abs(bin); err == nil {
			return abs
		}
	}
	if bin, err := exec.LookPath("codex"); err == nil {
		return bin
	}
	missing(t, "the real codex")
	return ""
}

// runCodex runs the real Codex without a network, and returns what it said on
// both outputs and whether it exited with 0.
func runCodex(t *testing.T, home, stdin string, args ...string) (string, bool) {
	t.Helper()
	cmd := exec.Command(realCodex(t), args...)
	cmd.Stdin = strings.NewReader(stdin)
	cmd.Env = []string{"HOME=" + home, "CODEX_HOME=" + home, "PATH=/usr/bin:/bin"}
	for _, name := range []string{"DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"} {
		if v := os.Getenv(name); v != "" {
			cmd.Env = append(cmd.Env, name+"="+v)
		}
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cutNetwork(t, cmd)
	err := cmd.Run()
	if _, ok := err.(*exec.ExitError); err != nil && !ok {
		return err.Error(), false
	}
	var said []string
	for line := range strings.Lines(out.String()) {
		if !strings.HasPrefix(line, "WARNING") {
			said = append(said, strings.TrimSpace(line))
		}
	}
	return strings.Join(said, "\n"), err == nil
}

// The table of documents is Codex's opinion, not ours.
func TestCodexAgreesOnDocuments(t *testing.T) {
	realCodex(t)
	if testing.Short() {
		t.Skip("runs Codex a hundred times")
	}
	home := testHome(t)
	for _, d := range testDocuments() {
		write(t, home.AuthFile(), d.text)
		said, _ := runCodex(t, home.Path, "", "login", "status")
		refused := strings.Contains(said, "failed to deserialize CLI auth") || strings.Contains(said, "valid UTF-8")
		if refused != (d.refused && !d.alone) {
			t.Errorf("%s: Codex refuses it: %v (%s)", d.name, refused, said)
		}
	}
}

func TestCodexReadsOurFileAndWeReadIts(t *testing.T) {
	realCodex(t)
	home, ctx := testHome(t), testContext(t)
	store := Open(home, ModeFile)
	if _, err := store.Save(ctx, apiKey("sk-ours-0123456789"), Steps{}); err != nil {
		t.Fatal(err)
	}
	if said, ok := runCodex(t, home.Path, "", "login", "status"); !ok || !strings.Contains(said, "sk-ours-***56789") {
		t.Fatal(said)
	}
	ours := read(t, home.AuthFile())
	if said, ok := runCodex(t, home.Path, "sk-ours-0123456789\n", "login", "--with-api-key"); !ok {
		t.Fatal(said)
	}
	if theirs := read(t, home.AuthFile()); theirs != ours {
		t.Fatalf("Codex writes\n%s\nwe write\n%s", theirs, ours)
	}
	if said, ok := runCodex(t, home.Path, "sk-theirs-0123456789\n", "login", "--with-api-key"); !ok {
		t.Fatal(said)
	}
	a, _, err := store.Load(ctx)
	if err != nil || a.APIKey == nil || a.APIKey.Reveal() != "sk-theirs-0123456789" {
		t.Fatal(a, err)
	}
	if _, err := store.Save(ctx, chatGPT("u", "w", "s", someTime), Steps{}); err != nil {
		t.Fatal(err)
	}
	if said, ok := runCodex(t, home.Path, "", "login", "status"); !ok || said != "Logged in using ChatGPT" {
		t.Fatal(said)
	}
	if err := store.Delete(ctx); err != nil {
		t.Fatal(err)
	}
	if said, ok := runCodex(t, home.Path, "", "login", "status"); ok || said != "Not logged in" {
		t.Fatal(said)
	}
	if said, ok := runCodex(t, home.Path, "sk-theirs-0123456789\n", "login", "--with-api-key"); !ok {
		t.Fatal(said)
	}
	if said, ok := runCodex(t, home.Path, "", "logout"); !ok {
		t.Fatal(said)
	}
	if _, _, err := store.Load(ctx); err != ErrNotFound {
		t.Fatal(err)
	}
}

func TestCodexAndWeRespectEachOthersLocks(t *testing.T) {
	realCodex(t)
	home, ctx := testHome(t), testContext(t)
	store := Open(home, ModeFile)
	// Every writer writes a key of its own length; whole is what one wrote.
	done := make(chan string, 8)
	for range 4 {
		go func() {
			said, ok := runCodex(t, home.Path, "sk-"+strings.Repeat("c", 4000), "login", "--with-api-key")
			if !ok {
				done <- said
				return
			}
			done <- ""
		}()
		go func() {
			if _, err := store.Save(ctx, apiKey("sk-"+strings.Repeat("o", 9000)), Steps{}); err != nil {
				done <- err.Error()
				return
			}
			done <- ""
		}()
	}
	for range cap(done) {
		if problem := <-done; problem != "" {
			t.Error(problem)
		}
	}
	a, _, err := store.Load(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if n := a.APIKey.Len(); n != 4003 && n != 9003 {
		t.Errorf("a key of %d bytes", n)
	}
	for _, name := range names(t, home.Path) {
		if tempName.MatchString(name) {
			t.Errorf("%s was left behind", name)
		}
	}
}
