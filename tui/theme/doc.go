// Package theme holds how the wizard looks: styles, glyphs, and the one thing
// that has to happen before Bubble Tea starts.
//
// The rules of this room:
//
//   - It never imports Bubble Tea. Bubble Tea 1.3 asks the terminal for its
//     background colour in a package init; on a terminal that does not answer,
//     every command of the program would hang for five seconds. The init here
//     answers first, because packages are initialised in the order of their
//     import paths and codex-login/… stands before github.com/….
//   - Nothing is detected by asking the terminal. The 16 ANSI colours, bold,
//     faint and reverse read well on dark and on light.
//   - One accent colour. Red, yellow and green only where they mean something.
package theme
