//go:build !windows

package main

import (
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"codex-login/assets"
	"codex-login/flows/sandbox"
	"codex-login/tui/termtest"
)

// said is a text of the catalogue: what a screen is known by. What is to be
// proven stands in the tests in words.
func said(id string) string { return assets.Speak("en").Say(id) }

// What the screens are known by.
var (
	atPicker  = said("picker.question")
	atCompare = said("compare.billing.name")
	atStores  = said("store.name.ephemeral")
	atIntro   = said("device.enable.question")
	atDevice  = said("device.type")
	atQR      = said("device.qr_back")
	atPrint   = said("frame.print_after")
	atBrowser = said("browser.heading")
	inField   = said("frame.key.leave_field")
	atKey     = said("key.question")
	atToken   = said("token.question")
	atHelp    = said("frame.key.cancel")
	atLogin   = said("accounts.filter")
	atCard    = said("accounts.card.active")
	atName    = said("accounts.rename.text")[:40]
	atDone    = said("done.heading")
)

// sit puts the person in front of the wizard, in a terminal that answers
// nothing.
func (p *person) sit(o termtest.Options, args ...string) *termtest.Terminal {
	p.t.Helper()
	all := append([]string{"--experimental_issuer", p.issuer.URL(), "-c", `openai_base_url="` + p.issuer.URL() + `/v1"`}, args...)
	o.Env = append(p.environ(), o.Env...)
	return termtest.Start(p.t, o, program, all...)
}

// flat is the screen as one line, so that a text can be looked for however it
// was wrapped.
func flat(term *termtest.Terminal) string { return strings.Join(strings.Fields(term.Screen()), " ") }

// waitFlat waits for a text that may be wrapped.
func waitFlat(t testing.TB, term *termtest.Terminal, text string) {
	t.Helper()
	term.WaitUntil("\""+text+"\", wrapped or not", func() bool { return strings.Contains(flat(term), text) })
}

// awake waits for a screen that came by itself to take keys: it names none
// before.
func awake(term *termtest.Terminal, text string) {
	term.WaitUntil("\""+text+"\" and the keys that work", func() bool {
		return strings.Contains(flat(term), text) && strings.Contains(flat(term), "? help")
	})
}

// queries are what a program asks a terminal with. An answer would arrive on
// standard input, among the person's keys, or never.
var queries = map[string]*regexp.Regexp{
	"colour (OSC 4, 10 to 19)":        regexp.MustCompile(`\x1b\](4;\d+|1\d);\?`),
	"clipboard (OSC 52)":              regexp.MustCompile(`\x1b\]52;[^;\x07\x1b]*;\?`),
	"status or cursor position (DSR)": regexp.MustCompile(`\x1b\[\??\d*n`),
	"device attributes (DA)":          regexp.MustCompile(`\x1b\[[>=]?\d*c`),
	"mode (DECRQM)":                   regexp.MustCompile(`\x1b\[\??\d*\$p`),
	"setting (XTGETTCAP, DECRQSS)":    regexp.MustCompile(`\x1bP[+$]q`),
	"version (XTVERSION)":             regexp.MustCompile(`\x1b\[>\d*q`),
	"keyboard (kitty)":                regexp.MustCompile(`\x1b\[\?u`),
	"window (XTWINOPS)":               regexp.MustCompile(`\x1b\[(1[1345689]|2[01])(;\d+)*t`),
	"answerback (ENQ)":                regexp.MustCompile(`\x05`),
}

func asksNothing(t *testing.T, term *termtest.Terminal) {
	t.Helper()
	for what, pattern := range queries {
		if found := pattern.Find(term.Raw()); found != nil {
			t.Errorf("the terminal was asked for its %s: %q", what, found)
		}
	}
}

// TestTheTerminalIsNeverAsked runs everything in terminals that answer
// nothing. What waits for an answer does not get through in time.
func TestTheTerminalIsNeverAsked(t *testing.T) {
	p := newPerson(t, nil)
	for _, name := range []string{"xterm-256color", "xterm", "tmux-256color", "screen-256color", "linux", "vt100"} {
		o := func() termtest.Options {
			return termtest.Options{Env: []string{"TERM=" + name}, Timeout: 4 * time.Second}
		}
		for _, args := range [][]string{{"--version"}, {"--help"}, {"status"}} {
			t.Run(name+" "+args[0], func(t *testing.T) {
				term := p.sit(o(), args...)
				term.WaitExit()
				if len(term.Raw()) == 0 {
					t.Error("nothing was said")
				}
				asksNothing(t, term)
			})
		}
		t.Run(name+" wizard", func(t *testing.T) {
			term := p.sit(o())
			term.WaitFor(atPicker)
			// The keys go where they belong at once.
			term.Key("m")
			term.WaitFor(atCompare)
			term.Key("esc")
			term.WaitFor(atPicker)
			term.Key("q")
			term.WaitExit()
			asksNothing(t, term)
		})
	}
}

