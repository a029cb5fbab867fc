package tui

import (
	"slices"
	"strings"

	"codex-login/assets/display"
	"codex-login/credstore"
	"codex-login/flows"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
)

// machines is where the person says which machines a login is for: hosts of the
// ssh configuration, and whatever else is typed. Letters filter.
type machines struct {
	env   *env
	try   attempt
	entry flows.Entry // whose login it may be; the zero Entry has a new sign-in only

	read   bool // the hosts are there
	hosts  []flows.Target
	lent   map[flows.Target]credstore.Loan
	chosen []flows.Target
	filter field
	hits   []flows.Target // what is listed
	row    int
}

func newMachines(e *env, entry flows.Entry) (machines, tea.Cmd) {
	s := machines{env: e, try: e.work.attempt(), entry: entry, filter: newField(e, e.say("sendto.filter"), false)}
	s.filter.CharLimit = 300
	s.filter.Focus()
	return s, tea.Batch(hostsCmd(s.try, e.getenv), loansCmd(s.try.id, e))
}

// Typing: letters are the filter.
func (s machines) Typing() bool { return true }

// Stop ends the look into the configuration.
func (s machines) Stop() { s.try.cancel() }

// typed is the machine that the filter itself names.
func typed(text string) (flows.Target, bool) {
	t := flows.Target{Kind: credstore.MachineSSH, Name: strings.TrimSpace(text)}
	for _, kind := range []credstore.MachineKind{credstore.MachineDocker, credstore.MachinePodman} {
		if name, ok := strings.CutPrefix(t.Name, string(kind)+":"); ok {
			t = flows.Target{Kind: kind, Name: name}
		}
	}
	return t, t.Check() == nil
}

// refilter lists what matches, and what is typed if it is a machine of its own.
func (s *machines) refilter() {
	words := wordsOf(s.filter.Value())
	s.hits, s.row = nil, 0
	for _, t := range s.hosts {
		name := strings.ToLower(t.String())
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(name, w) }) {
			s.hits = append(s.hits, t)
		}
	}
	if t, ok := typed(s.filter.Value()); ok && !slices.Contains(s.hits, t) {
		s.hits = append(s.hits, t)
	}
}

func (s machines) selected() (flows.Target, bool) {
	if s.row >= len(s.hits) {
		return flows.Target{}, false
	}
	return s.hits[s.row], true
}

// targets are what was marked, or else the selected one.
func (s machines) targets() []flows.Target {
	if len(s.chosen) > 0 {
		return s.chosen
	}
	if t, ok := s.selected(); ok {
		return []flows.Target{t}
	}
	return nil
}

func (s machines) choose() key.Binding {
	return when(len(s.targets()) > 0, s.env.bind("choose", "enter"))
}

func (s machines) mark() key.Binding {
	_, ok := s.selected()
	return when(ok, s.env.bind("mark", s.env.say("frame.space"), " "))
}

func (s machines) up() key.Binding {
	return when(len(s.hits) > 1, s.env.bind("move", s.env.say("frame.arrows"), "up"))
}

func (s machines) down() key.Binding {
	return when(len(s.hits) > 1, s.env.bind("move", s.env.say("frame.arrows"), "down"))
}

// lending: there is something to be renewed.
func (s machines) lending() key.Binding {
	return when(len(s.lent) > 0, s.env.bind("lending", "ctrl+l"))
}

func (s machines) back() key.Binding {
	if s.filter.Value() != "" {
		return s.env.bind("clear", "esc")
	}
	return s.env.bind("back", "esc")
}

func (s machines) Keys() []key.Binding {
	return []key.Binding{s.choose(), s.mark(), s.back(), s.lending()}
}

func (s machines) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	switch msg := msg.(type) {
	case hostsMsg:
		if msg.attempt == s.try.id {
			s.read, s.hosts = true, msg.hosts
			s.refilter()
		}
	case loansMsg:
		if msg.attempt != s.try.id {
			break
		}
		s.lent = map[flows.Target]credstore.Loan{}
		for _, l := range msg.loans {
			s.lent[l.Machine] = l
		}
	case tea.KeyMsg:
		return s.press(msg)
	}
	return s, nil, nil
}

