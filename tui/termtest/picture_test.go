package termtest_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/mdp/qrterminal/v3"

	"codex-login/tui/termtest"
)

const qrText = "https://auth.openai.com/codex/device?user_code=ABCD-12345"

// qrScreen shows a QR code of half blocks, each line white on explicit black, amid text.
func qrScreen(t testing.TB) *termtest.Emulator {
	t.Helper()
	var code bytes.Buffer
	qrterminal.GenerateWithConfig(qrText, qrterminal.Config{
		Level: qrterminal.L, Writer: &code, HalfBlocks: true, QuietZone: 2,
		BlackChar: qrterminal.BLACK_BLACK, WhiteChar: qrterminal.WHITE_WHITE,
		BlackWhiteChar: qrterminal.BLACK_WHITE, WhiteBlackChar: qrterminal.WHITE_BLACK,
	})
	var screen strings.Builder
	screen.WriteString("codex-login  Device code\r\n\r\n")
	for line := range strings.Lines(code.String()) {
		screen.WriteString("  \x1b[97;40m" + strings.TrimSuffix(line, "\n") + "\x1b[0m  text beside\r\n")
	}
	return emulate(t, 80, 24, screen.String()+"\x1b[1mABCD-12345\x1b[0m")
}

// scan reads the QR codes of a picture.
func scan(t *testing.T, picture []byte) string {
	t.Helper()
	if _, err := exec.LookPath("zbarimg"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("needs zbarimg")
		}
		t.Skip("needs zbarimg")
	}
	file := filepath.Join(t.TempDir(), "screen.png")
	if err := os.WriteFile(file, picture, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("zbarimg", "-q", "--raw", "-Sdisable", "-Sqrcode.enable", file).Output()
	if err != nil {
		t.Errorf("zbarimg: %v", err)
	}
	return strings.TrimSpace(string(out))
}

func TestQRCodeScansFromPNG(t *testing.T) {
	for _, theme := range termtest.Themes() {
		t.Run(theme.Name, func(t *testing.T) {
			if got := scan(t, qrScreen(t).PNG(theme)); got != qrText {
				t.Errorf("read %q", got)
			}
		})
	}
}

// The QR code of an SVG is in its rectangles; they are painted here as a browser does.
func TestQRCodeScansFromSVG(t *testing.T) {
	for _, theme := range termtest.Themes() {
		t.Run(theme.Name, func(t *testing.T) {
			if got := scan(t, paintRectangles(t, theme, qrScreen(t).SVG(theme, "QR"))); got != qrText {
				t.Errorf("read %q", got)
			}
		})
	}
}

var (
	pathElement = regexp.MustCompile(`<path fill="#([0-9a-f]{6})" shape-rendering="crispEdges" d="([^"]*)"`)
	rectangle   = regexp.MustCompile(`M([0-9.]+) ([0-9.]+)h([0-9.]+)v([0-9.]+)h-[0-9.]+z`)
)

func paintRectangles(t *testing.T, theme termtest.Theme, svg []byte) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 80*9, 24*18))
	draw.Draw(img, img.Bounds(), image.NewUniform(theme.Background), image.Point{}, draw.Src)
	for _, path := range pathElement.FindAllSubmatch(svg, -1) {
		v, _ := strconv.ParseUint(string(path[1]), 16, 32)
		fill := image.NewUniform(color.RGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 0xff})
		for _, m := range rectangle.FindAllSubmatch(path[2], -1) {
			var n [4]int
			for i := range n {
				f, _ := strconv.ParseFloat(string(m[i+1]), 64)
				if f != math.Trunc(f) {
					t.Fatalf("a rectangle of a QR code does not lie on whole pixels: %s", m[0])
				}
				n[i] = int(f)
			}
			draw.Draw(img, image.Rect(n[0], n[1], n[0]+n[2], n[1]+n[3]), fill, image.Point{}, draw.Src)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// checkXML fails for what is not XML or holds a control character.
func checkXML(t *testing.T, doc []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(doc))
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("no XML: %v\n%s", err, doc)
		}
	}
	if i := strings.IndexFunc(string(doc), func(r rune) bool { return unicode.IsControl(r) && r != '\n' }); i >= 0 {
		t.Errorf("a control character at %d: %q", i, doc[max(0, i-20):min(len(doc), i+20)])
	}
}

