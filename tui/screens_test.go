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

// TestKeys: which key on which screen in which state asks for what.
func TestKeys(t *testing.T) {
	e := testEnv(t)
	book := entriesOf(ordinary)
	wrongOf := receiptOf(ordinary)
	byName := map[string]screen{}
	for _, s := range states(t, e, ordinary) {
		byName[s.name] = s.screen
	}
	rule := ruleOf(ordinary)
	for _, c := range []struct {
		state string
		keys  string // the last one counts
		want  intent
	}{
		{"welcome", "q", wantLeave{}},
		{"picker", "enter", wantSignIn{flows.Browser}},
		{"picker", "2", wantSignIn{flows.Device}},
		{"picker", "j j enter", wantSignIn{flows.APIKey}},
		{"picker", "down down down down down enter", wantSignIn{flows.AccessToken}},
		{"picker", "4", wantSignIn{flows.AccessToken}},
		{"picker", "5", nil},
		{"picker", "m", wantCompare{}},
		{"picker", "tab", wantCompare{}},
		{"picker", "s", wantStores{}},
		{"picker", "esc", wantBack{}},
		{"picker-ssh", "enter", wantSignIn{flows.Device}},
		{"picker-forbidden", "1", nil},
		{"picker-forbidden", "up up enter", wantSignIn{flows.APIKey}},
		{"picker-forbidden", "3", wantSignIn{flows.APIKey}},
		{"compare", "esc", wantBack{}},
		{"enable", "enter", wantCode{}},
		{"enable", "b", wantInstead{flows.Browser}},
		{"enable", "esc", wantBack{}},
		{"store-trying", "enter", nil},
		{"store", "down enter", nil}, // there is no keyring
		{"store", "down down enter", wantStore{credstore.ModeAuto}},
		{"store", "enter", wantStore{credstore.ModeFile}},
		{"store-pinned", "enter", nil},
		{"store-pinned", "up up enter", wantStore{credstore.ModeFile}},
		{"device-asking", "c", nil},
		{"device-asking", "esc", wantBack{}},
		{"device", "f", wantQR{ordinary.url}},
		{"device", "b", wantInstead{flows.Browser}},
		{"device", "a", nil}, // only in the demo
		{"device-arrived", "b", nil},
		{"device-expired", "b", wantInstead{flows.Browser}},
		{"device-expired", "f", nil},
		{"device-qr", "x", wantBack{}},
		{"browser-starting", "o", nil},
		{"browser", "d", wantCodeToo{}},
		{"browser", "t", nil}, // no tunnel is needed
		{"browser-code", "d", nil},
		{"browser-code", "f", wantQR{ordinary.url}},
		{"browser-code-ended", "f", nil},
		{"browser-code-ended", "d", nil}, // a new one, without being asked again
		{"enable-too", "enter", wantCodeBeside{}},
		{"enable-too", "b", nil},
		{"enable-too", "esc", wantBack{}},
		{"ways", "d", wantCodeToo{}},
		{"ways-code", "f", wantQR{ordinary.url}},
		{"ways", "esc", wantBack{}},
		{"browser", "esc", wantBack{}},
		{"browser-typing", "d", nil}, // a letter
		{"browser-typing", "esc", nil},
		{"browser-typing", "esc esc", wantBack{}},
		{"browser-typing", "tab d", wantCodeToo{}},
		{"browser-arrived", "d", nil},
		{"key", "enter", nil},
		{"key", "q", nil},
		{"key-typed", "esc", wantBack{}},
		{"done", "enter", wantLeave{}},
		{"done", "r", nil},
		{"sign-out", "3", wantBack{}},
		{"sign-out", "esc", wantBack{}},
		{"sign-out-key", "2", wantBack{}},
		{"sign-out-key", "3", nil},
		{"sign-out-working", "esc", nil},
		{"signed-out", "n", wantPicker{}},
		{"signed-out", "q", wantLeave{}},
		{"signed-out", "a", nil},
		{"signed-out-book", "enter", wantAccounts{}},
		{"signed-out-left", "a", wantAccounts{}},
		{"signed-out-left", "enter", wantLeave{}},
		{"refused-start", "c", nil},
		{"refused-start", "n", wantLeave{rule}},
		{"refused-start", "x", wantLeave{rule}},
		{"refused-hidden", "n", wantPicker{}},
		{"refused-others", "a", wantAccounts{}},
		{"refused-others", "x", wantLeave{rule}},
		{"refused-signin", "enter", wantBack{}},
		{"refused-signin", "x", nil},
		{"refused-signin", "q", wantLeave{rule}},
		{"unreadable", "n", wantPicker{}},
		{"unreadable", "o", wantSignOut{}},
		{"unreadable", "r", nil},
		{"unreadable", "a", nil},
		{"unreadable-others", "a", wantAccounts{}},
		{"failure-browser", "r", wantInstead{flows.Browser}},
		{"failure-browser", "d", wantInstead{flows.Device}},
		{"failure-browser", "b", nil},
		{"failure-device", "enter", wantCode{}},
		{"failure-device", "b", wantInstead{flows.Browser}},
		{"failure-device", "esc", wantBack{}},
		{"help-picker", "?", wantBack{}},
		{"accounts", "esc", wantBack{}},
		{"accounts", "ctrl+n", wantPicker{}},
		{"accounts", "ctrl+s", wantMove{}},
		{"accounts", "ctrl+o", wantSignOut{book[0]}},
		{"accounts", "down ctrl+o", wantSignOut{book[1]}},
		{"accounts", "down ctrl+e", wantRename{book[1]}},
		{"accounts", "q", nil}, // a letter
		{"accounts", "down enter", nil},
		{"accounts-filtered", "esc", nil},
		{"accounts-filtered", "esc esc", wantBack{}},
		{"accounts-filtered", "ctrl+e", wantRename{book[1]}},
		{"accounts-nothing", "enter", nil},
		{"accounts-nothing", "ctrl+o", nil},
		{"accounts-ended", "enter", wantSignIn{flows.Browser}},
		{"accounts-switching", "ctrl+n", nil},
		{"accounts", "ctrl+x", wantMachines{book[0]}},
		{"accounts-nothing", "ctrl+x", nil},
		{"card", "x", wantMachines{book[0]}},
		{"picker", "x", wantMachines{}},
		{"machines-reading", "enter", nil},
		{"machines-none", "b o x enter", wantKind{flows.Entry{}, targetsOf("box")}},
		{"machines", "enter", wantKind{book[0], targetsOf("buildbox")}},
		{"machines", "down enter", wantKind{book[0], targetsOf("web-1")}},
		{"machines-marked", "enter", wantKind{book[0], targetsOf("buildbox", "web-2")}},
		{"machines-marked", "  enter", wantKind{book[0], targetsOf("buildbox", "web-2")}},
		{"machines-typed", "enter", wantKind{book[0], targetsOf("docker:db")}},
		{"machines-bad", "enter", nil},
		{"machines-filtered", "esc", nil},
		{"machines-filtered", "esc esc", wantBack{}},
		{"kind", "enter", wantSend{sendOf(flows.SignInFor, book[0], "buildbox"), true}},
		{"kind", "2", nil}, // a number selects, so that the warning is read
		{"kind", "2 2", wantSend{sendOf(flows.SendLend, book[0], "buildbox"), true}},
		{"kind-copy", "enter", wantSend{sendOf(flows.SendCopy, book[0], "buildbox"), true}},
		{"kind-move", "enter", wantSend{sendOf(flows.SendMove, book[0], "buildbox"), true}},
		{"kind-several", "4", nil}, // a login is moved to one machine
		{"kind-key", "down enter", wantSend{sendOf(flows.SendCopy, book[4], "buildbox"), false}},
		{"kind-ended", "down enter", wantSend{sendOf(flows.SignInFor, book[2], "buildbox"), false}},
		{"sending", "esc", wantBack{}},
		{"sending", "enter", nil},
		{"sending-code", "esc", wantBack{}},
		{"sending-code", "b", nil}, // for it there is the code alone
		{"sending-code", "f", wantQR{ordinary.url}},
		{"sending-several", "esc", nil}, // one is being stored
		{"sent", "enter", wantLeave{}},
		{"sent", "esc", wantHome{}},
		{"sent", "r", nil},
		{"sent-failed", "esc", wantBack{}},
		{"picker", "i", wantImport{}},
		{"import", "enter", nil},
		{"import", "esc", wantBack{}},
		{"import-part", "enter", nil}, // a line end
		{"import-sealed", "enter", nil},
		{"import-working", "esc", nil},
		{"card", "e", wantExport{book[0]}},
		{"export", "enter", wantExportTo{book[0], true}},
		{"export", "2", wantExportTo{book[0], false}},
		{"export", "3", wantRecipes{book[0]}},
		{"export-file", "q", nil},
		{"export-file", "esc", wantBack{}},
		{"export-working", "esc", nil},
		{"exported", "enter", wantBack{}},
		{"recipes", "esc", wantBack{}},
		{"accounts-loading", "enter", nil},
		{"accounts-loading", "esc", wantBack{}},
		{"card", "enter", wantBack{}},
		{"card", "o", wantSignOut{book[0]}},
		{"card", "n", wantPicker{}},
		{"card-ended", "n", wantSignIn{flows.Browser}},
		{"switched", "enter", wantLeave{}},
		{"switched", "b", wantAccounts{}},
		{"switched", "esc", wantAccounts{}},
		{"switched-plain", "u", nil}, // nobody was signed in before
		{"switched-working", "enter", nil},
		{"done-held", "w", wantWrong{wrongOf}},
		{"done-held", "a", wantAccounts{}},
		{"done-ended", "w", wantWrong{flows.Receipt{Account: wrongOf.Account, ID: wrongOf.ID}}},
		{"wrong", "3", wantSignIn{flows.Browser}},
		{"wrong", "down down down enter", wantSignIn{flows.Device}},
		{"wrong", "esc", wantBack{}},
		{"wrong-first", "1", wantSignIn{flows.Browser}},
		{"wrong-first", "4", nil},
		{"wrong-key", "3", wantSignIn{flows.APIKey}},
		{"wrong-again", "2", wantSignIn{flows.Browser}},
		{"wrong-known", "2", wantSignIn{flows.APIKey}},
		{"wrong-working", "1", nil},
		{"sign-out-many", "4", wantBack{}},
		{"sign-out-many", "3 3", nil}, // back to the first question
		{"sign-out-many", "3 3 4", wantBack{}},
		{"sign-out-book", "esc", wantBack{}},
		{"rename", "q", nil},
		{"rename", "esc", wantBack{}},
		{"move", "enter", nil}, // they are there already
		{"move", "down down enter", wantMoved{credstore.ModeAuto, 5}},
		{"moving", "esc", nil},
		{"moved", "enter", wantAccounts{}},
		{"trouble", "esc", wantBack{}},
	} {
		s, ok := byName[c.state]
		if !ok {
			t.Fatalf("no state %q", c.state)
		}
		var got intent
		for k := range strings.FieldsSeq(c.keys) {
			s, _, got = s.Update(press(k))
		}
		if !reflect.DeepEqual(got, c.want) {
			if l, ok := got.(wantLeave); ok && errors.Is(l.err, rule) || sameRule(got, c.want) {
				continue
			}
			t.Errorf("%s, %s: %#v, want %#v", c.state, c.keys, got, c.want)
		}
	}
}