func (s machines) press(k tea.KeyMsg) (screen, tea.Cmd, intent) {
	switch {
	case pressed(k, s.choose()):
		return s, nil, wantKind{s.entry, slices.Clone(s.targets())}
	case pressed(k, s.lending()):
		return s, nil, wantLending{}
	case pressed(k, s.mark()):
		s.toggle()
	case pressed(k, s.up()):
		s.row = max(s.row-1, 0)
	case pressed(k, s.down()):
		s.row = min(s.row+1, len(s.hits)-1)
	case pressed(k, s.back()) && s.filter.Value() == "":
		return s, nil, wantBack{}
	case pressed(k, s.back()):
		s.filter.wipe()
		s.refilter()
	case k.String() == " ":
		// No name has a space in it.
	default:
		before := s.filter.Value()
		s.filter.take(k)
		if s.filter.Value() != before {
			s.refilter()
		}
	}
	return s, nil, nil
}

// toggle marks the selected machine. One that was typed stays in the list, and
// the next one can be typed.
func (s *machines) toggle() {
	t, _ := s.selected()
	if i := slices.Index(s.chosen, t); i >= 0 {
		s.chosen = slices.Delete(slices.Clone(s.chosen), i, i+1)
		return
	}
	s.chosen = append(s.chosen[:len(s.chosen):len(s.chosen)], t)
	if slices.Contains(s.hosts, t) {
		return
	}
	s.hosts = append(s.hosts[:len(s.hosts):len(s.hosts)], t)
	s.filter.wipe()
	s.refilter()
	s.row = len(s.hits) - 1
}

func (s machines) View(w, h int) string {
	head := s.head(w, h)
	out := strings.Split(head, "\n")
	if len(s.hits) == 0 {
		id := "sendto.reading"
		switch {
		case s.filter.Value() != "":
			id = "sendto.bad_name"
		case s.read:
			id = "sendto.no_hosts"
		}
		out = append(out, strings.Split(s.env.theme.Faint.Render(wrap(s.env.say(id), w)), "\n")...)
		return strings.Join(out[:min(len(out), max(h, 1))], "\n")
	}
	room := max(h-len(out), 1)
	first := max(min(s.row-room/2, len(s.hits)-room), 0)
	for i := first; i < min(first+room, len(s.hits)); i++ {
		out = append(out, s.drawRow(i, w))
	}
	return strings.Join(out[:min(len(out), max(h, 1))], "\n")
}

// head has the question, how to name others, and what is typed.
func (s machines) head(w, h int) string {
	t := s.env.theme
	title := t.Title.Render(wrap(s.question(), w))
	count := ""
	if n := len(s.chosen); n > 0 {
		count = t.Accent.Render(s.env.say("sendto.chosen", "Count", n))
	}
	line := s.filter.line(max(w-ansi.StringWidth(count)-2, 1))
	line = cut(line+strings.Repeat(" ", max(w-ansi.StringWidth(line)-ansi.StringWidth(count), 1))+count, w, "")
	rule := t.Accent.UnsetBold().Render(strings.Repeat(t.Glyphs.Rule, w))
	text := title + "\n" + t.Faint.Render(wrap(s.env.say("sendto.names"), w)) + "\n\n" + line + "\n" + rule
	if height(text)+3 <= h {
		return text
	}
	return title + "\n" + line
}

func (s machines) question() string {
	if s.entry.ID == "" {
		return s.env.say("sendto.question_sign_in")
	}
	return s.env.say("sendto.question")
}

func (s machines) drawRow(i, w int) string {
	t, target := s.env.theme, s.hits[i]
	pointer, base := "  ", t.Strong.UnsetBold()
	if i == s.row {
		pointer, base = t.Accent.Render(t.Glyphs.Pointer)+" ", t.Accent
	}
	box := t.Faint.Render("[ ] ")
	if slices.Contains(s.chosen, target) {
		box = "[" + t.Accent.Render(t.Glyphs.Check) + "] "
	}
	row := pointer + box + highlight(display.Clean(target.String()), wordsOf(s.filter.Value()), base, t.Accent)
	if !slices.Contains(s.hosts, target) {
		row += "  " + t.Faint.Render(s.env.say("sendto.typed."+string(target.Kind)))
	}
	if l, has := s.lent[target]; has {
		row += "  " + t.Faint.Render(s.env.say("lending.row", "Until", s.env.time(l.Until)))
	}
	return cut(row, w, t.Glyphs.Ellipsis)
}

func (s machines) Title() string { return s.env.say("frame.title.machines") }
func (s machines) Help() string  { return "help.machines" }
