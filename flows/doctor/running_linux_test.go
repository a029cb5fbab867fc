package doctor

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"codex-login/credstore"
)

// A program called codex that runs since before the account was changed holds
// the login of before; the same one is silent when nothing was changed.
func TestRunning(t *testing.T) {
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		missing(t, "sleep")
	}
	w := newWard(t)
	program := filepath.Join(w.dir, "codex")
	binary, err := os.ReadFile(sleep)
	must(w, err)
	must(w, os.WriteFile(program, binary, 0o700))
	codex := exec.Command(program, "60")
	codex.Env = []string{"CODEX_HOME=" + w.home, "HOME=" + w.dir}
	must(w, codex.Start())
	t.Cleanup(func() {
		_ = codex.Process.Kill()
		_ = codex.Wait()
	})
	if f, ok := findings(w.examine())["running.before"]; ok {
		t.Errorf("nothing was changed: %s", f.Explain(words).Measured)
	}
	a, _, err := credstore.Open(w.login.Home, credstore.ModeFile).Load(t.Context())
	must(w, err)
	must(w, credstore.OpenBook(w.login.Home, credstore.ModeFile).Note(t.Context(), a, func(c *credstore.Card) {
		c.LastUsed = time.Now().Add(time.Hour)
	}))
	r := w.examine()
	f, ok := findings(r)["running.before"]
	if !ok || f.Severity != Warning || !strings.Contains(f.Explain(words).Measured, "codex (process ") {
		t.Errorf("%v:\n%s", ok, text(r))
	}
}