// place is a screen of the wizard and how to get there.
type place struct {
	name   string
	before func(p *person)
	args   []string
	open   func(term *termtest.Terminal)
	left   int // the exit code of ctrl+c; 130 where nobody is signed in
}

func keyed(key, text string) func(*termtest.Terminal) {
	return then(func(term *termtest.Terminal) { term.WaitFor(atPicker) }, key, text)
}

func then(first func(*termtest.Terminal), key, text string) func(*termtest.Terminal) {
	return func(term *termtest.Terminal) {
		first(term)
		term.Key(key)
		term.WaitFor(text)
	}
}

// places are the screens that a person can be at.
func places() []place {
	login := func(p *person) {
		if r := p.run(p.issuer.NewAPIKey(sandbox.MinaPlus), "--with-api-key"); r.code != 0 {
			p.t.Fatal(r)
		}
	}
	intro := keyed("2", atIntro)
	device := then(intro, "enter", atDevice)
	browser := keyed("1", atBrowser)
	already := func(term *termtest.Terminal) { term.WaitFor(atLogin) }
	return []place{
		{name: "picker", open: func(term *termtest.Terminal) { term.WaitFor(atPicker) }, left: 130},
		{name: "compare", open: keyed("m", atCompare), left: 130},
		{name: "store choice", open: keyed("s", atStores), left: 130},
		{name: "device intro", open: intro, left: 130},
		{name: "device code", open: device, left: 130},
		{name: "QR code alone", open: then(device, "f", atQR), left: 130},
		{name: "printed link", open: then(device, "p", atPrint), left: 130},
		{name: "browser", open: browser, left: 130},
		{name: "paste field", open: then(browser, "v", inField), left: 130},
		{name: "key entry", open: then(keyed("3", atKey), "x", "1 characters"), left: 130},
		{name: "token entry", open: keyed("4", atToken), left: 130},
		{name: "help", open: keyed("?", atHelp), left: 130},
		{name: "signed in", before: login, open: already, left: 0},
		{name: "account card", before: login, open: then(already, "enter", atCard), left: 0},
		{name: "account name", before: login, open: then(already, "ctrl+e", atName), left: 0},
		{name: "sign out", before: login, open: then(already, "ctrl+o", "Sign out"), left: 0},
		{
			name: "refused", args: []string{"--device-auth", "-c", `forced_login_method="api"`}, left: 130,
			open: func(term *termtest.Terminal) { term.WaitFor("not allowed here") },
		},
		{
			name: "failure", left: 130,
			before: func(p *person) {
				p.issuer.Set(func(b *sandbox.Behaviour) { b.Inject(sandbox.DeviceCode, sandbox.Status(503, "")) })
			},
			open: func(term *termtest.Terminal) {
				intro(term)
				term.Key("enter")
				awake(term, "has trouble")
			},
		},
	}
}

// TestTheTerminalIsWholeAgain leaves every screen in every way that there is.
func TestTheTerminalIsWholeAgain(t *testing.T) {
	ways := map[string]func(term *termtest.Terminal){
		"ctrl+c":  func(term *termtest.Terminal) { term.Key("ctrl+c") },
		"SIGINT":  func(term *termtest.Terminal) { term.Signal(syscall.SIGINT) },
		"SIGTERM": func(term *termtest.Terminal) { term.Signal(syscall.SIGTERM) },
		"SIGHUP":  func(term *termtest.Terminal) { term.Signal(syscall.SIGHUP) },
		"hang-up": func(term *termtest.Terminal) { term.Hangup() },
	}
	for _, at := range places() {
		p := newPerson(t, nil)
		if at.before != nil {
			at.before(p)
		}
		for way, leave := range ways {
			t.Run(at.name+" by "+way, func(t *testing.T) {
				here := *p
				here.t = t
				term := here.sit(termtest.Options{}, at.args...)
				at.open(term)
				leave(term)
				want := 130
				if way == "ctrl+c" {
					want = at.left
				}
				if code := term.WaitExit(); code != want {
					t.Errorf("exit code %d, want %d", code, want)
				}
				if way == "hang-up" {
					return // nobody is left to look at a terminal
				}
				if broken := term.Restored(); broken != "" {
					t.Errorf("not given back: %s", broken)
				}
				if want == 130 && !strings.Contains(term.Screen(), "Nothing was changed.") {
					t.Errorf("it does not say how it ended:\n%s", term.Screen())
				}
			})
		}
	}
}

