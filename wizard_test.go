//go:build !windows

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"codex-login/flows/sandbox"
	"codex-login/tui/termtest"
)

// quick makes a device code's polls a second apart.
func quick(b *sandbox.Behaviour) {
	b.EditDeviceCode = func(answer map[string]any) { answer["interval"] = "1" }
}

// authorizeLink is the address of the browser screen, as a click gets it.
func authorizeLink(term *termtest.Terminal) string {
	found := ""
	term.WaitUntil("a sign-in link", func() bool {
		for _, link := range term.Links() {
			if strings.Contains(link.URL, "/oauth/authorize?") {
				found = link.URL
			}
		}
		return found != ""
	})
	return found
}

// enterCode does the person's part of a device code that the screen shows.
func (p *person) enterCode(term *termtest.Terminal, seat sandbox.Seat) {
	p.t.Helper()
	code := term.WaitForMatch(deviceCode.String())[0]
	if err := p.issuer.ApproveDevice(context.Background(), code, seat); err != nil {
		p.t.Fatal(err)
	}
}

// redirectAfter is where a browser on another machine ends: the address cannot
// be opened there.
func redirectAfter(t testing.TB, issuer *sandbox.Server, link string, seat sandbox.Seat) string {
	t.Helper()
	ended, err := issuer.Redirect(context.Background(), link, seat)
	if err != nil {
		t.Fatal(err)
	}
	return ended
}

// signedIn leaves the wizard by the screen that ends a sign-in, and asks the
// commands whether they agree.
func (p *person) signedIn(term *termtest.Terminal, said, status string) {
	p.t.Helper()
	awake(term, atDone)
	term.Key("enter")
	if code := term.WaitExit(); code != exitDone || term.Restored() != "" {
		p.t.Errorf("exit %d, %s", code, term.Restored())
	}
	if !strings.Contains(term.Screen(), said) {
		p.t.Errorf("the last words are not %q:\n%s", said, term.Screen())
	}
	p.agreed(status)
}

// agreed holds our status, and that of the real Codex where there is one,
// against what it should be.
func (p *person) agreed(status string) {
	p.t.Helper()
	ours := p.run("", "status")
	first, _, _ := strings.Cut(ours.out, "\n")
	if !strings.HasPrefix(first, status) {
		p.t.Errorf("status says %q (%d), want %q", first, ours.code, status)
	}
	codex, err := sandbox.NewPeer(p.issuer, p.home)
	if errors.Is(err, sandbox.ErrNoCodex) || errors.Is(err, sandbox.ErrNotIsolated) {
		return // TestCodexReadsWhatWeStore says that it is missing
	}
	if err != nil {
		p.t.Fatal(err)
	}
	out, _ := codexRun(p.t, codex, "", "login", "status")
	if statusLine(out) != first {
		p.t.Errorf("codex says %q, we say %q", statusLine(out), first)
	}
}

