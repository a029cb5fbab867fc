package termtest

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image/color"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sizes of the SVG, in pixels. The cell is twice as high as wide, so that half blocks are square, and as wide as a
// character of the common monospace fonts at this size.
const (
	svgCellW, svgCellH = 9, 18
	svgFont            = 15
	svgBaseline        = 13.5
	svgPad             = 18 // around the screen
	svgBar             = 38 // height of the title bar
)

const svgFonts = "ui-monospace, 'SFMono-Regular', 'SF Mono', Menlo, Consolas, 'Liberation Mono', 'DejaVu Sans Mono', " +
	"'Noto Sans Mono CJK SC', monospace"

// SVG draws the screen in a window with a title bar.
func (e *Emulator) SVG(theme Theme, title string) []byte {
	grid := e.grid()
	cols, rows := e.Size()
	s := svgDrawing{theme: theme, fills: map[svgFill]*bytes.Buffer{}}
	for y, row := range grid {
		s.row(y, row)
	}
	if x, y := e.Cursor(); e.CursorVisible() {
		s.fill(cursorLayer, theme.Foreground, 0.6, float64(x*svgCellW), float64(y*svgCellH), svgCellW, svgCellH)
	}

	w, h := cols*svgCellW+2*svgPad, rows*svgCellH+2*svgPad+svgBar
	title = clean(title)
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img" aria-label="%s">`+"\n",
		w, h, w, h, escape(title))
	fmt.Fprintf(&b, "<title>%s</title>\n", escape(title))
	fmt.Fprintf(&b, `<rect x="0.5" y="0.5" width="%d" height="%d" rx="10" fill="%s" stroke="%s"/>`+"\n",
		w-1, h-1, hex(theme.Background), hex(theme.Border))
	fmt.Fprintf(&b, `<path d="M1 %d V10.5 A9.5 9.5 0 0 1 10.5 1 H%g A9.5 9.5 0 0 1 %d 10.5 V%d Z" fill="%s"/>`+"\n",
		svgBar, float64(w)-10.5, w-1, svgBar, hex(theme.Bar))
	fmt.Fprintf(&b, `<rect x="1" y="%d" width="%d" height="1" fill="%s"/>`+"\n", svgBar, w-2, hex(theme.Border))
	for i, c := range []uint32{0xff5f57, 0xfebc2e, 0x28c840} {
		fmt.Fprintf(&b, `<circle cx="%d" cy="%g" r="6" fill="%s"/>`+"\n", 22+20*i, svgBar/2+0.5, hex(rgb(c)))
	}
	fmt.Fprintf(&b, `<text x="%g" y="%d" text-anchor="middle" font-family="system-ui, -apple-system, 'Segoe UI', 'Noto Sans', sans-serif" font-size="13" font-weight="500" fill="%s">%s</text>`+"\n",
		float64(w)/2, svgBar/2+5, hex(mix(theme.Foreground, theme.Bar, 0.25)), escape(title))
	fmt.Fprintf(&b, `<g transform="translate(%d %d)">`+"\n", svgPad, svgPad+svgBar)
	s.paths(&b, backgroundLayer)
	s.paths(&b, blockLayer)
	fmt.Fprintf(&b, `<g font-family="%s" font-size="%d">`+"\n", svgFonts, svgFont)
	b.Write(s.text.Bytes())
	b.WriteString("</g>\n")
	s.paths(&b, cursorLayer)
	b.WriteString("</g>\n</svg>\n")
	return b.Bytes()
}

// svgDrawing collects a screen: rectangles by colour, each colour one path, because rectangles within one path leave no
// seams at any scale.
type svgDrawing struct {
	theme Theme
	fills map[svgFill]*bytes.Buffer
	order []svgFill // as they came, to keep the picture the same each time
	text  bytes.Buffer
}

type svgFill struct {
	layer int
	color color.RGBA
	alpha float64
}

// Layers, from the bottom.
const (
	backgroundLayer = iota
	blockLayer
	cursorLayer // over the text
)

func (s *svgDrawing) fill(layer int, c color.RGBA, alpha, x, y, w, h float64) {
	f := svgFill{layer, c, alpha}
	b := s.fills[f]
	if b == nil {
		b = &bytes.Buffer{}
		s.fills[f] = b
		s.order = append(s.order, f)
	}
	fmt.Fprintf(b, "M%g %gh%gv%gh%gz", x, y, w, h, -w)
}

func (s *svgDrawing) paths(b *bytes.Buffer, layer int) {
	for _, f := range s.order {
		if f.layer != layer {
			continue
		}
		opacity := ""
		if f.alpha < 1 {
			opacity = fmt.Sprintf(` fill-opacity="%g"`, f.alpha)
		}
		fmt.Fprintf(b, `<path fill="%s"%s shape-rendering="crispEdges" d="%s"/>`+"\n", hex(f.color), opacity, s.fills[f])
	}
}

