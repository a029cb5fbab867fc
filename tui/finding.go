package tui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// finding says all that there is to say of one thing that the doctor has found.
type finding struct {
	env   *env
	about found
}

func (s finding) back() key.Binding { return s.env.bind("back", "esc", "esc", "enter", "q") }

func (s finding) Keys() []key.Binding { return []key.Binding{s.back()} }

func (s finding) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	if k, ok := msg.(tea.KeyMsg); ok && pressed(k, s.back()) {
		return s, nil, wantBack{}
	}
	return s, nil, nil
}

func (s finding) View(w, _ int) string {
	t := s.env.theme
	part := func(label, text string) string {
		if text == "" {
			return ""
		}
		return t.Faint.Render(s.env.say("doctor.part."+label)) + "\n" + indent(wrap(text, w-2), 2)
	}
	mend := s.about.fix
	if mend != "" {
		mend = s.env.say("doctor.part.by_key", "What", mend)
	}
	title := hanging(s.env.severityMark(s.about.severity)+" ", t.Title.Render(s.about.title), w)
	return paragraphs(title, part("measured", s.about.measured), part("expected", s.about.expected), part("do", s.about.do), part("mend", mend))
}

func (s finding) Title() string { return s.env.say("frame.title.doctor") }
func (s finding) Help() string  { return "help.finding" }