func TestSVGText(t *testing.T) {
	e := emulate(t, 40, 6, "two words  and <more> & \x1b[1;31mbold\x1b[0m\r\n"+
		"日本x\r\n\x1b[4munder line\x1b[0m\r\n\x1b[7mrev\x1b[0m \x1b[8mhidden\x1b[0m\r\n"+
		"→ caf\u00e9\r\n\x1b[2mfaint\x1b[0m\x1b[?25l")
	svg := string(e.SVG(termtest.Light, "a & b\x1b[31m"))
	checkXML(t, []byte(svg))
	fg, bg := "#24292f", "#ffffff"
	for _, want := range []string{
		`<title>a &amp; b[31m</title>`,
		fmt.Sprintf(`<text x="0" y="13.5" textLength="81" fill="%s">two words</text>`, fg),
		fmt.Sprintf(`<text x="99" y="13.5" textLength="108" fill="%s">and &lt;more&gt; &amp;</text>`, fg),
		`<text x="216" y="13.5" textLength="36" fill="#b3261e" font-weight="700">bold</text>`,
		fmt.Sprintf(`<text x="9" y="31.5" text-anchor="middle" fill="%s">日</text>`, fg),
		fmt.Sprintf(`<text x="27" y="31.5" text-anchor="middle" fill="%s">本</text>`, fg),
		fmt.Sprintf(`<text x="36" y="31.5" textLength="9" fill="%s">x</text>`, fg),
		`M0 52h90v1h-90z`, // the underline
		fmt.Sprintf(`<text x="0" y="67.5" textLength="27" fill="%s">rev</text>`, bg),
		`M0 54h27v18h-27z`, // what it stands on
		fmt.Sprintf(`<text x="4.5" y="85.5" text-anchor="middle" fill="%s">→</text>`, fg),
		fmt.Sprintf(`<text x="18" y="85.5" textLength="36" fill="%s">café</text>`, fg),
	} {
		if !strings.Contains(svg, want) {
			t.Errorf("missing: %s", want)
		}
	}
	if strings.Contains(svg, "hidden") {
		t.Error("concealed text is in the picture")
	}
	if m := regexp.MustCompile(`fill="(#[0-9a-f]+)">faint`).FindStringSubmatch(svg); m == nil || m[1] == fg {
		t.Errorf("faint text is painted as %v", m)
	}
	if t.Failed() {
		t.Log(svg)
	}
}

func TestPicturesAreTheSameEachTime(t *testing.T) {
	e, f := qrScreen(t), qrScreen(t)
	for _, theme := range termtest.Themes() {
		if !bytes.Equal(e.SVG(theme, "x"), f.SVG(theme, "x")) || !bytes.Equal(e.PNG(theme), f.PNG(theme)) {
			t.Errorf("%s: two pictures of one screen differ", theme.Name)
		}
	}
}

// Every glyph that is drawn without a font keeps inside its cell and paints something.
func TestDrawnGlyphs(t *testing.T) {
	paint := func(r rune) *image.RGBA {
		// Three cells of which the middle one is painted, the cursor hidden.
		e := emulate(t, 3, 3, "\x1b[?25l\x1b[2;2H"+string(r))
		img, err := png.Decode(bytes.NewReader(e.PNG(termtest.Black)))
		if err != nil {
			t.Fatal(err)
		}
		out := image.NewRGBA(img.Bounds())
		draw.Draw(out, out.Bounds(), img, image.Point{}, draw.Src)
		return out
	}
	count := func(img *image.RGBA, in image.Rectangle) (n int) {
		for y := in.Min.Y; y < in.Max.Y; y++ {
			for x := in.Min.X; x < in.Max.X; x++ {
				if c := img.RGBAAt(x, y); c.R > 20 {
					n++
				}
			}
		}
		return n
	}
	cell := image.Rect(20, 30, 30, 50)
	for _, rs := range [][2]rune{{0x2580, 0x259f}, {0x2500, 0x254b}, {0x2801, 0x28ff}} {
		for r := rs[0]; r <= rs[1]; r++ {
			img := paint(r)
			inside := count(img, cell)
			if inside == 0 || inside != count(img, img.Bounds()) {
				t.Errorf("%c %U: %d pixels inside, %d in all", r, r, inside, count(img, img.Bounds()))
			}
		}
	}
	for r, want := range map[rune]int{
		'█': 200, '▀': 100, '▄': 100, '▌': 100, '▐': 100, '▂': 50, '▆': 150, '▘': 50, '▚': 100, '▙': 150, '▟': 150,
	} {
		if got := count(paint(r), cell); got != want {
			t.Errorf("%c covers %d pixels of 200, want %d", r, got, want)
		}
	}
	upper := paint('▀')
	if count(upper, image.Rect(20, 30, 30, 40)) != 100 {
		t.Error("the upper half block is not above")
	}
}
