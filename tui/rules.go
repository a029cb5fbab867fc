package tui

import (
	"strings"

	"codex-login/assets/display"
	"codex-login/flows"
	"codex-login/policy"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
)

// rules shows the settings that signing in depends on, each with who made it,
// what that overrules and what it means; and the layers that they come from.
type rules struct {
	env    *env
	try    attempt
	ruling flows.Ruling
	row    int
	layers bool // they are shown in place of the settings
}

func newRules(e *env) (rules, tea.Cmd) {
	r := e.login.Rules
	s := rules{env: e, try: e.work.attempt()}
	s.ruling = flows.Ruling{Settings: r.Settings(), Layers: r.Layers(), FromProject: r.FromProject()}
	return s, rulingCmd(s.try, e.login)
}

type rulingMsg struct {
	attempt int
	ruling  flows.Ruling
}

func rulingCmd(try attempt, l *flows.Login) tea.Cmd {
	return func() tea.Msg { return rulingMsg{try.id, l.Ruling(try.ctx)} }
}

// Stop ends the look at the login.
func (s rules) Stop() { s.try.cancel() }

func (s rules) up() key.Binding {
	return when(!s.layers, s.env.bind("move", s.env.say("frame.arrows"), "up", "k"))
}

func (s rules) down() key.Binding {
	return when(!s.layers, s.env.bind("move", s.env.say("frame.arrows"), "down", "j"))
}

func (s rules) turn() key.Binding {
	if s.layers {
		return s.env.bind("settings", "tab", "tab", "l")
	}
	return s.env.bind("layers", "tab", "tab", "l")
}

func (s rules) provider() key.Binding { return s.env.bind("provider", "p") }
func (s rules) back() key.Binding     { return s.env.bind("back", "esc", "esc", "enter", "q") }

func (s rules) Keys() []key.Binding {
	return []key.Binding{s.turn(), s.down(), s.provider(), s.back()}
}

func (s rules) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	switch msg := msg.(type) {
	case rulingMsg:
		if msg.attempt == s.try.id {
			s.ruling = msg.ruling
			s.row = min(s.row, len(s.ruling.Settings)-1)
		}
	case tea.KeyMsg:
		switch {
		case pressed(msg, s.back()):
			return s, nil, wantBack{}
		case pressed(msg, s.turn()):
			s.layers = !s.layers
		case pressed(msg, s.provider()):
			return s, nil, wantProvider{}
		case pressed(msg, s.up()):
			s.row = max(s.row-1, 0)
		case pressed(msg, s.down()):
			s.row = min(s.row+1, len(s.ruling.Settings)-1)
		}
	}
	return s, nil, nil
}

func (s rules) View(w, _ int) string {
	if s.layers {
		return s.layersView(w)
	}
	head := s.head(w)
	return lines(head, strings.Join(s.rows(w), "\n"))
}

// head is the title and what should not be passed over.
func (s rules) head(w int) string {
	t := s.env.theme
	out := []string{t.Title.Render(wrap(s.env.say("rules.heading"), w))}
	for _, note := range s.ruling.Notes {
		out = append(out, s.env.warning(display.Clean(note), w))
	}
	for _, p := range s.ruling.FromProject {
		out = append(out, s.env.warning(s.env.projectNote(p), w))
	}
	if s.ruling.Breaks() {
		v := s.ruling.Refused.Violation
		out = append(out, s.env.warning(s.env.say("rules.broken_by", "Rule", display.Clean(v.Rule), "Found", display.Clean(flows.FoundText(s.env.words, v))), w))
	}
	if s.ruling.Unchecked != nil {
		out = append(out, s.env.warning(display.Clean(flows.UncheckedText(s.env.words, s.ruling.Unchecked)), w))
	}
	if s.ruling.Cloud {
		out = append(out, t.Faint.Render(wrap(s.env.say("rules.cloud"), w)))
	}
	return strings.Join(out, "\n") + "\n"
}

// rows are the settings, a line each, and below the selected one all that there
// is to say of it.
func (s rules) rows(w int) []string {
	t := s.env.theme
	names := 0
	for _, r := range s.ruling.Settings {
		names = max(names, ansi.StringWidth(r.Key))
	}
	names = min(names, w/2)
	var out []string
	for i, r := range s.ruling.Settings {
		mark, name := "  ", fill(cut(r.Key, names, t.Glyphs.Ellipsis), names)
		value := cut(s.value(r), w-names-4, t.Glyphs.Ellipsis)
		switch {
		case i == s.row:
			mark, name = t.Accent.Render(t.Glyphs.Pointer+" "), t.Accent.Render(name)
		case len(r.Said) == 0:
			value = t.Faint.Render(value)
		}
		out = append(out, mark+name+"  "+value)
		if i == s.row {
			out = append(out, s.details(r, w))
		}
	}
	return out
}

// value is the one in force; one of them may be a path.
func (s rules) value(r policy.Setting) string {
	return display.Clean(s.env.short(flows.EffectiveText(s.env.words, r)))
}

func (s rules) details(r policy.Setting, w int) string {
	t := s.env.theme
	var out []string
	if meaning := display.Clean(flows.Meaning(s.env.words, r)); meaning != "" {
		out = append(out, wrap(meaning, w-4))
	}
	if full := s.value(r); len(r.Said) > 0 && ansi.StringWidth(full) > w/2 {
		out = append(out, wrap(full, w-4))
	}
	shown := func(at policy.Source) policy.Source {
		at.File = s.env.short(at.File)
		return at
	}
	for _, line := range flows.SettingSources(s.env.words, r, shown) {
		out = append(out, t.Faint.Render(wrap(display.Clean(line), w-4)))
	}
	return indent(strings.Join(out, "\n"), 4)
}

// FocusedLine is the end of the selected setting's details.
func (s rules) FocusedLine(w, _ int) int {
	if s.layers || len(s.ruling.Settings) == 0 {
		return -1
	}
	return height(s.head(w)) + s.row
}

func (s rules) layersView(w int) string {
	t := s.env.theme
	out := []string{t.Title.Render(wrap(s.env.say("rules.layers"), w)), ""}
	for _, l := range s.ruling.Layers {
		l.File = s.env.short(l.File)
		mark := t.Faint.Render(t.Glyphs.Separator)
		switch l.State {
		case policy.LayerRead:
			mark = t.Good.Render(t.Glyphs.Check)
		case policy.LayerBroken:
			mark = t.Bad.Render(t.Glyphs.Cross)
		case policy.LayerUntrusted:
			mark = t.Warn.Render(t.Glyphs.Warn)
		case policy.LayerAbsent:
		}
		text := display.Clean(flows.LayerText(s.env.words, l))
		if l.State == policy.LayerUntrusted {
			text += ". " + s.env.say("rules.trust")
		}
		out = append(out, hanging(mark+" ", text, w))
	}
	return strings.Join(out, "\n")
}

func (s rules) Title() string { return s.env.say("frame.title.rules") }
func (s rules) Help() string  { return "help.rules" }

// projectNote says that a repository decides a setting.
func (e *env) projectNote(s policy.Setting) string {
	said := s.Said[0]
	said.Source.File = e.short(said.Source.File)
	s.Said = append([]policy.Said{said}, s.Said[1:]...)
	return display.Clean(flows.ProjectNote(e.words, s))
}

// projectNotes are those that change whose login is used, and where it is.
func (e *env) projectNotes() []string {
	var out []string
	for _, note := range e.login.ProjectNotes(e.words) {
		out = append(out, display.Clean(note))
	}
	return out
}
