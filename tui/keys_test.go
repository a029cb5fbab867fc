package tui

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"codex-login/credstore"
	"codex-login/flows"
	"codex-login/policy"

	tea "github.com/charmbracelet/bubbletea"
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
		{"failure-inspected", "n", wantConnection{}},
		{"failure-407", "n", wantConnection{}},
		{"connection", "esc", wantBack{}},
		{"connection-trying", "r", nil},
		{"connection-asking", "q", nil}, // a letter of the path
		{"connection-asking", "esc esc", wantBack{}},
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
		{"browser", "s", nil}, // no tunnel is needed
		{"browser", "t", wantTrace{}},
		{"browser-arrived", "t", wantTrace{}},
		{"browser-typing", "t", nil}, // a letter
		{"device", "t", wantTrace{}},
		{"device-asking", "t", wantTrace{}},
		{"device-arrived", "t", wantTrace{}},
		{"key-typed", "t", nil}, // a letter
		{"sending", "t", wantTrace{}},
		{"sending-code", "t", wantTrace{}},
		{"failure-browser", "t", wantTrace{}},
		{"unreadable", "t", nil},
		{"security", "esc", wantBack{}},
		{"security", "tab", nil},
		{"security-reading", "o", nil},
		{"card", "s", wantSecurity{book[0]}},
		{"trace", "esc", wantBack{}},
		{"trace", "t", wantBack{}},
		{"trace", "w", nil},
		{"trace-back", "f", nil},
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
		{"refused-start", "n", wantSignIn{flows.Browser}},
		{"refused-start", "h", wantChecks{}},
		{"refused-start", "x", wantLeave{rule}},
		{"refused-hidden", "n", wantSignIn{flows.Browser}},
		{"refused-method", "n", wantInstead{flows.APIKey}},
		{"barred", "r", wantInstead{flows.Browser}},
		{"barred-bare", "r", wantCode{}},
		{"barred", "k", wantInstead{flows.APIKey}},
		{"barred", "esc", wantBack{}},
		{"blocked-conflict", "enter", wantChecks{}},
		{"blocked-conflict", "o", wantSignOut{}},
		{"blocked-conflict", "c", nil},
		{"blocked-broken", "h", wantChecks{}},
		{"checks", "1", wantDoctor{}},
		{"doctor", "esc", wantBack{}},
		{"doctor-looking", "f", nil},
		{"doctor-looking", "r", nil},
		{"doctor-sound", "enter", nil},
		{"doctor-sound", "f", nil},
		{"finding", "enter", wantBack{}},
		{"mending", "esc", wantBack{}},
		{"mending-busy", "esc", nil},
		{"mending-busy", "enter", nil},
		{"mended", "enter", wantBack{}},
		{"rules", "p", wantProvider{}},
		{"rules", "esc", wantBack{}},
		{"rules", "tab", nil},
		{"provider-openai", "n", nil},
		{"provider-openai", "esc", wantBack{}},
		{"provider-key", "n", wantPicker{}},
		{"provider-key", "a", wantAccounts{}},
		{"provider-key", "q", wantLeave{}},
		{"provider-token", "a", nil},
		{"checks", "down enter", wantRules{}},
		{"checks", "6", wantProvider{}},
		{"checks-moved", "enter", wantSecurity{}},
		{"checks", "esc", wantBack{}},
		{"picker", "h", wantChecks{}},
		{"accounts", "ctrl+d", wantChecks{book[0]}},
		{"failure-browser", "h", wantChecks{}},
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
