package tui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-login/flows"
	"codex-login/flows/doctor"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
)

// The doctor with the real checks, from the menu to what was mended.
func TestDoctorMends(t *testing.T) {
	s := startSandbox(t, nil)
	e := liveEnv(t, s)
	auth := filepath.Join(e.login.Home.Path, "auth.json")
	if err := os.WriteFile(auth, []byte(`{"auth_mode":"apikey","OPENAI_API_KEY":"sk-projX0123456789abcdef0123"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(auth, 0o644); err != nil {
		t.Fatal(err)
	}
	e.demo = &Demo{} // nothing is asked on the network
	d := drive(t, e, "")
	until[accounts](d, nil)
	d.send(awakeMsg{d.root.shown})
	d.send(tea.KeyMsg{Type: tea.KeyCtrlD})
	until[checks](d, nil)
	d.key("1")
	sick := until(d, ward.over)
	d.sees("has mode 0644")
	if sick.chosen() == nil || len(sick.fixes) != 1 {
		t.Fatalf("%v", sick.rows)
	}
	// One finding, with all that is said of it.
	d.key("enter")
	until[finding](d, nil)
	d.sees("chmod 0600")
	d.key("esc")
	// A no changes nothing.
	d.key("f", "esc")
	until[ward](d, nil)
	if info, err := os.Stat(auth); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("mended without asking: %v %v", info.Mode(), err)
	}
	for _, frame := range d.frames {
		if strings.Contains(frame, "0123456789") {
			t.Fatalf("the key is on the screen:\n%s", frame)
		}
	}
	d.key("f", "enter")
	until(d, func(m mending) bool { return m.done != nil })
	if info, err := os.Stat(auth); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("not mended: %v %v", info.Mode(), err)
	}
	// It was looked at again meanwhile.
	d.key("enter")
	sound := until(d, ward.over)
	if sound.bad || len(sound.fixes) > 0 {
		t.Errorf("%s %v", sound.verdict, sound.rows)
	}
	d.key("r")
	until(d, ward.over)
	d.key("esc", "esc")
	until[accounts](d, nil)
}

// What goes to a ticket is the whole report, and holds no secret.
func TestDoctorTicket(t *testing.T) {
	e := liveEnv(t, startSandbox(t, nil))
	e.demo = &Demo{}
	d := drive(t, e, flows.Method(""))
	until[picker](d, nil)
	d.key("h", "1")
	s := until(d, ward.over)
	text := s.exam.Report().Ticket(e.words, e.login.Issuer.UserAgent)
	if !strings.HasPrefix(text, "codex-login/test\n") || strings.Count(text, "\n") < 25 || ansi.Strip(text) != text {
		t.Errorf("%q", text)
	}
}

// The cursor stands on the worst that was found, wherever that is.
func TestWorstIsChosen(t *testing.T) {
	e := testEnv(t)
	for _, all := range []bool{false, true} {
		s := wardOf(e,
			lookedAt("home", "home", is(doctor.Note, "CODEX_HOME", "a note")),
			lookedAt("home", "locks", is(doctor.Sound, "Locks", "nobody")),
			lookedAt("login", "credential", is(doctor.Warning, "Which credential", "a warning")),
			lookedAt("network", "names", is(doctor.Problem, "Name server", "a problem"), is(doctor.Problem, "Name server", "another")),
		)
		s.verdict, s.all = "1 to put right", all
		s.row = s.worst()
		if f := s.chosen(); f == nil || f.measured != "a problem" {
			t.Errorf("all: %v, chosen: %+v", all, f)
		}
		folded, _, _ := s.Update(press("tab"))
		if f := folded.(ward).chosen(); f == nil || f.measured != "a problem" {
			t.Errorf("all: %v, chosen after tab: %+v", all, f)
		}
	}
}
