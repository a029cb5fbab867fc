package tui

import (
	"bytes"
	"os"
	"strconv"
	"sync"
)

// terminal is what everything is written through. One lock keeps a sequence for
// the clipboard from falling into the middle of a frame. It is a term.File, so
// that Bubble Tea finds the window's size behind it.
type terminal struct {
	*os.File
	mu sync.Mutex
}

// Write passes a frame on whole. To skip rows that did not change, Bubble Tea
// 1.3 sends a newline for each; a cursor movement says the same in five bytes.
func (t *terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, err := t.File.Write(skipRows(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// WriteString hides the file's own, which would go past the lock.
func (t *terminal) WriteString(s string) (int, error) { return t.Write([]byte(s)) }

// skipRows replaces runs of newlines by CUD. In a frame, which never scrolls,
// both do the same: the column stays, because the terminal is in raw mode.
func skipRows(p []byte) []byte {
	const worth = 6 // newlines, one more than the bytes of CSI n B
	if !bytes.Contains(p, bytes.Repeat([]byte{'\n'}, worth)) {
		return p
	}
	out := make([]byte, 0, len(p))
	for i := 0; i < len(p); {
		run := 0
		for i+run < len(p) && p[i+run] == '\n' {
			run++
		}
		switch {
		case run >= worth:
			out = append(out, "\x1b["...)
			out = strconv.AppendInt(out, int64(run), 10)
			out = append(out, 'B')
			i += run
		default:
			out = append(out, p[i])
			i++
		}
	}
	return out
}
