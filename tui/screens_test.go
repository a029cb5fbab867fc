package tui

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/policy"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
)

// TestKeyIsNeverShown: a key that is typed or pasted appears in no frame before
// it is revealed, and not after it is hidden again or the screen was left.
func TestKeyIsNeverShown(t *testing.T) {
	const secretText = "sk-proj-abcdefghijklmnop12345"
	e := testEnv(t, "OPENAI_API_KEY=sk-env-zyxwvutsrqponmlk98765")
	d := &driver{t: t, news: make(chan tea.Msg, 64)}
	d.root = newRoot(e, flows.APIKey, credstore.ModeFile, func(p any) { t.Fatal(p) })
	d.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	d.send(checkedMsg{err: credstore.ErrNotFound})
	shows := func() bool { return strings.Contains(ansi.Strip(d.root.View()), secretText) }
	for _, r := range secretText[:10] {
		d.key(string(r))
	}
	d.send(paste(secretText[10:] + "\r\n"))
	if !strings.Contains(d.root.View(), "29 characters") {
		t.Fatalf("the length is not said:\n%s", d.root.View())
	}
	for i, f := range d.frames {
		for n := range len(secretText) - 5 {
			if strings.Contains(strings.ReplaceAll(ansi.Strip(f), "sk-proj-***", ""), secretText[n:n+6]) {
				t.Fatalf("frame %d shows a part of the key:\n%s", i, f)
			}
		}
	}
	d.key("ctrl+r")
	if !shows() {
		t.Error("ctrl+r does not reveal")
	}
	d.key("f1")
	if shows() {
		t.Error("the help page shows the key")
	}
	d.key("esc", "ctrl+r")
	if shows() {
		t.Error("ctrl+r does not hide")
	}
	d.key("ctrl+r", "esc")
	d.key("3")
	if shows() || strings.Contains(d.root.View(), "29 characters") {
		t.Errorf("the key is still there after leaving:\n%s", d.root.View())
	}
	for _, f := range d.frames {
		if strings.Contains(ansi.Strip(f), "sk-env-zyxwvutsrqponmlk98765") {
			t.Fatal("the key of the environment is shown")
		}
	}
	if !strings.Contains(d.root.View(), "sk-env-z***98765") {
		t.Errorf("the key of the environment is not offered:\n%s", d.root.View())
	}
}

// TestSleepingScreen: a key typed for the screen before does not answer one
// that came by itself.
func TestSleepingScreen(t *testing.T) {
	e := testEnv(t)
	r := newRoot(e, "", credstore.ModeFile, nil)
	next, _ := r.update(tea.WindowSizeMsg{Width: 80, Height: 24})
	next, _ = next.update(checkedMsg{err: ruleOf(ordinary)})
	early, _ := next.update(press("enter"))
	if early.leave {
		t.Fatal("a key that came too early left the wizard")
	}
	if strings.Contains(early.View(), "any key") {
		t.Error("the footer lists keys that do not work yet")
	}
	stale, _ := early.update(awakeMsg{early.shown - 1})
	if !stale.asleep {
		t.Error("an old message woke the screen")
	}
	awake, _ := early.update(awakeMsg{early.shown})
	if !strings.Contains(awake.View(), "any key") {
		t.Errorf("the footer does not list the keys:\n%s", awake.View())
	}
	left, _ := awake.update(press("enter"))
	if !left.leave || !errors.As(left.err, new(*policy.Violation)) {
		t.Errorf("leave %v, err %v", left.leave, left.err)
	}
	quit, _ := early.update(press("ctrl+c"))
	if !quit.leave {
		t.Error("ctrl+c has to wait")
	}
}

