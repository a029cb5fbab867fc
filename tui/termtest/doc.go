// Package termtest lets a Go test be the person in front of a terminal.
//
// [Start] runs a program in a real pseudo-terminal, as the foreground job of a session of its own, and feeds what it
// writes to a terminal [Emulator]. The test then reads the screen, presses keys, pastes, resizes, sends signals or hangs
// up. A screen can be drawn as [Emulator.PNG] (exact pixels, for scanners) or [Emulator.SVG] (for people).
//
// Rules of the package:
//
//   - The terminal is silent unless [Options.Answer] says otherwise: it answers no query, as many terminals do. A program
//     that waits for an answer shows it here.
//   - A program inherits nothing from the test's environment. See [Options].
//   - Waiting is for a thing that can be seen, never for a time. When it does not come, the test fails with the screen.
//   - Pictures hold no date, no random id and no control character: the same screen gives the same bytes.
//
// It is support for tests: no shipped package imports it, and it imports nothing else of this module.
// [Start] needs a Unix; the emulator and the pictures work everywhere.
package termtest
