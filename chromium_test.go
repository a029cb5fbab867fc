//go:build !windows

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"codex-login/flows/sandbox"
	"codex-login/tui/termtest"
)

// tab is a real browser with one page open.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu         sync.Mutex
	complaints []string // what its console says
}

// chromium starts a browser with a profile of its own that calls nobody.
func chromium(t *testing.T) *tab {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		missing(t, "chromium")
	}
	home := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(
		ctx, chromedp.ExecPath(path), chromedp.UserDataDir(home), chromedp.NoInheritEnv, chromedp.Env("HOME="+home, "PATH="+os.Getenv("PATH")),
		chromedp.Headless, chromedp.NoSandbox, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-dev-shm-usage", true),
	)
	t.Cleanup(cancel)
	b := &tab{t: t}
	silent := func(string, ...any) {}
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithLogf(silent), chromedp.WithErrorf(silent), chromedp.WithListener(b.hear))
	t.Cleanup(cancel)
	b.ctx = ctx
	b.do("start")
	return b
}

// hear notes what the browser's console gets.
func (b *tab) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded:
		b.complaints = append(b.complaints, fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL))
	case *runtime.EventConsoleAPICalled:
		b.complaints = append(b.complaints, "console."+string(e.Type))
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, "exception: "+e.ExceptionDetails.Text)
	}
}

func (b *tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
}

// see returns something of the page.
func see[T any](b *tab, what chromedp.Action[T]) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, what)
	if err != nil {
		b.t.Fatal(err)
	}
	return value
}

// click presses the button of a sandbox page with that value.
func (b *tab) click(on, name, value string) {
	b.t.Helper()
	b.do("click "+value, chromedp.WaitVisible(chromedp.CSS("main#"+on)),
		chromedp.Click(chromedp.CSS(fmt.Sprintf("button[name=%q][value=%q]", name, value))))
}

// ends reads the last page.
func (b *tab) ends(selector string) (title, text, address string) {
	b.t.Helper()
	b.do("the last page", chromedp.WaitVisible(chromedp.CSS(selector)))
	return see(b, chromedp.Title()), see(b, chromedp.Text(chromedp.CSS("body"))), see(b, chromedp.Location())
}

// content fails when the browser found something wrong with the pages, such as
// what a Content-Security-Policy forbids.
func (b *tab) content() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, complaint := range b.complaints {
		b.t.Errorf("the browser complains: %s", complaint)
	}
}

// styled: the page's style sheet was let through by the page's own policy.
func (b *tab) styled() {
	b.t.Helper()
	radius := see(b, chromedp.Evaluate[string](`getComputedStyle(document.querySelector("main")).borderTopLeftRadius`))
	if radius == "0px" || radius == "" {
		b.t.Error("the page stands there without its style")
	}
}

func TestChromiumSignsIn(t *testing.T) {
	b := chromium(t)
	p := newPerson(t, nil)
	term := p.sit(termtest.Options{})
	keyed("1", atBrowser)(term)
	b.do("open", chromedp.Navigate(authorizeLink(term)))
	b.styled()
	b.click("sign-in", "person", sandbox.MinaHarbour.Person)
	b.click("workspace", "workspace", sandbox.MinaHarbour.Workspace)
	b.click("consent", "decision", "allow")
	title, text, address := b.ends("main .hint")
	if title != "You are signed in to Codex" || !strings.Contains(text, "You can close this page and go back to the terminal.") {
		t.Errorf("the last page: %s\n%s", title, text)
	}
	b.styled()
	if address != "http://127.0.0.1:1455/success" {
		t.Errorf("the address bar shows %s", address)
	}
	for _, entry := range see(b, chromedp.NavigationEntries()).Entries {
		if strings.Contains(entry.URL, "/auth/callback") || strings.Contains(entry.URL, "/success?") {
			t.Errorf("the history keeps %s", entry.URL)
		}
	}
	b.content()
	p.signedIn(term, "Account: "+sandbox.MinaHarbour.Person, "Logged in using ChatGPT")
	if got := storedTokens(t, p).Tokens.AccountID; got != sandbox.HarbourID {
		t.Errorf("workspace %s", got)
	}
}

