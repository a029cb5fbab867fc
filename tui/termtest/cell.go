package termtest

import (
	"fmt"
	"image/color"
	"strconv"
	"strings"
	"unicode/utf8"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
)

// Color is a cell's colour as the program named it: "" is the terminal's own, "0" to "255" an entry of the palette (the
// first 16 are the ANSI colours, so SGR 97 is "15"), "#rrggbb" a fixed colour.
type Color string

// Cell is one place of the screen.
type Cell struct {
	Text  string // one grapheme; empty in the second half of a wide character
	Width int    // columns: 1, 2, or 0 in the second half of a wide character

	FG, BG Color

	Bold, Faint, Italic, Underline, Blink, Reverse, Conceal, Strike bool

	Link string // address of the OSC 8 hyperlink, empty without one

	linkID string
}

// Rune is the first character of the cell, 0 when it has none.
func (c Cell) Rune() rune {
	if c.Text == "" {
		return 0
	}
	r, _ := utf8.DecodeRuneInString(c.Text)
	return r
}

// Cell returns the cell at column x and row y, from 0. Outside the screen it is the zero Cell.
func (e *Emulator) Cell(x, y int) Cell {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.cell(x, y)
}

func (e *Emulator) cell(x, y int) Cell {
	c := e.vt.CellAt(x, y)
	if c == nil {
		return Cell{}
	}
	at := c.Style.Attrs
	return Cell{
		Text: c.Content, Width: c.Width,
		FG: colorOf(c.Style.Fg), BG: colorOf(c.Style.Bg),
		Bold: at&uv.AttrBold != 0, Faint: at&uv.AttrFaint != 0, Italic: at&uv.AttrItalic != 0,
		Underline: c.Style.Underline != uv.UnderlineStyleNone,
		Blink:     at&(uv.AttrBlink|uv.AttrRapidBlink) != 0,
		Reverse:   at&uv.AttrReverse != 0, Conceal: at&uv.AttrConceal != 0, Strike: at&uv.AttrStrikethrough != 0,
		// vt files the address under Params and the parameters under URL.
		Link:   strings.ReplaceAll(c.Link.Params, linkSemicolon, ";"),
		linkID: c.Link.URL,
	}
}

func colorOf(c color.Color) Color {
	switch c := c.(type) {
	case nil:
		return ""
	case ansi.BasicColor:
		return Color(strconv.Itoa(int(c)))
	case ansi.IndexedColor:
		return Color(strconv.Itoa(int(c)))
	default:
		r, g, b, _ := c.RGBA()
		return Color(fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8))
	}
}

// grid is a copy of all cells, row by row.
func (e *Emulator) grid() [][]Cell {
	e.mu.Lock()
	defer e.mu.Unlock()
	rows := make([][]Cell, e.vt.Height())
	for y := range rows {
		rows[y] = make([]Cell, e.vt.Width())
		for x := range rows[y] {
			rows[y][x] = e.cell(x, y)
		}
	}
	return rows
}

// Lines returns the text of each row, without trailing spaces.
func (e *Emulator) Lines() []string {
	grid := e.grid()
	lines := make([]string, len(grid))
	for y, row := range grid {
		var b strings.Builder
		for _, c := range row {
			b.WriteString(c.Text)
		}
		lines[y] = strings.TrimRight(b.String(), " ")
	}
	return lines
}

// Screen returns the text of the screen, without trailing spaces and trailing blank rows.
func (e *Emulator) Screen() string {
	return strings.TrimRight(strings.Join(e.Lines(), "\n"), "\n")
}

// Link is a hyperlink on the screen (OSC 8).
type Link struct {
	URL  string
	Text string // what is underlined, rows joined without a break
	X, Y int    // first cell
}

// Links returns the hyperlinks of the screen in reading order. Pieces with the same address and id that follow each
// other, over row ends too, are one link.
func (e *Emulator) Links() []Link {
	var links []Link
	var last Cell
	for y, row := range e.grid() {
		for x, c := range row {
			if c.Width == 0 {
				continue
			}
			if c.Link != "" {
				if len(links) > 0 && c.Link == last.Link && c.linkID == last.linkID {
					links[len(links)-1].Text += c.Text
				} else {
					links = append(links, Link{URL: c.Link, Text: c.Text, X: x, Y: y})
				}
				last = c
			} else if c.Text != " " {
				// Padding between two rows of a wrapped link does not part it; other text does.
				last = Cell{}
			}
		}
	}
	return links
}