// authJSON is the stored document.
func (p *person) authJSON() string {
	b, err := os.ReadFile(filepath.Join(p.home, "auth.json"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		p.t.Fatal(err)
	}
	return string(b)
}

// hasBeenShown looks for a secret in what went to the terminal, cut anywhere by
// escape sequences or line ends. Its first eight and last five characters may
// be seen: they are the hint.
func hasBeenShown(output []byte, secret string) bool {
	plain := regexp.MustCompile(`\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07\x1b]*(\x07|\x1b\\)|\s`).ReplaceAll(output, nil)
	return bytes.Contains(plain, []byte(secret[8:len(secret)-5]))
}

func TestWizardSignsInWithADevice(t *testing.T) {
	p := newPerson(t, quick)
	term := p.sit(termtest.Options{})
	then(keyed("2", atIntro), "enter", atDevice)(term)
	p.enterCode(term, sandbox.MinaHarbour)
	p.signedIn(term, "Successfully logged in", "Logged in using ChatGPT")
	if got := storedTokens(t, p).Tokens.AccountID; got != sandbox.HarbourID {
		t.Errorf("workspace %s", got)
	}
}

func TestWizardSignsInWithTheBrowser(t *testing.T) {
	p := newPerson(t, nil)
	term := p.sit(termtest.Options{})
	keyed("1", atBrowser)(term)
	page, err := p.issuer.Approve(t.Context(), authorizeLink(term), sandbox.JonasMeridian)
	if err != nil || page.Title != "You are signed in to Codex" {
		t.Fatalf("the browser shows %+v, %v", page, err)
	}
	p.signedIn(term, "Account: jonas@example.test", "Logged in using ChatGPT")
}

// TestWizardOpensTheBrowserOfThePerson starts what BROWSER names with the
// address, and the person's browser does the rest.
func TestWizardOpensTheBrowserOfThePerson(t *testing.T) {
	p := newPerson(t, nil)
	note := filepath.Join(t.TempDir(), "address")
	script := filepath.Join(t.TempDir(), "browser")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nprintf %s \"$1\" >'"+note+".new' && mv '"+note+".new' '"+note+"'\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	term := p.sit(termtest.Options{Env: []string{"BROWSER=" + script}})
	keyed("1", atBrowser)(term)
	shown := authorizeLink(term)
	var opened []byte
	// The waiting screen draws its spinner as long as nothing happens.
	term.WaitUntil("a browser", func() bool {
		opened, _ = os.ReadFile(note)
		return len(opened) > 0
	})
	if string(opened) != shown {
		t.Fatalf("opened %s\nshown  %s", opened, shown)
	}
	if _, err := p.issuer.Approve(t.Context(), string(opened), sandbox.MinaPlus); err != nil {
		t.Fatal(err)
	}
	p.signedIn(term, "Successfully logged in", "Logged in using ChatGPT")
}

func TestWizardTakesAPastedRedirect(t *testing.T) {
	p := newPerson(t, nil)
	term := p.sit(termtest.Options{Env: []string{"SSH_CONNECTION=192.0.2.1 50000 192.0.2.2 22"}})
	keyed("1", atBrowser)(term)
	redirect := redirectAfter(t, p.issuer, authorizeLink(term), sandbox.MinaPlus)

	// An address of another sign-in is refused and changes nothing.
	term.Paste(strings.Replace(redirect, "state=", "state=x", 1))
	term.WaitFor(inField)
	term.Key("enter")
	term.WaitFor("This belongs to another sign-in")
	term.Key("ctrl+u")
	term.WaitFor("http://127.0.0.1:1455/auth/callback?code=…")

	// As a terminal copies what it has wrapped: broken anywhere, indented.
	wrapped := ""
	for i := 0; i < len(redirect); i += 40 {
		wrapped += "  " + redirect[i:min(i+40, len(redirect))] + "\n"
	}
	term.Paste(wrapped)
	term.WaitGone("This belongs to another sign-in")
	if !term.BracketedPaste() {
		t.Error("pastes are not asked to be marked: a line end in one would act as the enter key")
	}
	term.Key("enter")
	p.signedIn(term, "Successfully logged in", "Logged in using ChatGPT")
}

func TestWizardTakesAKey(t *testing.T) {
	for name, give := range map[string]func(term *termtest.Terminal, key string){
		"typed": func(term *termtest.Terminal, key string) {
			for _, r := range key {
				term.Key(string(r))
			}
		},
		"pasted":              func(term *termtest.Terminal, key string) { term.Paste(key) },
		"pasted with a quote": func(term *termtest.Terminal, key string) { term.Paste("'" + key + "'\n") },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPerson(t, nil)
			key := p.issuer.NewAPIKey(sandbox.MinaPlus)
			term := p.sit(termtest.Options{})
			keyed("3", atKey)(term)
			give(term, key)
			term.WaitForMatch(`\d\d characters`)
			term.Key("enter")
			awake(term, atDone)
			if hasBeenShown(term.Raw(), key) {
				t.Error("the key was shown")
			}
			p.signedIn(term, "API key saved", "API key configured - "+key[:8]+"***"+key[len(key)-5:])
			if hasBeenShown(term.Raw(), key) {
				t.Error("the key was shown at the end")
			}
			if !strings.Contains(p.authJSON(), key) {
				t.Error("the key was not stored")
			}
		})
	}
}

// TestAKeyIsShownOnRequestOnly also holds what the test above looks for
// against a terminal that has it.
func TestAKeyIsShownOnRequestOnly(t *testing.T) {
	p := newPerson(t, nil)
	key := p.issuer.NewAPIKey(sandbox.MinaPlus)
	term := p.sit(termtest.Options{Cols: 120})
	keyed("3", atKey)(term)
	term.Paste(key)
	term.WaitForMatch(`\d\d characters`)
	if hasBeenShown(term.Raw(), key) {
		t.Fatal("the key was shown before it was asked for")
	}
	term.Key("ctrl+r")
	term.WaitFor(key)
	if !hasBeenShown(term.Raw(), key) {
		t.Fatal("hasBeenShown does not see a key that is on the screen")
	}
	term.Key("ctrl+r")
	term.WaitGone(key)
	hidden := term.Mark()
	term.Key("?") // a character of the key by now
	term.WaitFor("characters")
	term.Key("ctrl+c")
	term.WaitExit()
	if hasBeenShown(term.BytesSince(hidden), key) {
		t.Error("the key was shown after it was hidden")
	}
	if p.authJSON() != "" {
		t.Error("something was stored")
	}
}

// TestWizardTriesAKeyOut: a key that does not work is not stored, and can be
// mended where it was typed.
func TestWizardTriesAKeyOut(t *testing.T) {
	p := newPerson(t, nil)
	term := p.sit(termtest.Options{})
	keyed("3", atKey)(term)
	term.Paste("sk-proj-ofnobodyatall0123456789")
	term.Key("ctrl+t")
	term.WaitForMatch(`\[[✓x]\] Ask OpenAI`)
	term.Key("enter")
	waitFlat(t, term, "OpenAI does not accept this key")
	if p.authJSON() != "" {
		t.Fatal("a key that does not work was stored")
	}
	term.Key("ctrl+u")
	term.WaitFor("sk-…")
	key := p.issuer.NewAPIKey(sandbox.MinaPlus)
	term.Paste(key)
	term.Key("enter")
	p.signedIn(term, "API key saved", "API key configured")
	if n := len(p.issuer.RequestsTo(sandbox.Models)); n != 2 {
		t.Errorf("%d keys were tried out, not 2", n)
	}
}