func TestChromiumIsToldOfARefusal(t *testing.T) {
	for name, c := range map[string]struct {
		setup       func(*sandbox.Behaviour)
		answer      string
		title, text string
	}{
		"by the person": {nil, "deny", "The sign-in was refused", "The terminal says what to do next."},
		// What the issuer says is text, whatever stands in it.
		"by the issuer": {
			func(b *sandbox.Behaviour) {
				b.Refuse = &sandbox.Refusal{Error: "access_denied", Description: `<script>console.log("x")</script><b id="bold">no</b>`}
			}, "allow", "The sign-in was refused", `<script>console.log("x")</script><b id="bold">no</b>`,
		},
		"not entitled": {
			func(b *sandbox.Behaviour) { b.Refuse = sandbox.MissingEntitlement() },
			"allow", "Codex is not enabled for this workspace", "The terminal says what to do next.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := chromium(t)
			p := newPerson(t, c.setup)
			term := p.sit(termtest.Options{})
			keyed("1", atBrowser)(term)
			b.do("open", chromedp.Navigate(authorizeLink(term)))
			b.click("sign-in", "person", sandbox.MinaPlus.Person)
			b.click("workspace", "workspace", sandbox.MinaPlus.Workspace)
			b.click("consent", "decision", c.answer)
			title, text, _ := b.ends("main.failed .hint")
			if title != c.title || !strings.Contains(text, c.text) {
				t.Errorf("the last page: %s\n%s", title, text)
			}
			b.styled()
			// 400 is what the page is answered with, and all that may be said.
			b.mu.Lock()
			for _, complaint := range b.complaints {
				if !strings.Contains(complaint, "status of 400") {
					t.Errorf("the browser complains: %s", complaint)
				}
			}
			b.mu.Unlock()
			awake(term, c.title)
			term.Key("q")
			if code := term.WaitExit(); code != exitFailed || p.authJSON() != "" {
				t.Errorf("exit %d", code)
			}
		})
	}
}

func TestChromiumTakesADeviceCode(t *testing.T) {
	b := chromium(t)
	p := newPerson(t, quick)
	term := p.sit(termtest.Options{})
	then(keyed("2", atIntro), "enter", atDevice)(term)
	code := term.WaitForMatch(deviceCode.String())[0]
	address := ""
	for _, link := range term.Links() {
		address = link.URL
	}
	b.do("open", chromedp.Navigate(address))
	b.click("sign-in", "person", sandbox.MinaHarbour.Person)
	field := chromedp.CSS("#user_code")
	b.do("type a wrong code", chromedp.WaitVisible(field), chromedp.SendKeys(field, "AAAA-00000\r"), chromedp.WaitVisible(chromedp.CSS("[role=alert]")))
	b.do("type the code", chromedp.Clear(field), chromedp.SendKeys(field, strings.ToLower(code)+"\r"))
	b.click("workspace", "workspace", sandbox.MinaHarbour.Workspace)
	b.click("consent", "decision", "allow")
	b.ends("main#device-done")
	b.styled()
	b.content()
	p.signedIn(term, "Account: "+sandbox.MinaHarbour.Person, "Logged in using ChatGPT")
}

// TestChromiumMeetsAnotherSignIn: an address of an earlier attempt is refused
// with a page, and the sign-in that waits goes on.
func TestChromiumMeetsAnotherSignIn(t *testing.T) {
	b := chromium(t)
	p := newPerson(t, nil)
	term := p.sit(termtest.Options{})
	keyed("1", atBrowser)(term)
	b.do("an old tab", chromedp.Navigate("http://127.0.0.1:1455/auth/callback?code=ac_0123456789abcdef&state=another"))
	if title, _, _ := b.ends("main.failed .hint"); title != "This page belongs to another sign-in" {
		t.Errorf("the page says %q", title)
	}
	waitFlat(t, term, "An answer that belongs to another sign-in came in and was refused.")
	if _, err := p.issuer.Approve(t.Context(), authorizeLink(term), sandbox.MinaPlus); err != nil {
		t.Fatal(err)
	}
	p.signedIn(term, "Successfully logged in", "Logged in using ChatGPT")
}
