package tui

import (
	"errors"
	"strings"
	"unicode/utf8"

	"codex-login/credstore"
	"codex-login/flows"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"
)

// secret is the screen of an API key and of an access token: a masked line, and
// what became of it. words is the catalogue table that says it.
type secret struct {
	signIn
	words   string
	line    field
	verify  bool // ask OpenAI before it is stored
	working bool
	failed  error
	parse   func(string) (credstore.Secret, error)
	offered credstore.Secret // from the environment, shown by its hint only
	canTest bool
	page    string // where one is made; empty when there is no one place
}

func newSecret(e *env, r flows.Request, words string) secret {
	s := secret{signIn: signIn{env: e, request: r}, words: words, line: newField(e, e.say(words+".placeholder"), true)}
	s.line.Focus()
	return s
}

// Typing: letters are the key.
func (s secret) Typing() bool { return !s.working }

// Stop ends the attempt and forgets what was typed.
func (s secret) Stop() {
	s.signIn.Stop()
	s.line.wipe()
}

func (s secret) empty() bool    { return s.line.Value() == "" }
func (s secret) revealed() bool { return s.line.EchoMode == textinput.EchoNormal }

func (s secret) submit() key.Binding {
	return when(!s.working && !s.empty(), s.env.bind("save", "enter"))
}

func (s secret) reveal() key.Binding {
	id := "reveal"
	if s.revealed() {
		id = "hide"
	}
	return when(!s.working && !s.empty(), s.env.bind(id, "ctrl+r"))
}

func (s secret) test() key.Binding {
	return when(!s.working && s.canTest, s.env.bind("test", "ctrl+t"))
}

func (s secret) environment() key.Binding {
	return when(!s.working && !s.offered.Empty(), s.env.bind("environment", "ctrl+e"))
}
func (s secret) back() key.Binding { return s.env.bind("back", "esc") }

func (s secret) trace() key.Binding { return s.env.traceKey(s.working) }

func (s secret) Keys() []key.Binding {
	return []key.Binding{s.submit(), s.reveal(), s.test(), s.environment(), s.back(), s.trace()}
}

func (s secret) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	if k, ok := msg.(tea.KeyMsg); ok {
		return s.press(k)
	}
	cmd, err := s.update(msg)
	var input *flows.InputError
	switch {
	case errors.As(err, &input):
		// It can be mended here.
		s.working, s.failed = false, err
		s.line.Focus()
		return s, nil, nil
	case err != nil:
		s.Stop()
		return s, nil, isFailed{err, s.request.Method}
	}
	return s, cmd, nil
}

func (s secret) press(k tea.KeyMsg) (screen, tea.Cmd, intent) {
	switch {
	case pressed(k, s.back()):
		s.line.wipe()
		return s, nil, wantBack{}
	case pressed(k, s.trace()):
		return s, nil, wantTrace{}
	case s.working:
	case k.Paste && isLogin(string(k.Runes)):
		return s, nil, wantImport{credstore.NewSecret(string(k.Runes))}
	case pressed(k, s.submit()):
		return s.save(s.parse(s.line.Value()))
	case pressed(k, s.environment()):
		return s.save(s.offered, nil)
	case pressed(k, s.reveal()):
		if s.revealed() {
			s.line.EchoMode = textinput.EchoPassword
		} else {
			s.line.EchoMode = textinput.EchoNormal
		}
	case pressed(k, s.test()):
		s.verify = !s.verify
	default:
		s.failed = nil
		s.line.take(k)
		if s.empty() {
			s.line.EchoMode = textinput.EchoPassword
		}
	}
	return s, nil, nil
}

// save begins the attempt, or says why the text cannot be a key.
func (s secret) save(text credstore.Secret, err error) (screen, tea.Cmd, intent) {
	if err != nil {
		s.failed = err
		return s, nil, nil
	}
	s.failed, s.working = nil, true
	s.line.EchoMode = textinput.EchoPassword
	r := s.request
	r.Secret, r.Verify = text, s.verify
	s.signIn.Stop()
	s.try, s.challenge = s.env.work.attempt(), nil
	return s, beginCmd(s.try, s.env.login, r), nil
}

func (s secret) View(w, _ int) string {
	t := s.env.theme
	parts := []string{s.above(w), s.line.view(w) + "\n" + s.state(w)}
	if s.canTest {
		parts = append(parts, s.checkbox(w))
	}
	if !s.offered.Empty() {
		parts = append(parts, t.Faint.Render(wrap(s.env.say(s.words+".environment", "Hint", s.offered.Hint()), w)))
	}
	return paragraphs(append(parts, t.Faint.Render(wrap(s.env.say(s.words+".warning"), w)))...)
}

// above is what stands above the field.
func (s secret) above(w int) string {
	t := s.env.theme
	return t.Title.Render(wrap(s.env.say(s.words+".question"), w)) + "\n" + s.made(w)
}

// made says where one is made.
func (s secret) made(w int) string {
	text := wrap(s.env.say(s.words+".text"), w)
	if s.page == "" {
		return text
	}
	return text + "\n" + link(s.env.theme, s.page, w)
}

// FocusedLine is the one beneath the field, which says what is wrong with it.
func (s secret) FocusedLine(w, _ int) int { return height(s.above(w)) + 3 }

// state is the line beneath the field: its length, what is wrong, or what is
// being done.
func (s secret) state(w int) string {
	t := s.env.theme
	switch {
	case s.working && s.verify:
		return t.Accent.Render(wrap(s.env.say("key.testing"), w))
	case s.working:
		return t.Accent.Render(wrap(s.env.say(s.words+".working"), w))
	case s.failed != nil:
		x := s.env.explain(s.failed)
		return t.Bad.Render(wrap(x.Title, w)) + "\n" + t.Faint.Render(wrap(x.Text+" "+strings.ReplaceAll(x.Next, "\n", " "), w))
	case s.empty():
		return t.Faint.Render(wrap(s.env.say("key.hidden"), w))
	}
	return t.Faint.Render(wrap(s.env.say("key.length", "Count", utf8.RuneCountInString(s.line.Value())), w))
}

func (s secret) checkbox(w int) string {
	t := s.env.theme
	mark := "[ ] "
	if s.verify {
		mark = "[" + t.Accent.Render(t.Glyphs.Check) + "] "
	}
	return hanging(mark, s.env.say("key.test"), w)
}

func (s secret) Title() string { return s.env.say("frame.title." + s.words) }
func (s secret) Help() string  { return "help." + s.words }