func TestWizardTakesTheKeyOfTheEnvironment(t *testing.T) {
	p := newPerson(t, nil)
	key := p.issuer.NewAPIKey(sandbox.MinaPlus)
	term := p.sit(termtest.Options{Env: []string{"OPENAI_API_KEY=" + key}})
	keyed("3", atKey)(term)
	waitFlat(t, term, "OPENAI_API_KEY is set here ("+key[:8]+"***"+key[len(key)-5:]+")")
	term.Key("ctrl+e")
	p.signedIn(term, "API key saved", "API key configured")
	if hasBeenShown(term.Raw(), key) {
		t.Error("the key was shown")
	}
	if !strings.Contains(p.authJSON(), key) {
		t.Error("the key was not stored")
	}
}

func TestWizardTakesAnAccessToken(t *testing.T) {
	p := newPerson(t, nil)
	token := p.issuer.NewAccessToken(sandbox.MinaHarbour)
	term := p.sit(termtest.Options{})
	keyed("4", atToken)(term)
	term.Paste(token)
	term.WaitForMatch(`\d\d characters`)
	term.Key("enter")
	p.signedIn(term, "Successfully logged in", "Logged in using personal access token")
	if hasBeenShown(term.Raw(), token) {
		t.Error("the token was shown")
	}
}

// TestWizardSignsOut in both ways: with and without ending the session.
func TestWizardSignsOut(t *testing.T) {
	for _, c := range []struct {
		key, said string
		revoked   int
	}{
		{"1", "The session has been ended at OpenAI", 1},
		{"2", "The session stays valid at OpenAI", 0},
	} {
		t.Run(c.said, func(t *testing.T) {
			p := newPerson(t, quick)
			if _, code := p.approved(sandbox.MinaHarbour, "--device-auth"); code != 0 {
				t.Fatal(code)
			}
			token := storedTokens(t, p).Tokens.RefreshToken.Reveal()
			term := p.sit(termtest.Options{})
			term.WaitFor(atLogin)
			waitFlat(t, term, sandbox.MinaHarbour.Person)
			term.Key("ctrl+o")
			term.WaitFor("Sign out mina@example.test?")
			term.Key(c.key)
			awake(term, c.said)
			term.Key("enter")
			if code := term.WaitExit(); code != exitDone || term.Restored() != "" {
				t.Errorf("exit %d, %s", code, term.Restored())
			}
			if p.authJSON() != "" {
				t.Error("the login is still there")
			}
			revoked := p.issuer.RequestsTo(sandbox.Revoke)
			if len(revoked) != c.revoked || (c.revoked == 1 && !bytes.Contains(revoked[0].Body, []byte(token))) {
				t.Errorf("%d sessions ended", len(revoked))
			}
			p.agreed("Not logged in")
		})
	}
}

// pages are the logins in the account book.
func (p *person) pages() []string {
	found, err := filepath.Glob(filepath.Join(p.home, "codex-login", "accounts", "*.json"))
	if err != nil {
		p.t.Fatal(err)
	}
	return found
}

// TestWizardKeepsTheReplacedSession until the person wants it ended.
func TestWizardKeepsTheReplacedSession(t *testing.T) {
	p := newPerson(t, quick)
	if _, code := p.approved(sandbox.MinaHarbour, "--device-auth"); code != 0 {
		t.Fatal(code)
	}
	old := p.authJSON()
	token := storedTokens(t, p).Tokens.RefreshToken.Reveal()
	term := p.sit(termtest.Options{})
	term.WaitFor(atLogin)
	term.Key("ctrl+n")
	then(keyed("2", atIntro), "enter", atDevice)(term)
	if p.authJSON() != old {
		t.Error("the login was touched before there was another")
	}
	p.enterCode(term, sandbox.JonasMeridian)
	awake(term, "The earlier session of mina@example.test (Business")
	if n := len(p.issuer.RequestsTo(sandbox.Revoke)); n != 0 || len(p.pages()) != 1 {
		t.Fatalf("%d sessions ended, %d kept", n, len(p.pages()))
	}
	kept, err := os.ReadFile(p.pages()[0])
	if err != nil || !bytes.Contains(kept, []byte(token)) {
		t.Errorf("the kept login is another one: %v", err)
	}
	term.Key("r")
	waitFlat(t, term, "The earlier session of mina@example.test (Business · b3a9e7c4) has been ended")
	var sent struct{ Token string }
	revoked := p.issuer.RequestsTo(sandbox.Revoke)
	if len(revoked) != 1 || json.Unmarshal(revoked[0].Body, &sent) != nil || sent.Token != token {
		t.Errorf("%d sessions ended; the earlier one: %v", len(revoked), sent.Token == token)
	}
	if len(p.pages()) != 0 {
		t.Error("the ended session is still in the book")
	}
	p.signedIn(term, "Account: jonas@example.test", "Logged in using ChatGPT")
}