func (s *svgDrawing) row(y int, row []Cell) {
	top := float64(y * svgCellH)
	for x := 0; x < len(row); {
		n := 1
		_, bg := s.theme.paint(row[x])
		for x+n < len(row) && sameBackground(s.theme, row, x+n, bg) {
			n++
		}
		if bg != s.theme.Background {
			s.fill(backgroundLayer, bg, 1, float64(x*svgCellW), top, float64(n*svgCellW), svgCellH)
		}
		x += n
	}
	for x := 0; x < len(row); {
		x += s.run(x, y, row)
	}
}

// sameBackground holds for the second half of a wide character too: it has no style of its own.
func sameBackground(t Theme, row []Cell, x int, bg color.RGBA) bool {
	_, own := t.paint(row[x])
	return row[x].Width == 0 || own == bg
}

// run draws the cells from x that belong together and returns their number.
func (s *svgDrawing) run(x, y int, row []Cell) int {
	c := row[x]
	fg, _ := s.theme.paint(c)
	left, top := float64(x*svgCellW), float64(y*svgCellH)
	span := max(c.Width, 1)
	if c.Text == "" || c.Conceal || (c.Text == " " && !c.Underline && !c.Strike) {
		return span
	}
	rects := boxes(c.Rune(), svgCellW, svgCellH)
	switch {
	case arcs[c.Rune()] != "":
		light, _ := strokes(svgCellH)
		fmt.Fprintf(&s.text, `<path transform="translate(%g %g)" d="%s" fill="none" stroke="%s" stroke-width="%g"/>`+"\n",
			left, top, arcs[c.Rune()], hex(fg), light)
	case rects != nil:
		for _, r := range rects {
			s.fill(blockLayer, fg, r.alpha, left+r.x, top+r.y, r.w, r.h)
		}
	case inRun(c):
		span = s.textRun(x, y, row)
	case c.Text != " ":
		// Centred, because a font that has this character may give it another width.
		fmt.Fprintf(&s.text, `<text x="%g" y="%g" text-anchor="middle"%s>%s</text>`+"\n",
			left+float64(span*svgCellW)/2, top+svgBaseline, textStyle(c, fg), escape(clean(c.Text)))
	}
	if c.Underline {
		s.fill(blockLayer, fg, 1, left, top+svgCellH-2, float64(span*svgCellW), 1)
	}
	if c.Strike {
		s.fill(blockLayer, fg, 1, left, top+svgCellH/2, float64(span*svgCellW), 1)
	}
	return span
}

// arcs are the rounded corners, for the middle of the lines that boxDrawing makes.
var arcs = map[rune]string{
	'╭': "M4.5 18V13A4.5 4.5 0 0 1 9 8.5", '╮': "M4.5 18V13A4.5 4.5 0 0 0 0 8.5",
	'╰': "M4.5 0V4A4.5 4.5 0 0 0 9 8.5", '╯': "M4.5 0V4A4.5 4.5 0 0 1 0 8.5",
}

// inRun tells whether a character is in every monospace font with the common width, so that it may be drawn together
// with its neighbours.
func inRun(c Cell) bool {
	if c.Width != 1 || utf8.RuneCountInString(c.Text) != 1 {
		return false
	}
	r := c.Rune()
	return r > ' ' && r < 0x7f || r > 0xa0 && r < 0x250 && unicode.IsPrint(r)
}

// textRun draws a run of words parted by single spaces; textLength holds the columns whatever font is found.
func (s *svgDrawing) textRun(x, y int, row []Cell) int {
	style := func(c Cell) Cell { c.Text, c.Link, c.linkID = "", "", ""; return c }
	like := style(row[x])
	n := 0
	var text strings.Builder
	for x+n < len(row) && style(row[x+n]) == like {
		next := x+n+1 < len(row) && inRun(row[x+n+1]) && style(row[x+n+1]) == like
		if !inRun(row[x+n]) && (row[x+n].Text != " " || !next) {
			break
		}
		text.WriteString(row[x+n].Text)
		n++
	}
	fg, _ := s.theme.paint(row[x])
	fmt.Fprintf(&s.text, `<text x="%d" y="%g" textLength="%d"%s>%s</text>`+"\n",
		x*svgCellW, float64(y*svgCellH)+svgBaseline, n*svgCellW, textStyle(row[x], fg), escape(text.String()))
	return n
}

func textStyle(c Cell, fg color.RGBA) string {
	style := ` fill="` + hex(fg) + `"`
	if c.Bold {
		style += ` font-weight="700"`
	}
	if c.Italic {
		style += ` font-style="italic"`
	}
	return style
}

func hex(c color.RGBA) string {
	return "#" + strconv.FormatUint(1<<24|uint64(c.R)<<16|uint64(c.G)<<8|uint64(c.B), 16)[1:]
}

// clean drops what XML cannot hold or what would not be seen: control characters and broken UTF-8.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == 0xfffe || r == 0xffff {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}

func escape(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}
