package tui

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"codex-login/flows"
	"codex-login/flows/sandbox"

	"github.com/charmbracelet/x/ansi"
)

// The ways that are open at once, with the real workers and an issuer on this
// machine.

// waitAfar waits for a browser on another machine, with a code beside it.
func waitAfar(t *testing.T, s *sandbox.Server) (*driver, browser) {
	t.Helper()
	e := liveEnv(t, s)
	e.login.Where = afar
	d := drive(t, e, flows.Browser)
	until(d, browser.waiting)
	d.sees("ssh -L 1455:localhost:1455 mina@192.0.2.10")
	d.key("d")
	until[enable](d, nil)
	d.key("enter")
	b := until(d, func(b browser) bool { return b.code.works() })
	d.sees(b.code.challenge.UserCode)
	d.sees("ssh -L 1455:localhost:1455 mina@192.0.2.10")
	return d, b
}

// redirectOf signs in on the issuer's pages and stops before the way back.
func redirectOf(t *testing.T, link string, seat sandbox.Seat) string {
	t.Helper()
	ended := ""
	client := &http.Client{CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path == "/auth/callback" {
			ended = r.URL.String()
			return http.ErrUseLastResponse
		}
		return nil
	}}
	address, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	page, err := client.Get(link)
	for _, answer := range []url.Values{{"person": {seat.Person}}, {"workspace": {seat.Workspace}}, {"decision": {"allow"}}} {
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(page.Body)
		_ = page.Body.Close()
		ticket := regexp.MustCompile(`name="ticket" value="([^"]+)"`).FindSubmatch(body)
		if ticket == nil {
			t.Fatalf("no form: %s", body)
		}
		answer.Set("ticket", string(ticket[1]))
		page, err = client.PostForm(address.Scheme+"://"+address.Host+address.Path, answer)
	}
	if err != nil || ended == "" {
		t.Fatalf("the pages did not lead back: %v", err)
	}
	_ = page.Body.Close()
	return ended
}

// TestFirstAnswerCounts: each of the three ways ends the same sign-in.
func TestFirstAnswerCounts(t *testing.T) {
	for name, answer := range map[string]func(*testing.T, *sandbox.Server, *driver, browser){
		"callback": func(t *testing.T, s *sandbox.Server, _ *driver, b browser) {
			go func() { _, _ = s.Approve(t.Context(), b.challenge.URL, sandbox.MinaPlus) }()
		},
		"paste": func(t *testing.T, s *sandbox.Server, d *driver, b browser) {
			d.send(paste(redirectOf(t, b.challenge.URL, sandbox.MinaPlus)))
			d.key("enter")
		},
		"code": func(t *testing.T, s *sandbox.Server, _ *driver, b browser) {
			if err := s.ApproveDevice(t.Context(), b.code.challenge.UserCode, sandbox.MinaPlus); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := startSandbox(t, nil)
			d, b := waitAfar(t, s)
			answer(t, s, d, b)
			until[done](d, nil)
			d.sees("mina@example.test")
			if d.stored() == "" {
				t.Error("nothing is stored")
			}
		})
	}
}

// TestCodeEndsAlone: a code that is refused or that nobody can get is a note;
// the other ways stay open and one of them is used.
func TestCodeEndsAlone(t *testing.T) {
	t.Run("refused", func(t *testing.T) {
		s := startSandbox(t, nil)
		d, b := waitAfar(t, s)
		if err := s.DenyDevice(t.Context(), b.code.challenge.UserCode); err != nil {
			t.Fatal(err)
		}
		until(d, func(b browser) bool { return b.code.ended })
		d.sees("The one-time code works no more")
		d.sees("d new code")
		d.key("d") // without the question
		next := until(d, func(b browser) bool { return b.code.works() })
		if next.code.challenge.UserCode == b.code.challenge.UserCode {
			t.Error("the new code is the old one")
		}
		if strings.Contains(ansi.Strip(d.root.View()), "works no more") {
			t.Error("the end of the old code is still told")
		}
		go func() { _, _ = s.Approve(t.Context(), b.challenge.URL, sandbox.MinaPlus) }()
		until[done](d, nil)
	})
	t.Run("switched off", func(t *testing.T) {
		s := startSandbox(t, func(b *sandbox.Behaviour) { b.DeviceDisabled = true })
		d := drive(t, liveEnv(t, s), flows.Browser)
		b := until(d, browser.waiting)
		d.key("d")
		until[enable](d, nil)
		d.key("enter")
		until(d, func(b browser) bool { return b.code.refused != nil })
		d.sees("There is no code")
		go func() { _, _ = s.Approve(t.Context(), b.challenge.URL, sandbox.MinaPlus) }()
		until[done](d, nil)
	})
}

// TestAnsweredUnderTheQuestion: the wait goes on while the page about device
// codes is read, and ends it.
func TestAnsweredUnderTheQuestion(t *testing.T) {
	s := startSandbox(t, nil)
	d := drive(t, liveEnv(t, s), flows.Browser)
	b := until(d, browser.waiting)
	d.key("d")
	until[enable](d, nil)
	go func() { _, _ = s.Approve(t.Context(), b.challenge.URL, sandbox.MinaPlus) }()
	until[done](d, nil)
}
