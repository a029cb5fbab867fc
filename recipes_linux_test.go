package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestRecipesWork: what is shown is run as it stands.
func TestRecipesWork(t *testing.T) {
	h := startHost(t, "", "")
	dir := containers(t, "web", "db")
	p := newPerson(t, nil)
	p.home = filepath.Join(t.TempDir(), "it's mine")
	if err := os.Mkdir(p.home, 0o700); err != nil {
		t.Fatal(err)
	}
	p.run("sk-proj-recipe-0123456789\n", "--with-api-key")
	r := p.run("", "recipes", "far", "--docker", "web", "--podman", "db", "--json")
	var list struct {
		Recipes []struct {
			ID, Title string
			Target    struct{ Target string }
			Commands  []string
		}
	}
	if err := json.Unmarshal([]byte(r.out), &list); err != nil || r.code != exitDone {
		t.Fatal(err, r)
	}
	arrived := map[string]string{
		"far":        filepath.Join(h.dir, "far home", ".codex", "auth.json"),
		"docker:web": filepath.Join(dir, "web", ".codex", "auth.json"),
		"podman:db":  filepath.Join(dir, "db", ".codex", "auth.json"),
	}
	ran := 0
	for _, recipe := range list.Recipes {
		if recipe.ID != "copy" && recipe.ID != "cp" {
			continue
		}
		_ = os.RemoveAll(filepath.Dir(arrived[recipe.Target.Target]))
		cmd := exec.Command("sh", "-ec", strings.Join(recipe.Commands, "\n"))
		cmd.Env = p.environ()
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", recipe.Title, err, out)
		}
		text, err := os.ReadFile(arrived[recipe.Target.Target])
		if err != nil || string(text) != p.authJSON() {
			t.Errorf("%s: %q, %v", recipe.Title, text, err)
		}
		ran++
	}
	if ran != 5 {
		t.Errorf("%d recipes were run: %s", ran, r.out)
	}
	// The text is a script too: every line is a command or a comment.
	if r := p.run("", "recipes", "far"); r.code != exitDone || exec.Command("sh", "-nc", r.out).Run() != nil {
		t.Errorf("%+v", r)
	}
}
