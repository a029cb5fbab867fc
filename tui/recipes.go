package tui

import (
	"strings"

	"codex-login/assets/display"
	"codex-login/credstore"
	"codex-login/flows"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// recipes shows the commands that bring a login to another machine by hand,
// with this person's own values in them.
type recipes struct {
	env   *env
	entry flows.Entry
	try   attempt
	line  field // the machine
	hosts []flows.Target
	row   int
}

func newRecipes(e *env, entry flows.Entry) (recipes, tea.Cmd) {
	s := recipes{env: e, entry: entry, try: e.work.attempt(), line: newField(e, "", false)}
	s.line.Placeholder = s.example().Name
	s.line.Focus()
	return s, hostsCmd(s.try, e.getenv)
}

// example is a machine of the person's own, where there is one.
func (s recipes) example() flows.Target {
	if len(s.hosts) > 0 {
		return s.hosts[0]
	}
	return flows.Target{Kind: credstore.MachineSSH, Name: "user@host"}
}

// all are the recipes for what is typed, so far as that is a machine.
func (s recipes) all() []flows.Recipe {
	t := s.example()
	if s.line.Value() != "" {
		named, ok := typed(s.line.Value())
		if !ok {
			return nil
		}
		t = named
	}
	return flows.Recipes(s.entry, s.env.login.Home, []flows.Target{t})
}

func (s recipes) chosen() (flows.Recipe, bool) {
	all := s.all()
	if s.row >= len(all) {
		return flows.Recipe{}, false
	}
	return all[s.row], true
}

// Typing: letters are the machine's name.
func (s recipes) Typing() bool { return true }

// Stop ends the look into the ssh configuration.
func (s recipes) Stop() { s.try.cancel() }

func (s recipes) copy() key.Binding {
	return when(len(s.all()) > 0, s.env.bind("copy_tunnel", "enter"))
}

func (s recipes) print() key.Binding {
	return when(len(s.all()) > 0, s.env.bind("print_all", "tab"))
}
func (s recipes) back() key.Binding { return s.env.bind("back", "esc") }

func (s recipes) Keys() []key.Binding { return []key.Binding{s.copy(), s.print(), s.back()} }

func (s recipes) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	switch msg := msg.(type) {
	case hostsMsg:
		if msg.attempt == s.try.id {
			s.hosts = msg.hosts
			s.line.Placeholder = s.example().Name
		}
	case tea.KeyMsg:
		return s.press(msg)
	}
	return s, nil, nil
}

func (s recipes) press(k tea.KeyMsg) (screen, tea.Cmd, intent) {
	one, _ := s.chosen()
	switch {
	case pressed(k, s.back()):
		return s, nil, wantBack{}
	case k.Type == tea.KeyUp:
		s.row = max(s.row-1, 0)
	case k.Type == tea.KeyDown:
		s.row = max(min(s.row+1, len(s.all())-1), 0)
	case pressed(k, s.copy()):
		text := strings.Join(one.Commands, "\n")
		return s, copyCmd(s.env.work.ctx, s.env.paper, s.env.getenv, "tunnel", text), nil
	case pressed(k, s.print()):
		return s, s.printAll(), nil
	default:
		s.line.take(k)
		s.row = max(min(s.row, len(s.all())-1), 0)
	}
	return s, nil, nil
}

// printAll writes all where every terminal can select them.
func (s recipes) printAll() tea.Cmd {
	var out []string
	for _, r := range s.all() {
		block := []string{"# " + display.Clean(r.Title(s.env.words))}
		for _, c := range r.Commands {
			block = append(block, display.Clean(c))
		}
		out = append(out, strings.Join(block, "\n"))
	}
	return printCmd(s.env.work.ctx, s.env.say("export.recipes"), strings.Join(out, "\n\n"), s.env.say("frame.print_after"))
}

func (s recipes) View(w, _ int) string {
	rows, _ := s.rows(w)
	return s.head(w) + "\n\n" + strings.Join(rows, "\n")
}

func (s recipes) head(w int) string {
	t := s.env.theme
	out := t.Title.Render(wrap(s.env.say("export.recipes"), w)) + "\n" + s.line.view(w)
	if len(s.all()) == 0 {
		return out + "\n" + t.Faint.Render(wrap(s.env.say("sendto.bad_name"), w))
	}
	if s.entry.Method == flows.AccountChatGPT {
		out += "\n" + s.env.warning(s.env.say("export.twice"), w)
	}
	return out
}

// rows draws the recipes; at is where the selected one begins.
func (s recipes) rows(w int) (rows []string, at int) {
	t := s.env.theme
	line := 0
	for i, r := range s.all() {
		mark, style := "  ", t.Strong.UnsetBold()
		if i == s.row {
			mark, style, at = t.Accent.Render(t.Glyphs.Pointer)+" ", t.Accent.UnsetBold(), line
		}
		block := mark + strings.TrimPrefix(indent(t.Faint.Render(wrap(display.Clean(r.Title(s.env.words)), w-2)), 2), "  ")
		for _, c := range r.Commands {
			block += "\n" + indent(style.Render(wrap(display.Clean(c), w-4)), 4)
		}
		rows = append(rows, block)
		line += height(block)
	}
	return rows, at
}

// FocusedLine is the selected recipe.
func (s recipes) FocusedLine(w, _ int) int {
	_, at := s.rows(w)
	if s.row == 0 {
		return 0
	}
	return height(s.head(w)) + 1 + at
}

func (s recipes) Title() string { return s.env.say("frame.title.export") }
func (s recipes) Help() string  { return "help.recipes" }
