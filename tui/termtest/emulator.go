package termtest

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
	"golang.org/x/text/unicode/norm"
)

// maxPending bounds an escape sequence that never ends, in bytes.
const maxPending = 1 << 20

// Emulator is a terminal without a window: bytes go in, a screen of cells comes out. Safe for concurrent use.
type Emulator struct {
	mu    sync.Mutex
	vt    *vt.Emulator
	modes map[ansi.Mode]bool
	title string

	pending  []byte // a sequence or a rune whose end has not arrived yet
	wideWrap bool   // a wide character filled the line: the next one starts a new line
}

// NewEmulator returns a blank screen. Answers to the queries of a program (device attributes, cursor position,
// background colour, …) are written to answers; nil makes the terminal silent. Close releases it.
func NewEmulator(cols, rows int, answers io.Writer) *Emulator {
	e := &Emulator{vt: vt.NewEmulator(cols, rows), modes: map[ansi.Mode]bool{}}
	e.modes[ansi.ModeTextCursorEnable] = true
	e.modes[ansi.ModeAutoWrap] = true
	e.vt.SetDefaultForegroundColor(Dark.Foreground)
	e.vt.SetDefaultBackgroundColor(Dark.Background)
	e.vt.SetCallbacks(vt.Callbacks{
		Title:       func(s string) { e.title = s },
		EnableMode:  func(m ansi.Mode) { e.modes[m] = true },
		DisableMode: func(m ansi.Mode) { e.modes[m] = false },
	})
	if answers == nil {
		answers = io.Discard
	}
	// The emulator blocks on its own answers until someone takes them, so they are always taken.
	go func() {
		if _, err := io.Copy(answers, e.vt); err != nil {
			_, _ = io.Copy(io.Discard, e.vt)
		}
	}()
	return e
}

// Close ends the emulator's answers. The screen stays readable.
func (e *Emulator) Close() error {
	// Not vt's own Close: it races with its Read.
	if c, ok := e.vt.InputPipe().(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// Write feeds output of a program. It never fails.
func (e *Emulator) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	buf := append(e.pending, p...)
	// A rune that is still to come must not reach the decoder: it would join
	// the character before it.
	whole := len(buf) - cutRune(buf)
	rest := bytes.Clone(buf[whole:])
	buf = buf[:whole]
	for len(buf) > 0 {
		seq, width, n, state := ansi.DecodeSequence(buf, ansi.NormalState, nil)
		unfinished := state != ansi.NormalState || !utf8.FullRune(buf)
		if unfinished && len(buf) < maxPending {
			break
		}
		n = max(n, 1)
		switch {
		case width > 0:
			marks := combining(seq, buf[n:])
			e.print(string(buf[:n+marks]), width)
			n += marks
		case seq[0] < utf8.RuneSelf:
			e.control(seq)
		default: // a zero-width character with nothing to stand on
		}
		buf = buf[n:]
	}
	e.pending = append(bytes.Clone(buf), rest...)
	return len(p), nil
}

// cutRune counts the bytes at the end of b that begin a rune and do not finish
// it.
func cutRune(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if last := b[len(b)-n:]; utf8.RuneStart(last[0]) {
			if utf8.FullRune(last) {
				return 0
			}
			return n
		}
	}
	return 0
}

// combining counts the bytes of the marks that follow an ASCII base character; the decoder joins all others by itself.
func combining(base, rest []byte) int {
	if base[0] >= utf8.RuneSelf {
		return 0
	}
	n := 0
	for n < len(rest) {
		r, size := utf8.DecodeRune(rest[n:])
		if !unicode.Is(unicode.Mn, r) {
			break
		}
		n += size
	}
	return n
}

// print writes one grapheme. vt forgets to wrap around a wide character at the end of a line, so that is done here.
func (e *Emulator) print(cluster string, width int) {
	x := e.vt.CursorPosition().X
	cols := e.vt.Width()
	if width > cols {
		return
	}
	if e.modes[ansi.ModeAutoWrap] && (e.wideWrap || x+width > cols) {
		_, _ = e.vt.WriteString("\r\n")
		x = 0
	}
	if cluster[0] < utf8.RuneSelf && len(cluster) > 1 {
		// vt prints ASCII at once and alone, so an accent has to arrive composed with its letter.
		if cluster = norm.NFC.String(cluster); cluster[0] < utf8.RuneSelf {
			cluster = cluster[:1]
		}
	}
	_, _ = e.vt.WriteString(cluster)
	e.wideWrap = width > 1 && x+width == cols
}

// linkSemicolon stands for a semicolon inside a hyperlink's address, where vt would take it for a separator.
const linkSemicolon = "\ue03b"

func (e *Emulator) control(seq []byte) {
	final := seq[len(seq)-1]
	isSGR := ansi.HasCsiPrefix(seq) && final == 'm'
	isOSC := ansi.HasOscPrefix(seq)
	if !isSGR && !isOSC {
		e.wideWrap = false
	}
	if body, ok := bytes.CutPrefix(seq, []byte("\x1b]8;")); ok {
		if params, address, ok := strings.Cut(string(body), ";"); ok {
			address = strings.ReplaceAll(address, ";", linkSemicolon)
			seq = []byte("\x1b]8;" + params + ";" + address)
		}
	}
	_, _ = e.vt.Write(seq)
}

// Resize changes the size of the screen, in cells.
func (e *Emulator) Resize(cols, rows int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.wideWrap = false
	e.vt.Resize(cols, rows)
}

// Size returns the size of the screen, in cells.
func (e *Emulator) Size() (cols, rows int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.vt.Width(), e.vt.Height()
}

// AltScreen tells whether the alternate screen is shown.
func (e *Emulator) AltScreen() bool {
	return e.mode(ansi.ModeAltScreen) || e.mode(ansi.ModeAltScreenSaveCursor)
}

// CursorVisible tells whether the cursor is shown.
func (e *Emulator) CursorVisible() bool { return e.mode(ansi.ModeTextCursorEnable) }

// BracketedPaste tells whether the program asked for pastes to be marked.
func (e *Emulator) BracketedPaste() bool { return e.mode(ansi.ModeBracketedPaste) }

// Title returns the window title that the program set.
func (e *Emulator) Title() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.title
}

// Cursor returns the cell where the cursor stands, from 0.
func (e *Emulator) Cursor() (x, y int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	p := e.vt.CursorPosition()
	return p.X, p.Y
}

func (e *Emulator) mode(m ansi.Mode) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.modes[m]
}