func sendOf(kind flows.SendKind, of flows.Entry, names ...string) flows.SendRequest {
	return flows.SendRequest{Kind: kind, Targets: targetsOf(names...), Account: of.ID, SignIn: flows.Request{Method: flows.Device}}
}

func sameRule(got, want intent) bool {
	g, ok := got.(wantLeave)
	w, also := want.(wantLeave)
	var a, b *policy.Violation
	return ok && also && errors.As(g.err, &a) && errors.As(w.err, &b) && reflect.DeepEqual(a, b)
}

// TestFooterListsWhatWorks: every key that the footer names does something in
// that state, and a disabled one does nothing.
func TestFooterListsWhatWorks(t *testing.T) {
	e := testEnv(t)
	for _, s := range states(t, e, ordinary) {
		if _, ok := s.screen.(help); ok {
			continue // its footer is its own, its page lists another's
		}
		for _, b := range s.screen.Keys() {
			for _, k := range b.Keys() {
				next, cmd, want := s.screen.Update(press(k))
				_, types := s.screen.(typing)
				switch works := cmd != nil || want != nil || next.View(80, 20) != s.screen.View(80, 20); {
				case b.Enabled() && !works && !strings.Contains("up down", b.Help().Desc) && !edge(s.name, k):
					t.Errorf("%s: %s (%s) is listed and does nothing", s.name, k, b.Help().Desc)
				case !b.Enabled() && works && !types && !taken(s.screen, k):
					t.Errorf("%s: %s (%s) is not listed and does something", s.name, k, b.Help().Desc)
				}
			}
		}
	}
}

