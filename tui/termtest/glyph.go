package termtest

import "math"

// box is a filled rectangle inside a cell, in pixels from the cell's corner.
type box struct {
	x, y, w, h float64
	alpha      float64
}

// boxes returns the rectangles that make up r in a cell of w by h pixels, nil for characters that need a font. Block
// elements (U+2580–259F), light and heavy box drawing and Braille patterns meet their neighbours exactly when they are
// drawn like this, which no font promises; codes that a camera shall read depend on it.
func boxes(r rune, w, h float64) []box {
	switch {
	case r >= 0x2580 && r <= 0x259f:
		return blockElement(r, w, h)
	case r >= 0x2500 && r <= 0x257f:
		return boxDrawing(r, w, h)
	case r > 0x2800 && r <= 0x28ff:
		return braille(r, w, h)
	}
	return nil
}

func blockElement(r rune, w, h float64) []box {
	part := func(x, y, dx, dy float64) box { return box{x * w, y * h, dx * w, dy * h, 1} }
	switch {
	case r == 0x2580: // upper half
		return []box{part(0, 0, 1, 0.5)}
	case r <= 0x2588: // lower eighths up to the full block
		n := float64(r-0x2580) / 8
		return []box{part(0, 1-n, 1, n)}
	case r <= 0x258f: // left seven eighths down to one
		return []box{part(0, 0, float64(0x2590-r)/8, 1)}
	case r == 0x2590: // right half
		return []box{part(0.5, 0, 0.5, 1)}
	case r <= 0x2593: // shades
		return []box{{0, 0, w, h, float64(r-0x2590) / 4}}
	case r == 0x2594: // upper eighth
		return []box{part(0, 0, 1, 0.125)}
	case r == 0x2595: // right eighth
		return []box{part(0.875, 0, 0.125, 1)}
	}
	// Quadrants: upper left 1, upper right 2, lower left 4, lower right 8.
	set := [...]int{4, 8, 1, 13, 9, 7, 11, 2, 6, 14}[r-0x2596]
	var out []box
	for i := range 4 {
		if set&(1<<i) != 0 {
			out = append(out, part(float64(i%2)/2, float64(i/2)/2, 0.5, 0.5))
		}
	}
	return out
}

// arms are the strokes of a box drawing character from the middle to the left, right, top and bottom edge: ' ' none,
// 'l' light, 'h' heavy.
var arms = map[rune]string{
	'─': "ll  ", '━': "hh  ", '│': "  ll", '┃': "  hh",
	'┌': " l l", '┐': "l  l", '└': " ll ", '┘': "l l ",
	'┏': " h h", '┓': "h  h", '┗': " hh ", '┛': "h h ",
	'├': " lll", '┤': "l ll", '┬': "ll l", '┴': "lll ", '┼': "llll",
	'┣': " hhh", '┫': "h hh", '┳': "hh h", '┻': "hhh ", '╋': "hhhh",
	'┝': " hll", '┥': "h ll", '┠': " lhh", '┨': "l hh", '┯': "hh l", '┷': "hhl ", '┿': "hhll", '╂': "llhh",
	'╭': " l l", '╮': "l  l", '╰': " ll ", '╯': "l l ",
	'╴': "l   ", '╵': "  l ", '╶': " l  ", '╷': "   l",
	'╸': "h   ", '╹': "  h ", '╺': " h  ", '╻': "   h",
	'╼': "lh  ", '╽': "  lh", '╾': "hl  ", '╿': "  hl",
}

// strokes returns the widths of light and heavy lines, whole pixels so that they stay sharp.
func strokes(h float64) (light, heavy float64) {
	light = math.Max(1, math.Round(h/16))
	return light, light + 2
}

func boxDrawing(r rune, w, h float64) []box {
	a, ok := arms[r]
	if !ok {
		return nil
	}
	light, heavy := strokes(h)
	width := map[byte]float64{' ': 0, 'l': light, 'h': heavy}
	// Both directions share the middle, so that corners close.
	mid := math.Max(math.Max(width[a[0]], width[a[1]]), math.Max(width[a[2]], width[a[3]]))
	x0, y0 := math.Floor((w-mid)/2), math.Floor((h-mid)/2)
	inset := func(d float64) float64 { return math.Floor((mid - d) / 2) }
	var out []box
	if d := width[a[0]]; d > 0 {
		out = append(out, box{0, y0 + inset(d), x0 + mid, d, 1})
	}
	if d := width[a[1]]; d > 0 {
		out = append(out, box{x0, y0 + inset(d), w - x0, d, 1})
	}
	if d := width[a[2]]; d > 0 {
		out = append(out, box{x0 + inset(d), 0, d, y0 + mid, 1})
	}
	if d := width[a[3]]; d > 0 {
		out = append(out, box{x0 + inset(d), y0, d, h - y0, 1})
	}
	return out
}

// braille draws the eight dots of a pattern as small squares.
func braille(r rune, w, h float64) []box {
	dot := math.Max(1, math.Round(w/5))
	var out []box
	for bit, at := range [8][2]float64{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}, {0, 3}, {1, 3}} {
		if (r-0x2800)&(1<<bit) != 0 {
			out = append(out, box{
				math.Round(w*(0.3+0.4*at[0]) - dot/2), math.Round(h*(0.2+0.2*at[1]) - dot/2), dot, dot, 1,
			})
		}
	}
	return out
}
