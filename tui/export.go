package tui

import (
	"codex-login/assets/display"
	"codex-login/flows"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// export is where the person chooses how a login leaves by hand.
type export struct {
	env   *env
	entry flows.Entry
	menu  menu
}

func newExport(e *env, entry flows.Entry) export {
	s := export{env: e, entry: entry}
	for _, way := range []string{"sealed", "plain", "recipes"} {
		s.menu.add(way, e.say("export.name."+way), e.say("export.about."+way))
	}
	return s
}

func (s export) choose() key.Binding { return s.env.bind("choose", "enter") }
func (s export) digits() key.Binding { return s.menu.digits(s.env) }
func (s export) back() key.Binding   { return s.env.bind("back", "esc", "esc", "q") }

func (s export) Keys() []key.Binding { return []key.Binding{s.choose(), s.digits(), s.back()} }

func (s export) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	k, ok := msg.(tea.KeyMsg)
	switch {
	case !ok, s.menu.moved(s.env, k):
		return s, nil, nil
	case pressed(k, s.back()):
		return s, nil, wantBack{}
	case !s.menu.numbered(k, s.digits()) && !pressed(k, s.choose()):
		return s, nil, nil
	}
	if way := s.menu.chosen(); way != "recipes" {
		return s, nil, wantExportTo{s.entry, way == "sealed"}
	}
	return s, nil, wantRecipes{s.entry}
}

func (s export) title(w int) string {
	return s.env.theme.Title.Render(wrap(s.env.say("export.question", "Who", s.env.told(s.entry.Account)), w))
}

func (s export) View(w, h int) string {
	title := s.title(w)
	return title + "\n\n" + s.menu.view(s.env, w, h-height(title)-1)
}

// FocusedLine is the selected row.
func (s export) FocusedLine(w, h int) int {
	title := height(s.title(w))
	return title + 1 + s.menu.line(w, h-title-1)
}

func (s export) Title() string { return s.env.say("frame.title.export") }
func (s export) Help() string  { return "help.export" }

// exported says where the document is.
type exported struct {
	env  *env
	news isExported
}

func (s exported) back() key.Binding { return s.env.bind("back", "enter", "enter", "esc", "q") }

func (s exported) copy() key.Binding { return s.env.bind("copy_path", "c") }

func (s exported) Keys() []key.Binding { return []key.Binding{s.back(), s.copy()} }

func (s exported) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	k, ok := msg.(tea.KeyMsg)
	switch {
	case !ok:
	case pressed(k, s.back()):
		return s, nil, wantBack{}
	case pressed(k, s.copy()):
		return s, copyCmd(s.env.work.ctx, s.env.paper, s.env.getenv, "path", display.Clean(s.news.path)), nil
	}
	return s, nil, nil
}

func (s exported) View(w, _ int) string {
	id := "export.password"
	if s.news.sealed {
		id = "export.opens"
	}
	twice := ""
	if s.news.twice {
		twice = s.env.warning(s.env.say("export.twice"), w)
	}
	return paragraphs(
		s.env.succeeded(s.env.say("export.done"), w),
		wrap(display.Clean(s.env.short(s.news.path)), w),
		wrap(s.env.say(id), w),
		twice,
	)
}

func (s exported) Title() string { return s.env.say("frame.title.export") }
func (s exported) Help() string  { return "help.export" }
