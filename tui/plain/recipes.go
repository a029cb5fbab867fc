package plain

import (
	"fmt"
	"regexp"
	"strings"

	"codex-login/assets"
	"codex-login/credstore"
	"codex-login/flows"
)

// Recipe is a way to bring a login to another machine by hand: commands for a
// POSIX shell, one a line, ready to be run here.
type Recipe struct {
	ID       string // the end of a catalogue id, plain.recipe.<id>
	Target   flows.Target
	Commands []string
	// Copies: two machines have the same login afterwards.
	Copies bool
}

// callbackPort is the first of the two that the issuer sends a browser to.
const callbackPort = 1455

// Recipes are the ways to each target. e is the login here; its place decides
// whether there is a file to copy.
func Recipes(e flows.Entry, home credstore.Home, targets []flows.Target) []Recipe {
	file, give := "", "codex-login export | "
	if e.Place.Kind == credstore.KindFile || e.Method == "" {
		file, give = word(home.AuthFile()), ""
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
		"codex-login export --encrypt -o codex-login.age", "codex-login import codex-login.age",
	}})
}

// receive is what the other side runs: the login comes on its standard input.
const receive = `'umask 077; d="${CODEX_HOME:-$HOME/.codex}"; mkdir -p "$d" && cat > "$d/auth.json"'`

func sshRecipes(t flows.Target, give, file string) []Recipe {
	host := word(t.Name)
	out := []Recipe{
		{ID: "send", Commands: []string{"codex-login send " + host}},
		{ID: "device", Commands: []string{"ssh -t " + host + " codex login --device-auth"}},
		{ID: "tunnel", Commands: []string{fmt.Sprintf("ssh -t -L %d:localhost:%[1]d %s codex login", callbackPort, host)}},
		{ID: "copy", Copies: true, Commands: []string{give + "ssh " + host + " " + receive + from(file)}},
	}
	if file != "" {
		out = append(out, Recipe{ID: "scp", Copies: true, Commands: []string{
			"ssh " + host + " 'mkdir -p -m 700 ~/.codex'", "scp -p " + file + " " + host + ":.codex/auth.json",
		}})
	}
	return withTarget(out, t)
}

func containerRecipes(t flows.Target, give, file string) []Recipe {
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

func withTarget(all []Recipe, t flows.Target) []Recipe {
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

func (r Recipe) title(say *assets.Catalogue) string {
	return say.Say("plain.recipe."+r.ID, "Machine", r.Target.String(), "Port", callbackPort)
}

// Recipes writes all as one text that a shell could read: what is said about
// them are its comments.
func (l *Lines) Recipes(all []Recipe, e flows.Entry) {
	who := l.Say.Say("plain.recipe.nobody")
	if e.Method != "" {
		who = brief(l.Say, e)
	}
	l.data("# " + l.Say.Say("plain.recipe.head", "Who", who, "Place", printable(e.Place.Where)))
	if e.Method == flows.AccountChatGPT {
		l.data("# " + l.Say.Say("plain.recipe.twice"))
	}
	for _, r := range all {
		l.data("")
		l.data("# " + r.title(l.Say))
		for _, c := range r.Commands {
			l.data(printable(c))
		}
	}
	l.talk("password")
}

// Recipes writes all as one object without an event name.
func (e *Events) Recipes(all []Recipe, active flows.Entry) {
	type recipe struct {
		ID       string   `json:"id"`
		Target   *machine `json:"target"`
		Title    string   `json:"title"`
		Commands []string `json:"commands"`
		Copies   bool     `json:"copies"`
		Warning  *string  `json:"warning"`
	}
	out := []recipe{}
	for _, r := range all {
		one := recipe{ID: r.ID, Title: r.title(e.Say), Commands: r.Commands, Copies: r.Copies}
		if r.Target.Name != "" {
			m := machineOf(r.Target)
			one.Target = &m
		}
		if r.Copies && active.Method == flows.AccountChatGPT {
			one.Warning = known(e.Say.Say("plain.recipe.twice"))
		}
		out = append(out, one)
	}
	e.write(struct {
		head
		Recipes []recipe `json:"recipes"`
	}{head{Schema: Schema}, out})
}
