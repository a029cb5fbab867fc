package tui

import (
	"codex-login/assets/display"
	"codex-login/flows/doctor"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// ward shows what the doctor looks at, as it goes, and what came of it. What is
// sound is folded into a line for each area, unless the person wants all.
type ward struct {
	env     *env
	try     attempt
	exam    *doctor.Examination // nil until it was prepared
	rows    []looked
	verdict string // once it is over
	ticket  string // the report, to be copied
	fixes   []*doctor.Fix
	bad     bool
	all     bool
	row     int // of the lines that can be chosen
}

// looked is a check, in words.
type looked struct {
	area, check, title string
	state              doctor.State
	found              []found
}

// found is what a check has come upon, in words.
type found struct {
	title, measured, expected, do string
	severity                      doctor.Severity
	fix                           string // what would mend it; "" for nothing
}

func newWard(e *env) (ward, tea.Cmd) {
	s := ward{env: e, try: e.work.attempt()}
	return s, prepareCmd(s.try, e)
}

// again begins anew.
func (s ward) again() (ward, tea.Cmd) {
	s.try.cancel()
	fresh, cmd := newWard(s.env)
	fresh.rows, fresh.all = s.rows, s.all
	for i := range fresh.rows {
		fresh.rows[i].state = doctor.Waiting
	}
	return fresh, cmd
}

// Stop ends the examination.
func (s ward) Stop() { s.try.cancel() }

func (s ward) over() bool { return s.verdict != "" }

func (s ward) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	switch msg := msg.(type) {
	case preparedMsg:
		if msg.attempt == s.try.id {
			s.exam = msg.exam
			s.rows = s.look()
			return s, tea.Batch(examineCmd(s.try, msg.exam), tickCmd(s.try.id, signIn{env: s.env}.pace()/2)), nil
		}
	case tickMsg:
		if msg.attempt == s.try.id && s.exam != nil && !s.over() {
			s.rows = s.look()
			return s, tickCmd(s.try.id, signIn{env: s.env}.pace()/2), nil
		}
	case examinedMsg:
		if msg.attempt == s.try.id && msg.err == nil {
			report := s.exam.Report()
			s.rows, s.verdict, s.fixes, s.bad = s.look(), display.Clean(doctor.Verdict(s.env.words, report)), report.Fixes(), !report.Sound()
			s.ticket = report.Ticket(s.env.words, s.env.login.Issuer.UserAgent)
			s.row = s.worst()
		}
	case curedMsg:
		next, cmd := s.again()
		return next, cmd, nil
	case tea.KeyMsg:
		return s.press(msg)
	}
	return s, nil, nil
}

// look takes the examination as it stands.
func (s ward) look() []looked {
	var out []looked
	for _, r := range s.exam.Progress() {
		l := looked{area: r.Area, check: r.Check, title: display.Clean(doctor.Title(s.env.words, r.Check)), state: r.State}
		for _, f := range r.Findings {
			x := f.Explain(s.env.words)
			one := found{display.Clean(x.Title), display.Clean(x.Measured), display.Clean(x.Expected), display.Clean(x.Do), f.Severity, ""}
			if f.Fix != nil {
				one.fix = display.Clean(f.Fix.Explain(s.env.words))
			}
			l.found = append(l.found, one)
		}
		out = append(out, l)
	}
	return out
}

// chosen is what was found on the selected line; nil where there is nothing.
func (s ward) chosen() *found {
	i := 0
	for _, l := range s.lines() {
		if l.found == nil {
			continue
		}
		if i == s.row {
			return l.found
		}
		i++
	}
	return nil
}

// worst is the first of the lines that can be chosen with the worst finding:
// what a person came for is not the first note.
func (s ward) worst() int {
	at, i := 0, 0
	var most doctor.Severity
	for _, l := range s.lines() {
		if l.found == nil {
			continue
		}
		if i == 0 || l.found.severity.Worse(most) {
			at, most = i, l.found.severity
		}
		i++
	}
	return at
}

func (s ward) choices() int {
	n := 0
	for _, l := range s.lines() {
		if l.found != nil {
			n++
		}
	}
	return n
}

func (s ward) open() key.Binding { return when(s.chosen() != nil, s.env.bind("card", "enter")) }
func (s ward) mend() key.Binding { return when(s.over() && len(s.fixes) > 0, s.env.bind("mend", "f")) }
func (s ward) redo() key.Binding { return when(s.over(), s.env.bind("look_again", "r")) }
func (s ward) copy() key.Binding { return when(s.over(), s.env.bind("copy_report", "c")) }
func (s ward) fold() key.Binding {
	id := "unfold"
	if s.all {
		id = "fold"
	}
	return when(len(s.rows) > 0, s.env.bind(id, "tab", "tab", "a"))
}
func (s ward) back() key.Binding { return s.env.bind("back", "esc", "esc", "q") }

func (s ward) Keys() []key.Binding {
	return []key.Binding{s.open(), s.back(), s.mend(), s.copy(), s.fold(), s.redo()}
}

func (s ward) press(k tea.KeyMsg) (screen, tea.Cmd, intent) {
	switch {
	case pressed(k, s.back()):
		return s, nil, wantBack{}
	case pressed(k, s.open()):
		return s, nil, wantFinding{*s.chosen()}
	case pressed(k, s.mend()):
		return s, nil, wantMend{s.fixes}
	case pressed(k, s.redo()):
		next, cmd := s.again()
		return next, cmd, nil
	case pressed(k, s.copy()):
		return s, copyCmd(s.env.work.ctx, s.env.paper, s.env.getenv, "report", s.ticket), nil
	case pressed(k, s.fold()):
		s.all = !s.all
		s.row = s.worst()
	case pressed(k, s.env.bind("move", "", "up", "k")):
		s.row = max(s.row-1, 0)
	case pressed(k, s.env.bind("move", "", "down", "j")):
		s.row = max(min(s.row+1, s.choices()-1), 0)
	}
	return s, nil, nil
}

func (s ward) Title() string { return s.env.say("frame.title.doctor") }
func (s ward) Help() string  { return "help.doctor" }
