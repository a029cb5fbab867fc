package tui

import (
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

// TestFirstAnswerCounts: each of the three ways ends the same sign-in.
func TestFirstAnswerCounts(t *testing.T) {
	for name, answer := range map[string]func(*testing.T, *sandbox.Server, *driver, browser){
		"callback": func(t *testing.T, s *sandbox.Server, _ *driver, b browser) {
			go func() { _, _ = s.Approve(t.Context(), b.challenge.URL, sandbox.MinaPlus) }()
		},
		"paste": func(t *testing.T, s *sandbox.Server, d *driver, b browser) {
			redirect, err := s.Redirect(t.Context(), b.challenge.URL, sandbox.MinaPlus)
			if err != nil {
				t.Fatal(err)
			}
			d.send(paste(redirect))
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
