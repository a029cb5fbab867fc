package flows

import (
	"fmt"
	"regexp"
	"strings"

	"codex-login/assets"
	"codex-login/credstore"
)

// Recipe is a way to bring a login to another machine by hand: commands for a
// POSIX shell, one a line, ready to be run here.
type Recipe struct {
	ID       string // the end of a catalogue id, recipe.<id>
	Target   Target
	Commands []string
	// Copies: two machines have the same login afterwards.
	Copies bool
}

// Recipes are the ways to each target. e is the login here: one that is in use
// and in a file can be copied as a file.
func Recipes(e Entry, home credstore.Home, targets []Target) []Recipe {
	name, file := "", ""
	switch {
	case e.ID != "" && !e.Active:
		name = " " + word(e.ID)
	case e.Place.Kind == credstore.KindFile || e.Method == "":
		file = word(home.AuthFile())
	}
	give := ""
	if file == "" {
		give = "codex-login export" + name + " | "
	}
	var out []Recipe
	for _, t := range targets {
		if t.Kind == credstore.MachineSSH {
			out = append(out, sshRecipes(t, give, file)...)
		} else {
			out = append(out, containerRecipes(t, give, file)...)
		}
	}
	return append(out, Recipe{ID: "document", Copies: true, Commands: []string{
		"codex-login export" + name + " --encrypt -o codex-login.age", "codex-login import codex-login.age",
	}})
}

// receive is what the other side runs: the login comes on its standard input.
const receive = `'umask 077; d="${CODEX_HOME:-$HOME/.codex}"; mkdir -p "$d" && cat > "$d/auth.json"'`

func sshRecipes(t Target, give, file string) []Recipe {
	host := word(t.Name)
	out := []Recipe{
		{ID: "send", Commands: []string{"codex-login send " + host}},
		{ID: "device", Commands: []string{"ssh -t " + host + " codex login --device-auth"}},
		{ID: "tunnel", Commands: []string{fmt.Sprintf("ssh -t -L %d:localhost:%[1]d %s codex login", callbackPorts[0], host)}},
		{ID: "copy", Copies: true, Commands: []string{give + "ssh " + host + " " + receive + from(file)}},
	}
	if file != "" {
		out = append(out, Recipe{ID: "scp", Copies: true, Commands: []string{
			"ssh " + host + " 'mkdir -p -m 700 ~/.codex'", "scp -p " + file + " " + host + ":.codex/auth.json",
		}})
	}
	return withTarget(out, t)
}

func containerRecipes(t Target, give, file string) []Recipe {
	engine, name := string(t.Kind), word(t.Name)
	out := []Recipe{
		{ID: "send", Commands: []string{"codex-login send --" + engine + " " + name}},
		{ID: "device", Commands: []string{engine + " exec -it " + name + " codex login --device-auth"}},
		{ID: "copy", Copies: true, Commands: []string{give + engine + " exec -i " + name + " sh -c " + receive + from(file)}},
	}
	if file != "" {
		out = append(out, Recipe{ID: "cp", Copies: true, Commands: []string{
			"there=$(" + engine + " exec " + name + " printenv HOME)",
			engine + " exec " + name + ` mkdir -p "$there/.codex"`,
			engine + " cp " + file + " " + name + `:"$there/.codex/auth.json"`,
		}})
	}
	return withTarget(out, t)
}

func withTarget(all []Recipe, t Target) []Recipe {
	for i := range all {
		all[i].Target = t
	}
	return all
}

func from(file string) string {
	if file == "" {
		return ""
	}
	return " < " + file
}

var safeWord = regexp.MustCompile(`^[A-Za-z0-9_./:@%+=-]+$`)

// word is a text as one word of a POSIX shell.
func word(text string) string {
	if safeWord.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// Title says what the recipe is, safe to print.
func (r Recipe) Title(say *assets.Catalogue) string {
	return say.Say("recipe."+r.ID, "Machine", r.Target.String(), "Port", callbackPorts[0])
}
