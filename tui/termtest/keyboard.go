package termtest

import (
	"strings"
	"unicode/utf8"
)

// keys are the bytes that xterm sends for a key, by the name that Bubble Tea gives it.
var keys = map[string]string{
	"enter": "\r", "esc": "\x1b", "tab": "\t", "shift+tab": "\x1b[Z", "space": " ", "backspace": "\x7f",
	"up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "home": "\x1b[H", "end": "\x1b[F",
	"insert": "\x1b[2~", "delete": "\x1b[3~", "pgup": "\x1b[5~", "pgdown": "\x1b[6~",
	"f1": "\x1bOP", "f2": "\x1bOQ", "f3": "\x1bOR", "f4": "\x1bOS", "f5": "\x1b[15~", "f6": "\x1b[17~",
	"f7": "\x1b[18~", "f8": "\x1b[19~", "f9": "\x1b[20~", "f10": "\x1b[21~", "f11": "\x1b[23~", "f12": "\x1b[24~",
	"ctrl+space": "\x00", "ctrl+@": "\x00", "ctrl+[": "\x1b", "ctrl+\\": "\x1c", "ctrl+]": "\x1d", "ctrl+^": "\x1e",
	"ctrl+_": "\x1f",
}

// keyBytes returns what a terminal sends for a key. cursorKeys is the mode in which a program wants arrows as SS3.
func keyBytes(name string, cursorKeys bool) (string, bool) {
	if rest, ok := strings.CutPrefix(name, "alt+"); ok {
		seq, ok := keyBytes(rest, cursorKeys)
		return "\x1b" + seq, ok
	}
	if seq, ok := keys[name]; ok {
		if cursorKeys && len(seq) == 3 && strings.ContainsAny(seq[2:], "ABCDHF") {
			seq = "\x1bO" + seq[2:]
		}
		return seq, true
	}
	if letter, ok := strings.CutPrefix(name, "ctrl+"); ok && len(letter) == 1 && letter[0] >= 'a' && letter[0] <= 'z' {
		return string(letter[0] & 0x1f), true
	}
	return name, utf8.RuneCountInString(name) == 1
}

// pasteBytes returns what a terminal sends for a paste: line ends become carriage returns, and characters that could end
// the paste or act as keys become spaces, as in xterm.
func pasteBytes(text string, bracketed bool) string {
	text = strings.NewReplacer("\r\n", "\r", "\n", "\r").Replace(text)
	text = strings.Map(func(r rune) rune {
		switch r {
		case 0, 0x04, 0x05, 0x08, 0x1b, 0x7f:
			return ' '
		}
		return r
	}, text)
	if bracketed {
		text = "\x1b[200~" + text + "\x1b[201~"
	}
	return text
}
