package tui

import (
	"codex-login/assets/display"
	"codex-login/flows/doctor"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// mending lists what would be mended, and mends it once the person has agreed.
type mending struct {
	env   *env
	fixes []*doctor.Fix
	texts []string // of the fixes, and then of what came of them
	busy  bool
	done  []bool // what came of each; nil before
}

func newMending(e *env, fixes []*doctor.Fix) mending {
	s := mending{env: e, fixes: fixes}
	for _, f := range fixes {
		s.texts = append(s.texts, display.Clean(f.Explain(e.words)))
	}
	return s
}

func (s mending) ready() bool { return !s.busy && s.done == nil }

func (s mending) mend() key.Binding { return when(s.ready(), s.env.bind("mend", "enter")) }

func (s mending) back() key.Binding {
	if s.done != nil {
		return s.env.bind("back", "enter", "enter", "esc", "q")
	}
	return when(!s.busy, s.env.bind("back", "esc", "esc", "q"))
}

func (s mending) Keys() []key.Binding { return []key.Binding{s.mend(), s.back()} }

func (s mending) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	switch msg := msg.(type) {
	case curedMsg:
		s.busy, s.done, s.texts = false, []bool{}, nil
		for _, m := range msg.mended {
			s.done = append(s.done, m.Err == nil)
			s.texts = append(s.texts, display.Clean(m.Explain(s.env.words)))
		}
	case tea.KeyMsg:
		switch {
		case pressed(msg, s.mend()):
			s.busy = true
			return s, mendCmd(s.env.work, s.fixes), nil
		case pressed(msg, s.back()):
			return s, nil, wantBack{}
		}
	}
	return s, nil, nil
}

func (s mending) View(w, _ int) string {
	t := s.env.theme
	id := "ask_list"
	switch {
	case s.busy:
		id = "mending"
	case s.done != nil:
		id = "mended"
	}
	out := []string{t.Title.Render(wrap(s.env.say("doctor.skin."+id), w))}
	for i, text := range s.texts {
		mark := t.Faint.Render(t.Glyphs.Separator)
		switch {
		case s.done == nil:
		case s.done[i]:
			mark = t.Good.Render(t.Glyphs.Check)
		default:
			mark = t.Bad.Render(t.Glyphs.Cross)
		}
		out = append(out, hanging(mark+" ", text, w))
	}
	if s.ready() {
		out = append(out, t.Faint.Render(wrap(s.env.say("doctor.skin.nothing_lost"), w)))
	}
	return paragraphs(out...)
}

func (s mending) Title() string { return s.env.say("frame.title.doctor") }
func (s mending) Help() string  { return "help.mending" }
