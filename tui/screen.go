package tui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// screen is one thing that the person sees. Screens are values: Update returns
// the screen as it is then.
type screen interface {
	// Update takes a message in. The intent is nil while the screen stays.
	Update(msg tea.Msg) (screen, tea.Cmd, intent)
	// View draws the body for a place w cells wide and h rows high. No line is
	// wider; it may have more lines, which can be scrolled to.
	View(w, h int) string
	// Keys are the bindings for the footer, the most important first. Disabled
	// ones are neither shown nor obeyed.
	Keys() []key.Binding
	// Title is what the header calls it.
	Title() string
	// Help is the catalogue id of the text that explains it.
	Help() string
}

// typing is a screen that takes letters as text at the moment.
type typing interface{ Typing() bool }

// stoppable is a screen that has work under way. Stop ends it; the root calls
// it on every way out.
type stoppable interface{ Stop() }

// focused is a screen with a line that has to stay in view: the selected one,
// or where the person types. Below 0 there is none at the moment.
type focused interface{ FocusedLine(w, h int) int }
