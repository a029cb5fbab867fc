package termtest

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/gomonobold"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// Sizes of the PNG, in pixels.
const (
	pngCellW, pngCellH = 10, 20
	pngFont            = 16
	pngBaseline        = 15
	pngPad             = 10
)

// pngText guards the fonts: a face draws one text at a time.
var pngText sync.Mutex

var pngFonts = sync.OnceValues(func() (regular, bold font.Face) {
	return mustFace(gomono.TTF), mustFace(gomonobold.TTF)
})

// mustFace opens a font that is part of a module: it cannot fail on one machine only.
func mustFace(ttf []byte) font.Face {
	f, err := opentype.Parse(ttf)
	if err != nil {
		panic(err)
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: pngFont, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		panic(err)
	}
	return face
}

// PNG draws the screen without a window, block characters exact to the pixel. Characters that the built-in font lacks
// are shown as an outline of their width.
func (e *Emulator) PNG(theme Theme) []byte {
	grid := e.grid()
	cols, rows := e.Size()
	img := image.NewRGBA(image.Rect(0, 0, cols*pngCellW+2*pngPad, rows*pngCellH+2*pngPad))
	draw.Draw(img, img.Bounds(), image.NewUniform(theme.Background), image.Point{}, draw.Src)
	for y, row := range grid {
		for x, c := range row {
			if c.Width > 0 {
				drawCell(img, theme, c, pngPad+x*pngCellW, pngPad+y*pngCellH)
			}
		}
	}
	if x, y := e.Cursor(); e.CursorVisible() {
		drawBox(img, theme.Foreground, box{0, 0, pngCellW, pngCellH, 0.6}, pngPad+x*pngCellW, pngPad+y*pngCellH)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err) // a buffer takes every byte, and the image is not empty
	}
	return b.Bytes()
}

func drawCell(img *image.RGBA, theme Theme, c Cell, left, top int) {
	fg, bg := theme.paint(c)
	w := float64(c.Width * pngCellW)
	drawBox(img, bg, box{0, 0, w, pngCellH, 1}, left, top)
	if c.Conceal {
		return
	}
	rects := boxes(c.Rune(), pngCellW, pngCellH)
	for _, r := range rects {
		drawBox(img, fg, r, left, top)
	}
	if rects == nil && c.Text != " " && c.Text != "" {
		drawText(img, c, fg, left, top)
	}
	if c.Underline {
		drawBox(img, fg, box{0, pngCellH - 2, w, 1, 1}, left, top)
	}
	if c.Strike {
		drawBox(img, fg, box{0, pngCellH / 2, w, 1, 1}, left, top)
	}
}

func drawText(img *image.RGBA, c Cell, fg color.RGBA, left, top int) {
	pngText.Lock()
	defer pngText.Unlock()
	face, bold := pngFonts()
	if c.Bold {
		face = bold
	}
	if _, ok := face.GlyphAdvance(c.Rune()); !ok || c.Width != 1 {
		w := float64(c.Width * pngCellW)
		for _, edge := range []box{{1, 3, w - 2, 1, 1}, {1, 16, w - 2, 1, 1}, {1, 3, 1, 14, 1}, {w - 2, 3, 1, 14, 1}} {
			drawBox(img, fg, edge, left, top)
		}
		return
	}
	d := font.Drawer{Dst: img, Src: image.NewUniform(fg), Face: face, Dot: fixed.P(left, top+pngBaseline)}
	d.DrawString(string(c.Rune()))
}

func drawBox(img *image.RGBA, c color.RGBA, b box, left, top int) {
	x0, y0 := left+int(math.Round(b.x)), top+int(math.Round(b.y))
	x1, y1 := left+int(math.Round(b.x+b.w)), top+int(math.Round(b.y+b.h))
	src := image.NewUniform(color.NRGBA{R: c.R, G: c.G, B: c.B, A: uint8(math.Round(b.alpha * 255))})
	draw.Draw(img, image.Rect(x0, y0, x1, y1), src, image.Point{}, draw.Over)
}
