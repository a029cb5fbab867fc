package tui

import (
	"encoding/json"
	"errors"
	"strings"

	"codex-login/credstore"
	"codex-login/flows"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// importing takes a login that is pasted: an auth.json, or one that is encrypted
// with a passphrase. Neither is ever shown.
type importing struct {
	env     *env
	text    credstore.Secret
	pasted  bool  // in one piece; otherwise a terminal types it, with its line ends
	pass    field // the passphrase
	try     attempt
	working bool
	failed  error
}

// newImporting may be given what was pasted elsewhere.
func newImporting(e *env, text credstore.Secret) importing {
	s := importing{env: e, pass: newField(e, e.say("import.passphrase"), true)}
	s.pass.Focus()
	if !text.Empty() {
		s.pasteIn(text)
	}
	return s
}

// pasteIn takes what was pasted, unless it can be no login.
func (s *importing) pasteIn(text credstore.Secret) {
	s.text, s.pasted, s.failed = text, true, nil
	if err := flows.CheckDocument(text); err != nil {
		s.text, s.pasted, s.failed = credstore.Secret{}, false, err
	}
}

// isLogin: a pasted text is a whole login, and not a key or an address.
func isLogin(text string) bool {
	text = strings.TrimSpace(text)
	return strings.HasPrefix(text, "{") || flows.Sealed([]byte(text))
}

// Typing: letters are the login, or its passphrase.
func (s importing) Typing() bool { return !s.working }

// Stop ends an import that has not begun, and forgets what was pasted.
func (s importing) Stop() {
	if s.try.cancel != nil {
		s.try.cancel()
	}
	s.pass.wipe()
}

func (s importing) sealed() bool { return flows.Sealed([]byte(s.text.Reveal())) }

// whole: nothing more of the document is to come.
func (s importing) whole() bool {
	text := strings.TrimSpace(s.text.Reveal())
	if s.sealed() {
		return strings.HasSuffix(text, "-----END AGE ENCRYPTED FILE-----")
	}
	return json.Valid([]byte(text))
}

func (s importing) ready() bool {
	return !s.text.Empty() && (s.pasted || s.whole()) && (!s.sealed() || s.pass.Value() != "")
}

func (s importing) submit() key.Binding {
	return when(!s.working && s.ready(), s.env.bind("import_it", "enter"))
}

func (s importing) clear() key.Binding {
	return when(!s.working && !s.text.Empty(), s.env.bind("start_again", "ctrl+u"))
}

func (s importing) back() key.Binding { return when(!s.working, s.env.bind("back", "esc")) }

func (s importing) Keys() []key.Binding { return []key.Binding{s.submit(), s.clear(), s.back()} }

func (s importing) Update(msg tea.Msg) (screen, tea.Cmd, intent) {
	switch msg := msg.(type) {
	case tea.KeyMsg:
		if !s.working {
			return s.press(msg)
		}
		if pressed(msg, s.back()) {
			return s, nil, wantBack{}
		}
	case finishedMsg:
		if msg.attempt == s.try.id && msg.err != nil {
			return s.refused(msg.err)
		}
	}
	return s, nil, nil
}

// refused: a wrong passphrase is typed again, everything else pasted again.
func (s importing) refused(err error) (screen, tea.Cmd, intent) {
	s.working = false
	s.pass.wipe()
	var wrong *flows.DocumentError
	if !errors.As(err, &wrong) {
		return s, nil, isTrouble{err: err, said: s.env.say("import.unchanged")}
	}
	s.failed = err
	if wrong.Problem != flows.DocumentPassphraseWrong && wrong.Problem != flows.DocumentPassphraseNeeded {
		s.text, s.pasted = credstore.Secret{}, false
	}
	return s, nil, nil
}

func (s importing) press(k tea.KeyMsg) (screen, tea.Cmd, intent) {
	switch {
	case pressed(k, s.back()):
		s.text = credstore.Secret{}
		s.pass.wipe()
		return s, nil, wantBack{}
	case pressed(k, s.clear()):
		s.text, s.pasted, s.failed = credstore.Secret{}, false, nil
		s.pass.wipe()
	case pressed(k, s.submit()):
		s.try, s.working, s.failed = s.env.work.attempt(), true, nil
		return s, importCmd(s.env.work, s.try, s.env.login, s.text, credstore.NewSecret(s.pass.Value())), nil
	case k.Paste && (s.text.Empty() || isLogin(string(k.Runes))):
		s.pasteIn(credstore.NewSecret(string(k.Runes)))
	case s.sealed() && (s.pasted || s.whole()):
		s.failed = nil
		s.pass.take(k)
	case !s.pasted:
		s.typed(k)
	}
	return s, nil, nil
}

// mostDocument is far more than a login has; a terminal that types without end
// is not listened to.
const mostDocument = 64 << 10

// typed takes a piece of a document from a terminal that marks no pastes.
func (s *importing) typed(k tea.KeyMsg) {
	piece := ""
	switch k.Type {
	case tea.KeyRunes, tea.KeySpace:
		piece = string(k.Runes)
	case tea.KeyEnter, tea.KeyCtrlJ:
		piece = "\n"
	case tea.KeyTab:
		piece = "\t"
	}
	text := s.text.Reveal()
	if text == "" && strings.TrimSpace(piece) == "" {
		return // nor is what was wrong with a paste put away by it
	}
	if len(text) < mostDocument {
		s.failed = nil
		s.text = credstore.NewSecret(text + piece)
	}
}

func (s importing) View(w, _ int) string {
	t := s.env.theme
	parts := []string{
		t.Title.Render(wrap(s.env.say("import.question"), w)) + "\n" + wrap(s.env.say("import.text"), w),
		s.state(w),
	}
	if s.sealed() && (s.pasted || s.whole()) {
		parts = append(parts, s.pass.view(w))
	}
	return paragraphs(append(parts, s.env.warning(s.env.say("import.source"), w), t.Faint.Render(wrap(s.env.say("import.twice"), w)))...)
}

// state says what is there, never the text itself.
func (s importing) state(w int) string {
	t := s.env.theme
	count := len([]rune(s.text.Reveal()))
	switch {
	case s.working:
		return t.Accent.Render(wrap(s.env.say("import.working"), w))
	case s.failed != nil:
		x := s.env.explain(s.failed)
		return t.Bad.Render(wrap(x.Title, w)) + "\n" + wrap(x.Text, w) + "\n" + s.env.steps(x, w)
	case s.text.Empty():
		return t.Faint.Render(wrap(s.env.say("import.nothing"), w))
	case !s.pasted && !s.whole():
		return t.Faint.Render(wrap(s.env.say("import.more", "Count", count), w))
	case s.sealed():
		return t.Accent.Render(wrap(s.env.say("import.sealed", "Count", count), w))
	}
	return t.Accent.Render(wrap(s.env.say("import.plain", "Count", count), w))
}

// FocusedLine is the line above the warnings.
func (s importing) FocusedLine(w, _ int) int {
	return height(wrap(s.env.say("import.question"), w)) + height(wrap(s.env.say("import.text"), w)) + height(s.state(w))
}

func (s importing) Title() string { return s.env.say("frame.title.import") }
func (s importing) Help() string  { return "help.import" }
