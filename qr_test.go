//go:build !windows

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"codex-login/flows/sandbox"
	"codex-login/tui/termtest"
)

// pictured is how long a screen stays as it is before a picture is taken: a
// frame may arrive in pieces.
const pictured = 200 * time.Millisecond

// scan reads the QR code in a picture of a screen, as a phone would.
func scan(t testing.TB, png []byte) string {
	t.Helper()
	if _, err := exec.LookPath("zbarimg"); err != nil {
		missing(t, "zbarimg")
	}
	file := filepath.Join(t.TempDir(), "screen.png")
	if err := os.WriteFile(file, png, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("zbarimg", "--nodbus", "--quiet", "--raw", file).Output()
	if err != nil {
		return fmt.Sprintf("nothing: %v", err)
	}
	return strings.TrimSpace(string(out))
}

// scanned holds the screen, on every theme, to the address.
func scanned(t *testing.T, screen *termtest.Emulator, address string, themes ...termtest.Theme) {
	t.Helper()
	for _, theme := range themes {
		if got := scan(t, screen.PNG(theme)); got != address {
			t.Errorf("on %s a phone reads %q, not %q:\n%s", theme.Name, got, address, screen.Screen())
		}
	}
}

// TestQRCodeCanBeScanned beside the text, below it and alone, with and without
// colours, on dark and light.
func TestQRCodeCanBeScanned(t *testing.T) {
	p := newPerson(t, nil)
	address := p.issuer.URL() + "/codex/device"
	for _, c := range []struct {
		cols, rows int
		alone      bool
		env        []string
	}{
		{80, 24, false, nil},
		{120, 40, false, nil},
		{50, 40, false, nil},
		{80, 24, false, []string{"NO_COLOR=1"}},
		{80, 24, false, []string{"TERM=xterm"}},
		{80, 24, false, []string{"COLORTERM=truecolor"}},
		{50, 19, true, nil},
		{40, 17, true, nil},
		{120, 40, true, []string{"NO_COLOR=1"}},
		// No block elements: two cells make a module.
		{100, 45, true, []string{"LC_ALL=C", "LANG=C"}},
	} {
		t.Run(fmt.Sprintf("%dx%d alone=%v %s", c.cols, c.rows, c.alone, strings.Join(c.env, " ")), func(t *testing.T) {
			here := *p
			here.t = t
			term := here.sit(termtest.Options{Cols: c.cols, Rows: c.rows, Env: c.env})
			term.WaitFor(atPicker)
			term.Key("2")
			term.WaitFor(atIntro)
			term.Key("enter")
			term.WaitForMatch(deviceCode.String())
			if c.alone {
				term.Key("f")
				term.WaitUntil("the code alone", func() bool { return !deviceCode.MatchString(term.Screen()) })
			}
			term.Settle(pictured)
			scanned(t, term.Emulator, address, termtest.Themes()...)
		})
	}
}

// TestQRCodeGoesWhereItFits: in a window that is too small for it the text is
// whole, and nothing that looks like half a code is drawn.
func TestQRCodeGoesWhereItFits(t *testing.T) {
	p := newPerson(t, nil)
	term := p.sit(termtest.Options{Cols: 60, Rows: 16})
	then(keyed("2", atIntro), "enter", atDevice)(term)
	term.WaitForMatch(deviceCode.String())
	if strings.Contains(term.Screen(), "█▀") || !strings.Contains(flat(term), p.issuer.URL()+"/codex/device") {
		t.Errorf("a code or no address:\n%s", term.Screen())
	}
	term.Key("f")
	waitFlat(t, term, "The QR code needs a window of")
	term.Resize(60, 30)
	term.WaitFor(atQR)
	term.Settle(pictured)
	scanned(t, term.Emulator, p.issuer.URL()+"/codex/device", termtest.Dark, termtest.Light)
}

// TestQRCodeOfTheEventCanBeScanned prints the code of the JSON events where it
// is meant for: light text on a dark ground.
func TestQRCodeOfTheEventCanBeScanned(t *testing.T) {
	p := newPerson(t, quick)
	events, code := p.approved(sandbox.MinaPlus, "--device-auth")
	if code != 0 {
		t.Fatal(code)
	}
	for _, e := range events {
		if e.Event != "code" {
			continue
		}
		lines := strings.Split(e.QR, "\n")
		screen := termtest.NewEmulator(80, len(lines)+2, nil)
		t.Cleanup(func() { _ = screen.Close() })
		_, _ = screen.Write([]byte("\n" + strings.Join(lines, "\r\n")))
		scanned(t, screen, p.issuer.URL()+"/codex/device", termtest.Dark, termtest.Black)
		return
	}
	t.Errorf("no code in %+v", events)
}
