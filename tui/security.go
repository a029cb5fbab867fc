package tui

import (
	"strconv"
	"strings"

	"codex-login/assets/display"
	"codex-login/flows"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// security says how an account is protected and what to do about it; without
// an account, in general.
type security struct {
	env   *env
	entry flows.Entry
	try   attempt
	known *flows.Security // nil until it has been read
	err   error
	row   int // the page that is opened and copied
	moved bool
}

func newSecurity(e *env, entry flows.Entry) (security, tea.Cmd) {
	s := security{env: e, entry: entry, try: e.work.attempt()}
	if entry.ID == "" {
		general := flows.AdviseAll()
		s.known = &general
		return s, nil
	}
	return s, securityCmd(s.try, e.login, entry.ID)
}

type securityMsg struct {
	attempt  int
	security flows.Security
	err      error
}

// securityCmd reads what the account's tokens tell; they may be in a keyring.
func securityCmd(try attempt, l *flows.Login, id string) tea.Cmd {
	return func() tea.Msg {
		_, found, err := l.Security(try.ctx, id)
		return securityMsg{try.id, found, err}
	}
}

// Stop ends a look into a keyring.
func (s security) Stop() { s.try.cancel() }

func (s security) pages() []flows.SecurityLink {
	if s.known == nil {
		return nil
	}
	return s.known.Links
}

func (s security) back() key.Binding { return s.env.bind("back", "esc", "esc", "q", "enter") }
func (s security) open() key.Binding {
	return when(len(s.pages()) > 0, s.env.bind("open", "o"))
}

func (s security) copy() key.Binding {
	return when(len(s.pages()) > 0, s.env.bind("copy_link", "c"))
}

func (s security) choose() key.Binding {
	return when(len(s.pages()) > 1, s.env.bind("choose", "tab", "tab", "shift+tab", "up", "down", "k", "j"))
}

func (s security) Keys() []key.Binding {
	return []key.Binding{s.back(), s.choose(), s.open(), s.copy()}
}

func (s security) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	switch msg := msg.(type) {
	case securityMsg:
		if msg.attempt == s.try.id {
			s.known, s.err = &msg.security, msg.err
		}
	case tea.KeyMsg:
		return s.press(msg)
	}
	return s, nil, nil
}

func (s security) press(k tea.KeyMsg) (screen, tea.Cmd, intent) {
	n := len(s.pages())
	if i, err := strconv.Atoi(k.String()); err == nil && i >= 1 && i <= n && !k.Paste {
		s.row, s.moved = i-1, true
		return s, nil, nil
	}
	switch {
	case pressed(k, s.back()):
		return s, nil, wantBack{}
	case pressed(k, s.open()):
		return s, openPageCmd(s.try, s.env.login, s.pages()[s.row].URL), nil
	case pressed(k, s.copy()):
		return s, copyCmd(s.env.work.ctx, s.env.paper, s.env.getenv, "link", s.pages()[s.row].URL), nil
	case pressed(k, s.choose()):
		step := 1
		if back := k.String(); back == "up" || back == "k" || back == "shift+tab" {
			step = n - 1
		}
		s.row, s.moved = (s.row+step)%n, true
	}
	return s, nil, nil
}

// openPageCmd shows a page in the person's browser.
func openPageCmd(try attempt, l *flows.Login, url string) tea.Cmd {
	return func() tea.Msg { return openedMsg{try.id, l.OpenPage(try.ctx, url)} }
}

func (s security) View(w, _ int) string {
	view, _ := s.draw(w)
	return view
}

// FocusedLine is the selected page. Before one was selected, the text comes
// first, and the arrows move through it.
func (s security) FocusedLine(w, _ int) int {
	if !s.moved {
		return -1
	}
	_, row := s.draw(w)
	return row
}

func (s security) draw(w int) (view string, row int) {
	t := s.env.theme
	heading := s.env.say("security.general")
	if s.entry.ID != "" {
		heading = s.env.called(s.entry)
	}
	heading = t.Title.Render(wrap(heading, w))
	switch {
	case s.err != nil:
		return paragraphs(heading, s.env.explained(s.err, w)), -1
	case s.known == nil:
		return paragraphs(heading, t.Faint.Render(wrap(s.env.say("security.reading"), w))), -1
	}
	x := flows.ExplainSecurity(s.env.words, *s.known)
	view = heading
	if len(x.Found) > 0 {
		view = paragraphs(view, s.list("security.what_found", x.Found, t.Glyphs.Separator, w))
	}
	view = paragraphs(view, s.list("security.what_to_do", x.Advice, t.Glyphs.Pointer, w))
	if len(x.Links) == 0 {
		return view, -1
	}
	view += "\n\n" + t.Strong.Render(wrap(s.env.say("security.where"), w))
	for i, page := range x.Links {
		mark := "  "
		name := t.Faint.Render(page.Name)
		if i == s.row {
			row = height(view)
			mark, name = t.Accent.Render(t.Glyphs.Pointer)+" ", t.Strong.Render(page.Name)
		}
		view += "\n" + mark + t.Accent.Render(strconv.Itoa(i+1)) + "  " + cut(name, w-5, t.Glyphs.Ellipsis)
		view += "\n" + indent(link(t, page.URL, w-5), 5)
	}
	return view, row
}

// list is paragraphs under a heading, each with a mark.
func (s security) list(id string, texts []string, mark string, w int) string {
	t := s.env.theme
	rows := []string{t.Strong.Render(wrap(s.env.say(id), w))}
	for _, text := range texts {
		rows = append(rows, hanging(t.Accent.Render(mark)+" ", display.Clean(text), w))
	}
	return strings.Join(rows, "\n")
}

func (s security) Title() string { return s.env.say("frame.title.security") }
func (s security) Help() string  { return "help.security" }
