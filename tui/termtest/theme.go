package termtest

import (
	"image/color"
	"strconv"

	"github.com/charmbracelet/x/ansi"
)

// Theme is what a terminal makes of colours.
type Theme struct {
	Name                   string
	Foreground, Background color.RGBA
	Bar, Border            color.RGBA     // of the window frame
	Palette                [16]color.RGBA // the ANSI colours
}

func rgb(v uint32) color.RGBA {
	return color.RGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 0xff}
}

func palette(v [16]uint32) (p [16]color.RGBA) {
	for i := range v {
		p[i] = rgb(v[i])
	}
	return p
}

// The themes. Dark and Light are for pictures that people see; Black (a bare xterm) and SolarizedLight (a light theme
// with little contrast) make it harder for a scanner.
var (
	Dark = Theme{
		Name: "dark", Foreground: rgb(0xd6d9e0), Background: rgb(0x15181e), Bar: rgb(0x1d2129), Border: rgb(0x333945),
		Palette: palette([16]uint32{
			0x0b0d11, 0xe86f78, 0x79c08a, 0xdfb25a, 0x6aa5fb, 0xc490e8, 0x55c1c6, 0xc3c8d2,
			0x6d7686, 0xff8b93, 0x97d9a5, 0xf0cb7b, 0x92beff, 0xd8aff5, 0x7edadf, 0xffffff,
		}),
	}
	Light = Theme{
		Name: "light", Foreground: rgb(0x24292f), Background: rgb(0xffffff), Bar: rgb(0xf3f4f7), Border: rgb(0xd3d8df),
		Palette: palette([16]uint32{
			0x1d2127, 0xb3261e, 0x187a48, 0x8a5b00, 0x1f5fc0, 0x7a3ea1, 0x0e6d78, 0x6b747e,
			0x868f99, 0xd0483e, 0x28995c, 0xa8750e, 0x3a7be0, 0x995ac3, 0x1b8c99, 0xffffff,
		}),
	}
	Black = Theme{
		Name: "black", Foreground: rgb(0xe5e5e5), Background: rgb(0x000000), Bar: rgb(0x1a1a1a), Border: rgb(0x333333),
		Palette: palette([16]uint32{
			0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
			0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
		}),
	}
	SolarizedLight = Theme{
		Name: "solarized-light", Foreground: rgb(0x657b83), Background: rgb(0xfdf6e3), Bar: rgb(0xeee8d5), Border: rgb(0xd9d2bf),
		Palette: palette([16]uint32{
			0x073642, 0xdc322f, 0x859900, 0xb58900, 0x268bd2, 0xd33682, 0x2aa198, 0xeee8d5,
			0x002b36, 0xcb4b16, 0x586e75, 0x657b83, 0x839496, 0x6c71c4, 0x93a1a1, 0xfdf6e3,
		}),
	}
)

// Themes returns every theme.
func Themes() []Theme { return []Theme{Dark, Light, Black, SolarizedLight} }

// resolve returns the colour that c stands for, def for the terminal's own.
func (t Theme) resolve(c Color, def color.RGBA) color.RGBA {
	if c == "" {
		return def
	}
	if c[0] == '#' {
		v, _ := strconv.ParseUint(string(c[1:]), 16, 24)
		return rgb(uint32(v))
	}
	i, _ := strconv.Atoi(string(c))
	if i < len(t.Palette) {
		return t.Palette[i]
	}
	r, g, b, _ := ansi.IndexedColor(uint8(i)).RGBA()
	return color.RGBA{R: uint8(r >> 8), G: uint8(g >> 8), B: uint8(b >> 8), A: 0xff}
}

// paint returns the colours in which a cell is seen.
func (t Theme) paint(c Cell) (fg, bg color.RGBA) {
	fg, bg = t.resolve(c.FG, t.Foreground), t.resolve(c.BG, t.Background)
	if c.Reverse {
		fg, bg = bg, fg
	}
	if c.Faint {
		fg = mix(fg, bg, 0.42)
	}
	if c.Conceal {
		fg = bg
	}
	return fg, bg
}

// mix moves a towards b by the share s, from 0 to 1.
func mix(a, b color.RGBA, s float64) color.RGBA {
	part := func(x, y uint8) uint8 { return uint8(float64(x)*(1-s) + float64(y)*s + 0.5) }
	return color.RGBA{R: part(a.R, b.R), G: part(a.G, b.G), B: part(a.B, b.B), A: 0xff}
}