// edge: at the end of a list a movement moves nothing, and what is forbidden is
// numbered all the same.
func edge(name, k string) bool {
	switch k {
	case "up", "k", "down", "j", "1", "2":
		return true
	}
	return false
}

// taken: the same key is listed for something else, or any key goes.
func taken(s screen, k string) bool {
	if r, ok := s.(refused); ok && r.atStart {
		return true
	}
	for _, b := range enabled(s.Keys()) {
		for _, other := range b.Keys() {
			if other == k {
				return true
			}
		}
	}
	return false
}

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

// TestKeysInOneRead: over a slow line several keys arrive at once, and each of
// them counts.
func TestKeysInOneRead(t *testing.T) {
	start := func() root {
		e := testEnv(t)
		r := newRoot(e, "", credstore.ModeFile, nil)
		r, _ = r.update(tea.WindowSizeMsg{Width: 80, Height: 24})
		r, _ = r.update(checkedMsg{err: credstore.ErrNotFound})
		return r
	}
	together := func(text string) tea.KeyMsg { return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(text)} }
	one, _ := start().update(press("j"))
	one, _ = one.update(press("j"))
	both, _ := start().update(together("jj"))
	if both.View() != one.View() || both.View() == start().View() {
		t.Errorf("two keys at once:\n%s\none by one:\n%s", both.View(), one.View())
	}
	typed, _ := start().update(together("3sk-proj-0123456789"))
	if view := typed.View(); !strings.Contains(view, "18 characters") {
		t.Errorf("a key and what it opens a field for:\n%s", view)
	}
	if left, _ := start().update(together("qj")); !left.leave {
		t.Error("q in company does not leave")
	}
}
