package tui

import (
	"errors"
	"path/filepath"
	"strings"

	"codex-login/credstore"
	"codex-login/flows"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// exporting writes the login of an account to a file, encrypted or as it is.
type exporting struct {
	env    *env
	entry  flows.Entry
	sealed bool
	// lines are the file's name and, when it is encrypted, the passphrase twice.
	lines   []field
	row     int
	try     attempt
	working bool
	failed  error
	differ  bool
}

func newExporting(e *env, w wantExportTo) exporting {
	s := exporting{env: e, entry: w.entry, sealed: w.sealed}
	file := newField(e, "", false)
	file.SetValue(filepath.Join("~", "codex-login.json"))
	s.lines = []field{file}
	if s.sealed {
		s.lines[0].SetValue(filepath.Join("~", "codex-login.age"))
		s.lines = append(s.lines, newField(e, e.say("export.passphrase"), true), newField(e, e.say("export.again"), true))
	}
	s.lines[0].CursorEnd()
	s.focus(0)
	return s
}

func (s *exporting) focus(row int) {
	s.lines = append([]field(nil), s.lines...)
	for i := range s.lines {
		s.lines[i].Blur()
	}
	s.row = row
	s.lines[row].Focus()
}

// Typing: letters are for the line.
func (s exporting) Typing() bool { return !s.working }

// Stop ends an export that has not begun, and forgets the passphrase.
func (s exporting) Stop() {
	if s.try.cancel != nil {
		s.try.cancel()
	}
	for i := range s.lines {
		s.lines[i].wipe()
	}
}

func (s exporting) last() bool { return s.row == len(s.lines)-1 }

func (s exporting) empty() bool { return strings.TrimSpace(s.lines[s.row].Value()) == "" }

func (s exporting) submit() key.Binding {
	id := "next"
	if s.last() {
		id = "save"
	}
	return when(!s.working && !s.empty(), s.env.bind(id, "enter"))
}

func (s exporting) move() key.Binding {
	return when(!s.working && len(s.lines) > 1, s.env.bind("move", "tab", "tab", "down", "up", "shift+tab"))
}
func (s exporting) back() key.Binding { return when(!s.working, s.env.bind("back", "esc")) }

func (s exporting) Keys() []key.Binding { return []key.Binding{s.submit(), s.move(), s.back()} }

func (s exporting) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	switch msg := msg.(type) {
	case exportedMsg:
		if msg.attempt != s.try.id {
			break
		}
		s.working, s.failed = false, msg.err
		if msg.err == nil {
			return s, nil, isExported{msg.path, s.sealed, s.entry.Method == flows.AccountChatGPT}
		}
		s.focus(0)
	case tea.KeyMsg:
		if !s.working {
			return s.press(msg)
		}
	}
	return s, nil, nil
}

func (s exporting) press(k tea.KeyMsg) (screen, tea.Cmd, intent) {
	switch {
	case pressed(k, s.back()):
		return s, nil, wantBack{}
	case pressed(k, s.move()):
		step := 1
		if k.Type == tea.KeyUp || k.Type == tea.KeyShiftTab {
			step = len(s.lines) - 1
		}
		s.focus((s.row + step) % len(s.lines))
	case pressed(k, s.submit()) && !s.last():
		s.focus(s.row + 1)
	case pressed(k, s.submit()):
		return s.save()
	default:
		s.failed, s.differ = nil, false
		s.lines = append([]field(nil), s.lines...)
		s.lines[s.row].take(k)
	}
	return s, nil, nil
}

func (s exporting) save() (screen, tea.Cmd, intent) {
	passphrase := credstore.Secret{}
	if s.sealed {
		if s.lines[1].Value() != s.lines[2].Value() {
			s.differ = true
			s.focus(1)
			s.lines[1].wipe()
			s.lines[2].wipe()
			return s, nil, nil
		}
		passphrase = credstore.NewSecret(s.lines[1].Value())
	}
	path := strings.TrimSpace(s.lines[0].Value())
	if rest, ok := strings.CutPrefix(path, "~"+string(filepath.Separator)); ok && s.env.home != "" {
		path = filepath.Join(s.env.home, rest)
	}
	s.try, s.working, s.failed, s.differ = s.env.work.attempt(), true, nil, false
	return s, exportCmd(s.env.work, s.try, s.env.login, s.entry.ID, path, passphrase), nil
}

func (s exporting) View(w, _ int) string {
	t := s.env.theme
	parts := []string{t.Title.Render(wrap(s.title(), w)), s.fields(w)}
	if below := s.state(w); below != "" {
		parts = append(parts, below)
	}
	if !s.sealed {
		parts = append(parts, s.env.warning(s.env.say("export.password"), w))
	} else {
		parts = append(parts, t.Faint.Render(wrap(s.env.say("export.opens"), w)))
	}
	if s.entry.Method == flows.AccountChatGPT {
		parts = append(parts, s.env.warning(s.env.say("export.twice"), w))
	}
	return paragraphs(parts...)
}

func (s exporting) title() string {
	return s.env.say("export.question", "Who", s.env.told(s.entry.Account))
}

func (s exporting) fields(w int) string {
	t := s.env.theme
	var out []string
	for i, l := range s.lines {
		out = append(out, t.Faint.Render(wrap(s.env.say("export.field."+[]string{"file", "passphrase", "again"}[i]), w))+"\n"+l.view(w))
	}
	return strings.Join(out, "\n")
}

func (s exporting) state(w int) string {
	t := s.env.theme
	switch {
	case s.working:
		return t.Accent.Render(wrap(s.env.say("export.working"), w))
	case s.differ:
		return t.Bad.Render(wrap(s.env.say("export.differ"), w))
	case s.failed != nil && errors.Is(s.failed, errThere):
		return t.Bad.Render(wrap(s.env.say("export.there"), w))
	case s.failed != nil:
		x := s.env.explain(s.failed)
		return t.Bad.Render(wrap(x.Title, w)) + "\n" + t.Faint.Render(wrap(x.Text, w))
	}
	return ""
}

// FocusedLine is the line that is typed into.
func (s exporting) FocusedLine(w, _ int) int {
	line := height(wrap(s.title(), w)) + 1
	for i := range s.row {
		line += height(wrap(s.env.say("export.field."+[]string{"file", "passphrase", "again"}[i]), w)) + 2
	}
	return line + 1
}

func (s exporting) Title() string { return s.env.say("frame.title.export") }
func (s exporting) Help() string  { return "help.export" }