// TestStaleAnswers: what an old attempt has to say changes nothing.
func TestStaleAnswers(t *testing.T) {
	e := testEnv(t)
	s := deviceStates(e, ordinary)[1].screen.(device)
	old := s.try.id
	s.begin()
	for _, msg := range []tea.Msg{
		challengeMsg{old, &flows.Challenge{UserCode: "OLD"}, nil},
		challengeMsg{old, nil, flows.ErrDenied},
		finishedMsg{old, flows.Receipt{}, flows.ErrExpired},
		approvedMsg{old, flows.ErrDenied},
		tickMsg{old},
	} {
		next, cmd, want := s.Update(msg)
		if want != nil || cmd != nil || next.(device).challenge != nil || next.(device).expired {
			t.Errorf("%#v: %#v, %v", msg, next, want)
		}
	}
	if s.try.id == old || s.try.ctx.Err() != nil {
		t.Error("there is no new attempt")
	}
}

// TestStoredIsStored: a login that an abandoned attempt stored all the same is
// shown, whatever is on the screen.
func TestStoredIsStored(t *testing.T) {
	e := testEnv(t)
	r := newRoot(e, "", credstore.ModeFile, nil)
	r, _ = r.update(checkedMsg{err: credstore.ErrNotFound})
	r, _ = r.update(press("m"))
	r, _ = r.update(finishedMsg{attempt: 99, receipt: flows.Receipt{Account: accountOf(ordinary)}})
	if _, ok := r.top().(done); !ok || len(r.stack) != 1 {
		t.Fatalf("the screen is %T of %d", r.top(), len(r.stack))
	}
	r, _ = r.update(awakeMsg{r.shown})
	r, _ = r.update(press("q"))
	if r.err != nil {
		t.Errorf("it ends with %v over a stored login", r.err)
	}
}

// TestPanicBecomesASentence: a mistake in Update, View or a command stops the
// program through crash, and nothing escapes to the terminal.
func TestPanicBecomesASentence(t *testing.T) {
	e := testEnv(t)
	var got []any
	r := newRoot(e, "", credstore.ModeFile, func(p any) { got = append(got, p) })
	r.w, r.h = 80, 24
	r.stack = []screen{explosive{}}
	r.Update(tickMsg{})
	_ = r.View()
	r.guard(func() tea.Msg { panic("command") })()
	batch := r.guard(tea.Batch(func() tea.Msg { panic("batch") }, func() tea.Msg { return nil }))().(tea.BatchMsg)
	for _, c := range batch {
		c()
	}
	if want := []any{"update", "view", "command", "batch"}; !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

type explosive struct{}

func (explosive) Update(tea.Msg) (screen, tea.Cmd, intent) { panic("update") }
func (explosive) View(int, int) string                     { panic("view") }
func (explosive) Keys() []key.Binding                      { return nil }
func (explosive) Title() string                            { return "" }
func (explosive) Help() string                             { return "" }

func TestSkipRows(t *testing.T) {
	for in, want := range map[string]string{
		"":                                     "",
		"a\r\nb":                               "a\r\nb",
		"\n\n\n\n\n":                           "\n\n\n\n\n",
		"\n\n\n\n\n\n":                         "\x1b[6B",
		"x\r" + strings.Repeat("\n", 31) + "y": "x\r\x1b[31By",
	} {
		if got := string(skipRows([]byte(in))); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// TestEverythingCanBeReached: what does not fit in a small window can be
// scrolled to with the arrows, or by choosing.
func TestEverythingCanBeReached(t *testing.T) {
	e := testEnv(t)
	for _, s := range states(t, e, ordinary) {
		if _, alone := s.screen.(qrAlone); alone || s.asleep {
			continue
		}
		r := newRoot(e, "", credstore.ModeFile, func(p any) { t.Fatal(p) })
		r.stack, r.w, r.h = []screen{s.screen}, 40, 15
		if r.frame().hidden == 0 || !r.frame().arrows {
			continue
		}
		long := r.frame().hidden + 1
		for range long {
			r, _ = r.update(press("down"))
		}
		if f := r.frame(); f.scroll != f.hidden {
			t.Errorf("%s: %d rows stay hidden", s.name, f.hidden-f.scroll)
		}
		r, _ = r.update(press("pgup"))
		for range long {
			r, _ = r.update(press("up"))
		}
		if f := r.frame(); f.focus < 0 && f.scroll != 0 {
			t.Errorf("%s: the top stays hidden", s.name)
		}
	}
}
