package tui

import (
	"slices"
	"strings"

	"codex-login/assets/display"
	"codex-login/credstore"
	"codex-login/flows"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// storeChoice is where the person says what shall keep the login.
type storeChoice struct {
	env     *env
	try     attempt
	mode    credstore.Mode // chosen so far
	choices []flows.StoreChoice
	row     int
	moves   int // logins that are to be moved; 0 only says where the next one goes
}

// newStoreMove chooses where all logins shall go.
func newStoreMove(e *env, mode credstore.Mode, logins int) (storeChoice, tea.Cmd) {
	s, cmd := newStoreChoice(e, mode)
	s.moves = max(logins, 1)
	return s, cmd
}

func newStoreChoice(e *env, mode credstore.Mode) (storeChoice, tea.Cmd) {
	s := storeChoice{env: e, mode: mode, try: e.work.attempt()}
	return s, storesCmd(s.try, e.login)
}

// Stop ends the trial of the keyring.
func (s storeChoice) Stop() { s.try.cancel() }

// usable: not fixed by an admin, and working here.
func usable(c flows.StoreChoice) bool { return c.Pinned == nil && c.Problem == nil }

func (s storeChoice) selected() bool {
	return s.row < len(s.choices) && usable(s.choices[s.row]) && (s.moves == 0 || s.choices[s.row].Mode != s.mode)
}

func (s storeChoice) up() key.Binding {
	return s.env.bind("move", s.env.say("frame.arrows"), "up", "k")
}

func (s storeChoice) down() key.Binding {
	return s.env.bind("move", s.env.say("frame.arrows"), "down", "j")
}

func (s storeChoice) choose() key.Binding { return when(s.selected(), s.env.bind("choose", "enter")) }
func (s storeChoice) back() key.Binding   { return s.env.bind("back", "esc", "esc", "q") }

func (s storeChoice) Keys() []key.Binding {
	return []key.Binding{s.choose(), when(s.choices != nil, s.down()), s.back()}
}

func (s storeChoice) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	switch msg := msg.(type) {
	case storesMsg:
		if msg.attempt == s.try.id {
			s.choices = msg.choices
			if s.moves > 0 {
				// Logins are not moved to where they would be gone.
				s.choices = slices.DeleteFunc(s.choices, func(c flows.StoreChoice) bool { return c.Mode == credstore.ModeEphemeral })
			}
			for i, c := range s.choices {
				if c.Mode == s.mode {
					s.row = i
				}
			}
		}
	case tea.KeyMsg:
		switch {
		case pressed(msg, s.up()):
			s.row = max(s.row-1, 0)
		case pressed(msg, s.down()):
			s.row = max(min(s.row+1, len(s.choices)-1), 0)
		case pressed(msg, s.choose()) && s.moves > 0:
			return s, nil, wantMoved{s.choices[s.row].Mode, s.moves}
		case pressed(msg, s.choose()):
			return s, nil, wantStore{s.choices[s.row].Mode}
		case pressed(msg, s.back()):
			return s, nil, wantBack{}
		}
	}
	return s, nil, nil
}

func (s storeChoice) View(w, h int) string {
	t := s.env.theme
	title := t.Title.Render(wrap(s.question(), w))
	if s.choices == nil {
		return title + "\n\n" + t.Faint.Render(wrap(s.env.say("store.trying"), w))
	}
	rows, _ := s.rows(w, h)
	return title + "\n\n" + strings.Join(rows, s.gap(h)) + "\n\n" + t.Faint.Render(wrap(s.env.say("store.password"), w)) + "\n" +
		t.Faint.Render(wrap(s.env.say("store.config"), w))
}

func (s storeChoice) question() string {
	switch {
	case s.moves == 1:
		return s.env.say("store.move.question_one")
	case s.moves > 1:
		return s.env.say("store.move.question", "Count", s.moves)
	}
	return s.env.say("store.question")
}

func (s storeChoice) gap(h int) string {
	if h >= 22 {
		return "\n\n"
	}
	return "\n"
}

func (s storeChoice) rows(w, h int) (rows []string, begin []int) {
	line := 2
	for i := range s.choices {
		row := s.drawRow(i, w)
		rows, begin = append(rows, row), append(begin, line)
		line += height(row) + len(s.gap(h)) - 1
	}
	return rows, begin
}

func (s storeChoice) drawRow(i, w int) string {
	t, c := s.env.theme, s.choices[i]
	name, mark := s.env.say("store.name."+string(c.Mode)), "  "
	switch {
	case i == s.row && usable(c):
		mark, name = t.Accent.Render(t.Glyphs.Pointer+" "), t.Accent.Render(name)
	case i == s.row:
		mark, name = t.Accent.Render(t.Glyphs.Pointer+" "), t.Faint.Render(name)
	case !usable(c):
		name = t.Faint.Render(name)
	}
	state := t.Faint.Render(t.Glyphs.Off)
	if c.Mode == s.mode {
		state = t.Accent.Render(t.Glyphs.On)
	}
	head := mark + state + " " + name
	if c.Configured {
		head += t.Faint.Render("  " + s.env.say("store.configured"))
	}
	about := s.env.say("store.about." + string(c.Mode))
	if c.Encrypted {
		about = s.env.say("store.encrypted." + string(c.Mode))
	}
	if where := display.Clean(s.env.short(c.Where)); where != "" && i == s.row {
		about += "\n" + where
	}
	out := cut(head, w, t.Glyphs.Ellipsis) + "\n" + t.Faint.Render(indent(wrap(about, w-4), 4))
	if why := s.why(c); why != "" {
		out += "\n" + hanging("    "+t.Warn.Render(t.Glyphs.Cross)+" ", why, w)
	}
	return out
}

// why says what keeps a place from being chosen.
func (s storeChoice) why(c flows.StoreChoice) string {
	switch {
	case c.Pinned != nil:
		return s.env.say("store.pinned", "Source", c.Pinned.String())
	case c.Problem != nil:
		return s.env.explain(c.Problem).Title
	}
	return ""
}

// FocusedLine is the selected row.
func (s storeChoice) FocusedLine(w, h int) int {
	if s.choices == nil {
		return 0
	}
	_, begin := s.rows(w, h)
	return begin[s.row]
}

func (s storeChoice) Title() string { return s.env.say("frame.title.store") }
func (s storeChoice) Help() string  { return "help.store" }