// TestEscLeadsOut goes back screen by screen, and out of the first one.
func TestEscLeadsOut(t *testing.T) {
	p := newPerson(t, nil)
	// At the picker one esc is left to press.
	for _, c := range []struct {
		name string
		open func(*termtest.Terminal)
		back []string // what stands on the screen after each esc
	}{
		{"picker", keyed("m", atCompare), []string{atPicker}},
		{"device", then(keyed("2", atIntro), "enter", atDevice), []string{atPicker}},
		{"help on the intro", then(keyed("2", atIntro), "?", atHelp), []string{atIntro, atPicker}},
		{"QR code", then(then(keyed("2", atIntro), "enter", atDevice), "f", atQR), []string{atDevice, atPicker}},
		{"paste field", then(keyed("1", atBrowser), "v", inField), []string{"d a code as well", atPicker}},
		{"key", keyed("3", atKey), []string{atPicker}},
	} {
		t.Run(c.name, func(t *testing.T) {
			here := *p
			here.t = t
			term := here.sit(termtest.Options{})
			c.open(term)
			for _, text := range c.back {
				term.Key("esc")
				term.WaitFor(text)
			}
			term.Key("esc")
			if code := term.WaitExit(); code != exitCancelled {
				t.Errorf("exit code %d", code)
			}
			if broken := term.Restored(); broken != "" {
				t.Errorf("not given back: %s", broken)
			}
		})
	}
}

// TestQuitSaysWhetherSomebodyIsSignedIn: leaving without a login is a
// cancellation, leaving with one is not.
func TestQuitSaysWhetherSomebodyIsSignedIn(t *testing.T) {
	p := newPerson(t, nil)
	term := p.sit(termtest.Options{})
	term.WaitFor(atPicker)
	term.Key("q")
	if code := term.WaitExit(); code != exitCancelled || term.Restored() != "" {
		t.Errorf("without a login: exit %d, %s", code, term.Restored())
	}
	if r := p.run(p.issuer.NewAPIKey(sandbox.MinaPlus), "--with-api-key"); r.code != 0 {
		t.Fatal(r)
	}
	term = p.sit(termtest.Options{})
	term.WaitFor(atLogin)
	term.Key("esc")
	if code := term.WaitExit(); code != exitDone || term.Restored() != "" {
		t.Errorf("with a login: exit %d, %s", code, term.Restored())
	}
}

// TestTheWindowMayChangeAtAnyMoment drags the window through sizes on screens
// that hold something.
func TestTheWindowMayChangeAtAnyMoment(t *testing.T) {
	const key = "sk-proj-0123456789abcdefghijklmnopqrstuvwxyz"
	device := then(keyed("2", atIntro), "enter", atDevice)
	for _, c := range []struct {
		name string
		open func(*termtest.Terminal)
		text []string // found at every size, wrapped or not
	}{
		{"picker", func(term *termtest.Terminal) { term.WaitFor(atPicker) }, []string{"ChatGPT in the browser", "Access token"}},
		{"device", device, []string{"/codex/device", "Sign in and type this code"}},
		{"browser", keyed("1", atBrowser), []string{"Finish signing in in your browser", "/oauth/authorize?response_type=code"}},
		{"key", func(term *termtest.Terminal) {
			keyed("3", atKey)(term)
			term.Type(key)
			term.WaitFor("44 characters")
		}, []string{"44 characters"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			term := newPerson(t, nil).sit(termtest.Options{Env: []string{"NO_MOTION=1"}})
			c.open(term)
			// The frame may still be coming in, and is what is compared with.
			term.Settle(300 * time.Millisecond)
			steady := regexp.MustCompile(`\d+:\d\d|[━─╌]+`)
			before := steady.ReplaceAllString(term.Screen(), "")
			for _, size := range [][2]int{{40, 15}, {120, 40}, {20, 5}, {80, 24}} {
				term.Resize(size[0], size[1])
				if size[1] == 5 {
					waitFlat(t, term, "This window is too small")
					continue
				}
				for _, text := range c.text {
					// A long address is broken anywhere.
					term.WaitUntil(text, func() bool {
						return strings.Contains(flat(term), text) || strings.Contains(strings.ReplaceAll(flat(term), " ", ""), strings.ReplaceAll(text, " ", ""))
					})
				}
				// A row that was too wide, or one row too many, would have moved
				// the header up or the keys down.
				term.WaitUntil("the header on top and the keys in the last row", func() bool {
					lines := term.Lines()
					top := strings.Join(lines[:2], "")
					return strings.Contains(top, "codex-login") && strings.Contains(lines[len(lines)-1], "help")
				})
			}
			term.WaitUntil("the first screen again:\n"+before, func() bool {
				return steady.ReplaceAllString(term.Screen(), "") == before
			})
			if c.name == "key" {
				term.Key("ctrl+r")
				term.WaitFor(key)
			}
			term.Key("ctrl+c")
			term.WaitExit()
			if broken := term.Restored(); broken != "" {
				t.Errorf("not given back: %s", broken)
			}
		})
	}
}
